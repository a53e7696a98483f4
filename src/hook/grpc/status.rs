//! Status codes, and a status message as a trailer carries it.

use std::fmt::Write as _;

/// A status code (`doc/statuscodes.md`): those that this server gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::hook) enum Code {
    Ok = 0,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Unimplemented = 12,
    Internal = 13,
}

impl Code {
    /// The number, as `grpc-status` writes it.
    pub(in crate::hook) const fn digits(self) -> &'static str {
        match self {
            Self::Ok => "0",
            Self::InvalidArgument => "3",
            Self::DeadlineExceeded => "4",
            Self::ResourceExhausted => "8",
            Self::FailedPrecondition => "9",
            Self::Unimplemented => "12",
            Self::Internal => "13",
        }
    }
}

/// Why a call has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::hook) struct Status {
    pub(in crate::hook) code: Code,
    pub(in crate::hook) message: String,
}

impl Status {
    pub(in crate::hook) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// Whether a byte of the message stands for itself (`Percent-Byte-Unencoded`). So does a space by that
/// rule, but a field's value must not begin or end with one (RFC 9110, section 5.5).
const fn is_plain(byte: u8) -> bool {
    matches!(byte, b'!'..=b'$' | b'&'..=b'~')
}

/// The message as `grpc-message` carries it (`Percent-Encoded`).
pub(super) fn percent_encoded(message: &str) -> String {
    let mut encoded = String::with_capacity(encoded_length(message));
    for byte in message.bytes() {
        if is_plain(byte) {
            encoded.push(char::from(byte));
        } else {
            _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// The length of [`percent_encoded`] in bytes.
pub(in crate::hook) fn encoded_length(message: &str) -> usize {
    message.bytes().map(|byte| if is_plain(byte) { 1 } else { 3 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_percent_encoded_and_its_length_known() {
        for (message, encoded) in [
            ("", ""),
            ("rules.yaml:4:7: error[no-match]", "rules.yaml:4:7:%20error[no-match]"),
            ("größer\nthan 100%", "gr%C3%B6%C3%9Fer%0Athan%20100%25"),
            ("\u{7f}~!", "%7F~!"),
        ] {
            assert_eq!(percent_encoded(message), encoded);
            assert_eq!(encoded_length(message), encoded.len());
        }
    }

    #[test]
    fn digits_are_the_number() {
        use Code::{
            DeadlineExceeded, FailedPrecondition, Internal, InvalidArgument, Ok, ResourceExhausted, Unimplemented,
        };
        for code in
            [Ok, InvalidArgument, DeadlineExceeded, ResourceExhausted, FailedPrecondition, Unimplemented, Internal]
        {
            assert_eq!(code.digits(), (code as u8).to_string());
        }
    }
}
