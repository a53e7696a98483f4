//! `virt-patch explain`.

use std::path::Path;

use virt_patch::diagnostic::Code;
use virt_patch::report::page::{meaning, page};

use super::run;

#[test]
fn every_code_has_a_page_with_its_meaning() {
    for &code in Code::ALL {
        let page = page(code);
        assert!(page.split("\n\n").count() > 1, "{code}: {page}");
        assert!(!page.contains("\n## ") && !page.contains("\n# "), "{code} runs into the next page");
        let meaning = meaning(code);
        assert!(meaning.len() > 10 && !meaning.contains('\n'), "{code}: {meaning}");
    }
}

#[test]
fn a_page_is_printed_as_it_stands() {
    let here = Path::new(".");
    for name in ["no-match", "error[no-match]"] {
        let done = run(here, &["explain", name]);
        assert_eq!((done.code, done.err.as_str()), (0, ""));
        assert_eq!(done.out, format!("no-match\n\n{}\n", page(Code::NoMatch)));
    }
    let list = run(here, &["explain"]);
    assert_eq!(list.out.lines().count(), Code::ALL.len());
    let unknown = run(here, &["explain", "no-macth"]);
    assert_eq!((unknown.code, unknown.out.as_str()), (2, ""));
    assert!(unknown.err.contains("did you mean `no-match`?"), "{}", unknown.err);
}
