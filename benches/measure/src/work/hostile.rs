//! Shapes that someone sends to make a call slow. They end soon, most at a limit; what it takes until then is measured.

use virt_patch::diagnostic::Code;
use virt_patch::engine::{self, Inputs, Limits};

use super::{Case, Run, checked, with_inputs};
use crate::Error;
use crate::inputs::rules;

pub(super) fn all() -> Vec<Case> {
    vec![
        Case::new("hostile/60,000 attributes/one element".to_owned(), || {
            let attributes: String = (0..60_000).map(|n| format!(" a{n}='1'")).collect();
            ends(
                format!("<domain><devices{attributes}/></domain>"),
                "/domain/devices",
                Limits::default(),
                Code::XmlLimit,
            )
        }),
        Case::new("hostile/100,000 deep/one branch".to_owned(), || {
            let (open, close) = ("<a>".repeat(100_000), "</a>".repeat(100_000));
            ends(format!("<domain>{open}{close}</domain>"), "/domain", Limits::default(), Code::XmlLimit)
        }),
        // Every `b` for every `a`: a tenth of the default's steps is enough to see what a step costs.
        Case::new("hostile/nested predicates/1,000,000 steps".to_owned(), || {
            let domain = format!("<domain>{}</domain>", "<a/><b/>".repeat(4_000));
            ends(domain, "//a[//b[//c]]", Limits { steps: 1_000_000, ..Limits::default() }, Code::Limit)
        }),
    ]
}

/// A call that removes what is selected ends at a limit.
fn ends(domain: String, select: &str, limits: Limits, limit: Code) -> Result<Run, Error> {
    let rules = rules::define_domain(&format!("    - remove: '{select}'\n"))?;
    let run = move || {
        with_inputs("{}", |inputs| {
            let failure = engine::apply_to_domain(&rules, domain.as_bytes(), &Inputs { limits, ..*inputs }).err();
            failure.map(|failure| failure.problem.code)
        })
    };
    checked(run, |ended| ended == Some(limit))
}
