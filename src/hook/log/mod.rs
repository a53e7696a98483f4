//! Lines for the pod's log: JSON or text, one event a line, on standard error.
//!
//! Only what is known to be harmless is logged (names, sizes, times, diagnostics), never a
//! document's content. Control characters are escaped, so a value cannot forge a line.

mod outlet;

use std::fmt::Write as _;
use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use outlet::Outlet;

/// How a line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// A JSON object with `time`, `level`, `msg` and the event's fields.
    #[default]
    Json,
    /// `time LEVEL message key=value …`.
    Text,
}

/// How much an event matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// As it should be.
    Info,
    /// Done, with something to look at.
    Warning,
    /// Not done.
    Error,
}

impl Level {
    const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A field's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field<'a> {
    /// A text.
    Text(&'a str),
    /// A count, a size in bytes, a time in the unit that the field's name ends in.
    Number(u64),
}

impl<'a> From<&'a str> for Field<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Field<'_> {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

/// Writes events, a line each, never a part of one between those of another thread. Nobody waits for a log
/// that is not read: what cannot be written waits, and beyond 64 KiB lines are dropped and counted.
pub struct Log {
    format: Format,
    outlet: Mutex<Outlet>,
}

impl Log {
    /// A log on standard error. Where that is a pipe, it becomes one that does not block.
    pub fn stderr(format: Format) -> Self {
        Self { format, outlet: Mutex::new(Outlet::stderr()) }
    }

    /// A log into anything. What does not take a line now says so by [`std::io::ErrorKind::WouldBlock`].
    pub fn to(format: Format, sink: impl Write + Send + 'static) -> Self {
        Self { format, outlet: Mutex::new(Outlet::new(sink)) }
    }

    /// Writes an event, or lets it wait for the end of a [`Held`].
    pub fn event(&self, level: Level, message: &str, fields: &[(&str, Field<'_>)]) {
        let line = self.line(level, message, fields);
        let mut outlet = self.outlet();
        outlet.push(&line);
        if outlet.holds == 0 {
            self.write(&mut outlet);
        }
    }

    /// Keeps events from being written until the result is dropped, so that they cost no time before.
    #[must_use]
    pub fn hold(&self) -> Held<'_> {
        self.outlet().holds += 1;
        Held(self)
    }

    fn write(&self, outlet: &mut Outlet) {
        outlet.write();
        if let Some(lost) = outlet.take_lost() {
            outlet.push(&self.line(Level::Warning, "log lines lost", &[("lines", lost.into())]));
            outlet.write();
        }
    }

    fn line(&self, level: Level, message: &str, fields: &[(&str, Field<'_>)]) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let time = rfc3339(now.as_secs(), now.subsec_micros());
        match self.format {
            Format::Json => json(&time, level, message, fields),
            Format::Text => text(&time, level, message, fields),
        }
    }

    fn outlet(&self) -> MutexGuard<'_, Outlet> {
        self.outlet.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// While this lives, events wait.
pub struct Held<'log>(&'log Log);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let mut outlet = self.0.outlet();
        outlet.holds -= 1;
        if outlet.holds == 0 {
            self.0.write(&mut outlet);
        }
    }
}

fn json(time: &str, level: Level, message: &str, fields: &[(&str, Field<'_>)]) -> String {
    let mut line = format!("{{\"time\":\"{time}\",\"level\":\"{}\",\"msg\":", level.word());
    quote(&mut line, message);
    for (name, value) in fields {
        line.push(',');
        quote(&mut line, name);
        line.push(':');
        match value {
            Field::Text(text) => quote(&mut line, text),
            Field::Number(number) => _ = write!(line, "{number}"),
        }
    }
    line.push_str("}\n");
    line
}

fn text(time: &str, level: Level, message: &str, fields: &[(&str, Field<'_>)]) -> String {
    let mut line = format!("{time} {:<7} ", level.word().to_uppercase());
    escape(&mut line, message);
    for (name, value) in fields {
        _ = write!(line, " {name}=");
        match value {
            Field::Text(text) if text.is_empty() || text.contains([' ', '"', '=']) => quote(&mut line, text),
            Field::Text(text) => escape(&mut line, text),
            Field::Number(number) => _ = write!(line, "{number}"),
        }
    }
    line.push('\n');
    line
}

/// A JSON string (RFC 8259, section 7).
fn quote(line: &mut String, text: &str) {
    line.push('"');
    for part in text.split_inclusive(['"', '\\']) {
        let (plain, special) = match part.as_bytes().last() {
            Some(b'"') => (&part[..part.len() - 1], "\\\""),
            Some(b'\\') => (&part[..part.len() - 1], "\\\\"),
            _ => (part, ""),
        };
        escape(line, plain);
        line.push_str(special);
    }
    line.push('"');
}

/// The text with everything escaped that could end a line, move a terminal's cursor or turn the
/// direction of writing.
fn escape(line: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '\n' => line.push_str("\\n"),
            '\t' => line.push_str("\\t"),
            _ if character.is_control() || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}') => {
                _ = write!(line, "\\u{:04x}", u32::from(character));
            }
            _ => line.push(character),
        }
    }
}

/// A moment in UTC (RFC 3339): the civil date of a day count, by eras of 400 years that begin in March.
fn rfc3339(seconds: u64, micros: u32) -> String {
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let day = days + 719_468;
    let (era, of_era) = (day / 146_097, day % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let date = of_year - (153 * from_march + 2) / 5 + 1;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_known_days() {
        assert_eq!(rfc3339(0, 0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(rfc3339(951_782_400, 7), "2000-02-29T00:00:00.000007Z");
        assert_eq!(rfc3339(1_709_251_199, 999_999), "2024-02-29T23:59:59.999999Z");
        assert_eq!(rfc3339(4_107_542_400, 0), "2100-03-01T00:00:00.000000Z");
    }

    #[test]
    fn a_json_line_is_json_and_one_line() {
        let hostile = "a\"b\\c\nd\u{1b}[31m\u{85}\u{202e}é";
        let line = json("t", Level::Error, hostile, &[("k\n", hostile.into()), ("n", 7.into())]);
        assert_eq!(line.trim_end_matches('\n').lines().count(), 1);
        assert!(!line.trim_end_matches('\n').contains(|c: char| c.is_control() || c == '\u{202e}'), "{line:?}");
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["msg"], hostile);
        assert_eq!(value["k\n"], hostile);
        assert_eq!(value["n"].as_u64(), Some(7));
    }

    #[test]
    fn a_text_line_cannot_be_forged() {
        let line = text("t", Level::Info, "hook", &[("error", "x\nt ERROR forged".into()), ("n", 7.into())]);
        assert_eq!(line, "t INFO    hook error=\"x\\nt ERROR forged\" n=7\n");
    }
}
