//! What KubeVirt would make of a hook's answer.

use serde_json::Value;

use crate::hook::CloudInit;
use crate::xml::Document;

/// The part of an answer that KubeVirt uses, and why.
pub(super) struct Verdict {
    /// What would be used; none where the VM would not start.
    pub(super) used: Option<Vec<u8>>,
    /// What KubeVirt would do.
    pub(super) words: String,
}

/// The domain is unmarshalled into KubeVirt's types, then given to libvirt.
pub(super) fn domain(answer: Vec<u8>) -> Verdict {
    let refused = |words: String| Verdict { used: None, words };
    if answer.iter().all(u8::is_ascii_whitespace) {
        return refused("the VM would not start: the answer is empty, and its owner is told nothing but `EOF`".into());
    }
    match Document::parse_bytes(&answer) {
        Err(error) => refused(format!("the VM would not start: the answer cannot be read: {error}")),
        Ok(document) => {
            let root = document.local_name(document.root_element());
            if root != "domain" {
                return refused(format!("the VM would not start: the answer is a <{root}>, not a <domain>"));
            }
            Verdict { used: Some(answer), words: "the domain would be given to libvirt".into() }
        }
    }
}

/// `cloudInitData` where it is whole, else `cloudInitNoCloudSource`.
pub(super) fn cloud_init(answer: CloudInit) -> Verdict {
    let lacking = match serde_json::from_slice::<Value>(&answer.data) {
        Err(error) => format!("cloudInitData is not JSON ({error})"),
        Ok(data) => match lack(&data) {
            None => {
                return Verdict { used: Some(answer.data), words: "cloudInitData would be used".into() };
            }
            Some(lack) => format!("cloudInitData has no {lack}"),
        },
    };
    match serde_json::from_slice::<Value>(&answer.no_cloud_source) {
        Ok(_) => Verdict {
            used: Some(answer.no_cloud_source),
            words: format!("{lacking}, so cloudInitNoCloudSource would be used"),
        },
        Err(error) => Verdict {
            used: None,
            words: format!("the VM would not start: {lacking}, and cloudInitNoCloudSource is not JSON ({error})"),
        },
    }
}

/// What KubeVirt asks of `cloudInitData` and does not find.
fn lack(data: &Value) -> Option<&'static str> {
    let is_null = |member: &str| data.get(member).is_none_or(Value::is_null);
    if data.get("UserData").and_then(Value::as_str).unwrap_or_default().is_empty() {
        Some("UserData")
    } else if is_null("NoCloudMetaData") && is_null("ConfigDriveMetaData") {
        Some("metadata (NoCloudMetaData, ConfigDriveMetaData)")
    } else {
        None
    }
}
