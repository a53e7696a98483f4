//! Files whose documents are all of one kind: policies, injections, tests.

use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Location, Source};
use crate::yaml::{self, Node};

use super::fields::Reader;
use super::shape::Mapping;
use super::{API_VERSION, no_yaml};

/// What a file holds whose documents are all of one kind, as `each` reads one, and everything that is wrong with it in the
/// order of its places. That there are none is said with `code`: of a `noun`, which begins as `mapping` says.
pub(crate) fn read_all<T>(
    source: &Arc<Source>,
    (code, noun, mapping): (Code, &str, &Mapping),
    each: impl FnMut(&mut Reader, &Node) -> Option<T>,
) -> (Vec<T>, Vec<Diagnostic>) {
    if let Some(problem) = no_yaml(source) {
        return (Vec::new(), vec![problem]);
    }
    let documents = match yaml::read(source, &yaml::Limits::default()) {
        Ok(documents) => documents,
        Err(problems) => return (Vec::new(), problems),
    };
    if documents.iter().all(Node::is_null) {
        let problem = Diagnostic::error(code, format!("there is no {noun} in this file"));
        let help = format!("{} begins with `apiVersion: {API_VERSION}` and `kind: {}`", mapping.what, mapping.name);
        return (Vec::new(), vec![problem.at(Location::new(source, 0..0)).help(help)]);
    }
    read_each(source, &documents, each)
}

/// As [`read_all`], of documents of `source` that were read before; that there are none is no problem here.
pub(crate) fn read_each<'n, T>(
    source: &Arc<Source>,
    documents: impl IntoIterator<Item = &'n Node>,
    mut each: impl FnMut(&mut Reader, &Node) -> Option<T>,
) -> (Vec<T>, Vec<Diagnostic>) {
    let mut reader = Reader::new(source);
    let read = documents.into_iter().filter_map(|node| each(&mut reader, node)).collect();
    let mut problems = reader.problems;
    problems.sort_by_key(|problem| problem.at.as_ref().map(|at| at.outermost().span.start));
    (read, problems)
}
