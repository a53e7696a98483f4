//! `policies`: what a test's rules are held to.

use crate::diagnostic::{Code, Diagnostic};
use crate::policy::{self, Policies, Policy};
use crate::rule::fields::Reader;
use crate::source::Source;
use crate::yaml::Node;

use super::{Files, language};

/// A list of paths, `{file: PATH}`, `{builtin: NAME}` and `{inline: TEXT}`. What is wrong with a policy is wrong with
/// the test: no case expects it.
pub(super) fn read(reader: &mut Reader, node: &Node, files: &dyn Files) -> Policies {
    let items = reader.items(node, "`policies`").unwrap_or_default();
    items.iter().flat_map(|item| of_item(reader, item, files)).collect()
}

fn of_item(reader: &mut Reader, item: &Node, files: &dyn Files) -> Vec<Policy> {
    if item.entries().is_none() {
        return of_path(reader, item, files);
    }
    let Some(mut fields) = reader.mapping(item, &language::POLICY) else { return Vec::new() };
    let chosen = (fields.take("file"), fields.take("builtin"), fields.take("inline"));
    let policies = match chosen {
        (Some(path), None, None) => of_path(reader, path, files),
        (None, Some(name), None) => of_name(reader, name),
        (None, None, Some(text)) => match reader.text(text, "an inline policy") {
            Some(_) => compiled(reader, &[reader.inner(text)]),
            None => Vec::new(),
        },
        _ if fields.has_near(language::POLICY.one_of) => Vec::new(),
        _ => {
            let message = "an item of `policies` has one of `file`, `builtin` and `inline`";
            reader.error(Code::ConflictingFields, message, &item.span);
            Vec::new()
        }
    };
    fields.finish(reader);
    policies
}

fn of_path(reader: &mut Reader, node: &Node, files: &dyn Files) -> Vec<Policy> {
    let Some(path) = reader.text(node, "a path of `policies`") else { return Vec::new() };
    match files.rules(path) {
        Ok(found) => {
            let sources: Vec<_> = found.into_iter().map(|file| file.source).collect();
            compiled(reader, &sources)
        }
        Err(problems) => {
            tell(reader, node, problems);
            Vec::new()
        }
    }
}

fn of_name(reader: &mut Reader, node: &Node) -> Vec<Policy> {
    let Some(name) = reader.text(node, "a built-in policy's name") else { return Vec::new() };
    match policy::find(name) {
        Ok(source) => compiled(reader, &[source]),
        Err(problem) => {
            tell(reader, node, vec![problem]);
            Vec::new()
        }
    }
}

fn compiled(reader: &mut Reader, sources: &[std::sync::Arc<Source>]) -> Vec<Policy> {
    let mut policies = Vec::new();
    for source in sources {
        let (mut read, mut problems) = policy::compile(source);
        policies.append(&mut read);
        reader.problems.append(&mut problems);
    }
    policies
}

fn tell(reader: &mut Reader, node: &Node, problems: Vec<Diagnostic>) {
    let here = reader.at(&node.span);
    reader.problems.extend(problems.into_iter().map(|problem| problem.or_at(&here)));
}
