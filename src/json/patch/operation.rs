//! The operations of RFC 6902, section 4, read from JSON.

use serde_json::{Map, Value};

use crate::diagnostic::nearest;
use crate::json::kind;
use crate::json::pointer::Pointer;
use crate::json::query::Query;

/// The operations, and the members that each must have beside `op`; it has no others.
pub const OPERATIONS: [(&str, &[&str]); 6] = [
    ("add", &["path", "value"]),
    ("remove", &["path"]),
    ("replace", &["path", "value"]),
    ("move", &["from", "path"]),
    ("copy", &["from", "path"]),
    ("test", &["path", "value"]),
];

/// One operation of a patch.
#[derive(Debug, Clone, PartialEq)]
pub enum Operation {
    /// Puts a value into an object or a list, or in place of the whole document (section 4.1).
    Add {
        /// Where to.
        path: Target,
        /// What.
        value: Value,
    },
    /// Takes a value out (section 4.2).
    Remove {
        /// What.
        path: Target,
    },
    /// Puts a value in the place of another (section 4.3).
    Replace {
        /// What is replaced.
        path: Target,
        /// By what.
        value: Value,
    },
    /// Takes a value out and adds it elsewhere (section 4.4).
    Move {
        /// What.
        from: Target,
        /// Where to.
        path: Target,
    },
    /// Adds a value elsewhere, too (section 4.5).
    Copy {
        /// What.
        from: Target,
        /// Where to.
        path: Target,
    },
    /// Fails where the value is another one (section 4.6).
    Test {
        /// What is looked at.
        path: Target,
        /// What it must be.
        value: Value,
    },
}

/// Where an operation works.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// One place, which must be there.
    Pointer(Pointer),
    /// Every place that a query selects.
    Query(Query),
    /// A member of this name in every object that the query selects, there already or not.
    Member {
        /// What selects the objects.
        parent: Query,
        /// The member.
        name: String,
    },
}

/// What a target is for decides what its query means.
#[derive(Clone, Copy, PartialEq)]
enum Use {
    Existing,
    Added,
}

impl Operation {
    /// Reads one operation.
    ///
    /// # Errors
    /// What is wrong with it, as a sentence without a final stop: no object, an unknown `op` (with the
    /// near one), a member that is lacking or that RFC 6902 does not have there, a wrong pointer or query.
    pub fn parse(value: &Value) -> Result<Self, String> {
        let Value::Object(members) = value else {
            return Err(format!("an operation must be an object, this is {}", kind(value)));
        };
        let op = text(members, "op", "an operation")?;
        let existing = |name| target(members, name, op, Use::Existing);
        let added = || target(members, "path", op, Use::Added);
        let value = || given(members, op);
        let operation = match op {
            "add" => Self::Add { path: added()?, value: value()? },
            "remove" => Self::Remove { path: existing("path")? },
            "replace" => Self::Replace { path: existing("path")?, value: value()? },
            "move" => Self::Move { from: existing("from")?, path: added()? },
            "copy" => Self::Copy { from: existing("from")?, path: added()? },
            "test" => Self::Test { path: existing("path")?, value: value()? },
            unknown => {
                let names = OPERATIONS.map(|(name, _)| name);
                let meant = nearest(unknown, names).map(|near| format!("did you mean '{near}'?"));
                let meant = meant.unwrap_or_else(|| format!("it must be one of {}", names.join(", ")));
                return Err(format!("'{unknown}' is no operation of JSON Patch; {meant}"));
            }
        };
        let expected = OPERATIONS.iter().find(|(name, _)| *name == op).map_or([].as_slice(), |(_, members)| members);
        let unknown = members.keys().find(|name| *name != "op" && !expected.contains(&name.as_str()));
        unknown.map_or(Ok(operation), |name| {
            let near = nearest(name, expected.iter().copied()).map(|near| format!("; did you mean '{near}'?"));
            Err(format!("'{op}' has no member '{name}'{}", near.unwrap_or_default()))
        })
    }

    /// Where it works: where to, for those that take from elsewhere.
    pub fn path(&self) -> &Target {
        match self {
            Self::Add { path, .. }
            | Self::Remove { path }
            | Self::Replace { path, .. }
            | Self::Move { path, .. }
            | Self::Copy { path, .. }
            | Self::Test { path, .. } => path,
        }
    }

    /// The operation's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Add { .. } => "add",
            Self::Remove { .. } => "remove",
            Self::Replace { .. } => "replace",
            Self::Move { .. } => "move",
            Self::Copy { .. } => "copy",
            Self::Test { .. } => "test",
        }
    }
}

impl Target {
    /// The pointer or query; of a member the query for its objects, and its name.
    pub fn written(&self) -> String {
        match self {
            Self::Pointer(pointer) => pointer.to_string(),
            Self::Query(query) => query.as_str().to_owned(),
            Self::Member { parent, name } => format!("{}['{name}']", parent.as_str()),
        }
    }
}

fn text<'a>(members: &'a Map<String, Value>, name: &str, of: &str) -> Result<&'a str, String> {
    match members.get(name) {
        Some(Value::String(text)) => Ok(text),
        Some(other) => Err(format!("'{name}' must be a string, this is {}", kind(other))),
        None => Err(format!("{of} needs the member '{name}'")),
    }
}

fn given(members: &Map<String, Value>, op: &str) -> Result<Value, String> {
    members.get("value").cloned().ok_or_else(|| format!("'{op}' needs the member 'value'"))
}

fn target(members: &Map<String, Value>, name: &str, op: &str, used: Use) -> Result<Target, String> {
    let text = text(members, name, &format!("'{op}'"))?;
    if !text.starts_with('$') {
        return Pointer::parse(text).map(Target::Pointer);
    }
    let query =
        Query::parse(text).map_err(|error| format!("in '{text}' at byte {}: {}", error.offset, error.message))?;
    Ok(match query.split_name().filter(|_| used == Use::Added) {
        Some((parent, name)) => Target::Member { parent, name },
        None => Target::Query(query),
    })
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Pointer(pointer) => write!(f, "'{pointer}'"),
            Self::Query(query) => write!(f, "'{query}'"),
            Self::Member { parent, name } => write!(f, "'{name}' in '{parent}'"),
        }
    }
}
