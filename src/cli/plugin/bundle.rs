//! What the objects are made of: the arguments, checked, and what follows from them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::arguments::{Arguments, FailureStrategy};
use super::release::{Admission, PluginApi};
use super::rule_files;
use super::webhook::Webhook;
use crate::cli::rules::Rules;
use crate::diagnostic::{Code, Diagnostic};
use crate::injection::cel::literal;
use crate::injection::launcher;
use crate::lint::{Samples, under_policies};

/// What begins the name of a policy that is compiled in.
const BUILTIN: &str = "builtin:";

/// How rules are named.
const EXAMPLE: &str = "virt-patch plugin --namespace NAME rules.yaml …";

/// What puts the sidecar into pods.
#[derive(Debug)]
pub(super) enum Injector {
    /// The API server, by a policy.
    Policy(Admission),
    /// The webhook.
    Webhook(Webhook),
}

/// Everything that the objects need, checked.
pub(super) struct Bundle {
    pub(super) name: String,
    pub(super) image: String,
    pub(super) namespaces: Vec<String>,
    pub(super) cpu: String,
    pub(super) memory: String,
    pub(super) failure_strategy: FailureStrategy,
    pub(super) injector: Injector,
    pub(super) plugin: PluginApi,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) rules: Map<String, Value>,
    packs: Vec<String>,
    params: Vec<String>,
    policies: Vec<String>,
}

/// A VM without annotations.
const BARE_VMI: &[u8] = br#"{"metadata": {"name": "vm", "namespace": "default"}, "spec": {}}"#;

impl Bundle {
    /// Compiles the rules as the sidecar will, and tries them under the policies for a VM that asks for nothing.
    ///
    /// # Errors
    /// Everything that is wrong with the rules, and what a policy refuses of them; `unsupported-combination` for rule
    /// files without a namespace, for policies in files, and for labels that no VM can have; `invalid-argument` for a
    /// release of Kubernetes that has no way to put the sidecar into pods, and for an authority that is none.
    pub(super) fn new(arguments: Arguments) -> Result<Self, Vec<Diagnostic>> {
        let Rules { files, sets, policies: held_to, .. } = arguments.rules.compile(None, EXAMPLE)?;
        // What is refused for such a VM keeps every VM from starting; what an annotation asks for is its VM's own matter.
        let refused = under_policies(&sets, &Samples::of_vmi(BARE_VMI), &held_to);
        if !refused.is_empty() {
            return Err(refused);
        }
        let Arguments { rules, mut namespaces, webhook, webhook_authority, kubernetes, .. } = arguments;
        let injector = match webhook.zip(webhook_authority) {
            Some((service, authority)) => Webhook::new(service, authority).map(Injector::Webhook),
            None => Admission::of(kubernetes).map(Injector::Policy).map_err(|problem| vec![problem]),
        }?;
        let mut named = BTreeSet::new();
        namespaces.retain(|namespace| named.insert(namespace.clone()));
        let mut labels = BTreeMap::new();
        for (key, value) in arguments.labels {
            if labels.insert(key.clone(), value.clone()).is_some_and(|other| other != value) {
                let message = format!("no VM has the label `{key}` with two values");
                return Err(vec![Diagnostic::error(Code::UnsupportedCombination, message).help("give it once")]);
            }
        }
        let policies = builtin(&rules.policies)?;
        if !files.is_empty() && namespaces.is_empty() {
            let message = "rule files become ConfigMaps, and a VM's pod reads those of its own namespace only";
            let help = "name the VMs' namespaces with --namespace, or use packs alone";
            return Err(vec![Diagnostic::error(Code::UnsupportedCombination, message).help(help)]);
        }
        Ok(Self {
            name: arguments.name,
            image: arguments.image,
            namespaces,
            cpu: arguments.cpu,
            memory: arguments.memory,
            failure_strategy: arguments.failure_strategy,
            injector,
            plugin: arguments.kubevirt,
            labels,
            rules: rule_files::data(&files).map_err(|problem| vec![problem])?,
            packs: rules.packs,
            params: rules.params,
            policies,
        })
    }

    /// What the person who installs them should know.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = vec!["KubeVirt needs the feature gate `Plugins`".to_owned()];
        match &self.injector {
            Injector::Policy(admission) if !admission.is_served => notes.push(format!(
                "this release of Kubernetes serves {} only with --feature-gates=MutatingAdmissionPolicy=true and \
                 --runtime-config={0}=true",
                admission.version
            )),
            Injector::Policy(_) => {}
            Injector::Webhook(webhook) => notes.push(format!(
                "the webhook of {}/{} must be one that mounts the ConfigMap `{}-injection`: the chart's \
                 `webhook.plugins` has to name `{2}`",
                webhook.service.namespace, webhook.service.name, self.name
            )),
        }
        notes
    }

    /// The VMs whose pods get the sidecar, as KubeVirt's CEL says it: fields have the names of the Go types. For all
    /// others virt-launcher must not wait for a socket.
    pub(super) fn condition(&self) -> Option<String> {
        let mut terms = Vec::new();
        if !self.namespaces.is_empty() {
            let names: Vec<_> = self.namespaces.iter().map(|name| literal(name)).collect();
            terms.push(format!("vmi.Namespace in [{}]", names.join(", ")));
        }
        for (key, value) in &self.labels {
            let (key, value) = (literal(key), literal(value));
            terms.push(format!("{key} in vmi.Labels && vmi.Labels[{key}] == {value}"));
        }
        (!terms.is_empty()).then(|| terms.join(" && "))
    }

    /// The sidecar's arguments.
    pub(super) fn args(&self) -> Vec<String> {
        let mut args = vec!["--plugin-socket".to_owned(), format!("{}/virt-patch.sock", self.socket_folder())];
        for pack in &self.packs {
            args.extend(["--pack".to_owned(), pack.clone()]);
        }
        for policy in &self.policies {
            args.extend(["--policy".to_owned(), policy.clone()]);
        }
        for param in &self.params {
            args.extend(["--param".to_owned(), param.clone()]);
        }
        args
    }

    /// The folder of the plugin's sockets, as virt-launcher and the sidecar see it.
    pub(super) fn socket_folder(&self) -> String {
        format!("{}/{}", launcher::SOCKETS_FOLDER, self.name)
    }

    /// The name of the ConfigMap with the rules, and of the volume that it becomes.
    pub(super) fn config_map(&self) -> Option<String> {
        (!self.rules.is_empty()).then(|| format!("{}-rules", self.name))
    }

    /// Metadata of an object of this name.
    pub(super) fn metadata(&self, name: &str) -> Value {
        json!({"name": name, "labels": {"app.kubernetes.io/name": "virt-patch", "app.kubernetes.io/instance": self.name}})
    }
}

/// Policies that are in the sidecar's image, for its arguments.
fn builtin(policies: &[PathBuf]) -> Result<Vec<String>, Vec<Diagnostic>> {
    let name = |policy: &PathBuf| policy.to_str().filter(|name| name.starts_with(BUILTIN)).map(ToOwned::to_owned);
    let problem = |policy: &PathBuf| {
        let message = format!("the policy `{}` is a file, which no VM's pod has", policy.display());
        // Whoever may change ConfigMaps in a VM's namespace would change a policy in one.
        let help = "use `builtin:NAME`, or compile it into the image: docs/policy.md says how";
        vec![Diagnostic::error(Code::UnsupportedCombination, message).help(help)]
    };
    policies.iter().map(|policy| name(policy).ok_or_else(|| problem(policy))).collect()
}
