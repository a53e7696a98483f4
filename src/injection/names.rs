//! Names as Kubernetes has them.

/// The most characters of a label.
const MAX_LABEL: usize = 63;

/// Whether a text is a label of RFC 1123, section 2.1, in lower case: a namespace, a container, a piece of a path.
pub fn is_dns_label(text: &str) -> bool {
    let is_inner = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '-';
    !text.is_empty()
        && text.len() <= MAX_LABEL
        && text.chars().all(is_inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}
