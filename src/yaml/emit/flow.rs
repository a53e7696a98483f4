//! Values on one line: `[a, {b: c}]`, or JSON.

use serde_json::Value;

use super::depth::{self, TooDeep};
use super::scalar::{Context, scalar, string};
use super::style::Quotes;

/// The notation of a value on one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::yaml) enum Notation {
    /// YAML's flow style.
    Yaml {
        /// The quotes of keys.
        keys: Quotes,
        /// The quotes of all other strings.
        values: Quotes,
    },
    /// JSON; whether a space stands after `,` and `:`.
    Json {
        /// `{"a": 1, "b": 2}` rather than `{"a":1,"b":2}`
        spaced: bool,
    },
}

impl Notation {
    /// A value, at `depth` collections within each other.
    ///
    /// # Errors
    /// [`TooDeep`]
    pub(in crate::yaml) fn value(self, value: &Value, depth: usize) -> Result<String, TooDeep> {
        let mut out = String::new();
        self.write(value, depth, &mut out)?;
        Ok(out)
    }

    /// `key: value`
    ///
    /// # Errors
    /// [`TooDeep`]
    pub(in crate::yaml) fn member(self, name: &str, value: &Value, depth: usize) -> Result<String, TooDeep> {
        let mut out = String::new();
        self.write_member(name, value, depth, &mut out)?;
        Ok(out)
    }

    /// What separates two items.
    pub(in crate::yaml) const fn comma(self) -> &'static str {
        if matches!(self, Self::Json { spaced: false }) { "," } else { ", " }
    }

    fn write_member(self, name: &str, value: &Value, depth: usize, out: &mut String) -> Result<(), TooDeep> {
        out.push_str(&match self {
            Self::Yaml { keys, .. } => string(name, keys, Context::Flow),
            Self::Json { .. } => Value::from(name).to_string(),
        });
        out.push_str(if matches!(self, Self::Json { spaced: false }) { ":" } else { ": " });
        self.write(value, depth, out)
    }

    fn write(self, value: &Value, depth: usize, out: &mut String) -> Result<(), TooDeep> {
        depth::check(value, depth)?;
        match value {
            Value::Array(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at > 0 { self.comma() } else { "" });
                    self.write(item, depth + 1, out)?;
                }
                out.push(']');
            }
            Value::Object(members) => {
                out.push('{');
                for (at, (name, member)) in members.iter().enumerate() {
                    out.push_str(if at > 0 { self.comma() } else { "" });
                    self.write_member(name, member, depth + 1, out)?;
                }
                out.push('}');
            }
            value => out.push_str(&match self {
                Self::Yaml { values, .. } => scalar(value, values, Context::Flow),
                Self::Json { .. } => value.to_string(),
            }),
        }
        Ok(())
    }
}
