//! What a policy says of cloud-init data before and after.
//!
//! Both are what KubeVirt's messages come to once they are taken apart, so it does not matter which document a
//! rule named, whether a text travels in base64, or in which part of a MIME message it stands.

use serde_json::Value as Json;

use crate::cloud_init::{DocumentKind, EMPTY_USER_DATA, Envelope, member_document};
use crate::diagnostic::{Code, Diagnostic};
use crate::engine::CloudInitResult;

use super::{Policies, Policy};

impl Policies {
    /// What the policies say of KubeVirt's `cloudInitData` (and the older `cloudInitNoCloudSource`) as they came, and
    /// as rules would leave them.
    ///
    /// # Errors
    /// Everything that a policy refuses, policy by policy; where a message cannot be read, only that.
    pub fn judge_cloud_init(
        &self,
        data: &[u8],
        no_cloud_source: &[u8],
        result: &CloudInitResult,
    ) -> Result<(), Vec<Diagnostic>> {
        if self.iter().all(|policy| policy.cloud_init.is_none()) {
            return Ok(());
        }
        let before = whole(data, no_cloud_source)?;
        let after = whole(&result.data, &result.no_cloud_source)?;
        let changed = changed(&before, &after);
        let problems: Vec<Diagnostic> = self.iter().flat_map(|policy| policy.judge_changed(&changed)).collect();
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}

impl Policy {
    fn judge_changed(&self, changed: &[(DocumentKind, String)]) -> Vec<Diagnostic> {
        let Some(may) = &self.cloud_init else { return Vec::new() };
        let refused = changed.iter().filter(|(kind, _)| !may.contains(kind));
        let refused = refused.map(|(kind, member)| {
            let message = format!("the policy `{}` does not allow rules to change `{kind}`", self.name);
            let help = match may.len() {
                0 => "it allows no change of cloud-init data".to_owned(),
                _ => {
                    let words: Vec<&str> = may.iter().map(|kind| kind.as_str()).collect();
                    format!("what may change is {}", words.join(", "))
                }
            };
            let problem = Diagnostic::error(Code::PolicyNotAllowed, message).at(self.location.clone());
            problem.path(format!("/{member}")).help(help)
        });
        refused.collect()
    }
}

/// `cloudInitData`, or what the older message amounts to.
fn whole(data: &[u8], no_cloud_source: &[u8]) -> Result<Json, Vec<Diagnostic>> {
    let envelope = Envelope::parse(data, no_cloud_source).map_err(|problem| vec![*problem])?;
    let whole = envelope.document(DocumentKind::CloudInitData).map_err(|problem| vec![*problem])?;
    Ok(whole.clone())
}

/// The members that differ, each with the document that it is.
fn changed(before: &Json, after: &Json) -> Vec<(DocumentKind, String)> {
    let members = |json: &Json| -> Vec<String> {
        json.as_object().map(|members| members.keys().cloned().collect()).unwrap_or_default()
    };
    let mut names: Vec<String> = members(before).into_iter().chain(members(after)).collect();
    names.sort();
    names.dedup();
    let differs = |name: &String| {
        let (before, after) = (before.get(name), after.get(name));
        before != after && !is_only_begun(name, before, after)
    };
    names.into_iter().filter(differs).map(|name| (member_document(&name), name)).collect()
}

/// User data that was empty and must not be, because KubeVirt ignores an answer without any.
fn is_only_begun(member: &str, before: Option<&Json>, after: Option<&Json>) -> bool {
    let text = |json: Option<&Json>| json.and_then(Json::as_str).unwrap_or_default().to_owned();
    member_document(member) == DocumentKind::UserData && text(before).is_empty() && text(after) == EMPTY_USER_DATA
}
