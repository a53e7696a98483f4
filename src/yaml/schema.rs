//! What a plain scalar means: the core schema of YAML 1.2, and YAML 1.1 as cloud-init reads it.
//!
//! The two differ where it hurts: `yes`, `0644`, `12:30`, `1e3`. "YAML 1.1" is what PyYAML makes of it
//! (`yaml/resolver.py`), for that is what cloud-init runs; the specification itself knows a few more
//! spellings (`y`, `n`), which [`is_special`] keeps in mind for what is written.

use serde_json::Value;

use crate::json::number;

/// Which rules decide a plain scalar's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// The core schema of YAML 1.2.2, section 10.3.
    Core,
    /// YAML 1.1 as PyYAML resolves it. Timestamps and binaries stay texts.
    Yaml11,
}

/// `.inf` or `.nan`: numbers that JSON does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotFinite;

impl std::fmt::Display for NotFinite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("infinity and not-a-number have no place in JSON")
    }
}

impl std::error::Error for NotFinite {}

impl Schema {
    /// The value of a plain scalar.
    ///
    /// # Errors
    /// [`NotFinite`] for `.inf` and `.nan`.
    pub fn resolve(self, text: &str) -> Result<Value, NotFinite> {
        match self {
            Self::Core => core(text),
            Self::Yaml11 => yaml11(text),
        }
    }
}

/// The value of a plain scalar in YAML 1.2's core schema.
///
/// # Errors
/// [`NotFinite`] for `.inf` and `.nan`.
pub fn core(text: &str) -> Result<Value, NotFinite> {
    if let Some(value) = shared(text)? {
        return Ok(value);
    }
    let radix = text.strip_prefix("0o").map(|digits| (digits, 8)).or_else(|| Some((text.strip_prefix("0x")?, 16)));
    let number = match radix {
        Some((digits, radix)) => integer(digits, radix),
        None => decimal(text, Exponent::SignOptional),
    };
    Ok(number.map_or_else(|| text.into(), |number| as_number(&number, text)))
}

/// The value of a plain scalar as PyYAML reads it.
///
/// # Errors
/// [`NotFinite`] for `.inf` and `.nan`.
pub fn yaml11(text: &str) -> Result<Value, NotFinite> {
    match text {
        "yes" | "Yes" | "YES" | "on" | "On" | "ON" => return Ok(true.into()),
        "no" | "No" | "NO" | "off" | "Off" | "OFF" => return Ok(false.into()),
        _ => {}
    }
    if let Some(value) = shared(text)? {
        return Ok(value);
    }
    let number = match text.bytes().find(|byte| !matches!(byte, b'+' | b'-')) {
        Some(b'0'..=b'9' | b'.') => number11(text),
        _ => None,
    };
    Ok(number.map_or_else(|| text.into(), |number| as_number(&number, text)))
}

/// Whether YAML 1.1 and 1.2 read this plain scalar differently.
pub fn is_ambiguous(text: &str) -> bool {
    is_timestamp(text)
        || match (core(text), yaml11(text)) {
            (Ok(core), Ok(yaml11)) => !crate::json::equal::equal(&core, &yaml11),
            (core, yaml11) => core != yaml11,
        }
}

/// Whether any YAML reader takes this plain scalar for something else than its text.
pub fn is_special(text: &str) -> bool {
    let is_text = |value: Result<Value, NotFinite>| matches!(value, Ok(Value::String(_)));
    !is_text(core(text))
        || !is_text(yaml11(text))
        || is_timestamp(text)
        || matches!(text, "y" | "Y" | "n" | "N" | "=" | "<<")
}

/// What both versions read alike.
fn shared(text: &str) -> Result<Option<Value>, NotFinite> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => Some(Value::Null),
        "true" | "True" | "TRUE" => Some(true.into()),
        "false" | "False" | "FALSE" => Some(false.into()),
        ".nan" | ".NaN" | ".NAN" => return Err(NotFinite),
        _ if matches!(unsigned, ".inf" | ".Inf" | ".INF") => return Err(NotFinite),
        _ => None,
    })
}

fn as_number(json: &str, text: &str) -> Value {
    number::parse(json).map_or_else(|| text.into(), Value::Number)
}

#[derive(Clone, Copy, PartialEq)]
enum Exponent {
    SignOptional,
    /// PyYAML wants the sign, and a point before it: `1e3` is a text, `1.0e+3` a number.
    SignAndPoint,
}

/// `[-+]? ( [0-9]+ ( \. [0-9]* )? | \. [0-9]+ ) ( [eE] [-+]? [0-9]+ )?` as JSON writes it.
fn decimal(text: &str, style: Exponent) -> Option<String> {
    let (sign, rest) = sign(text);
    let (mantissa, power) = match rest.split_once(['e', 'E']) {
        Some((mantissa, power)) => (mantissa, Some(power)),
        None => (rest, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction.unwrap_or("")) || (whole.is_empty() && fraction.unwrap_or("").is_empty()) {
        return None;
    }
    let mut json = String::from(sign);
    json.push_str(without_zeros(whole));
    if let Some(fraction) = fraction {
        json.push('.');
        json.push_str(if fraction.is_empty() { "0" } else { fraction });
    }
    if let Some(power) = power {
        let unsigned = power.strip_prefix(['+', '-']);
        let strict = style == Exponent::SignAndPoint && (unsigned.is_none() || fraction.is_none());
        let exponent = unsigned.unwrap_or(power);
        if strict || exponent.is_empty() || !digits(exponent) {
            return None;
        }
        json.push('e');
        json.push_str(power);
    }
    Some(json)
}

/// PyYAML's patterns for `int` and `float`, as JSON writes them.
fn number11(text: &str) -> Option<String> {
    let (sign, unsigned) = sign(text);
    if unsigned.contains(':') {
        return sexagesimal(unsigned).map(|number| signed(sign, number));
    }
    // An underscore may stand among digits, never first.
    if unsigned.starts_with('_') || unsigned.starts_with("._") {
        return None;
    }
    let plain: String = unsigned.chars().filter(|&char| char != '_').collect();
    let prefixed = plain.strip_prefix("0b").map(|digits| (digits, 2)).or_else(|| Some((plain.strip_prefix("0x")?, 16)));
    if let Some((digits, radix)) = prefixed {
        return integer(digits, radix).map(|number| signed(sign, number));
    }
    let is_integer = plain.bytes().all(|byte| byte.is_ascii_digit());
    match plain.strip_prefix('0') {
        Some(digits) if is_integer && !digits.is_empty() => integer(digits, 8).map(|number| signed(sign, number)),
        _ if is_integer => Some(signed(sign, plain)),
        _ if unsigned.starts_with('.') && text.starts_with(['+', '-']) => None,
        _ => decimal(&plain, Exponent::SignAndPoint).filter(|_| underscores_fit(unsigned)).map(|it| signed(sign, it)),
    }
}

/// In a float's exponent PyYAML allows no underscore.
fn underscores_fit(text: &str) -> bool {
    text.split_once(['e', 'E']).is_none_or(|(_, power)| !power.contains('_'))
}

/// `190:20:30` and `190:20:30.15`: digits to the base of sixty.
fn sexagesimal(text: &str) -> Option<String> {
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction.replace('_', ""))),
        None => (text, None),
    };
    let mut parts = whole.split(':');
    let first = parts.next()?;
    let leading = first.as_bytes().first()?;
    let is_digit_or_bar = |byte: u8| byte.is_ascii_digit() || byte == b'_';
    // An integer of this form begins with 1 to 9; a float may begin with a zero.
    if !leading.is_ascii_digit() || (*leading == b'0' && fraction.is_none()) || !first.bytes().all(is_digit_or_bar) {
        return None;
    }
    let mut total: u128 = first.replace('_', "").parse().ok()?;
    for part in parts {
        let fits = matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']);
        let value = if fits { part.parse::<u128>().ok()? } else { return None };
        total = total.checked_mul(60)?.checked_add(value)?;
    }
    match fraction {
        Some(fraction) if !fraction.bytes().all(|byte| byte.is_ascii_digit()) => None,
        Some(fraction) if !fraction.is_empty() => Some(format!("{total}.{fraction}")),
        Some(_) => Some(format!("{total}.0")),
        None => Some(total.to_string()),
    }
}

/// Digits of a radix as a decimal; `None` beyond 128 bits, which nothing means as a number.
fn integer(digits: &str, radix: u32) -> Option<String> {
    let all = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    if all { u128::from_str_radix(digits, radix).ok().map(|value| value.to_string()) } else { None }
}

/// The sign as JSON writes it, and what follows.
fn sign(text: &str) -> (&'static str, &str) {
    match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    }
}

fn signed(sign: &str, number: String) -> String {
    if sign.is_empty() { number } else { format!("{sign}{number}") }
}

fn without_zeros(digits: &str) -> &str {
    match digits.trim_start_matches('0') {
        "" => "0",
        rest => rest,
    }
}

/// A date, or a date and a time, as YAML 1.1's `timestamp` type has it.
fn is_timestamp(text: &str) -> bool {
    let Some((year, rest)) = text.split_once('-') else { return false };
    let Some((month, rest)) = rest.split_once('-') else { return false };
    let digits = |text: &str, from: usize, to: usize| {
        (from..=to).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let day_length = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (day, time) = rest.split_at(day_length);
    if !digits(year, 4, 4) || !digits(month, 1, 2) || !digits(day, 1, 2) {
        return false;
    }
    if time.is_empty() {
        return month.len() == 2 && day.len() == 2;
    }
    let clock = time.strip_prefix(['T', 't']).unwrap_or_else(|| time.trim_start_matches([' ', '\t']));
    let mut parts = clock.splitn(3, ':');
    clock.len() < time.len()
        && parts.next().is_some_and(|hour| digits(hour, 1, 2))
        && parts.next().is_some_and(|minute| digits(minute, 2, 2))
        && parts.next().is_some_and(|second| second.get(..2).is_some_and(|second| digits(second, 2, 2)))
}
