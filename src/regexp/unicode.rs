//! What Unicode says of characters: their general category, their other cases, and what makes words.

use regex_syntax::ast::{ClassUnicodeKind, ClassUnicodeOpKind};
use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use tables::{CATEGORIES, FOLDS};

// Made by tests/regexp.rs.
#[rustfmt::skip]
mod tables;

/// The general categories (UAX 44, section 5.7.1), in the order of the numbers in `CATEGORIES`.
const NAMES: [(&str, &str); 30] = [
    ("Cc", "control"),
    ("Cf", "format"),
    ("Cn", "unassigned"),
    ("Co", "privateuse"),
    // No character: named by nothing that is read.
    ("", ""),
    ("Ll", "lowercaseletter"),
    ("Lm", "modifierletter"),
    ("Lo", "otherletter"),
    ("Lt", "titlecaseletter"),
    ("Lu", "uppercaseletter"),
    ("Mc", "spacingmark"),
    ("Me", "enclosingmark"),
    ("Mn", "nonspacingmark"),
    ("Nd", "decimalnumber"),
    ("Nl", "letternumber"),
    ("No", "othernumber"),
    ("Pc", "connectorpunctuation"),
    ("Pd", "dashpunctuation"),
    ("Pe", "closepunctuation"),
    ("Pf", "finalpunctuation"),
    ("Pi", "initialpunctuation"),
    ("Po", "otherpunctuation"),
    ("Ps", "openpunctuation"),
    ("Sc", "currencysymbol"),
    ("Sk", "modifiersymbol"),
    ("Sm", "mathsymbol"),
    ("So", "othersymbol"),
    ("Zl", "lineseparator"),
    ("Zp", "paragraphseparator"),
    ("Zs", "spaceseparator"),
];

/// Names of several categories, and second names of one.
const GROUPS: [(&str, &[&str]); 21] = [
    ("c", &["C"]),
    ("other", &["C"]),
    ("cntrl", &["Cc"]),
    ("l", &["L"]),
    ("letter", &["L"]),
    ("lc", &["Lu", "Ll", "Lt"]),
    ("casedletter", &["Lu", "Ll", "Lt"]),
    ("m", &["M"]),
    ("mark", &["M"]),
    ("combiningmark", &["M"]),
    ("n", &["N"]),
    ("number", &["N"]),
    ("digit", &["Nd"]),
    ("p", &["P"]),
    ("punctuation", &["P"]),
    ("punct", &["P"]),
    ("s", &["S"]),
    ("symbol", &["S"]),
    ("z", &["Z"]),
    ("separator", &["Z"]),
    ("any", &["C", "L", "M", "N", "P", "S", "Z"]),
];

/// What stands for a character that is part of a word (UTS 18, Annex C) in a row of `CATEGORIES`.
const WORD: u32 = 1 << 5;

/// The set that `\p{…}` names, before it is negated.
pub(super) fn property(kind: &ClassUnicodeKind) -> Result<ClassUnicode, String> {
    let unknown = |name: &str| {
        format!(
            "`{name}` is no general category of Unicode, as `Lu` or `Letter` are; other properties are not known here"
        )
    };
    match kind {
        ClassUnicodeKind::OneLetter(letter) => named(&letter.to_string()).ok_or_else(|| unknown(&letter.to_string())),
        ClassUnicodeKind::Named(name) => named(name).ok_or_else(|| unknown(name)),
        ClassUnicodeKind::NamedValue { op, name, value } => {
            let sign = match op {
                ClassUnicodeOpKind::Equal => "=",
                ClassUnicodeOpKind::Colon => ":",
                ClassUnicodeOpKind::NotEqual => "!=",
            };
            let is_known = ["gc", "generalcategory"].contains(&plain(name).as_str());
            let set = if is_known { named(value) } else { None };
            set.ok_or_else(|| unknown(&format!("{name}{sign}{value}")))
        }
    }
}

/// The set of a name, however it is written.
fn named(name: &str) -> Option<ClassUnicode> {
    let name = plain(name);
    let all = || ClassUnicode::new([ClassUnicodeRange::new('\0', char::MAX)]);
    match name.as_str() {
        "any" => Some(all()),
        "ascii" => Some(ClassUnicode::new([ClassUnicodeRange::new('\0', '\x7f')])),
        "assigned" => {
            let mut assigned = all();
            assigned.difference(&category("Cn")?);
            Some(assigned)
        }
        _ => {
            let is_named = |(short, long): &&(&str, &str)| short.eq_ignore_ascii_case(&name) || *long == name;
            let one = NAMES.iter().filter(|(short, _)| !short.is_empty()).find(is_named);
            let codes = match one {
                Some((short, _)) => &[*short][..],
                None => GROUPS.iter().find(|(group, _)| *group == name)?.1,
            };
            Some(rows(|row| codes.iter().any(|code| NAMES[(row % WORD) as usize].0.starts_with(code))))
        }
    }
}

/// A name as it is compared (UAX 44, LM3): without case, spaces, `_`, `-` and a leading `is`.
fn plain(name: &str) -> String {
    let plain = |name: &str| -> String {
        name.chars().filter(|c| !matches!(c, ' ' | '_' | '-')).map(|c| c.to_ascii_lowercase()).collect()
    };
    let is_prefixed = name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("is"));
    let rest = plain(if is_prefixed { &name[2..] } else { name });
    // `isc` is an abbreviation of another property.
    if is_prefixed && rest == "c" { plain(name) } else { rest }
}

/// A general category by its two letters.
pub(super) fn category(code: &str) -> Option<ClassUnicode> {
    let number = NAMES.iter().position(|(short, _)| *short == code)? as u32;
    Some(rows(|row| row % WORD == number))
}

/// `\w`.
pub(super) fn word() -> ClassUnicode {
    rows(|row| row & WORD != 0)
}

/// `\s`: the property White_Space, which no character has won or lost since Unicode 6.3.
pub(super) fn white_space() -> ClassUnicode {
    let mut set = ClassUnicode::new([ClassUnicodeRange::new('\t', '\r'), ClassUnicodeRange::new('\u{85}', '\u{85}')]);
    set.union(&rows(|row| NAMES[(row % WORD) as usize].0.starts_with('Z')));
    set
}

/// The characters of the rows that are wanted.
fn rows(wanted: impl Fn(u32) -> bool) -> ClassUnicode {
    let ends = CATEGORIES.iter().skip(1).map(|next| (next >> 6) - 1).chain([u32::from(char::MAX)]);
    let ranges = CATEGORIES.iter().zip(ends).filter(|(row, _)| wanted(**row & 0x3f));
    ClassUnicode::new(ranges.filter_map(|(row, end)| {
        // Surrogates are no characters.
        Some(ClassUnicodeRange::new(char::from_u32(row >> 6)?, char::from_u32(end)?))
    }))
}

/// How many characters have another case, about.
pub(super) const CASED: usize = 2_900;

/// Adds the other cases of a set's characters (UAX 44, simple case folding).
pub(super) fn fold(set: &mut ClassUnicode) {
    let mut others = Vec::new();
    for range in set.iter() {
        let (start, end) = (u32::from(range.start()), u32::from(range.end()));
        let from = FOLDS.partition_point(|&[_, last, _]| last < start);
        for &[first, last, _] in FOLDS[from..].iter().take_while(|&&[first, ..]| first <= end) {
            others.extend((first.max(start)..=last.min(end)).flat_map(other_cases));
        }
    }
    set.union(&ClassUnicode::new(others.into_iter().map(|other| ClassUnicodeRange::new(other, other))));
}

/// The characters that differ from one by case alone.
fn other_cases(character: u32) -> impl Iterator<Item = char> {
    std::iter::successors(next_case(character), move |&other| next_case(other).filter(|next| *next != character))
        .filter_map(char::from_u32)
}

/// The next in the ring of a character's cases.
fn next_case(character: u32) -> Option<u32> {
    let at = FOLDS.partition_point(|&[_, last, _]| last < character);
    let &[first, _, distance] = FOLDS.get(at).filter(|&&[first, ..]| first <= character)?;
    Some(match distance {
        0 if (character - first).is_multiple_of(2) => character + 1,
        0 => character - 1,
        distance => character.wrapping_add(distance),
    })
}
