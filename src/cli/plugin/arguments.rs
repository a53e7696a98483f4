//! The arguments of `virt-patch plugin`, and what Kubernetes wants of names among them.

use clap::{Args, ValueEnum};

use super::release::{PluginApi, Release};
use super::webhook::{Authority, Service};
use crate::cli::rules::RuleArguments;
use crate::injection::{check_container_name, check_vm_label, is_dns_label};

/// Renders what an administrator installs for KubeVirt's structured-plugin API
///
/// A Plugin, the admission policy that puts the sidecar into the pods of VMs, and the rules as ConfigMaps: YAML
/// for `kubectl apply --server-side -f -`. Before anything is printed the rules are compiled, and tried under the
/// policies. With --webhook it is `virt-patch webhook` that puts the sidecar into pods.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  virt-patch plugin --image registry.example/virt-patch-sidecar:1.0 --pack smbios
  virt-patch plugin --image IMAGE --namespace vms rules.yaml | kubectl apply --server-side -f -
  virt-patch plugin --image IMAGE --pack smbios --kubernetes 1.33 --webhook virt-patch/virt-patch \
    --webhook-authority CertManager")]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    pub(super) rules: RuleArguments,
    /// The sidecar's image
    #[arg(long, value_name = "IMAGE", value_parser = image)]
    pub(super) image: String,
    /// The plugin's name: of its objects, its container and its socket's folder
    #[arg(long, value_name = "NAME", default_value = "virt-patch", value_parser = plugin_name)]
    pub(super) name: String,
    /// Only VMs in this namespace; repeatable. Rule files need it: a pod reads ConfigMaps of its own namespace only
    #[arg(long = "namespace", value_name = "NAME", value_parser = label)]
    pub(super) namespaces: Vec<String>,
    /// Only VMs with this label; repeatable, and then all of them are needed
    #[arg(long = "vm-label", value_name = "KEY=VALUE", value_parser = vm_label)]
    pub(super) labels: Vec<(String, String)>,
    /// The release of KubeVirt
    #[arg(long, value_name = "VERSION", default_value = "1.9", value_parser = PluginApi::of)]
    pub(super) kubevirt: PluginApi,
    /// The release of Kubernetes
    #[arg(long, value_name = "VERSION", default_value = "1.36", value_parser = Release::of)]
    pub(super) kubernetes: Release,
    /// The webhook's Service: it puts the sidecar into pods, where the API server has no MutatingAdmissionPolicy
    #[arg(long, value_name = "NAMESPACE/NAME", value_parser = Service::of, requires = "webhook_authority")]
    pub(super) webhook: Option<Service>,
    /// Who says what the webhook's certificate is signed with: CertManager, OpenShift, or a file, PEM
    #[arg(long, value_name = "FROM", value_parser = authority, requires = "webhook")]
    pub(super) webhook_authority: Option<Authority>,
    /// The container's CPU, as request and limit
    #[arg(long, value_name = "QUANTITY", default_value = "200m", value_parser = quantity)]
    pub(super) cpu: String,
    /// The container's memory, as request and limit
    #[arg(long, value_name = "QUANTITY", default_value = "64M", value_parser = memory)]
    pub(super) memory: String,
    /// What a failing hook does to the VM's start
    #[arg(long, value_enum, value_name = "WHAT", default_value = "fail", ignore_case = true)]
    pub(super) failure_strategy: FailureStrategy,
}

/// `failureStrategy` of KubeVirt's Plugin and `failurePolicy` of Kubernetes' admission, which have the same words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailureStrategy {
    /// The VM does not start
    Fail,
    /// The VM starts without the plugin's changes
    Ignore,
}

impl FailureStrategy {
    /// As the API spells it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Fail => "Fail",
            Self::Ignore => "Ignore",
        }
    }
}

/// The most characters of a label (RFC 1123).
const MAX_LABEL: usize = 63;

/// A name that may be a namespace, a container and a piece of a path: a label of RFC 1123.
fn label(text: &str) -> Result<String, String> {
    match is_dns_label(text) {
        true => Ok(text.to_owned()),
        false => Err("a name has at most 63 of a-z, 0-9 and -, and no - at its ends".to_owned()),
    }
}

/// A plugin's name. It is a label with `-rules` behind it too: the name of a volume.
fn plugin_name(text: &str) -> Result<String, String> {
    const MAX: usize = MAX_LABEL - "-rules".len();
    match text.len() > MAX {
        true => Err(format!("a plugin's name has at most {MAX} characters")),
        false => check_container_name(text).map(|()| text.to_owned()),
    }
}

/// A label's key and value.
fn vm_label(text: &str) -> Result<(String, String), String> {
    let Some((key, value)) = text.split_once('=') else {
        return Err("a label is KEY=VALUE".to_owned());
    };
    check_vm_label(key, value)?;
    Ok((key.to_owned(), value.to_owned()))
}

/// A quantity such as `200m`, `1`, `64M` or `1.5Gi`.
fn quantity(text: &str) -> Result<String, String> {
    const SUFFIXES: &[&str] = &["", "m", "k", "M", "G", "Ki", "Mi", "Gi"];
    let digits = text.trim_end_matches(|char: char| char.is_ascii_alphabetic());
    let suffix = text.get(digits.len()..).unwrap_or_default();
    let is_number = digits.parse::<f64>().is_ok_and(|number| number > 0.0)
        && digits.chars().all(|char| char.is_ascii_digit() || char == '.');
    match is_number && SUFFIXES.contains(&suffix) {
        true => Ok(text.to_owned()),
        false => Err("a quantity is a number with a suffix, as in 200m or 64Mi".to_owned()),
    }
}

/// A quantity of bytes. Kubernetes takes `64m` for 64 thousandths of one.
fn memory(text: &str) -> Result<String, String> {
    match text.ends_with('m') {
        true => Err("`m` means thousandths of a byte; write 64M or 64Mi".to_owned()),
        false => quantity(text),
    }
}

fn authority(text: &str) -> Result<Authority, String> {
    match text.is_empty() {
        true => Err("it is CertManager, OpenShift, or a file".to_owned()),
        false => Ok(Authority::of(text)),
    }
}

/// An image is named as a person would write it; whether it exists is the kubelet's question.
fn image(text: &str) -> Result<String, String> {
    match text.is_empty() || text.chars().any(|char| char.is_whitespace() || char.is_control()) {
        true => Err("an image's name is not empty and has no white space".to_owned()),
        false => Ok(text.to_owned()),
    }
}
