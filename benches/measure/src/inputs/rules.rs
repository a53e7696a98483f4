//! Rules.

use std::fmt::Write;

use virt_patch::rule::{self, RuleFile, RuleSet, Trust};
use virt_patch::source::Source;

use super::PANIC;
use crate::Error;

/// One rule: the panic device of `examples` that people copy.
pub fn one() -> Result<Vec<RuleSet>, Error> {
    define_domain(&format!("    - insert: {{into: /domain/devices, xml: '{PANIC}'}}\n"))
}

/// So many rules, five kinds in turn. The removals find nothing any more, as on a second call.
pub fn many(count: usize) -> Result<Vec<RuleSet>, Error> {
    let mut rules = String::new();
    for at in 0..count {
        let n = at / 5;
        match at % 5 {
            0 => writeln!(
                rules,
                "    - insert: {{into: /domain/devices, xml: '<shmem name=\"ring{n}\"><model type=\"ivshmem-plain\"/></shmem>'}}"
            ),
            1 => writeln!(rules, "    - set: {{'/domain/cputune/vcpupin[@vcpu=\"{n}\"]/@cpuset': '{n}'}}"),
            2 => writeln!(
                rules,
                "    - merge: {{path: /domain/features, xml: '<features><hyperv><spinlocks retries=\"{n}\"/></hyperv></features>'}}"
            ),
            3 => writeln!(
                rules,
                "    - set: {{'/domain/cpu/topology/@cores': '{n}'}}\n      when: /domain/os/type/@machine = 'q35'"
            ),
            _ => writeln!(rules, "    - remove: /domain/clock/timer[@name='timer{n}']"),
        }?;
    }
    define_domain(&rules)
}

/// A loop of so many rounds, each of which inserts a device.
pub fn rounds(count: usize) -> Result<Vec<RuleSet>, Error> {
    define_domain(&format!(
        "    - forEach: {{var: n, in: 'range(1, {count})'}}\n      insert: {{into: /domain/devices, xml: '<shmem name=\"ring${{$n}}\"/>'}}\n"
    ))
}

/// A rule for machines of another kind: it changes nothing.
pub fn for_others() -> Result<Vec<RuleSet>, Error> {
    let rule = format!("    - insert: {{into: /domain/devices, xml: '{PANIC}'}}\n");
    define_domain(&format!("{rule}      when: /domain/os/type/@arch = 's390x'\n"))
}

/// Rules of `onDefineDomain`, each indented by four.
pub fn define_domain(rules: &str) -> Result<Vec<RuleSet>, Error> {
    compile(&format!("  onDefineDomain:\n{rules}"))
}

/// A rule set of such a `spec`, indented by two.
pub fn compile(spec: &str) -> Result<Vec<RuleSet>, Error> {
    let head = "apiVersion: virt-patch.dev/v1alpha1\nkind: RuleSet\nmetadata: {name: measured}\n";
    let text = format!("{head}spec:\n{spec}");
    let file = RuleFile { source: Source::new("rules.yaml", text), trust: Trust::File, pack: None };
    rule::compile(&[file])
        .map_err(|problems| problems.iter().map(|problem| format!("{problem}\n")).collect::<String>().into())
}
