//! What an injection asks of a pod, found in a review's bytes without keeping the rest: 8 MiB hold a million labels, and a
//! text of each would cost many times as much.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Injection, launcher};

/// The answers of one pod to one injection.
#[derive(Debug)]
pub struct Asked<'i> {
    /// The name of the injection's container.
    container: &'i str,
    /// The labels that are wanted and were not found.
    pub(super) missing: BTreeMap<&'i str, &'i str>,
    /// Whether the container is among the pod's containers that are no init containers.
    pub(super) is_container: bool,
    /// Whether it is among the init containers; none where the pod has no such list, into which nothing can be added then.
    pub(super) is_init_container: Option<bool>,
    /// Whether the pod has the volume for sockets of plugins.
    pub(super) has_sockets: bool,
}

impl<'i> Asked<'i> {
    /// Reads the pod of a review's bytes.
    ///
    /// # Errors
    /// In words: no review of a pod.
    pub fn read(bytes: &[u8], injection: &'i Injection) -> Result<Self, String> {
        let mut asked = Self {
            container: &injection.name,
            missing: injection.labels(),
            is_container: false,
            is_init_container: None,
            has_sockets: false,
        };
        let mut json = serde_json::Deserializer::from_slice(bytes);
        let read = Members { of: Place::Review, asked: &mut asked }.deserialize(&mut json);
        read.map_err(|error| format!("this is no review of a pod: {error}"))?;
        Ok(asked)
    }
}

/// A mapping, some of whose members are looked into.
#[derive(Debug, Clone, Copy)]
enum Place {
    Review,
    Request,
    Pod,
    Metadata,
    Spec,
}

/// What is read of a member.
#[derive(Debug, Clone, Copy)]
enum Member {
    Within(Place),
    Labels,
    Containers,
    InitContainers,
    Volumes,
    PassedOver,
}

impl Place {
    fn member(self, name: &str) -> Member {
        match (self, name) {
            (Self::Review, "request") => Member::Within(Self::Request),
            (Self::Request, "object") => Member::Within(Self::Pod),
            (Self::Pod, "metadata") => Member::Within(Self::Metadata),
            (Self::Pod, "spec") => Member::Within(Self::Spec),
            (Self::Metadata, "labels") => Member::Labels,
            (Self::Spec, "containers") => Member::Containers,
            (Self::Spec, "initContainers") => Member::InitContainers,
            (Self::Spec, "volumes") => Member::Volumes,
            _ => Member::PassedOver,
        }
    }
}

struct Members<'a, 'i> {
    of: Place,
    asked: &'a mut Asked<'i>,
}

impl<'de> DeserializeSeed<'de> for Members<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_, '_> {
    type Value = ();

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(match self.of {
            Place::Review => "a review",
            Place::Request => "its `request`",
            Place::Pod => "a pod",
            Place::Metadata => "a pod's `metadata`",
            Place::Spec => "a pod's `spec`",
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { of, asked } = self;
        while let Some(member) = map.next_key_seed(Text(|name: &str| of.member(name)))? {
            match member {
                Member::Within(of) => map.next_value_seed(Members { of, asked })?,
                Member::Labels => map.next_value_seed(Labels(&mut asked.missing))?,
                Member::Containers => asked.is_container = map.next_value_seed(Named(asked.container))? == Some(true),
                Member::InitContainers => asked.is_init_container = map.next_value_seed(Named(asked.container))?,
                Member::Volumes => {
                    asked.has_sockets = map.next_value_seed(Named(launcher::SOCKETS_VOLUME))? == Some(true);
                }
                Member::PassedOver => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(())
    }
}

/// Takes the labels that a pod has from those that are missing.
struct Labels<'a, 'i>(&'a mut BTreeMap<&'i str, &'i str>);

impl<'de> DeserializeSeed<'de> for Labels<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Labels<'_, '_> {
    type Value = ();

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("labels, or null")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self(missing) = self;
        loop {
            let wanted = |key: &str| missing.get_key_value(key).map(|(key, value)| (*key, *value));
            let Some(wanted) = map.next_key_seed(Text(wanted))? else { break };
            let is_as_wanted = |text: &str| wanted.is_some_and(|(_, value)| value == text);
            if map.next_value_seed(Text(is_as_wanted))? {
                wanted.into_iter().for_each(|(key, _)| _ = missing.remove(key));
            }
        }
        Ok(())
    }
}

/// Whether a list has something of this name; none for `null`.
struct Named<'n>(&'n str);

/// What is in it.
#[derive(Deserialize)]
struct Item<'j> {
    #[serde(borrow)]
    name: Cow<'j, str>,
}

impl<'de> DeserializeSeed<'de> for Named<'_> {
    type Value = Option<bool>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Named<'_> {
    type Value = Option<bool>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a list, or null")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut is_there = false;
        while let Some(Item { name }) = items.next_element()? {
            is_there |= name == self.0;
        }
        Ok(Some(is_there))
    }
}

/// A text, of which only what this makes of it is kept.
struct Text<F>(F);

impl<'de, T, F: FnOnce(&str) -> T> DeserializeSeed<'de> for Text<F> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<T, D::Error> {
        json.deserialize_str(self)
    }
}

impl<'de, T, F: FnOnce(&str) -> T> Visitor<'de> for Text<F> {
    type Value = T;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        Ok((self.0)(text))
    }
}
