//! `AdmissionReview` of `admission.k8s.io/v1`: what the API server asks, and what it is answered
//! (Kubernetes' reference, "Dynamic Admission Control").

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value as Json;

use super::kept;

const API_VERSION: &str = "admission.k8s.io/v1";
const KIND: &str = "AdmissionReview";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked<R> {
    api_version: String,
    kind: String,
    request: Option<R>,
}

/// Reads a review's bytes: what is asked, as far as `R` keeps it.
///
/// # Errors
/// In words: no JSON, no review of this version, no such request in it.
pub fn read_review<R: DeserializeOwned>(bytes: &[u8]) -> Result<R, String> {
    let asked: Asked<R> =
        serde_json::from_slice(bytes).map_err(|error| format!("this is no {KIND} of {API_VERSION}: {error}"))?;
    if asked.api_version != API_VERSION || asked.kind != KIND {
        let start = |text: &str| text.chars().take(64).collect::<String>().escape_debug().to_string();
        let (version, kind) = (start(&asked.api_version), start(&asked.kind));
        return Err(format!("this is a {kind} of {version}, and {KIND} of {API_VERSION} is answered here"));
    }
    asked.request.ok_or_else(|| format!("this {KIND} has no `request`"))
}

/// What is asked about one change of one object.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// Names this question; the answer repeats it.
    pub uid: String,
    /// The object's kind.
    pub kind: Kind,
    /// `CREATE`, `UPDATE`, `DELETE` or `CONNECT`.
    pub operation: String,
    /// The object's name; empty where the API server makes one up.
    #[serde(default, deserialize_with = "text_or_nothing")]
    pub name: String,
    /// The object's namespace; empty for objects of the whole cluster.
    #[serde(default, deserialize_with = "text_or_nothing")]
    pub namespace: String,
    /// Who asks for the change.
    #[serde(default)]
    pub user_info: User,
    /// The object as it shall be, what is judged of it; `null` for a deletion.
    #[serde(default, deserialize_with = "kept::object")]
    pub object: Json,
    /// The object as it is, what is judged of it; `null` for a creation.
    #[serde(default, deserialize_with = "kept::object")]
    pub old_object: Json,
}

/// A kind within its group.
#[derive(Debug, Deserialize)]
pub struct Kind {
    /// The API group, empty for Kubernetes' core.
    #[serde(default)]
    pub group: String,
    /// `VirtualMachine`.
    pub kind: String,
}

/// Who asks.
#[derive(Debug, Default, Deserialize)]
pub struct User {
    /// `system:serviceaccount:NAMESPACE:NAME`, or what the cluster calls a person.
    #[serde(default)]
    pub username: String,
}

/// A text, or an empty one for `null`.
fn text_or_nothing<'de, D: Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    Option::deserialize(value).map(Option::unwrap_or_default)
}

impl Request {
    /// Reads a review's bytes.
    ///
    /// # Errors
    /// In words: no JSON, no review of this version, no request in it.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        read_review(bytes)
    }
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    /// The question's name.
    pub uid: String,
    /// Whether the change may be.
    pub allowed: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// What the user is told beside the outcome.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What the API server's audit log keeps.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub audit_annotations: BTreeMap<String, String>,
    /// How the object is changed before it is kept.
    #[serde(flatten)]
    pub patch: Option<Patch>,
}

/// A change of the object that is asked about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Patch {
    /// `JSONPatch`, the only type there is.
    patch_type: &'static str,
    /// The patch's JSON (RFC 6902) in base64.
    patch: String,
}

impl Patch {
    /// A list of operations (RFC 6902, section 4).
    pub fn json(operations: &Json) -> Self {
        Self { patch_type: "JSONPatch", patch: STANDARD.encode(operations.to_string()) }
    }
}

/// The part of a Kubernetes `Status` that the user sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// 403.
    pub code: u16,
    /// `Forbidden`.
    pub reason: &'static str,
    /// What is wrong.
    pub message: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answered<'r> {
    api_version: &'static str,
    kind: &'static str,
    response: &'r Response,
}

impl Response {
    /// The change may be.
    pub fn allow(uid: &str) -> Self {
        Self {
            uid: uid.to_owned(),
            allowed: true,
            status: None,
            warnings: Vec::new(),
            audit_annotations: BTreeMap::new(),
            patch: None,
        }
    }

    /// The change may not be, with what the user is told.
    pub fn forbid(uid: &str, message: String) -> Self {
        let status = Some(Status { code: 403, reason: "Forbidden", message });
        Self { allowed: false, status, ..Self::allow(uid) }
    }

    /// The review that the API server gets.
    ///
    /// # Errors
    /// None that is known: texts and numbers are always JSON.
    pub fn write(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(&Answered { api_version: API_VERSION, kind: KIND, response: self })
    }
}
