//! What is measured on: domains as KubeVirt writes them, and rules of the kinds that people write.

use std::error::Error;
use std::fmt::Write;
use std::ops::Range;

use virt_patch::rule::{self, RuleFile, RuleSet, Trust};
use virt_patch::source::Source;

/// The domain of a VM with some disks, as it arrives: with tabs, and no element written as an empty tag.
const DOMAIN: &str = include_str!("../data/domain.xml");

/// The domain as it is: 8 KB.
pub(crate) const SMALL: usize = DOMAIN.len();
/// A VM with dozens of disks.
pub(crate) const MIDDLE: usize = 40 << 10;
/// Far beyond any VM; it shows whether a cost grows with the square.
pub(crate) const LARGE: usize = 1 << 20;

/// A domain of about so many bytes, larger by more of the same devices.
pub(crate) fn domain(bytes: usize) -> String {
    let devices = devices(DOMAIN);
    let copies = 1 + bytes.saturating_sub(DOMAIN.len()) / devices.len();
    [&DOMAIN[..devices.start], &DOMAIN[devices.clone()].repeat(copies), &DOMAIN[devices.end..]].concat()
}

/// What stands in `<devices>`.
fn devices(domain: &str) -> Range<usize> {
    let start = domain.find("<devices>").map_or(0, |at| at + "<devices>".len());
    start..domain.find("\t</devices>").unwrap_or(start)
}

/// What the rule of [`one_rule`] and every rival puts in as the last of the devices, written as the domain writes.
pub(crate) const PANIC: &str = "<panic model=\"hyperv\"></panic>";

/// The domain with [`PANIC`] in its place: what one rule must give.
pub(crate) fn with_panic(domain: &str) -> String {
    let end = devices(domain).end;
    format!("{}\t\t{PANIC}\n{}", &domain[..end], &domain[end..])
}

/// One rule: the panic device of `examples` that people copy.
pub(crate) fn one_rule() -> Result<Vec<RuleSet>, Box<dyn Error>> {
    compile(&format!("    - insert: {{into: /domain/devices, xml: '{PANIC}'}}\n"))
}

/// Fifty rules: five kinds ten times over. The removals find nothing any more, as on a second call.
pub(crate) fn fifty_rules() -> Result<Vec<RuleSet>, Box<dyn Error>> {
    let mut rules = String::new();
    for n in 0..10 {
        write!(
            rules,
            "    - insert: {{into: /domain/devices, xml: '<shmem name=\"ring{n}\"><model type=\"ivshmem-plain\"/></shmem>'}}
    - set: {{'/domain/cputune/vcpupin[@vcpu=\"{n}\"]/@cpuset': '{n}'}}
    - merge: {{path: /domain/features, xml: '<features><hyperv><spinlocks retries=\"{n}\"/></hyperv></features>'}}
    - set: {{'/domain/cpu/topology/@cores': '{n}'}}
      when: /domain/os/type/@machine = 'q35'
    - remove: /domain/clock/timer[@name='timer{n}']
"
        )?;
    }
    compile(&rules)
}

/// An element with so many children.
pub(crate) fn wide(children: usize) -> String {
    format!("<domain>\n{}</domain>\n", "  <a/>\n".repeat(children))
}

/// A loop over the children of [`wide`] that inserts before each and replaces it.
pub(crate) fn loop_of_edits() -> Result<Vec<RuleSet>, Box<dyn Error>> {
    let steps = "[{insert: {before: $child, xml: <b/>}}, {replace: {path: $child, xml: <c/>}}]";
    compile(&format!("    - forEach: {{var: child, in: /domain/a}}\n      steps: {steps}\n"))
}

/// A rule for machines of another kind: it changes nothing.
pub(crate) fn rule_for_others() -> Result<Vec<RuleSet>, Box<dyn Error>> {
    let rule = format!("    - insert: {{into: /domain/devices, xml: '{PANIC}'}}\n");
    compile(&format!("{rule}      when: /domain/os/type/@arch = 's390x'\n"))
}

fn compile(rules: &str) -> Result<Vec<RuleSet>, Box<dyn Error>> {
    let head = "apiVersion: virt-patch.dev/v1alpha1\nkind: RuleSet\nmetadata: {name: measured}\n";
    let text = format!("{head}spec:\n  onDefineDomain:\n{rules}");
    let file = RuleFile { source: Source::new("rules.yaml", text), trust: Trust::File, pack: None };
    rule::compile(&[file])
        .map_err(|problems| problems.iter().map(|problem| format!("{problem}\n")).collect::<String>().into())
}
