//! Numbers as the text they were written in.
//!
//! A JSON number has no size (RFC 8259, section 6): `18446744073709551616` and `1.10` must survive,
//! so nothing here goes through a float.

use std::cmp::Ordering;
use std::fmt::Write as _;

use serde_json::Number;

/// Beyond so many zeros a number is left in scientific notation: a float never needs more, and
/// `1e999999999` must not fill the memory.
const MOST_ZEROS: i64 = 400;

/// The parts that two spellings of one value share: sign, digits without zeros at either end, and
/// the power of ten of the last digit. Zero has no digits and no sign.
#[derive(PartialEq, Eq)]
struct Parts {
    negative: bool,
    digits: String,
    exponent: i64,
}

impl Parts {
    /// Reads `[-] digits [. digits] [e [+-] digits]`.
    fn of(text: &str) -> Self {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, power) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let digits = all.trim_end_matches('0');
        let trailing = all.len() - digits.len();
        let digits = digits.trim_start_matches('0').to_owned();
        if digits.is_empty() {
            return Self { negative: false, digits, exponent: 0 };
        }
        let exponent = saturating_power(power) - length(fraction.len()) + length(trailing);
        Self { negative, digits, exponent }
    }

    fn sign(&self) -> i8 {
        match (self.digits.is_empty(), self.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        }
    }

    /// The order of the absolute values of two numbers that are not zero: first by the place of the
    /// first digit, then by the digits, for neither has zeros at its ends.
    fn magnitude(&self, other: &Self) -> Ordering {
        let point = |parts: &Self| length(parts.digits.len()) + parts.exponent;
        point(self).cmp(&point(other)).then_with(|| self.digits.cmp(&other.digits))
    }
}

/// The exponent's value; one that no memory could spell out becomes the largest of its sign.
fn saturating_power(text: &str) -> i64 {
    const LARGEST: i64 = i64::MAX / 4;
    text.parse::<i64>()
        .map_or(if text.starts_with('-') { -LARGEST } else { LARGEST }, |power| power.clamp(-LARGEST, LARGEST))
}

fn length(of: usize) -> i64 {
    i64::try_from(of).unwrap_or(i64::MAX / 8)
}

/// Whether both are the same number: `1`, `1.0` and `1e0` are.
pub fn equal(a: &Number, b: &Number) -> bool {
    a.as_str() == b.as_str() || Parts::of(a.as_str()) == Parts::of(b.as_str())
}

/// Which number is larger, exactly.
pub fn compare(a: &Number, b: &Number) -> Ordering {
    let (a, b) = (Parts::of(a.as_str()), Parts::of(b.as_str()));
    match (a.sign(), b.sign()) {
        (-1, -1) => b.magnitude(&a),
        (1, 1) => a.magnitude(&b),
        (a, b) => a.cmp(&b),
    }
}

/// One spelling for each value: the digits and their power of ten.
pub fn canonical(number: &Number) -> String {
    let Parts { negative, digits, exponent } = Parts::of(number.as_str());
    if digits.is_empty() { "0".to_owned() } else { format!("{}{digits}e{exponent}", if negative { "-" } else { "" }) }
}

/// The number without an exponent, exactly: `1e3` is `1000`. Without exponent it stays as written;
/// one of more than 400 zeros stays in scientific notation.
pub fn plain(text: &str) -> String {
    if !text.contains(['e', 'E']) {
        return text.to_owned();
    }
    let Parts { negative, digits, exponent } = Parts::of(text);
    if digits.is_empty() {
        return "0".to_owned();
    }
    if !(-MOST_ZEROS..=MOST_ZEROS).contains(&exponent) {
        return text.to_owned();
    }
    let mut out = String::from(if negative { "-" } else { "" });
    let point = length(digits.len()) + exponent;
    match (usize::try_from(exponent), usize::try_from(point)) {
        (Ok(zeros), _) => {
            out.push_str(&digits);
            out.extend(std::iter::repeat_n('0', zeros));
        }
        (Err(_), Ok(point)) if point > 0 => {
            let (whole, fraction) = digits.split_at(point);
            let _ = write!(out, "{whole}.{fraction}");
        }
        _ => {
            out.push_str("0.");
            out.extend(std::iter::repeat_n('0', usize::try_from(-point).unwrap_or(0)));
            out.push_str(&digits);
        }
    }
    out
}

/// A number from digits that are known to be JSON's grammar; `None` where they are not.
pub fn parse(text: &str) -> Option<Number> {
    serde_json::from_str(text).ok()
}
