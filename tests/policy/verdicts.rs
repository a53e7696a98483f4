//! Verdicts on two documents, one trick or one harmless change each: `verdicts.yaml`.

use virt_patch::engine::CloudInitResult;
use virt_patch::source::Source;
use virt_patch::yaml::{self, Limits, Node};

use super::{policies, text};

/// `allowed`, or code and path of what is refused.
fn verdict(judged: Result<(), Vec<virt_patch::diagnostic::Diagnostic>>) -> String {
    match judged {
        Ok(()) => "allowed".to_owned(),
        Err(problems) => {
            let first = problems.first().expect("why");
            let path = first.path.as_deref().map(|path| format!(" {path}")).unwrap_or_default();
            format!("{}{path}", first.code)
        }
    }
}

fn field<'n>(row: &'n Node, name: &str) -> &'n str {
    row.get(name).and_then(Node::text).unwrap_or_else(|| panic!("a row without `{name}`"))
}

#[test]
fn each_row_gets_its_verdict() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/policy/verdicts.yaml");
    let source = Source::new("verdicts.yaml", std::fs::read_to_string(file).expect("the table"));
    let documents = yaml::read(&source, &Limits::default()).expect("YAML");
    let (mut rows, mut refused, mut wrong) = (0, 0, Vec::new());
    for row in documents[0].items().expect("rows") {
        let policies = policies(&text(field(row, "policy")));
        let (before, after) = (field(row, "before"), field(row, "after"));
        let judged = match before.starts_with('<') {
            true => policies.judge_domain(before, after),
            false => {
                let result = CloudInitResult { data: after.into(), no_cloud_source: Vec::new() };
                policies.judge_cloud_init(before.as_bytes(), b"", &result)
            }
        };
        let (verdict, expected) = (verdict(judged), field(row, "verdict"));
        rows += 1;
        refused += usize::from(expected != "allowed");
        if verdict != expected {
            wrong.push(format!("{}: {verdict}, not {expected}", field(row, "name")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(rows >= 40 && refused >= 20 && rows - refused >= 12, "{rows} rows, {refused} refused");
}

#[test]
fn a_result_that_cannot_be_read_is_refused() {
    let policies = policies(&text("  deny: [//x]\n"));
    assert!(policies.judge_domain("<a/>", "<a").is_err());
    assert!(policies.judge_domain("<a", "<a/>").is_err());
}

/// A path that costs too much judges nothing, so nothing passes; and it ends.
#[test]
fn what_cannot_be_judged_is_refused() {
    let policies = policies(&text("  deny: ['//*[count(//*[count(//*) > 0]) > 0]']\n"));
    let many = format!("<a>{}</a>", "<b/>".repeat(2000));
    let problems = policies.judge_domain(&many, &format!("{many} ")).expect_err("too much");
    assert_eq!(problems[0].code.as_str(), "limit", "{}", problems[0]);
}
