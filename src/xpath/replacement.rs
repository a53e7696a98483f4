//! The replacement strings of `replace()`: `$0` the match, `$N` a group, `\\` a backslash, `\$` a
//! dollar sign (Functions and Operators 3.1, section 5.6.4).

use crate::regexp::Match;

/// A replacement, split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Replacement(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Group(usize),
}

impl Replacement {
    /// Reads a replacement for a pattern with so many groups, the whole match counted. Of `$12` the
    /// last digits are text where there is no such group.
    ///
    /// # Errors
    /// A sentence about a backslash or dollar sign that says nothing.
    pub(super) fn parse(text: &str, groups: usize) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '\\' => match characters.next() {
                    Some(escaped @ ('\\' | '$')) => plain.push(escaped),
                    _ => return Err("a backslash in a replacement stands before `\\` or `$`".to_owned()),
                },
                '$' => {
                    let Some(digit) = characters.peek().and_then(|next| next.to_digit(10)) else {
                        return Err(
                            "`$` in a replacement stands before a group's number; write `\\$` for itself".to_owned()
                        );
                    };
                    characters.next();
                    let mut group = digit as usize;
                    while let Some(digit) = characters.peek().and_then(|next| next.to_digit(10)) {
                        let longer = group.saturating_mul(10).saturating_add(digit as usize);
                        if longer >= groups {
                            break;
                        }
                        characters.next();
                        group = longer;
                    }
                    if !plain.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut plain)));
                    }
                    parts.push(Part::Group(group));
                }
                _ => plain.push(character),
            }
        }
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self(parts))
    }

    /// Appends the replacement of one match. A group that took no part is empty.
    pub(super) fn append(&self, found: &Match<'_>, out: &mut String) {
        for part in &self.0 {
            out.push_str(match part {
                Part::Text(text) => text,
                Part::Group(group) => found.group(*group).unwrap_or(""),
            });
        }
    }
}
