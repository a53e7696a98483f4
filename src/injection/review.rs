//! `AdmissionReview` of `admission.k8s.io/v1` about a pod: what a mutating webhook is asked, and what it answers
//! (Kubernetes' reference, "Dynamic Admission Control").

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;

use super::{Outcome, Pod};

const API_VERSION: &str = "admission.k8s.io/v1";
const REVIEW: &str = "AdmissionReview";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    api_version: String,
    kind: String,
    request: Option<Request>,
}

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

#[derive(Debug, Deserialize)]
struct Kind {
    #[serde(default)]
    group: String,
    kind: String,
}

impl Request {
    /// Reads a review's bytes.
    ///
    /// # Errors
    /// In words: no JSON, no review of this version, none of the creation of a pod.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let asked: Asked = serde_json::from_slice(bytes)
            .map_err(|error| format!("this is no {REVIEW} of {API_VERSION} of a pod: {error}"))?;
        if asked.api_version != API_VERSION || asked.kind != REVIEW {
            return Err(format!(
                "this is a {} of {}, and {REVIEW} of {API_VERSION} is answered here",
                start(&asked.kind),
                start(&asked.api_version)
            ));
        }
        let request = asked.request.ok_or_else(|| format!("this {REVIEW} has no `request`"))?;
        let Self { kind: Kind { group, kind }, operation, .. } = &request;
        if !group.is_empty() || kind != "Pod" || operation != "CREATE" {
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

/// The beginning of a text, for a message.
fn start(text: &str) -> String {
    text.chars().take(64).collect::<String>().escape_debug().to_string()
}

/// The review that the API server gets: the pod may be, and is patched where it is injected.
pub fn answer(request: &Request, outcome: &Outcome) -> String {
    let mut response = json!({"uid": request.uid, "allowed": true});
    if let Outcome::Injected(patch) = outcome {
        response["patchType"] = json!("JSONPatch");
        response["patch"] = json!(STANDARD.encode(patch.to_string()));
    }
    json!({"apiVersion": API_VERSION, "kind": REVIEW, "response": response}).to_string()
}
