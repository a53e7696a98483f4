//! Judging the annotation `hookSidecars`: which containers a VM's owner may put beside virt-launcher.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::{self, Field, HookSidecar, Mount};
use crate::source::{Location, Source};

use super::Criteria;
use super::allow_list::{AllowList, Permission};
use super::arguments::{Reader, packs_refused, refused};
use super::mounts::{HOOK_FILES, RULES_FOLDER, takes_rules};
use super::reference::Reference;
use super::required::{self, RequiredPolicy};

/// The most entries that are judged; each is a container in the VM's pod.
const SIDECARS: usize = 32;

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
        let Image { permissions, required, problem } = image(sidecar, allow_list);
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
            let reader = if required.is_empty() { Reader::of(sidecar) } else { Reader::Sidecar };
            let wrong = refused(sidecar, reader);
            if wrong.is_empty() {
                problems.extend(required::missing(sidecar, &required));
            }
            problems.extend(wrong);
            problems.extend(packs_refused(sidecar, reader, &criteria.policies));
        }
    }
    problems
}

/// What the allow list says of an entry's image.
#[derive(Default)]
struct Image<'l> {
    permissions: BTreeSet<&'l Permission>,
    /// The policies of which its arguments must name one.
    required: Vec<&'l RequiredPolicy>,
    /// Why it may not run.
    problem: Option<Diagnostic>,
}

/// Without a list nothing is permitted, and nothing required.
fn image<'l>(sidecar: &HookSidecar, allow_list: Option<&'l AllowList>) -> Image<'l> {
    let refuse = |code, message: String, help: Option<String>| {
        let problem = Diagnostic::error(code, message).at(sidecar.image_location.clone());
        Image { problem: Some(Diagnostic { help, ..problem }), ..Image::default() }
    };
    let Some(image) = sidecar.image.as_deref().filter(|image| !image.is_empty()) else {
        let message = "no `image`: KubeVirt starts its own `sidecar-shim`, which runs any script that is mounted";
        let help = "name an image that is on the allow list";
        return refuse(Code::MissingImage, message.to_owned(), Some(help.to_owned()));
    };
    let reference = match Reference::parse(image) {
        Ok(reference) => reference,
        Err(wrong) => {
            let start: String = image.chars().take(128).collect();
            return refuse(Code::ImageReference, format!("the image `{}` {wrong}", start.escape_debug()), None);
        }
    };
    let Some(allow_list) = allow_list else { return Image::default() };
    if let Some(permissions) = allow_list.permissions(&reference) {
        let required = allow_list.required_policies(&reference).into_iter().collect();
        return Image { permissions, required, problem: None };
    }
    let help = match allow_list.near(&reference) {
        Some(near) => format!("the list has `{near}`; an image is compared as it is written, with its registry"),
        None => "use an image that the cluster's administrator allows, or ask for this one to be listed".to_owned(),
    };
    refuse(Code::ImageNotAllowed, format!("the image `{reference}` is not on the allow list"), Some(help))
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
    if takes_rules(path) {
        return None;
    }
    let message =
        format!("`hookPath` puts the ConfigMap `{}` at `{}`, where no rules belong", mount.name, path.escape_debug());
    let problem = Diagnostic::error(Code::HookPath, message).at(at.clone());
    Some(problem.help(format!("use {}, or a `.yaml` file below {RULES_FOLDER}", HOOK_FILES.join(", "))))
}

fn is_at(problem: &Diagnostic, location: &Location) -> bool {
    problem.at.as_ref().is_some_and(|at| at.span == location.span)
}
