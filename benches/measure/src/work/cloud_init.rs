//! Params from the VMI, and edits of cloud-init data.

use virt_patch::engine;

use super::{Case, Run, checked, with_inputs};
use crate::Error;
use crate::inputs::{Domain, cloud_init, rules};

pub(super) fn all() -> Vec<Case> {
    vec![
        Case::new("params/an annotation/VMI of 200 disks".to_owned(), || {
            params("annotation: smbios.vm.kubevirt.io/baseBoardManufacturer", "${$value}", "Radical Edward")
        }),
        Case::new("params/a JSONPath/VMI of 200 disks".to_owned(), || {
            params("vmi: \"$.spec.domain.devices.disks[?@.disk.bus == 'virtio'].name\"", "${count($value)}", "100")
        }),
        Case::new("cloud-init/merge/small".to_owned(), || merge(0)),
        Case::new("cloud-init/merge/300 files".to_owned(), || merge(300)),
        Case::new("cloud-init/patch/small".to_owned(), patch),
    ]
}

/// A call whose rule needs a param of the VMI.
fn params(source: &str, template: &str, expected: &'static str) -> Result<Run, Error> {
    let vmi = cloud_init::vmi(200);
    let text = Domain::Small.text();
    let rules = rules::compile(&format!(
        "  params:\n    value: {{{source}}}\n  onDefineDomain:\n    - set: {{/domain/title: '{template}'}}\n"
    ))?;
    let run = move || {
        with_inputs(&vmi, |inputs| {
            let outcome = engine::apply_to_domain(&rules, text.as_bytes(), inputs);
            outcome.map(|outcome| outcome.result.into_owned()).map_err(|failure| failure.problem.to_string())
        })
    };
    checked(run, |written| written.is_ok_and(|written| written.contains(&format!("<title>{expected}</title>"))))
}

/// One entry more in user data that writes so many files; its comments stay.
fn merge(files: usize) -> Result<Run, Error> {
    let rule = "{document: userData, merge: {timezone: Europe/Amsterdam}}";
    change(files, rule, |data| {
        data.contains("\\ntimezone: Europe/Amsterdam")
            && data.contains("# Kept as its author wrote it.")
            && data.matches("# the app reads").count() == files
    })
}

/// One value of the network data replaced, found by JSONPath.
fn patch() -> Result<Run, Error> {
    let rule =
        "{document: networkData, patch: [{op: replace, path: '$.ethernets[?@.dhcp4 == false].dhcp4', value: true}]}";
    change(0, rule, |data| data.contains("dhcp4: true") && !data.contains("dhcp4: false"))
}

fn change(files: usize, rule: &str, holds: impl FnOnce(&str) -> bool) -> Result<Run, Error> {
    let data = cloud_init::data(files);
    let rules = rules::compile(&format!("  preCloudInitIso:\n    - {rule}\n"))?;
    let run = move || {
        with_inputs("{}", |inputs| {
            let outcome = engine::apply_to_cloud_init(&rules, data.as_bytes(), b"", inputs);
            outcome.map(|outcome| outcome.result.data).map_err(|failure| failure.problem.to_string())
        })
    };
    checked(run, |data| data.is_ok_and(|data| std::str::from_utf8(&data).is_ok_and(holds)))
}
