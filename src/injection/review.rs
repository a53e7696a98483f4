//! What a mutating webhook is asked about a pod (Kubernetes' reference, "Dynamic Admission Control").

use serde::Deserialize;

use super::Pod;
use crate::admission::{Kind, read_review};

/// What is asked about the creation of a pod.
#[derive(Debug, Deserialize)]
pub struct Request {
    /// Names this question; the answer repeats it.
    pub uid: String,
    kind: Kind,
    operation: String,
    /// The pod's namespace.
    pub namespace: String,
    /// The pod.
    #[serde(rename = "object")]
    pub pod: Pod,
}

impl Request {
    /// Reads a review's bytes.
    ///
    /// # Errors
    /// In words: no JSON, no review of this version, none of the creation of a pod.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let request: Self = read_review(bytes)?;
        let Self { kind: Kind { group, kind }, operation, .. } = &request;
        if !group.is_empty() || kind != "Pod" || operation != "CREATE" {
            let start = |text: &str| text.chars().take(64).collect::<String>().escape_debug().to_string();
            return Err(format!(
                "this is about {} of a {}, and only a Pod's CREATE is answered here: register the webhook for nothing \
                 else",
                start(operation),
                start(kind)
            ));
        }
        Ok(request)
    }
}
