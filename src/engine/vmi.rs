//! The VirtualMachineInstance that a call brings: read when a param first asks for it, and no more of it kept than
//! is asked for.

use std::cell::OnceCell;

use serde_core::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Value as Json, json};

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Location, Source};

/// The VMI's JSON.
#[derive(Debug)]
pub(super) struct Vmi<'a> {
    text: &'a [u8],
    whole: OnceCell<Result<Json, Diagnostic>>,
    metadata: OnceCell<Result<Json, Diagnostic>>,
}

impl<'a> Vmi<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, whole: OnceCell::new(), metadata: OnceCell::new() }
    }

    /// All of it; without text an empty object.
    ///
    /// # Errors
    /// `vmi-syntax` where it is no JSON object.
    pub(super) fn json(&self) -> Result<&Json, Box<Diagnostic>> {
        let whole = self.whole.get_or_init(|| self.read(serde_json::from_slice));
        whole.as_ref().map_err(|problem| Box::new(problem.clone()))
    }

    /// What stands in `metadata`, which is all that most rule sets ask for; null where there is none. The rest is
    /// judged as strictly as by [`Vmi::json`], and not kept.
    ///
    /// # Errors
    /// As [`Vmi::json`].
    pub(super) fn metadata(&self) -> Result<&Json, Box<Diagnostic>> {
        let metadata = self.metadata.get_or_init(|| {
            let read = |text| {
                let mut json = serde_json::Deserializer::from_slice(text);
                let found = Member("metadata").deserialize(&mut json)?;
                json.end().map(|()| found)
            };
            self.read(read)
        });
        metadata.as_ref().map_err(|problem| Box::new(problem.clone()))
    }

    /// A text in one of the metadata's maps.
    ///
    /// # Errors
    /// As [`Vmi::json`].
    pub(super) fn text_at(&self, map: &str, key: &str) -> Result<Option<&str>, Box<Diagnostic>> {
        Ok(self.metadata()?.get(map).and_then(|map| map.get(key)?.as_str()))
    }

    /// Runs `read` on the text, and says in which file its error is.
    fn read(&self, read: impl FnOnce(&'a [u8]) -> serde_json::Result<Json>) -> Result<Json, Diagnostic> {
        let text = self.text;
        if text.iter().all(u8::is_ascii_whitespace) {
            return Ok(json!({}));
        }
        let wrong = |message: String, offset: usize| {
            let source = Source::new("VMI", String::from_utf8_lossy(text));
            Diagnostic::error(Code::VmiSyntax, message).at(Location::new(&source, offset..offset))
        };
        match read(text) {
            Ok(json) if text.trim_ascii_start().starts_with(b"{") => Ok(json),
            Ok(_) => Err(wrong("the VMI must be a JSON object".into(), 0)),
            Err(error) => {
                let lines = text.split_inclusive(|&byte| byte == b'\n').take(error.line().saturating_sub(1));
                let line_start = lines.map(<[u8]>::len).sum::<usize>();
                Err(wrong(format!("the VMI is not JSON: {error}"), line_start + error.column().saturating_sub(1)))
            }
        }
    }
}

/// Reads an object's member of this name, the last one as everywhere, and judges the others; null where there is none.
struct Member(&'static str);

impl<'de> DeserializeSeed<'de> for Member {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Json, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Member {
    type Value = Json;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_str<E>(self, _: &str) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Json, A::Error> {
        Judged.visit_seq(items).map(|Judged| Json::Null)
    }

    /// Numbers come as maps too, of a name that is no member's: they are kept as they are written.
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut found = Json::Null;
        while let Some(wanted) = members.next_key_seed(Is(self.0))? {
            if wanted {
                found = members.next_value()?;
            } else {
                members.next_value::<Judged>()?;
            }
        }
        Ok(found)
    }
}

/// Whether a member has this name.
struct Is(&'static str);

impl<'de> DeserializeSeed<'de> for Is {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<bool, D::Error> {
        key.deserialize_any(self)
    }
}

impl Visitor<'_> for Is {
    type Value = bool;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a member's name")
    }

    fn visit_str<E>(self, name: &str) -> Result<bool, E> {
        Ok(name == self.0)
    }
}

/// Any JSON, judged by the same reader as what is kept: escapes, UTF-8 and depth as well.
struct Judged;

impl<'de> Deserialize<'de> for Judged {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(Judged)
    }
}

impl<'de> Visitor<'de> for Judged {
    type Value = Judged;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Judged, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Judged, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Judged, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Judged, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Judged, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Judged, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Judged, A::Error> {
        while items.next_element::<Judged>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Judged, A::Error> {
        while members.next_entry::<Judged, Judged>()?.is_some() {}
        Ok(self)
    }
}
