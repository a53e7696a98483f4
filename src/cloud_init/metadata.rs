//! What KubeVirt's own types hold of an answer (`pkg/cloud-init`, `CloudInitData`): the rest is dropped without a
//! word, and a value of another type fails the VM with an error that names no rule. So both are the rule's error.

use serde_json::Value;

use super::refusal;
use crate::diagnostic::{Code, Diagnostic};
use crate::json::kind;

/// The member that holds a NoCloud source's metadata.
pub(super) const NO_CLOUD_METADATA: &str = "NoCloudMetaData";
/// The member that holds a config drive's metadata.
pub(super) const CONFIG_DRIVE_METADATA: &str = "ConfigDriveMetaData";

/// A member's type in Go.
#[derive(Debug, Clone, Copy)]
enum Type {
    Text,
    /// `map[string]string`
    Texts,
    /// A list of objects.
    List,
    /// An object with members of its own.
    Members(&'static [(&'static str, Type)]),
    /// `devices` of a config drive is made from `DevicesData`.
    FromDevicesData,
}

const NO_CLOUD: [(&str, Type); 4] = [
    ("instance-type", Type::Text),
    ("instance-id", Type::Text),
    ("local-hostname", Type::Text),
    ("public-keys", Type::Texts),
];

const CONFIG_DRIVE: [(&str, Type); 7] = [
    ("instance_type", Type::Text),
    ("instance_id", Type::Text),
    ("local_hostname", Type::Text),
    ("hostname", Type::Text),
    ("uuid", Type::Text),
    ("devices", Type::FromDevicesData),
    ("public_keys", Type::Texts),
];

const CLOUD_INIT_DATA: [(&str, Type); 7] = [
    ("DataSource", Type::Text),
    (NO_CLOUD_METADATA, Type::Members(&NO_CLOUD)),
    (CONFIG_DRIVE_METADATA, Type::Members(&CONFIG_DRIVE)),
    ("UserData", Type::Text),
    ("NetworkData", Type::Text),
    ("DevicesData", Type::List),
    ("VolumeName", Type::Text),
];

/// Checks what a rule made of `cloudInitData`; what came so stays so, whatever it is.
///
/// # Errors
/// `document-syntax`
pub(super) fn check(before: &Value, after: &Value) -> Result<(), Box<Diagnostic>> {
    check_members("cloudInitData", &CLOUD_INIT_DATA, before, after)?;
    let has_metadata = |data: &Value| {
        [NO_CLOUD_METADATA, CONFIG_DRIVE_METADATA]
            .iter()
            .any(|member| data.get(*member).is_some_and(|metadata| !metadata.is_null()))
    };
    if has_metadata(before) && !has_metadata(after) {
        return refuse("the rule takes the metadata out, and KubeVirt passes over an answer without".to_owned());
    }
    let source = after.get("DataSource").and_then(Value::as_str);
    if before.get("DataSource") != after.get("DataSource") && !matches!(source, Some("noCloud" | "configDrive")) {
        return refuse("DataSource in cloudInitData is noCloud or configDrive".to_owned());
    }
    Ok(())
}

fn check_members(what: &str, known: &[(&str, Type)], before: &Value, after: &Value) -> Result<(), Box<Diagnostic>> {
    let members = match after {
        Value::Object(members) => members,
        Value::Null => return Ok(()),
        other => return refuse(format!("{what} must be an object, the rule makes it {}", kind(other))),
    };
    for (name, value) in members {
        let was = before.get(name).unwrap_or(&Value::Null);
        if was == value {
            continue;
        }
        let fits = match known.iter().find(|(known, _)| known == name).map(|(_, known)| *known) {
            None => {
                let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
                return refuse(format!(
                    "{what} has no member `{name}` that KubeVirt keeps; it has {}",
                    names.join(", ")
                ));
            }
            Some(Type::FromDevicesData) => {
                return refuse(format!("{what} gets its `{name}` from DevicesData of cloudInitData: change those"));
            }
            Some(Type::Members(known)) => {
                check_members(name, known, was, value)?;
                continue;
            }
            Some(Type::Text) => value.is_string().then_some(()).ok_or("a string"),
            Some(Type::Texts) => value
                .as_object()
                .is_some_and(|texts| texts.values().all(Value::is_string))
                .then_some(())
                .ok_or("an object of strings"),
            Some(Type::List) => value
                .as_array()
                .is_some_and(|items| items.iter().all(Value::is_object))
                .then_some(())
                .ok_or("a list of objects"),
        };
        if let Err(expected) = fits
            && !value.is_null()
        {
            return refuse(format!("`{name}` in {what} must be {expected}, the rule makes it {}", kind(value)));
        }
    }
    Ok(())
}

fn refuse(message: String) -> Result<(), Box<Diagnostic>> {
    Err(refusal(Code::DocumentSyntax, message))
}
