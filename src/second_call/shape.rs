//! What a Go struct with `xml` tags reads and writes, as far as KubeVirt's device types go.

/// A struct: what `encoding/xml` finds in an element, and in which order it writes it.
#[derive(Debug)]
pub(super) struct Type {
    pub(super) attributes: &'static [Attribute],
    /// The element's own text (`,chardata`).
    pub(super) text: Option<Scalar>,
    pub(super) elements: &'static [Element],
}

#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) name: &'static str,
    pub(super) scalar: Scalar,
    pub(super) written: Written,
}

#[derive(Debug)]
pub(super) struct Element {
    pub(super) name: &'static str,
    pub(super) holds: Holds,
    pub(super) written: Written,
    /// A slice: each element of this name is one item. Otherwise later ones overwrite earlier ones.
    pub(super) many: bool,
}

#[derive(Debug)]
pub(super) enum Holds {
    Scalar(Scalar),
    Struct(&'static Type),
}

/// What a text must be; a number has so many bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scalar {
    Text,
    Signed(u32),
    Unsigned(u32),
}

/// When a field is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// A plain value: also where it was never read, as an empty text, a zero, an empty element.
    Always,
    /// A plain value with `omitempty`: not where it is an empty text or zero.
    UnlessEmpty,
    /// A pointer or a slice: where it was read.
    WhereRead,
}

impl Element {
    pub(super) const fn of_type(name: &'static str, holds: &'static Type, written: Written, many: bool) -> Self {
        Self { name, holds: Holds::Struct(holds), written, many }
    }

    pub(super) const fn of_scalar(name: &'static str, holds: Scalar, written: Written, many: bool) -> Self {
        Self { name, holds: Holds::Scalar(holds), written, many }
    }
}

impl Scalar {
    /// What Go's `strconv` makes of a text, written again: a number without white space, sign and zeros
    /// that say nothing; an empty text is zero.
    ///
    /// # Errors
    /// What the text had to be.
    pub(super) fn read(self, text: &str) -> Result<String, String> {
        let digits = text.trim();
        let no_number = |what: &str, bits: u32| format!("`{text}` is no {what} of {bits} bits");
        match self {
            Self::Text => Ok(text.to_owned()),
            _ if digits.is_empty() => Ok("0".to_owned()),
            Self::Signed(bits) => {
                let limit = 1i128 << (bits - 1);
                let number = digits.parse::<i128>().ok().filter(|number| (-limit..limit).contains(number));
                number.map(|number| number.to_string()).ok_or_else(|| no_number("whole number", bits))
            }
            Self::Unsigned(bits) => {
                let number = digits.parse::<u128>().ok().filter(|number| number >> bits == 0);
                // Go takes no sign here, not even a plus.
                let number = number.filter(|_| !digits.starts_with('+'));
                number.map(|number| number.to_string()).ok_or_else(|| no_number("number without sign", bits))
            }
        }
    }

    /// What Go writes of a field that was never read.
    pub(super) fn zero(self) -> &'static str {
        if self == Self::Text { "" } else { "0" }
    }
}

impl Written {
    /// The value to be written, if any, of a field that was read as `read`.
    pub(super) fn value(self, read: Option<String>, scalar: Scalar) -> Option<String> {
        match self {
            Self::WhereRead => read,
            Self::Always => Some(read.unwrap_or_else(|| scalar.zero().to_owned())),
            Self::UnlessEmpty => read.filter(|value| value != scalar.zero()),
        }
    }
}
