//! Values as the judge sees them: JSON, and what else has its shape.

use serde_json::Value as Json;

/// A value, one level deep.
#[derive(Debug, Clone)]
pub enum View<'a, V> {
    /// What is not known, and may be right.
    Anything,
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// A whole number, where it is one of 64 bits.
    Integer(Option<i64>),
    /// Another number.
    Number,
    /// A text.
    Text(&'a str),
    /// A list.
    List(Vec<V>),
    /// A mapping.
    Map(Vec<(&'a str, V)>),
}

/// What can be looked at as a value.
pub trait Viewed<'a>: Copy {
    /// The value, one level deep.
    fn view(self) -> View<'a, Self>;
}

impl<'a> Viewed<'a> for &'a Json {
    fn view(self) -> View<'a, Self> {
        match self {
            Json::Null => View::Null,
            Json::Bool(_) => View::Boolean,
            Json::Number(number) if number.is_f64() => View::Number,
            Json::Number(number) => View::Integer(number.as_i64()),
            Json::String(text) => View::Text(text),
            Json::Array(items) => View::List(items.iter().collect()),
            Json::Object(members) => View::Map(members.iter().map(|(name, value)| (name.as_str(), value)).collect()),
        }
    }
}
