//! Rule tests: those of a file, and those in the texts of its ConfigMaps.

use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};
use crate::manifest;
use crate::rule::{RuleFile, Trust};
use crate::rule_test::{Files, compile_documents};
use crate::source::Source;
use crate::yaml::{self, Limits, Node};

use super::contents::is_for_virt_patch;

/// What the tests in the file of this name find beside it.
pub type Beside<'a> = dyn Fn(&str) -> Box<dyn Files> + Sync + 'a;

/// What is wrong with the tests among the documents of a file.
pub(super) fn of_file(source: &Arc<Source>, documents: &[Node], beside: &Beside<'_>) -> Vec<Diagnostic> {
    compile_documents(source, documents, &*beside(source.name())).1
}

/// How many tests the texts of a ConfigMap hold, and what is wrong with them. Beside them stand the ConfigMap's
/// other keys, as files of a pod that mounts it.
pub(super) fn of_config_map(source: &Arc<Source>, object: &Node) -> (usize, Vec<Diagnostic>) {
    let (mut count, mut problems) = (0, Vec::new());
    let keys = Keys { source, object };
    for (_, value) in manifest::config_map_entries(object).filter(|(_, value)| is_for_virt_patch(value)) {
        let Some(inner) = keys.inner(value).filter(|inner| inner.text().contains("RuleTest")) else { continue };
        // What is no YAML is said where its rules are compiled.
        let Ok(documents) = yaml::read(&inner, &Limits::default()) else { continue };
        count += documents.iter().filter(|node| node.get("kind").and_then(Node::text) == Some("RuleTest")).count();
        problems.append(&mut compile_documents(&inner, &documents, &keys).1);
    }
    (count, problems)
}

/// A ConfigMap's keys as files.
struct Keys<'n> {
    source: &'n Arc<Source>,
    object: &'n Node,
}

impl Keys<'_> {
    fn inner(&self, value: &Node) -> Option<Arc<Source>> {
        Some(Source::embedded(self.source, value.text()?, yaml::offsets(self.source.text(), value)))
    }

    fn find(&self, path: &str) -> Option<Arc<Source>> {
        let wanted = path.strip_prefix("./").unwrap_or(path);
        let (_, value) = manifest::config_map_entries(self.object).find(|(key, _)| *key == wanted)?;
        self.inner(value)
    }
}

impl Files for Keys<'_> {
    fn rules(&self, path: &str) -> Result<Vec<RuleFile>, Vec<Diagnostic>> {
        match self.find(path) {
            Some(source) => Ok(vec![RuleFile { source, trust: Trust::File, pack: None }]),
            None => {
                let problem = Diagnostic::error(Code::Unreadable, format!("the ConfigMap has no key `{path}`"));
                Err(vec![problem.help("a test in a ConfigMap finds the ConfigMap's other keys beside it")])
            }
        }
    }

    fn text(&self, path: &str) -> Result<Option<Arc<Source>>, String> {
        Ok(self.find(path))
    }
}
