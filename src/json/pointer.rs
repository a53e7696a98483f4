//! JSON Pointer (RFC 6901): one place in a value.

use serde_json::Value;

/// A JSON Pointer, taken apart at its slashes and with `~0`, `~1` decoded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Pointer {
    tokens: Vec<String>,
}

impl Pointer {
    /// Reads `""` (the whole value) or `/token/token…` (RFC 6901, section 3).
    ///
    /// # Errors
    /// What is wrong, as a sentence without a final stop.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let Some(rest) = text.strip_prefix('/') else {
            return Err(format!("the JSON Pointer '{text}' does not begin with '/'"));
        };
        let tokens = rest.split('/').map(decode).collect::<Option<_>>();
        let tokens =
            tokens.ok_or_else(|| format!("in the JSON Pointer '{text}' a '~' is followed by neither 0 nor 1"))?;
        Ok(Self { tokens })
    }

    /// The place that these names and indexes lead to.
    pub fn from_tokens(tokens: Vec<String>) -> Self {
        Self { tokens }
    }

    /// The decoded steps.
    pub fn tokens(&self) -> &[String] {
        &self.tokens
    }

    /// The place that holds this one, and the last step; `None` for the whole value.
    pub fn split_last(&self) -> Option<(Pointer, &str)> {
        let (last, parent) = self.tokens.split_last()?;
        Some((Self { tokens: parent.to_vec() }, last))
    }

    /// One step further.
    #[must_use]
    pub fn child(&self, token: impl Into<String>) -> Self {
        let mut tokens = self.tokens.clone();
        tokens.push(token.into());
        Self { tokens }
    }

    /// Whether `other` lies in what this points at, and is not the same place.
    pub fn contains(&self, other: &Pointer) -> bool {
        other.tokens.len() > self.tokens.len() && other.tokens.starts_with(&self.tokens)
    }

    /// What it points at.
    pub fn get<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        self.tokens.iter().try_fold(value, |value, token| match value {
            Value::Object(members) => members.get(token),
            Value::Array(items) => items.get(index(token)?),
            _ => None,
        })
    }

    /// What it points at, to be changed.
    pub fn get_mut<'a>(&self, value: &'a mut Value) -> Option<&'a mut Value> {
        self.tokens.iter().try_fold(value, |value, token| match value {
            Value::Object(members) => members.get_mut(token),
            Value::Array(items) => items.get_mut(index(token)?),
            _ => None,
        })
    }
}

impl std::fmt::Display for Pointer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for token in &self.tokens {
            write!(f, "/{}", token.replace('~', "~0").replace('/', "~1"))?;
        }
        Ok(())
    }
}

/// An index as RFC 6901, section 4 writes it: `0`, or digits without a zero in front.
pub fn index(token: &str) -> Option<usize> {
    let canonical = token == "0" || (!token.starts_with('0') && token.bytes().all(|byte| byte.is_ascii_digit()));
    if canonical { token.parse().ok() } else { None }
}

fn decode(token: &str) -> Option<String> {
    let mut out = String::with_capacity(token.len());
    let mut chars = token.chars();
    while let Some(char) = chars.next() {
        out.push(match char {
            '~' => match chars.next()? {
                '0' => '~',
                '1' => '/',
                _ => return None,
            },
            other => other,
        });
    }
    Some(out)
}
