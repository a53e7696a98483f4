//! Judging the annotation `hookSidecars`: which containers a VM's owner may put beside virt-launcher.

use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::{self, Field, HookSidecar, Mount};
use crate::source::{Location, Source};

use super::Criteria;
use super::allow_list::{AllowList, Permission};
use super::arguments::{arguments, packs_refused};
use super::reference::Reference;

/// The most entries that are judged; each is a container in the VM's pod.
const SIDECARS: usize = 32;

/// The files that a ConfigMap's key may take the place of: where virt-patch looks for a hook's rules, and `sidecar-shim`
/// for a hook's script.
const HOOK_FILES: [&str; 2] = ["/usr/bin/onDefineDomain", "/usr/bin/preCloudInitIso"];
/// The folder in which a key may lie under a name of its own.
const RULES_FOLDER: &str = "/etc/virt-patch/rules/";

/// Everything for which the annotation, which is all of `source`, is refused. Without an allow list no image is
/// judged, and an entry has no permission.
pub(super) fn judge(source: &Arc<Source>, criteria: &Criteria) -> Vec<Diagnostic> {
    let allow_list = criteria.allow_list.as_ref();
    let (sidecars, mut problems) = manifest::read_hook_sidecars(source);
    if sidecars.len() > SIDECARS {
        let message = format!("{} sidecars, and at most {SIDECARS} are allowed", sidecars.len());
        return vec![Diagnostic::error(Code::HookSidecars, message).at(Location::new(source, 0..0))];
    }
    for sidecar in &sidecars {
        let (permissions, problem) = permissions(sidecar, allow_list);
        let is_allowed = problem.is_none();
        problems.extend(problem);
        let permits = |permission: Permission| permissions.contains(&permission);
        problems.extend(command(sidecar).filter(|_| !permits(Permission::Command)));
        problems.extend(sidecar.folded_fields.iter().map(folded));
        let permitted = |field: &&Field| permits(Permission::Field(field.name.clone()));
        for field in sidecar.unknown_fields.iter().filter(permitted) {
            problems.retain(|problem| problem.code != Code::UnknownField || !is_at(problem, &field.location));
        }
        for mount in &sidecar.mounts {
            match mount.field {
                "pvc" if permits(Permission::Claim) => {}
                "pvc" => problems.push(claim(mount)),
                _ if permits(Permission::HookPath) => {}
                _ => problems.extend(hook_path(mount)),
            }
        }
        // What an image that may not run would make of its arguments is nobody's concern, and costs time.
        if is_allowed {
            problems.extend(arguments(sidecar));
            problems.extend(packs_refused(sidecar, &criteria.policies));
        }
    }
    problems
}

/// What the list permits an entry by its image, and what is wrong with that.
fn permissions(sidecar: &HookSidecar, allow_list: Option<&AllowList>) -> (Vec<Permission>, Option<Diagnostic>) {
    let refuse =
        |code, message: String| (Vec::new(), Diagnostic::error(code, message).at(sidecar.image_location.clone()));
    let Some(image) = sidecar.image.as_deref().filter(|image| !image.is_empty()) else {
        let (none, problem) = refuse(
            Code::MissingImage,
            "no `image`: KubeVirt starts its own `sidecar-shim`, which runs any script that is mounted".to_owned(),
        );
        return (none, Some(problem.help("name an image that is on the allow list")));
    };
    let reference = match Reference::parse(image) {
        Ok(reference) => reference,
        Err(wrong) => {
            let start: String = image.chars().take(128).collect();
            let (none, problem) = refuse(Code::ImageReference, format!("the image `{}` {wrong}", start.escape_debug()));
            return (none, Some(problem));
        }
    };
    let Some(allow_list) = allow_list else { return (Vec::new(), None) };
    if let Some(permissions) = allow_list.permissions(&reference) {
        return (permissions.into_iter().cloned().collect(), None);
    }
    let message = format!("the image `{reference}` is not on the allow list");
    let (none, problem) = refuse(Code::ImageNotAllowed, message);
    let help = match allow_list.near(&reference) {
        Some(near) => format!("the list has `{near}`; an image is compared as it is written, with its registry"),
        None => "use an image that the cluster's administrator allows, or ask for this one to be listed".to_owned(),
    };
    (none, Some(problem.help(help)))
}

fn command(sidecar: &HookSidecar) -> Option<Diagnostic> {
    let at = sidecar.command.clone()?;
    let message = "`command` runs another program than the image's own";
    let problem = Diagnostic::error(Code::SidecarField, message).at(at);
    Some(problem.help("leave it out; what the image's program needs stands in `args`"))
}

fn folded(field: &Field) -> Diagnostic {
    let message = format!("`{}` differs from KubeVirt's field in the case of its letters", field.name);
    let problem = Diagnostic::error(Code::SidecarField, message).at(field.location.clone());
    problem.help("write it as KubeVirt's guide does: image, imagePullPolicy, command, args, configMap, pvc")
}

fn claim(mount: &Mount) -> Diagnostic {
    let message = format!("`pvc` mounts the claim `{}` over files of the container", mount.name);
    let problem = Diagnostic::error(Code::SidecarField, message).at(mount.location.clone());
    problem.help("leave it out, or ask the cluster's administrator to list the image with `pvc`")
}

/// A ConfigMap's key that would lie where no rules belong: over the program itself, its policy, a library.
fn hook_path(mount: &Mount) -> Option<Diagnostic> {
    let (path, at) = mount.hook_path.as_ref()?;
    if HOOK_FILES.contains(&path.as_str()) || path.strip_prefix(RULES_FOLDER).is_some_and(is_rule_file) {
        return None;
    }
    let message =
        format!("`hookPath` puts the ConfigMap `{}` at `{}`, where no rules belong", mount.name, path.escape_debug());
    let problem = Diagnostic::error(Code::HookPath, message).at(at.clone());
    Some(problem.help(format!("use {}, or a `.yaml` file below {RULES_FOLDER}", HOOK_FILES.join(", "))))
}

/// A name that the sidecar reads in its folder of rules.
fn is_rule_file(name: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    !name.starts_with('.') && name.chars().all(is_word) && matches!(ending, Some("yaml" | "yml" | "json"))
}

fn is_at(problem: &Diagnostic, location: &Location) -> bool {
    problem.at.as_ref().is_some_and(|at| at.span == location.span)
}
