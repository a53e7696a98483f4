//! What a mapping of a rule file may hold, as a table: the reader takes fields by it, and the JSON Schema
//! is made from it, so neither can say what the other does not.

/// A mapping with fixed fields.
#[derive(Debug)]
pub struct Mapping {
    /// Its name, for a schema to refer to: `ForEach`.
    pub name: &'static str,
    /// What messages call it: `a rule`.
    pub(crate) what: &'static str,
    /// What it is for, in a sentence.
    pub about: &'static str,
    /// Every field that it may have.
    pub fields: &'static [Field],
    /// Fields of which it has exactly one; none for no such rule.
    pub one_of: &'static [&'static str],
}

/// A field of a mapping.
#[derive(Debug)]
pub struct Field {
    /// As it is written.
    pub name: &'static str,
    /// What its value may be.
    pub shape: Shape,
    /// Whether there is no mapping without it.
    pub required: bool,
    /// What it means, in a sentence or two.
    pub about: &'static str,
    /// A value as it is written in YAML; empty where the shape says it all.
    pub example: &'static str,
}

/// What a value may be. A scalar's source counts as written wherever a text is wanted, so YAML's numbers
/// and booleans are texts too.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// A text.
    Text,
    /// A text that may be empty.
    Scalar,
    /// A text in which `${…}` is filled in.
    Template,
    /// An XPath expression.
    Expression,
    /// An XPath expression that selects nodes.
    Path,
    /// An XPath expression, or a YAML boolean.
    Condition,
    /// A name without colon: of a variable, a param, an element.
    Name,
    /// The path of a file, from the root on.
    File,
    /// A JSONPath query (RFC 9535).
    Query,
    /// An XML fragment.
    Xml,
    /// `true` or `false`.
    Boolean,
    /// A whole number, not negative.
    Count,
    /// A number, or a quantity (`1Gi`).
    Number,
    /// Exactly this text.
    Constant(&'static str),
    /// One of these words.
    Word(&'static [&'static str]),
    /// Anything.
    Any,
    /// A mapping of anything, or one hole that stands for it.
    Object,
    /// One of these.
    Either(&'static [Shape]),
    /// A list, with at least so many items.
    List(&'static Shape, usize),
    /// A mapping of the author's own names, with at least so many of them.
    Map {
        /// What the names are.
        keys: &'static Shape,
        /// What stands under each.
        values: &'static Shape,
        /// How many there are at least.
        least: usize,
    },
    /// A mapping with fixed fields.
    Mapping(&'static Mapping),
    /// An operation of a JSON Patch (RFC 6902, section 4), as [`crate::json::patch::OPERATIONS`] has them.
    PatchOperation,
}

impl Mapping {
    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

impl Field {
    /// A field that may be left out.
    pub(crate) const fn new(name: &'static str, shape: Shape, about: &'static str) -> Self {
        Self { name, shape, required: false, about: kept(about), example: "" }
    }

    /// A field that must be there.
    pub(crate) const fn required(name: &'static str, shape: Shape, about: &'static str) -> Self {
        Self { required: true, ..Self::new(name, shape, about) }
    }

    /// With an example.
    pub(crate) const fn example(self, example: &'static str) -> Self {
        Self { example: kept(example), ..self }
    }
}

/// A text for authors, which a sidecar without the command line does not carry.
pub(crate) const fn kept(text: &'static str) -> &'static str {
    if cfg!(feature = "cli") { text } else { "" }
}

/// The words of a list of words and what they stand for.
pub(crate) const fn words<T: Copy, const N: usize>(pairs: &[(&'static str, T); N]) -> [&'static str; N] {
    let mut words = [""; N];
    let mut index = 0;
    while index < N {
        words[index] = pairs[index].0;
        index += 1;
    }
    words
}
