//! File names, lexically: nothing is looked up, links are not followed.

/// The last component, trailing slashes aside (POSIX `basename`).
pub(super) fn basename(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() {
        return if path.is_empty() { "" } else { "/" };
    }
    trimmed.rsplit('/').next().unwrap_or(trimmed)
}

/// What is left without the last component (POSIX `dirname`).
pub(super) fn dirname(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() {
        return if path.is_empty() { "." } else { "/" };
    }
    match trimmed.rfind('/') {
        None => ".",
        Some(slash) => match trimmed[..slash].trim_end_matches('/') {
            "" => "/",
            directory => directory,
        },
    }
}

/// Whether a path lies under a directory, once `.` and `..` in both are resolved. The directory
/// itself does not lie under itself; a relative path never lies under an absolute one.
pub(super) fn is_under(path: &str, directory: &str) -> bool {
    if path.is_empty() || directory.is_empty() || path.starts_with('/') != directory.starts_with('/') {
        return false;
    }
    let (Some(path), Some(directory)) = (components(path), components(directory)) else { return false };
    path.len() > directory.len() && path.starts_with(&directory)
}

/// The components; `None` where `..` leads out of a relative path, to a place that is not known.
fn components(path: &str) -> Option<Vec<&str>> {
    let mut components = Vec::new();
    for component in path.split('/') {
        match component {
            "" | "." => {}
            ".." => {
                if components.pop().is_none() && !path.starts_with('/') {
                    return None;
                }
            }
            name => components.push(name),
        }
    }
    Some(components)
}
