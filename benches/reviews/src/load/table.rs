//! Reviews as a cluster sends them, by kind; the tests send the same.

use std::io;
use std::path::Path;

use serde_json::{Map, Value as Json, json};

/// A kind of review.
pub(super) struct Kind {
    /// What it is a review of.
    pub(super) name: &'static str,
    /// The `AdmissionReview`, JSON.
    pub(super) review: Vec<u8>,
    /// The verdict on it where the allow list is [`ALLOW_LIST`].
    pub(super) allowed: bool,
}

/// The allow list that the verdicts are by.
pub(super) const ALLOW_LIST: &str = "good.example/a:1\n";

const SIDECARS: &str = "hooks.kubevirt.io/hookSidecars";
const RULES: &str = "virt-patch.dev/rules";

/// Every kind. `repository` is the folder in which the packs' folder `rules` lies: their texts are the rules.
///
/// # Errors
/// Where a pack cannot be read.
pub(super) fn table(repository: &Path) -> io::Result<Vec<Kind>> {
    let rules = |pack: &str| std::fs::read_to_string(repository.join("rules").join(pack).join("rules.yaml"));
    let sidecars = json!([{"image": "good.example/a:1", "args": ["--version", "v1alpha2"],
        "configMap": {"name": "rules", "key": "rules.yaml", "hookPath": "/usr/bin/onDefineDomain"}}]);
    let with = json!({ SIDECARS: sidecars.to_string(), RULES: rules("smbios")? });
    let (mut before, mut after) = (vm(&with, 20_000), vm(&with, 20_000));
    before["metadata"]["generation"] = json!(1);
    after["metadata"]["generation"] = json!(2);
    let map = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "rules", "namespace": "team", "labels": {RULES: "true"}},
        "data": {"network.yaml": rules("network")?, "disk.yaml": rules("disk")?, "cpu.yaml": rules("cpu")?},
    });
    let kind = |name, object: &Json, old: &Json, allowed| Kind {
        name,
        review: review(object, old).to_string().into_bytes(),
        allowed,
    };
    Ok(vec![
        kind("a VM without sidecars", &vm(&json!({}), 8_000), &Json::Null, true),
        kind("a VM with a sidecar and rules", &vm(&with, 8_000), &Json::Null, true),
        kind("an update of such a VM", &after, &before, true),
        kind("a VMI, refused", &vmi("evil.example/a:1"), &Json::Null, false),
        kind("a small VMI", &vmi("good.example/a:1"), &Json::Null, true),
        kind("a ConfigMap of three packs' rules", &map, &Json::Null, true),
        kind("a large VM", &vm(&with, 200_000), &Json::Null, true),
    ])
}

/// A VM as clusters have it: of its bytes `managedFields` and the like are most.
fn vm(annotations: &Json, bytes: usize) -> Json {
    let fields: Map<String, Json> =
        (0..bytes / 40).map(|number| (format!("f:some-field-of-the-vm-{number}"), json!({}))).collect();
    let disks: Vec<Json> = (0..4).map(|n| json!({"name": format!("disk{n}"), "disk": {"bus": "virtio"}})).collect();
    json!({
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": {
            "name": "vm",
            "namespace": "team",
            "managedFields": [{"manager": "kubectl", "fieldsV1": {"f:spec": fields}}],
        },
        "spec": {
            "runStrategy": "Always",
            "template": {
                "metadata": {"annotations": annotations},
                "spec": {"domain": {"devices": {"disks": disks}}},
            },
        },
    })
}

/// A VMI with one sidecar of this image.
fn vmi(image: &str) -> Json {
    json!({
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachineInstance",
        "metadata": {
            "name": "vm",
            "namespace": "team",
            "annotations": {SIDECARS: json!([{ "image": image }]).to_string()},
        },
    })
}

/// A review of the creation of an object, or of an update where there was an old one.
fn review(object: &Json, old: &Json) -> Json {
    json!({
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
            "kind": {"group": "kubevirt.io", "version": "v1", "kind": object["kind"]},
            "operation": if old.is_null() { "CREATE" } else { "UPDATE" },
            "name": object["metadata"]["name"],
            "namespace": object["metadata"]["namespace"],
            "userInfo": {"username": "jane", "groups": ["system:authenticated"]},
            "object": object,
            "oldObject": old,
            "dryRun": false,
        },
    })
}
