//! Texts that are held to files.

use std::path::Path;

/// Holds a text to a golden file beside this one; `BLESS=1` writes it anew.
pub(crate) fn golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli").join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, text).expect("the golden file is written");
    }
    let wanted = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}; BLESS=1?", path.display()));
    assert_eq!(text, wanted, "{}; BLESS=1 accepts what is printed now", path.display());
}
