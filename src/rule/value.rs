//! A param's value: from text or JSON to its type.

use serde_json::{Number, Value as Json};

/// `type` of a param.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamType {
    /// A text.
    String,
    /// A whole number.
    Integer,
    /// A decimal number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A Kubernetes quantity such as `1Gi` or `500m`; its value is a number.
    Quantity,
    /// Any JSON.
    Json,
}

impl ParamType {
    pub(super) const WORDS: [(&'static str, ParamType); 6] = [
        ("string", ParamType::String),
        ("integer", ParamType::Integer),
        ("number", ParamType::Number),
        ("boolean", ParamType::Boolean),
        ("quantity", ParamType::Quantity),
        ("json", ParamType::Json),
    ];

    pub(super) fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, ty)| *ty == self).map_or("", |(word, _)| word)
    }
}

/// What a param holds. An absent one holds nothing at all.
#[derive(Debug, Clone, PartialEq)]
pub enum ParamValue {
    /// A text.
    Text(String),
    /// A number, with all its digits.
    Number(Number),
    /// A boolean.
    Boolean(bool),
    /// A list or an object.
    Json(Json),
}

impl ParamValue {
    /// A JSON value as a param holds it; `null` is absent.
    pub fn from_json(value: Json) -> Option<Self> {
        match value {
            Json::Null => None,
            Json::String(text) => Some(Self::Text(text)),
            Json::Number(number) => Some(Self::Number(number)),
            Json::Bool(boolean) => Some(Self::Boolean(boolean)),
            list_or_object => Some(Self::Json(list_or_object)),
        }
    }

    /// The value as JSON.
    pub fn to_json(&self) -> Json {
        match self {
            Self::Text(text) => Json::String(text.clone()),
            Self::Number(number) => Json::Number(number.clone()),
            Self::Boolean(boolean) => Json::Bool(*boolean),
            Self::Json(json) => json.clone(),
        }
    }
}

pub(super) fn convert(raw: Json, ty: ParamType) -> Result<Option<ParamValue>, String> {
    let text = match &raw {
        Json::Null => return Ok(None),
        Json::String(text) => Some(text.as_str()),
        _ => None,
    };
    let number = |digits: Option<String>| {
        let digits = digits.ok_or_else(String::new)?;
        let number = serde_json::from_str::<Number>(&digits).map_err(|_| String::new())?;
        Ok(Some(ParamValue::Number(number)))
    };
    match (ty, text) {
        (ParamType::String, _) if !raw.is_array() && !raw.is_object() => Ok(Some(ParamValue::Text(plain(&raw)))),
        (ParamType::Boolean, Some("true")) => Ok(Some(ParamValue::Boolean(true))),
        (ParamType::Boolean, Some("false")) => Ok(Some(ParamValue::Boolean(false))),
        (ParamType::Boolean, None) if raw.is_boolean() => Ok(ParamValue::from_json(raw)),
        (ParamType::Integer, Some(text)) => number(integer(text)),
        (ParamType::Integer, None) if raw.is_number() => number(whole(&raw.to_string())),
        (ParamType::Number, Some(text)) => number(decimal(text)),
        (ParamType::Number, None) if raw.is_number() => Ok(ParamValue::from_json(raw)),
        (ParamType::Quantity, Some(text)) => number(quantity(text)),
        (ParamType::Quantity, None) if raw.is_number() => Ok(ParamValue::from_json(raw)),
        (ParamType::Json, Some(text)) => match serde_json::from_str(text) {
            Ok(json) => Ok(ParamValue::from_json(json)),
            Err(error) => Err(format!(": {error}")),
        },
        (ParamType::Json, None) => Ok(ParamValue::from_json(raw)),
        _ => Err(format!(", it is {}", kind(&raw))),
    }
}

/// A whole number in JSON's form; leading zeros and `+` are dropped.
fn integer(text: &str) -> Option<String> {
    let (sign, digits) = split_sign(text);
    let all_digits = !digits.is_empty() && digits.len() <= 64 && digits.bytes().all(|byte| byte.is_ascii_digit());
    all_digits.then(|| signed(sign, digits.trim_start_matches('0')))
}

/// A JSON number that is whole, however it is written (`4`, `4.0`).
fn whole(text: &str) -> Option<String> {
    if let Some(digits) = integer(text) {
        return Some(digits);
    }
    let value: f64 = text.parse().ok()?;
    (value.fract() == 0.0 && value.abs() < 9e15).then(|| format!("{value:.0}"))
}

/// A decimal number in JSON's form.
fn decimal(text: &str) -> Option<String> {
    let (sign, rest) = split_sign(text);
    let (mantissa, exponent) =
        rest.split_once(['e', 'E']).map_or((rest, None), |(mantissa, exponent)| (mantissa, Some(exponent)));
    let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let digits = |text: &str| !text.is_empty() && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_digit());
    let exponent_is_valid = exponent.is_none_or(|exponent| {
        let digits = split_sign(exponent).1;
        digits.len() <= 3 && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    if !digits(before) || !digits(after) || !exponent_is_valid {
        return None;
    }
    let mut text = signed(sign, before.trim_start_matches('0'));
    if mantissa.contains('.') {
        text = format!("{text}.{after}");
    }
    if let Some(exponent) = exponent {
        text = format!("{text}e{exponent}");
    }
    text.parse::<f64>().is_ok_and(f64::is_finite).then_some(text)
}

fn split_sign(text: &str) -> (&str, &str) {
    match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    }
}

fn signed(sign: &str, digits: &str) -> String {
    if digits.is_empty() { "0".to_owned() } else { format!("{sign}{digits}") }
}

/// A Kubernetes quantity as a decimal: binary (`Ki` … `Ei`) and decimal (`n` … `E`) suffixes, or an exponent.
fn quantity(text: &str) -> Option<String> {
    let split = text.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '+' | '-')).unwrap_or(text.len());
    let (mantissa, suffix) = text.split_at(split);
    let (sign, digits) = split_sign(mantissa);
    let (before, after) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{before}{after}");
    if all.is_empty() || all.len() > 24 || !all.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (factor, mut shift): (i128, i32) = match suffix {
        "" => (1, 0),
        "Ki" => (1 << 10, 0),
        "Mi" => (1 << 20, 0),
        "Gi" => (1 << 30, 0),
        "Ti" => (1 << 40, 0),
        "Pi" => (1 << 50, 0),
        "Ei" => (1 << 60, 0),
        "n" => (1, -9),
        "u" => (1, -6),
        "m" => (1, -3),
        "k" => (1, 3),
        "M" => (1, 6),
        "G" => (1, 9),
        "T" => (1, 12),
        "P" => (1, 15),
        "E" => (1, 18),
        exponent => (1, exponent.strip_prefix(['e', 'E'])?.parse::<i8>().ok()?.into()),
    };
    shift -= i32::try_from(after.len()).ok()?;
    let number = all.parse::<i128>().ok()?.checked_mul(factor)?;
    let scale = 10i128.checked_pow(shift.unsigned_abs())?;
    if shift >= 0 {
        return Some(signed(sign, number.checked_mul(scale)?.to_string().trim_start_matches('0')));
    }
    let (whole, rest) = (number / scale, number % scale);
    let width = usize::try_from(-shift).ok()?;
    let fraction = format!("{rest:0width$}");
    let fraction = fraction.trim_end_matches('0');
    let whole = if sign.is_empty() || number == 0 { whole.to_string() } else { format!("-{whole}") };
    Some(if fraction.is_empty() { whole } else { format!("{whole}.{fraction}") })
}

/// A scalar's text; JSON for the rest.
pub(super) fn plain(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

pub(super) fn kind(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}
