//! What is not as cloud-init knows it.

use crate::diagnostic::{Code, nearest};

use super::table::{Model, Shape};

/// How many words a help lists.
const WORDS: usize = 16;

/// A step from a value to one in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step<'a> {
    /// The value under a key.
    Key(&'a str),
    /// An item of a list, from 0.
    Item(usize),
}

/// Something that cloud-init would not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding<'a> {
    /// Where: of an unknown key it ends in the key, of a lacking one in the map that lacks it.
    pub path: Vec<Step<'a>>,
    /// What it is.
    pub what: What,
}

/// What cloud-init would not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A key that it does not know there.
    UnknownKey(Shape),
    /// A value of another type.
    WrongType(Model, &'static str),
    /// A text that is none of the words that may stand there.
    UnknownWord(Model),
    /// A key that must be there.
    MissingKey(&'static str),
    /// Fewer items or entries than there must be: how many at least, and what they are called.
    TooFew(usize, &'static str),
    /// More items or entries than there may be: how many at most, and what they are called.
    TooMany(usize, &'static str),
    /// An item of a list that may hold each only once; the path ends in the second of them.
    Repeated,
}

impl<'a> Finding<'a> {
    /// A key that is unknown; the path ends in it.
    pub(super) const fn unknown_key(path: Vec<Step<'a>>, shape: Shape) -> Self {
        Self { path, what: What::UnknownKey(shape) }
    }

    /// The code that says it.
    pub const fn code(&self) -> Code {
        match self.what {
            What::UnknownKey(_) => Code::UnknownCloudInitKey,
            What::WrongType(..) | What::UnknownWord(_) | What::TooFew(..) | What::TooMany(..) | What::Repeated => {
                Code::CloudInitValue
            }
            What::MissingKey(_) => Code::MissingCloudInitKey,
        }
    }

    /// The place as a JSON Pointer (RFC 6901), the document `""`.
    pub fn pointer(&self) -> String {
        self.path
            .iter()
            .map(|step| match step {
                Step::Key(name) => format!("/{}", name.replace('~', "~0").replace('/', "~1")),
                Step::Item(index) => format!("/{index}"),
            })
            .collect()
    }

    /// What is wrong, in one sentence. It never holds the value, which may be secret; `document` says in what.
    pub fn message(&self, document: &str) -> String {
        let keys: Vec<&str> = self
            .path
            .iter()
            .filter_map(|step| match step {
                Step::Key(name) => Some(*name),
                Step::Item(_) => None,
            })
            .collect();
        let inside = |keys: &[&str]| match keys {
            [] => document.to_owned(),
            keys => format!("`{}` of {document}", keys.join(".")),
        };
        match self.what {
            What::UnknownKey(_) => match keys.split_last() {
                Some((name, above)) => format!("cloud-init knows no key `{name}` in {}", inside(above)),
                None => format!("cloud-init knows no such key in {document}"),
            },
            What::WrongType(model, found) => {
                format!("cloud-init takes {} for {}, this is {found}", model.expected(), inside(&keys))
            }
            What::UnknownWord(_) => format!("cloud-init has no such word for {}", inside(&keys)),
            What::MissingKey(name) => format!("cloud-init needs the key `{name}` in {}", inside(&keys)),
            What::TooFew(least, what) => format!("cloud-init wants {least} or more {what} in {}", inside(&keys)),
            What::TooMany(most, what) => format!("cloud-init takes no more than {most} {what} in {}", inside(&keys)),
            What::Repeated => format!("cloud-init takes no item twice in {}", inside(&keys)),
        }
    }

    /// The key that was probably meant, of an unknown one.
    pub fn nearest_key(&self) -> Option<&'static str> {
        match (self.what, self.path.last()) {
            (What::UnknownKey(shape), Some(Step::Key(name))) => nearest(name, shape.keys()),
            _ => None,
        }
    }

    /// What to do. `text` is the value, where it may be shown.
    pub fn help(&self, text: Option<&str>) -> String {
        match self.what {
            What::UnknownKey(shape) => match self.nearest_key() {
                Some(near) => format!("did you mean `{near}`?"),
                None => match shape.keys().collect::<Vec<_>>() {
                    keys if keys.is_empty() || keys.len() > WORDS => {
                        "cloud-init would warn and ignore it; take it out, or write the key as cloud-init does"
                            .to_owned()
                    }
                    keys => format!("it knows {}", keys.join(", ")),
                },
            },
            What::WrongType(model, found) if model.allows("text") && !matches!(found, "a list" | "a mapping") => {
                "quote it, so that it is a text".to_owned()
            }
            What::WrongType(..) => "write what cloud-init's documentation of the key shows".to_owned(),
            What::UnknownWord(model) => {
                let words: Vec<&str> = model.words().into_iter().flatten().collect();
                match text.and_then(|text| nearest(text, words.iter().copied())) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("it is one of {}", words.join(", ")),
                }
            }
            What::MissingKey(name) => format!("add `{name}`"),
            What::TooFew(..) => "say what is wanted there, or take the key out".to_owned(),
            What::TooMany(..) => "write what cloud-init's documentation of the key shows".to_owned(),
            What::Repeated => "take one of them out".to_owned(),
        }
    }
}
