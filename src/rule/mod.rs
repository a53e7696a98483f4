//! The rule language: rule files are compiled, once, into rule sets that cannot be wrong.
//!
//! [`compile`] reads every file it is given, says everything that is wrong with them, each at its
//! line and column, and gives [`RuleSet`]s in which every XPath is parsed, every param's source is
//! known and every fragment is a tree with holes.

mod check;
mod checks;
mod cloud;
mod documents;
pub(crate) mod fields;
mod files;
mod fragment;
mod head;
mod keys;
pub(crate) mod language;
mod one_kind;
mod order;
mod pack;
mod param;
mod param_source;
mod rules;
mod scope;
mod set;
pub mod shape;
mod template;
mod uses;
mod value;
mod verbs;

pub use crate::manifest::RULES_ANNOTATION;
pub use check::{Check, Pattern, Refusal};
pub use checks::{Checks, Level, ResultCheck, strictest};
pub use cloud::{JsonTemplate, PatchStep};
pub use documents::no_yaml;
pub use files::{ContainerFile, FILES_LIMIT, FileContent};
pub use fragment::{Fragment, FragmentElement, FragmentNode};
pub use head::NAMESPACES;
pub(crate) use head::{head, namespaces};
pub use keys::builtin_keys;
pub use language::{METADATA, RULE_SET};
pub(crate) use one_kind::{read_all, read_each};
#[cfg(feature = "cli")]
pub(crate) use pack::near_or_all;
pub use pack::{pack_file, unknown_params};
pub use param::Param;
pub use param_source::{ParamSource, forbidden_path};
pub(crate) use scope::closed_expression;
pub use set::{compile, compile_documents};
pub use template::{Hole, Part, Template};
pub use value::{ParamType, ParamValue};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::cloud_init::DocumentKind;
use crate::json::merge::Lists;
use crate::source::{Location, Source};
use crate::xml::{QName, is_ncname};
use crate::xpath;

/// The version of the rule language that this release reads.
pub const API_VERSION: &str = "virt-patch.dev/v1alpha1";

/// The most bytes that the annotation may have.
pub const ANNOTATION_LIMIT: usize = 64 * 1024;

/// Whose rules they are, and so what they may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Rules that were mounted, given on the command line or compiled in.
    File,
    /// Rules from a VM's annotation: its owner's. They may not read the sidecar's environment or files.
    Annotation,
}

/// A rule file to compile.
#[derive(Debug, Clone)]
pub struct RuleFile {
    /// Its text.
    pub source: Arc<Source>,
    /// Whose it is.
    pub trust: Trust,
    /// The pack that it is, if it was compiled in.
    pub pack: Option<&'static str>,
}

/// A rule set that is valid by construction.
#[derive(Debug, Clone)]
pub struct RuleSet {
    /// `metadata.name`.
    pub name: String,
    /// Where it begins.
    pub location: Location,
    /// Whose it is.
    pub trust: Trust,
    /// The pack that it is, if it was compiled in.
    pub pack: Option<&'static str>,
    /// Its params; each comes after those that its expression uses.
    pub params: Vec<Param>,
    /// `spec.when`.
    pub when: Option<Expression>,
    /// Of a pack under `spec.use`: the rule set that uses it, with its params and its `spec.when` alone, which
    /// switches the pack too. None where that has no `spec.when`.
    pub switch: Option<Arc<RuleSet>>,
    /// `spec.files`.
    pub files: Arc<[ContainerFile]>,
    /// `spec.checks`.
    pub checks: Checks,
    /// The rules for the domain.
    pub on_define_domain: Vec<Rule>,
    /// The rules for cloud-init data.
    pub pre_cloud_init_iso: Vec<Rule>,
}

impl RuleSet {
    /// What decides whether it runs: its params and its `spec.when`.
    fn without_rules(&self) -> Self {
        Self {
            name: self.name.clone(),
            location: self.location.clone(),
            params: self.params.clone(),
            when: self.when.clone(),
            files: Arc::clone(&self.files),
            switch: None,
            on_define_domain: Vec::new(),
            pre_cloud_init_iso: Vec::new(),
            ..*self
        }
    }

    /// The rules for one hook.
    pub fn rules(&self, hook: Hook) -> &[Rule] {
        match hook {
            Hook::OnDefineDomain => &self.on_define_domain,
            Hook::PreCloudInitIso => &self.pre_cloud_init_iso,
        }
    }

    /// The indices of the params that the rules of one hook reach, `spec.when` included.
    pub fn reached_params(&self, hook: Hook) -> BTreeSet<usize> {
        let rules = self.rules(hook);
        let when = self.when.iter().filter(|_| !rules.is_empty()).flat_map(|when| when.variables.iter());
        self.closure(when.chain(rules.iter().flat_map(|rule| &rule.variables)).map(String::as_str))
    }

    /// The indices of the params of these names, and of those that they are computed from.
    pub fn closure<'n>(&self, names: impl Iterator<Item = &'n str>) -> BTreeSet<usize> {
        let mut names: BTreeSet<&str> = names.collect();
        let mut reached = BTreeSet::new();
        // Backwards, since a param only uses those before it.
        for (index, param) in self.params.iter().enumerate().rev() {
            if names.contains(param.name.as_str()) {
                reached.insert(index);
                if let ParamSource::Expression(expression) = &param.source {
                    names.extend(expression.variables.iter().map(String::as_str));
                }
            }
        }
        reached
    }
}

/// The two hooks that rules can be for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hook {
    /// `onDefineDomain`: the libvirt domain XML.
    OnDefineDomain,
    /// `preCloudInitIso`: the cloud-init data.
    PreCloudInitIso,
}

impl Hook {
    /// The field of `spec` that holds its rules.
    pub const fn field(self) -> &'static str {
        match self {
            Hook::OnDefineDomain => "onDefineDomain",
            Hook::PreCloudInitIso => "preCloudInitIso",
        }
    }
}

/// A compiled XPath expression and where it is written.
#[derive(Debug, Clone)]
pub struct Expression {
    /// The expression.
    pub xpath: Arc<xpath::Expr>,
    /// Its place in the file.
    pub location: Location,
    /// What creating needs, where it is a path or a variable.
    pub plan: Option<Arc<xpath::Plan>>,
    /// The variables it uses.
    pub variables: Arc<[String]>,
    /// Whether a variable that it uses is or comes from a secret.
    pub secret: bool,
}

/// A condition: `when`.
#[derive(Debug, Clone)]
pub enum Condition {
    /// A YAML boolean.
    Constant(bool),
    /// An expression's truth.
    Expression(Expression),
}

/// One rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its number within the rules of its set and hook, steps counted after the rule that holds them.
    pub id: usize,
    /// As it is called in logs and errors: `onDefineDomain[2] 'base board'`.
    pub label: Arc<str>,
    /// Where it is written.
    pub location: Location,
    /// Local variables, each after those that it uses.
    pub lets: Vec<(String, Expression)>,
    /// When the verb runs.
    pub when: Option<Condition>,
    /// What it runs for.
    pub for_each: Option<ForEach>,
    /// How many nodes must be selected.
    pub expect: Option<Expect>,
    /// Whether a problem of this rule undoes it and goes on.
    pub ignore_errors: bool,
    /// Params that skip the verb where they are absent.
    pub needs: Vec<String>,
    /// Every variable used in it or its steps.
    pub variables: BTreeSet<String>,
    /// The cloud-init document that its expressions read; none in rules for the domain.
    pub document: Option<DocumentKind>,
    /// What it does.
    pub verb: Verb,
}

/// `forEach`.
#[derive(Debug, Clone)]
pub struct ForEach {
    /// The loop variable.
    pub var: String,
    /// What is selected, once.
    pub items: Expression,
    /// The variable that counts the selected items, from 1.
    pub index: Option<String>,
}

/// `expect`: how many nodes must be selected before anything is created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Exactly one.
    One,
    /// At least one.
    Some,
    /// Any number, none included.
    Any,
}

/// What a rule does.
#[derive(Debug, Clone)]
pub enum Verb {
    /// Attributes or elements' text get values.
    Set(Vec<(Expression, Template)>),
    /// Each selected element contains what the fragment says.
    Merge {
        /// What is selected.
        path: Expression,
        /// One element.
        fragment: Fragment,
        /// Keys beside the built-in ones: element name to key paths.
        keys: BTreeMap<String, Vec<KeyPath>>,
    },
    /// Adds the fragment's nodes.
    Insert {
        /// Where, relative to what is selected.
        place: Place,
        /// What is selected.
        path: Expression,
        /// What is added.
        fragment: Fragment,
    },
    /// Puts the fragment in place of what is selected.
    Replace {
        /// What is selected.
        path: Expression,
        /// What comes in its place.
        fragment: Fragment,
        /// Names of children that stay.
        keep: Vec<QName>,
    },
    /// Removes what is selected.
    Remove(Expression),
    /// Several rules.
    Steps(Vec<Rule>),
    /// Ends the hook with this error.
    Fail {
        /// What is wrong.
        message: Template,
        /// Where it is written.
        location: Location,
    },
    /// Warns.
    Warn {
        /// Of what.
        message: Template,
        /// Where it is written.
        location: Location,
    },
    /// JSON Merge Patch on a cloud-init document.
    MergeJson {
        /// The patch.
        patch: JsonTemplate,
        /// What becomes of lists.
        lists: Lists,
        /// Lists whose items have an identity: list name to the member that holds it.
        keys: BTreeMap<String, String>,
    },
    /// JSON Patch on a cloud-init document.
    Patch(Vec<PatchStep>),
    /// A MIME part more in the user data.
    AddPart {
        /// `type/subtype`
        content_type: String,
        /// What is in it; a template only where the rule says `templates: true`.
        content: Template,
    },
}

/// Where `insert` puts the nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// As last children of the selected.
    Into,
    /// Before the selected.
    Before,
    /// After the selected.
    After,
}

/// What tells elements of one name apart: `@name`, `target/@dev`, `port`, `.`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPath {
    /// Child elements to go down.
    pub elements: Vec<String>,
    /// The attribute there; without one it is the element's text.
    pub attribute: Option<String>,
}

impl KeyPath {
    /// Whether an element of a fragment has something there.
    pub fn is_in(&self, element: &FragmentElement) -> bool {
        let below = self.elements.iter().try_fold(element, |at, name| {
            at.children.iter().find_map(|child| match child {
                FragmentNode::Element(child) if child.name.local == *name => Some(child),
                _ => None,
            })
        });
        below.is_some_and(|at| match &self.attribute {
            Some(name) => at.attributes.iter().any(|(known, _)| known.local == *name && known.namespace.is_empty()),
            None => true,
        })
    }

    /// Reads `a/b/@c`, `@c`, `a` or `.`; local names in no namespace.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "." {
            return Some(Self { elements: Vec::new(), attribute: None });
        }
        let mut elements: Vec<String> = text.split('/').map(ToOwned::to_owned).collect();
        let attribute = elements.last().and_then(|last| last.strip_prefix('@')).map(ToOwned::to_owned);
        if attribute.is_some() {
            elements.pop();
        }
        let names_are_valid = elements.iter().chain(attribute.iter()).all(|name| is_ncname(name));
        names_are_valid.then_some(Self { elements, attribute })
    }
}
