//! A failure as a gRPC status: the one place where kinds become codes, and where a long message is
//! cut to what a trailer should carry.

use super::grpc::{Code, Status, encoded_length};
use super::hooks::{Failure, FailureKind};

/// How many bytes a status message may take in the `grpc-message` trailer, percent-encoded. Go's
/// client reads 16 MiB of headers, others (hyper) 16 KiB, and the VMI's condition holds 32 KiB.
const MAX_ENCODED: usize = 8 * 1024;
/// Kept free of [`MAX_ENCODED`] for the note that says what was cut.
const NOTE: usize = 256;

/// The status of a failure.
pub(super) fn status(failure: &Failure) -> Status {
    let code = match failure.kind {
        FailureKind::InvalidInput => Code::InvalidArgument,
        FailureKind::RuleError => Code::FailedPrecondition,
        FailureKind::Limit => Code::ResourceExhausted,
        FailureKind::Internal => Code::Internal,
    };
    Status::new(code, shortened(&failure.message))
}

/// The message, or its first whole lines and how many follow.
fn shortened(message: &str) -> String {
    if encoded_length(message) <= MAX_ENCODED {
        return message.to_owned();
    }
    let budget = MAX_ENCODED - NOTE;
    let mut used = 0;
    let mut kept = 0;
    for line in message.split_inclusive('\n') {
        used += encoded_length(line);
        if used > budget {
            break;
        }
        kept += line.len();
    }
    if kept == 0 {
        return format!("{}… (cut; see the sidecar's log)", within(message, budget));
    }
    let (shown, rest) = message.split_at(kept);
    let problems = rest.lines().filter(|line| !line.trim().is_empty()).count();
    let noun = if problems == 1 { "problem" } else { "problems" };
    format!("{shown}… and {problems} more {noun}; see the sidecar's log")
}

/// As much of the text's beginning as fits.
fn within(text: &str, budget: usize) -> &str {
    let mut used = 0;
    let end = text.char_indices().find_map(|(at, character)| {
        used += encoded_length(character.encode_utf8(&mut [0; 4]));
        (used > budget).then_some(at)
    });
    &text[..end.unwrap_or(text.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_message_stays_whole() {
        let status = status(&Failure::new(FailureKind::RuleError, "rules.yaml:4:7: error[no-match]: é\nsecond"));
        assert_eq!(status, Status::new(Code::FailedPrecondition, "rules.yaml:4:7: error[no-match]: é\nsecond"));
    }

    #[test]
    fn whole_lines_are_kept_and_the_rest_counted() {
        let lines: Vec<String> = (0..1000).map(|n| format!("rules.yaml:{n}:1: error[no-match]: nothing")).collect();
        let short = shortened(&lines.join("\n"));
        assert!(encoded_length(&short) <= MAX_ENCODED, "{}", encoded_length(&short));
        let shown = short.lines().count() - 1;
        assert!(shown > 50, "{shown}");
        assert!(lines[..shown].iter().zip(short.lines()).all(|(a, b)| a == b));
        let note = format!("… and {} more problems; see the sidecar's log", 1000 - shown);
        assert_eq!(short.lines().last(), Some(note.as_str()));
    }

    #[test]
    fn one_endless_line_is_cut_between_characters() {
        let short = shortened(&"é".repeat(100_000));
        assert!(encoded_length(&short) <= MAX_ENCODED);
        assert!(short.starts_with("éé") && short.ends_with("é… (cut; see the sidecar's log)"), "{short}");
    }
}
