//! What of an object in a review is read into memory: the members that are judged. All else is passed over, so that a
//! review costs what is judged of it and not what someone put beside that.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};

/// A value by what is kept of it.
#[derive(Clone, Copy)]
enum Kept {
    /// All.
    Whole,
    /// These members of an object; of anything that is no object, nothing.
    Members(&'static [(&'static str, Kept)]),
}

use Kept::{Members, Whole};

/// Of what VMIs are made from: rules in an annotation are tried with what they read.
const TEMPLATE: Kept = Members(&[("metadata", Members(&[("annotations", Whole), ("labels", Whole)]))]);
/// Of any object.
const OBJECT: Kept = Members(&[
    ("kind", Whole),
    ("metadata", Members(&[("annotations", Whole), ("labels", Whole), ("deletionTimestamp", Whole)])),
    (
        "spec",
        Members(&[
            ("annotations", Whole),
            ("template", TEMPLATE),
            ("virtualMachineTemplate", Members(&[("spec", Members(&[("template", TEMPLATE)]))])),
        ]),
    ),
    ("data", Whole),
    ("binaryData", Whole),
]);

/// Reads what is judged of an object; `null` is no object, and stays that.
///
/// # Errors
/// The reader's.
pub(super) fn object<'de, D: Deserializer<'de>>(value: D) -> Result<Json, D::Error> {
    OBJECT.deserialize(value)
}

impl<'de> DeserializeSeed<'de> for Kept {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<Json, D::Error> {
        match self {
            Whole => serde::Deserialize::deserialize(value),
            Members(members) => value.deserialize_any(Reader(members)),
        }
    }
}

/// Reads an object's members that are listed.
struct Reader(&'static [(&'static str, Kept)]);

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut read = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            match self.0.iter().find(|(listed, _)| *listed == name) {
                Some(&(_, kept)) => _ = read.insert(name, map.next_value_seed(kept)?),
                None => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(Json::Object(read))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Json::Null)
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
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
}
