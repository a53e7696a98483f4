//! `RuleTest`: what rules must do to a domain or to cloud-init data, as data.
//!
//! [`compile`] reads the tests of a file, with everything that is wrong in them at its line and column; what they
//! name (rules, fixtures, expected results) comes through the trait [`Files`]. A [`Runner`] then runs cases: the
//! same `compile` and `apply` as in a pod, on nothing but what the case gives. It returns what it found as data
//! and writes nothing: accepting a new expected result is the caller's decision.
//!
//! A case is applied to its document, to its own result (nothing may change any more), and to what virt-launcher's
//! second call of one boot sends ([`crate::second_call`]).

mod case;
mod expect;
mod given_text;
mod judge;
mod language;
mod outcome;
mod policies;
mod read;
mod run;
mod whole;

pub use language::RULE_TEST;
pub use outcome::{Call, Evidence, Mismatch, Outcome};
pub use read::{compile, compile_documents};
pub use run::Runner;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cloud_init::DocumentKind;
use crate::diagnostic::{Code, Diagnostic};
use crate::engine::Surroundings;
use crate::policy::Policies;
use crate::rule::RuleFile;
use crate::source::{Location, Source};
use crate::vmi::Vmi;
use crate::xpath;

/// The files that one test file names; paths are as written there, relative to its folder.
pub trait Files {
    /// The rule files at `path`: the file itself, or those of a folder.
    ///
    /// # Errors
    /// What cannot be read.
    fn rules(&self, path: &str) -> Result<Vec<RuleFile>, Vec<Diagnostic>>;

    /// A file's text; `None` where there is no such file.
    ///
    /// # Errors
    /// Why it cannot be read: a folder, no UTF-8, too large.
    fn text(&self, path: &str) -> Result<Option<Arc<Source>>, String>;
}

/// One `RuleTest` document, free of mistakes.
#[derive(Debug, Clone)]
pub struct RuleTest {
    /// `metadata.name`.
    pub name: String,
    /// Where it begins.
    pub location: Location,
    /// The rules under test, in the order in which they run.
    pub rules: Vec<RuleFile>,
    /// Values for packs' params, by pack and param.
    pub given: BTreeMap<(String, String), String>,
    /// What the rules are held to.
    pub policies: Policies,
    /// In the order written; no two have the same name.
    pub cases: Vec<Case>,
}

/// One case.
#[derive(Debug, Clone)]
pub struct Case {
    /// Unique in its test.
    pub name: String,
    /// Where it begins.
    pub location: Location,
    /// Why it fails for now; it must keep failing.
    pub todo: Option<String>,
    /// What the rules are applied to.
    pub document: Document,
    /// The VMI that params read.
    pub vmi: Option<Vmi>,
    /// The environment and files that params read.
    pub given: Given,
    /// Where the second call's domain comes from.
    pub second_call: SecondCall,
    /// What must hold; never empty.
    pub checks: Vec<Check>,
}

/// What a case's rules are applied to.
#[derive(Debug, Clone)]
pub enum Document {
    /// A libvirt domain.
    Domain(Text),
    /// KubeVirt's `cloudInitData`.
    CloudInit(Text),
}

impl Document {
    /// Its text.
    pub fn text(&self) -> &Text {
        match self {
            Self::Domain(text) | Self::CloudInit(text) => text,
        }
    }
}

/// A text that a test names or holds.
#[derive(Debug, Clone)]
pub struct Text {
    /// The path as written in the test, so that it is the same wherever the test runs.
    pub name: String,
    /// The text.
    pub source: Arc<Source>,
}

/// The domain of virt-launcher's second call.
#[derive(Debug, Clone)]
pub enum SecondCall {
    /// Made from the first answer, by what KubeVirt's types keep.
    Simulated,
    /// Given by the case.
    Given(Text),
    /// `Skip`: there is none, as for a domain that is not KubeVirt's.
    Skip,
}

/// The environment and files of a case. Nothing of the machine shows through.
#[derive(Debug, Clone, Default)]
pub struct Given {
    env: BTreeMap<String, String>,
    files: BTreeMap<String, String>,
}

impl Surroundings for Given {
    fn env(&self, name: &str) -> Option<String> {
        self.env.get(name).cloned()
    }

    fn envs(&self, prefix: &str) -> Vec<(String, String)> {
        let named = self.env.iter().filter(|(name, _)| name.starts_with(prefix));
        named.map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    fn file(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(self.files.get(path).map(|text| text.clone().into_bytes()))
    }

    fn file_exists(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        self.files.keys().any(|known| known == path || known.starts_with(&folder))
    }
}

/// One thing that must hold.
#[derive(Debug, Clone)]
pub struct Check {
    /// Where it is written.
    pub location: Location,
    /// What.
    pub what: Expected,
}

/// What must hold.
#[derive(Debug, Clone)]
pub enum Expected {
    /// What an expression gives on the result.
    XPath {
        /// The expression.
        expression: xpath::Expr,
        /// The cloud-init document that is its root; none for the domain.
        document: Option<DocumentKind>,
        /// What it must give.
        wanted: Wanted,
    },
    /// The difference that the rules make, as `apply --diff` prints it.
    Diff(Golden),
    /// The whole result.
    Result(Golden),
    /// The result is the input, byte for byte.
    Unchanged,
    /// The codes of the warnings, each as often as it is warned, in any order.
    Warnings(Vec<Code>),
    /// The rules are refused, or refuse.
    Error {
        /// The error's code.
        code: Code,
        /// What its message contains.
        message: Option<String>,
        /// The name of the rule that fails.
        rule: Option<String>,
    },
}

/// What an expression must give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// This text: of exactly one node, or as XPath's `string()` writes a string, number or boolean.
    Text(String),
    /// Nodes with these texts, in document order; none for the empty list.
    Nodes(Vec<String>),
}

/// An expected text: of a file, which may be accepted anew, or in the test itself.
#[derive(Debug, Clone)]
pub struct Golden {
    /// The file's path, relative to the test's folder and inside it.
    pub path: Option<String>,
    /// The text; none where there is no such file yet.
    pub text: Option<String>,
}
