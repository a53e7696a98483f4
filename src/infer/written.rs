//! The rule set as YAML.

use serde_json::{Map, Value as Json, json};

use super::draft::Draft;
use crate::rule::API_VERSION;
use crate::yaml::emit::{TooDeep, block};

/// A rule set for one hook, with its params and namespaces before the rules.
///
/// # Errors
/// [`TooDeep`] for JSON that is nested deeper than rule files may be.
pub(super) fn rule_set(
    hook: &str,
    params: Map<String, Json>,
    namespaces: Map<String, Json>,
    drafts: &[Draft],
) -> Result<String, TooDeep> {
    let mut text = format!("apiVersion: {API_VERSION}\nkind: RuleSet\nmetadata:\n  name: inferred\nspec:\n");
    for (field, members) in [("namespaces", namespaces), ("params", params)] {
        if !members.is_empty() {
            push(&mut text, &block(&json!({ field: members }))?, 2);
        }
    }
    text.push_str(&format!("  {hook}:\n"));
    for draft in drafts {
        for comment in &draft.comments {
            text.push_str(&format!("    # {comment}\n"));
        }
        let mut rule = json!({ "name": draft.name });
        if let Json::Object(rule) = &mut rule {
            match &draft.body {
                Json::Object(body) if draft.verb.is_empty() => rule.extend(body.clone()),
                body => _ = rule.insert(draft.verb.to_owned(), body.clone()),
            }
        }
        push(&mut text, &block(&json!([rule]))?, 4);
    }
    Ok(text)
}

/// Adds lines, indented.
fn push(text: &mut String, lines: &str, indent: usize) {
    for line in lines.split_inclusive('\n') {
        if line != "\n" {
            text.extend(std::iter::repeat_n(' ', indent));
        }
        text.push_str(line);
    }
}
