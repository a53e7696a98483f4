//! Single expressions on a document that is parsed already.

use std::collections::BTreeMap;

use virt_patch::xml::Document;
use virt_patch::xpath::{self, Budget, Scope, Value, Variables};

use super::{Case, Run, checked};
use crate::Error;
use crate::inputs::Domain;

pub(super) fn all() -> Vec<Case> {
    let count = |what: &'static str| move |text: &str| text.matches(what).count();
    let case = |name: &str, expression: &'static str, expected: Box<dyn Fn(&str) -> usize>| {
        Case::new(format!("select/{name}/40 KB"), move || select(Domain::Middle.text(), expression, &expected))
    };
    vec![
        case("child path", "/domain/devices/disk", Box::new(count("<disk "))),
        case(
            "predicate",
            "/domain/devices/disk[target/@bus = 'virtio']/source",
            Box::new(count("<target bus=\"virtio\"")),
        ),
        case("any depth", "//driver", Box::new(count("<driver "))),
        // Of four threads that are pinned three have a disk.
        case("join", "/domain/cputune/iothreadpin[@iothread = /domain/devices/disk/driver/@iothread]", Box::new(|_| 3)),
    ]
}

fn select(text: &'static str, expression: &str, expected: &dyn Fn(&str) -> usize) -> Result<Run, Error> {
    let (namespaces, variables) = (BTreeMap::new(), BTreeMap::new());
    let scope =
        Scope { namespaces: &namespaces, variables: &variables, document: xpath::Document::Xml, relative: false };
    let compiled = xpath::compile(expression, &scope).map_err(|error| format!("{expression}: {error:?}"))?;
    let document = Document::parse(text)?;
    let run = move || {
        let budget = Budget::new(u64::MAX, u64::MAX);
        match compiled.evaluate(&document, document.root(), &NoVariables, &budget) {
            Ok(Value::Nodes(nodes)) => Some(nodes.len()),
            _ => None,
        }
    };
    checked(run, |found| found == Some(expected(text)))
}

struct NoVariables;

impl<N> Variables<N> for NoVariables {
    fn get(&self, _name: &str) -> Option<&Value<N>> {
        None
    }
}
