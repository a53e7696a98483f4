//! The arguments that `hookSidecars` gives to virt-patch's own sidecar.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Code, Diagnostic};
use crate::hook::SidecarOptions;
use crate::manifest::{Argument, HookSidecar};
use crate::packs;
use crate::policy::Policies;
use crate::rule::{self, RuleSet};

/// The name of the sidecar's image, whatever registry it comes from.
const IMAGE: &str = "virt-patch-sidecar";

/// Of this many arguments the place of a problem is looked for.
const PLACED: usize = 64;

/// The most problems of the arguments as such that are told: each costs looking for its place.
const TOLD: usize = 8;

/// The most arguments that are read at all.
const ARGUMENTS: usize = 256;

/// Who reads an entry's arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    /// virt-patch's sidecar.
    Sidecar,
    /// A program of which nothing is known.
    Other,
}

impl Reader {
    /// By the image's name.
    pub(super) fn of(sidecar: &HookSidecar) -> Self {
        if sidecar.image.as_deref().is_some_and(is_ours) { Self::Sidecar } else { Self::Other }
    }
}

/// What the sidecar would refuse of its arguments, in every hook and not before the VM starts. Of another image's
/// arguments nothing is known.
pub fn arguments(sidecar: &HookSidecar) -> Vec<Diagnostic> {
    refused(sidecar, Reader::of(sidecar))
}

/// What the reader would refuse of an entry's arguments.
pub(super) fn refused(sidecar: &HookSidecar, reader: Reader) -> Vec<Diagnostic> {
    if reader == Reader::Other {
        return Vec::new();
    }
    let given = &sidecar.arguments;
    if given.len() > ARGUMENTS {
        let message = format!("{} arguments, and the sidecar has use for a few", given.len());
        return vec![Diagnostic::error(Code::InvalidArgument, message).at(sidecar.location.clone())];
    }
    let parse = |count: usize| SidecarOptions::parse(given.iter().take(count).map(|given| &given.text), |_| None);
    let options = parse(given.len());
    let mut problems = Vec::new();
    for mut problem in options.problems.into_iter().take(TOLD) {
        // The parser knows no places: the argument that brings a problem about is the last that it needs.
        let brings = |count: &usize| parse(*count).problems.iter().any(|early| early.message == problem.message);
        let last = (1..=given.len().min(PLACED)).find(brings);
        let argument = last.and_then(|count| given.get(count - 1));
        problem.at = Some(argument.map_or_else(|| sidecar.location.clone(), |argument| argument.location.clone()));
        problems.push(problem);
    }
    let mut place = |mut problem: Diagnostic, names_it: &dyn Fn(&str) -> bool| {
        let argument = given.iter().find(|argument: &&Argument| names_it(&argument.text));
        problem.at = Some(argument.map_or_else(|| sidecar.location.clone(), |argument| argument.location.clone()));
        problems.push(problem);
    };
    for pack in &options.packs {
        if let Err(problem) = packs::find(pack) {
            place(problem, &|text| text.strip_prefix("--pack=").unwrap_or(text) == pack);
        }
    }
    let mut compiled = BTreeMap::new();
    for (pack, param, value) in options.params {
        let names_it = format!("{pack}.{param}=");
        let sets = compiled.entry(pack.clone()).or_insert_with(|| compiled_pack(&pack));
        for problem in unknown_param(sets, pack, param, value) {
            place(problem, &|text| text.strip_prefix("--param=").unwrap_or(text).starts_with(&names_it));
        }
    }
    problems
}

/// What policies refuse of the packs that the arguments name.
pub(super) fn packs_refused(sidecar: &HookSidecar, reader: Reader, policies: &Policies) -> Vec<Diagnostic> {
    if reader == Reader::Other || sidecar.arguments.len() > ARGUMENTS || policies.is_empty() {
        return Vec::new();
    }
    let options = SidecarOptions::parse(sidecar.arguments.iter().map(|argument| &argument.text), |_| None);
    let packs: BTreeSet<&String> = options.packs.iter().collect();
    let files: Vec<_> = packs.into_iter().filter_map(|name| rule::pack_file(name).ok()).collect();
    let mut problems = policies.judge_sets(&rule::compile(&files).unwrap_or_default());
    for problem in &mut problems {
        // The pack's own text is not what the VM's owner wrote.
        problem.at = Some(sidecar.location.clone());
    }
    problems
}

/// A param that its pack does not have, or whose pack there is not. Whether the pack runs is not looked at: mounted rules,
/// which nobody sees here, may bring it in.
fn unknown_param(sets: &CompiledPack, pack: String, param: String, value: String) -> Vec<Diagnostic> {
    match sets {
        Ok(sets) => rule::unknown_params(sets, &[(pack, param, value)]),
        Err(problems) => problems.clone(),
    }
}

type CompiledPack = Result<Vec<RuleSet>, Vec<Diagnostic>>;

fn compiled_pack(pack: &str) -> CompiledPack {
    rule::compile(&[rule::pack_file(pack).map_err(|problem| vec![problem])?])
}

/// `registry.example:5000/team/virt-patch-sidecar:v1@sha256:…`
fn is_ours(image: &str) -> bool {
    let name = image.rsplit('/').next().unwrap_or(image);
    name.split([':', '@']).next() == Some(IMAGE)
}
