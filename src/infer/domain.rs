//! The rules between two domains: drafted, proven, and where the proof fails drafted more plainly.

use std::sync::Arc;

use serde_json::Value as Json;

use super::comparison::Comparison;
use super::draft::{Draft, Level, Levels, drafts, is_container};
use super::proof::{self, Fault};
use super::tree::{Id, Name, ROOT, Tree};
use super::values::Values;
use super::{Options, Proposal, written};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Location, Source};
use crate::xml::Document;

/// Far more elements than any domain has.
const MOST_ELEMENTS: usize = 4_000;
/// So often a proposal is made plainer before everything is replaced.
const MOST_TRIES: usize = 48;
/// The tries of all together look at so many elements.
const MOST_EFFORT: usize = 40_000;

/// Proposes rules that make `after` of `before`, both libvirt domain XML.
///
/// What it gives was compiled and applied to `before`, once and twice: the result says what `after` says, white
/// space between elements, comments and processing instructions aside.
///
/// # Errors
/// Where one of the two is no XML (`xml-…`) or larger than 4,000 elements (`limit`), the VMI is no JSON
/// (`vmi-syntax`), or no rule can say what differs (`not-expressible`): another root element, text beside the
/// elements of the root.
pub fn domain(before: &Arc<Source>, after: &Arc<Source>, options: &Options<'_>) -> Result<Proposal, Vec<Diagnostic>> {
    let (tree_before, tree_after, vmi) = (tree(before), tree(after), vmi(options.vmi));
    let (tree_before, tree_after, vmi) = match (tree_before, tree_after, vmi) {
        (Ok(before), Ok(after), Ok(vmi)) => (before, after, vmi),
        (before, after, vmi) => {
            return Err([before.err(), after.err(), vmi.err()].into_iter().flatten().map(|problem| *problem).collect());
        }
    };
    let mut notes = Vec::new();
    if tree_before.asides != tree_after.asides {
        notes.push("comments and processing instructions differ; rules leave them as they are".to_owned());
    }
    expressible(&tree_before, &tree_after, after)?;
    let comparison = Comparison::new(tree_before, tree_after, options.any_order);
    if !comparison.differs(ROOT, ROOT) {
        return Ok(Proposal { rules: String::new(), notes, replaced: 0, tries: 0 });
    }
    let values = Values::of(&vmi);
    let mut levels = Levels::new();
    let size = comparison.before.len() + comparison.after.len();
    let most_tries = (MOST_EFFORT / size).clamp(4, MOST_TRIES);
    for tries in 1..=most_tries + 1 {
        let found = drafts(&comparison, &levels, &values);
        let rules = rules(&comparison, &values, &found);
        let fault = match proof::check(&rules, before.text(), &comparison.after, options.vmi) {
            Ok(()) => {
                notes.extend(values.notes());
                notes.extend(order_note(&found, options));
                let replaced = levels.values().filter(|level| **level == Level::Whole).count();
                return Ok(Proposal { rules, notes, replaced, tries });
            }
            Err(fault) => fault,
        };
        if levels.get(&ROOT) == Some(&Level::Whole) {
            break;
        }
        let region = match fault {
            Fault::Rule(number) => found.get(number).map_or(ROOT, |draft| draft.region),
            Fault::Element(element) => region_of(&comparison, element),
            Fault::Unknown => ROOT,
        };
        if tries == most_tries {
            levels.insert(ROOT, Level::Whole);
        } else {
            plainer(&comparison, &mut levels, region);
        }
    }
    Err(vec![inexpressible("no rules were found that make one of these of the other and do so twice", after)])
}

/// One of the two domains.
fn tree(source: &Arc<Source>) -> Result<Tree, Box<Diagnostic>> {
    let document = Document::parse(source.text()).map_err(|error| {
        let offset = error.offset.min(source.text().len());
        let mut problem = Diagnostic::error(error.code, error.message).at(Location::new(source, offset..offset));
        problem.help = error.help;
        Box::new(problem)
    })?;
    let tree = Tree::of(&document);
    if tree.len() > MOST_ELEMENTS {
        let message = format!("the document has {} elements, {MOST_ELEMENTS} are compared at most", tree.len());
        return Err(Box::new(Diagnostic::error(Code::Limit, message).at(Location::new(source, 0..0))));
    }
    Ok(tree)
}

/// The VMI; `null` for none.
pub(super) fn vmi(text: &[u8]) -> Result<Json, Box<Diagnostic>> {
    if text.is_empty() {
        return Ok(Json::Null);
    }
    serde_json::from_slice(text)
        .map_err(|error| Box::new(Diagnostic::error(Code::VmiSyntax, format!("the VMI is no JSON: {error}"))))
}

/// Whether the roots can become each other: no rule replaces the root.
fn expressible(before: &Tree, after: &Tree, source: &Arc<Source>) -> Result<(), Vec<Diagnostic>> {
    let named = |name: &Name| match name.namespace.as_str() {
        "" => format!("`{}`", name.local),
        uri => format!("`{}` in {uri}", name.local),
    };
    let (of_before, of_after) = (&before.at(ROOT).name, &after.at(ROOT).name);
    if of_before != of_after {
        let message = format!(
            "the root element is {} before and {} after, and no rule replaces it",
            named(of_before),
            named(of_after)
        );
        return Err(vec![inexpressible(message, source)]);
    }
    let text_to_elements = before.text(ROOT).is_some() && after.children(ROOT).next().is_some();
    if before.is_mixed(ROOT) || after.is_mixed(ROOT) || text_to_elements {
        return Err(vec![inexpressible("the root element has text beside elements, and no rule changes that", source)]);
    }
    Ok(())
}

fn inexpressible(message: impl Into<String>, source: &Arc<Source>) -> Diagnostic {
    let problem = Diagnostic::error(Code::NotExpressible, message).at(Location::new(source, 0..0));
    problem.help("compare the domain that the script got with the one that it gave")
}

fn rules(comparison: &Comparison, values: &Values, drafts: &[Draft]) -> String {
    let texts: String = drafts.iter().map(|draft| draft.body.to_string()).collect();
    let namespaces = comparison.prefixes.declared(&texts);
    let namespaces = namespaces.map(|(prefix, uri)| (prefix.to_owned(), Json::from(uri))).collect();
    // What is too deep for a rule file is found by the proof, which no empty text passes.
    written::rule_set("onDefineDomain", values.params(), namespaces, drafts).unwrap_or_default()
}

/// The section or device that an element of the document after belongs to, as it was before.
fn region_of(comparison: &Comparison, element: Id) -> Id {
    let mut above: Vec<Id> = std::iter::successors(Some(element), |&at| comparison.after.at(at).parent).collect();
    above.reverse();
    let mut region = ROOT;
    for a in above {
        match comparison.pairs.after[a] {
            Some(b) if region == ROOT || is_container(comparison, region) => region = b,
            _ => break,
        }
    }
    region
}

/// The next level for an element, or for what holds it.
fn plainer(comparison: &Comparison, levels: &mut Levels, mut region: Id) {
    loop {
        let level = levels.entry(region).or_default();
        match level {
            Level::Together => return *level = Level::Apart,
            Level::Apart => return *level = Level::Whole,
            Level::Whole => match comparison.before.at(region).parent {
                Some(parent) => region = parent,
                None => return,
            },
        }
    }
}

/// Says how insertions could become `merge`s.
fn order_note(drafts: &[Draft], options: &Options<'_>) -> Option<String> {
    let beside = drafts.iter().filter(|draft| draft.verb == "insert" && draft.body.get("into").is_none()).count();
    let (which, them) =
        if beside == 1 { ("1 rule inserts".to_owned(), "it") } else { (format!("{beside} rules insert"), "them") };
    let message = format!(
        "{which} beside another element because AFTER has it there; libvirt does not read an order in that, and with \
         `--any-order` a `merge` or `set` takes the place of {them} where one can"
    );
    (beside > 0 && !options.any_order).then_some(message)
}
