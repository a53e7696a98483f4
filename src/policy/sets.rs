//! What a policy says of rule sets as such, before there is any domain.

use crate::diagnostic::{Code, Diagnostic};
use crate::rule::{Param, ParamSource, RuleSet, Trust};
use crate::source::Location;

use super::{Policies, Policy};

impl Policies {
    /// What the policies do not let run of some rule sets: packs, sources of params, files, rules from an annotation. Errors
    /// of the code `policy-rules`, each at its place in the rules; set by set, then policy by policy.
    pub fn judge_sets<'s>(&self, sets: impl IntoIterator<Item = &'s RuleSet>) -> Vec<Diagnostic> {
        let mut problems = Vec::new();
        for set in sets {
            for policy in self.iter() {
                policy.judge_set(set, &mut problems);
            }
        }
        problems
    }
}

impl Policy {
    fn judge_set(&self, set: &RuleSet, problems: &mut Vec<Diagnostic>) {
        let mut refuse = |what: String, at: &Location, help: &str| {
            let message = format!("the policy `{}` {what}", self.name);
            problems.push(Diagnostic::error(Code::PolicyRules, message).at(at.clone()).help(help));
        };
        if set.trust == Trust::Annotation && !self.annotation_rules {
            let help = "take the annotation off, or ask for a rule set that the administrator mounts";
            refuse("lets no rules of a VM's own annotation run".to_owned(), &set.location, help);
        }
        if let (Some(pack), Some(packs)) = (set.pack, &self.packs)
            && !packs.iter().any(|known| known == pack)
        {
            let help = match packs.as_slice() {
                [] => "it lets no pack be used".to_owned(),
                packs => format!("it lets be used {}", packs.join(", ")),
            };
            refuse(format!("does not let the pack `{pack}` be used"), &set.location, &help);
        }
        if let Some(file) = set.files.first().filter(|_| !self.files) {
            let help = "leave `files` out, or have the file in the image";
            refuse("lets rules bring no files into the compute container".to_owned(), &file.location, help);
        }
        let Some(sources) = &self.param_sources else { return };
        for param in &set.params {
            let field = field(param);
            if !sources.iter().any(|known| known == field) {
                let help = match sources.as_slice() {
                    [] => "it lets params have no source at all".to_owned(),
                    sources => format!("a param may have {}", sources.join(", ")),
                };
                let what = format!("does not let the param `{}` have `{field}` as its source", param.name);
                refuse(what, &param.location, &help);
            }
        }
    }
}

/// The field of `spec.params` that names the source.
const fn field(param: &Param) -> &'static str {
    match param.source {
        ParamSource::Annotation(_) => "annotation",
        ParamSource::Label(_) => "label",
        ParamSource::Annotations(_) => "annotations",
        ParamSource::Envs(_) => "envs",
        ParamSource::Vmi(_) => "vmi",
        ParamSource::Env(_) => "env",
        ParamSource::File(_) => "file",
        ParamSource::FileExists(_) => "fileExists",
        ParamSource::Value(_) => "value",
        ParamSource::Expression(_) => "expr",
    }
}
