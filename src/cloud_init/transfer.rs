//! Content transfer encodings of MIME parts (RFC 2045, section 6), as Python's `email` reads them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The most columns of an encoded line (RFC 2045, section 6.8).
const LINE: usize = 76;
/// The most bytes of a line that is sent as it is (RFC 5322, section 2.1.1).
const LONGEST_LINE: usize = 998;

/// How a part's content is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transfer {
    /// `7bit`, `8bit`, `binary`, or nothing said.
    Identity,
    /// `base64`
    Base64,
    /// `quoted-printable`
    QuotedPrintable,
}

impl Transfer {
    /// For the value of `Content-Transfer-Encoding`.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "" | "7bit" | "8bit" | "binary" => Some(Self::Identity),
            "base64" => Some(Self::Base64),
            "quoted-printable" => Some(Self::QuotedPrintable),
            _ => None,
        }
    }

    /// The text that `body` stands for; `None` where it is not in this encoding, or no UTF-8.
    pub(super) fn decode(self, body: &str) -> Option<String> {
        match self {
            Self::Identity => Some(body.to_owned()),
            Self::Base64 => {
                let encoded: String = body.chars().filter(|char| !char.is_ascii_whitespace()).collect();
                String::from_utf8(STANDARD.decode(encoded).ok()?).ok()
            }
            Self::QuotedPrintable => quoted_printable(body),
        }
    }
}

/// Whether a text survives as it is. Python gives back what is beyond ASCII otherwise than it was sent, and line
/// ends that mail does not know, so those are encoded.
pub(super) fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'\t' | b'\n' | b' '..=b'~'))
        && text.split('\n').all(|line| line.len() <= LONGEST_LINE)
}

/// Lines of base64, each ended by `line_end`.
pub(super) fn base64_lines(text: &str, line_end: &str) -> String {
    let encoded = STANDARD.encode(text);
    let mut out = String::with_capacity(encoded.len() + encoded.len() / LINE * line_end.len() + 2);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(LINE));
        out.push_str(line);
        out.push_str(line_end);
        rest = after;
    }
    out
}

/// RFC 2045, section 6.7: `=XX` is a byte, `=` at the end of a line joins it with the next.
fn quoted_printable(body: &str) -> Option<String> {
    let mut out = Vec::with_capacity(body.len());
    for line in body.split_inclusive('\n') {
        let end = if line.ends_with("\r\n") {
            "\r\n"
        } else if line.ends_with('\n') {
            "\n"
        } else {
            ""
        };
        let text = line[..line.len() - end.len()].trim_end_matches([' ', '\t']);
        let (text, joined) = text.strip_suffix('=').map_or((text, false), |text| (text, true));
        let mut parts = text.split('=');
        out.extend_from_slice(parts.next().unwrap_or_default().as_bytes());
        for part in parts {
            let byte = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok())?;
            out.push(byte);
            out.extend_from_slice(part.get(2..).unwrap_or_default().as_bytes());
        }
        if !joined {
            out.extend_from_slice(end.as_bytes());
        }
    }
    String::from_utf8(out).ok()
}
