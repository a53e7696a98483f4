//! Costs grow in a straight line, in the engine's own steps, and hostile shapes end at a limit. Instructions, which
//! also see what no step counts, are `make growth`.

// Says to clippy that helpers are tests too.
#![cfg(test)]

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::time::Duration;

use virt_patch::diagnostic::Code;
use virt_patch::engine::{self, Detail, Inputs, Limits, Nowhere};
use virt_patch::rule::{self, RuleFile, RuleSet, Trust};
use virt_patch::source::Source;

/// What twice as much may cost at most, as a multiple: a straight line has 2.
const PER_DOUBLING: f64 = 2.2;

fn compile(rules: &str) -> Vec<RuleSet> {
    let head =
        "apiVersion: virt-patch.dev/v1alpha1\nkind: RuleSet\nmetadata: {name: grown}\nspec:\n  onDefineDomain:\n";
    let file = RuleFile { source: Source::new("rules.yaml", format!("{head}{rules}")), trust: Trust::File, pack: None };
    rule::compile(&[file]).unwrap_or_else(|problems| panic!("{problems:?}\n{rules}"))
}

fn apply(rules: &[RuleSet], domain: &str, limits: Limits) -> Result<String, (Code, String)> {
    let given = BTreeMap::new();
    let inputs = Inputs { vmi: b"{}", surroundings: &Nowhere, given: &given, detail: Detail::Counts, limits };
    match engine::apply_to_domain(rules, domain.as_bytes(), &inputs) {
        Ok(outcome) => Ok(outcome.result.into_owned()),
        Err(failure) => Err((failure.problem.code, failure.problem.message.clone())),
    }
}

/// The least steps with which the call comes to its end, one in a hundred more or less.
fn steps(rules: &[RuleSet], domain: &str) -> u64 {
    let enough = |steps| apply(rules, domain, Limits { steps, ..Limits::default() }).is_ok();
    let mut high = 16;
    while !enough(high) {
        assert!(high < Limits::default().steps, "{:?}", apply(rules, domain, Limits::default()));
        high *= 2;
    }
    let mut low = high / 2;
    while high - low > high / 128 {
        let middle = low.midpoint(high);
        if enough(middle) { high = middle } else { low = middle }
    }
    high
}

/// A domain of so many disks, every second one on virtio.
fn disks(count: usize) -> String {
    let disk = |n: usize| {
        let bus = ["virtio", "sata"][n % 2];
        format!("\t\t<disk>\n\t\t\t<target dev=\"d{n}\" bus=\"{bus}\"></target>\n\t\t</disk>\n")
    };
    let disks: String = (0..count).map(disk).collect();
    format!("<domain>\n\t<devices>\n{disks}\t</devices>\n</domain>\n")
}

/// Doubles something three times and compares the steps.
fn grows_straight(what: &str, from: usize, cost: impl Fn(usize) -> u64) {
    let seen: Vec<(usize, u64)> = [1, 2, 4, 8].map(|factor| from * factor).map(|size| (size, cost(size))).into();
    assert!(seen[3].1 > seen[0].1, "{what}: steps that do not see what grows measure nothing: {seen:?}");
    for pair in seen.windows(2) {
        let ratio = pair[1].1 as f64 / pair[0].1 as f64;
        assert!(ratio <= PER_DOUBLING, "{what}: {ratio:.2} times the steps for twice as much: {seen:?}");
    }
}

#[test]
fn costs_grow_with_the_document() {
    for select in [
        "/domain/devices/disk",
        "/domain/devices/disk[target/@bus='virtio']",
        "//target",
        "/domain/devices/disk[last()]",
        "/domain/devices/disk[position() mod 2 = 1]",
        "//disk[.//target]",
        "/domain/devices/disk/target/../../disk/target",
    ] {
        let rules = compile(&format!("    - set: {{\"{select}/@seen\": 'yes'}}\n"));
        grows_straight(select, 200, |count| steps(&rules, &disks(count)));
    }
}

#[test]
fn costs_grow_with_depth() {
    let rules = compile("    - set: {'//level[not(level)]/@last': 'yes'}\n");
    let deep = |levels| format!("<domain>{}{}</domain>", "<level>".repeat(levels), "</level>".repeat(levels));
    grows_straight("levels", 60, |levels| steps(&rules, &deep(levels)));
}

/// Rules that insert beside each other are not here: each looks at what the ones before it inserted.
#[test]
fn costs_grow_with_rules() {
    let domain = disks(20);
    grows_straight("rules", 125, |count| {
        let rule = |n| format!("    - set: {{'/domain/devices/disk[target/@dev=\"d{}\"]/@seen': '{n}'}}\n", n % 20);
        steps(&compile(&(0..count).map(rule).collect::<String>()), &domain)
    });
}

#[test]
fn costs_grow_with_rounds() {
    grows_straight("rounds", 500, |count| {
        let rule = format!(
            "    - forEach: {{var: n, in: 'range(1, {count})'}}\n      insert: {{into: /domain/devices, xml: '<shmem name=\"ring${{$n}}\"/>'}}\n"
        );
        steps(&compile(&rule), &disks(20))
    });
    grows_straight("rounds over what is edited", 100, |count| {
        let rule = "    - forEach: {var: disk, in: /domain/devices/disk}\n      steps: [{insert: {before: $disk, xml: <b/>}}, {remove: $disk}]\n";
        steps(&compile(rule), &disks(count))
    });
}

/// Runs the call on a thread of its own: one that hangs fails, and does not hold the test up for good.
fn ends(what: &str, rules: &str, domain: String) -> (Code, String) {
    let (sender, receiver) = mpsc::channel();
    let rules = compile(rules);
    std::thread::spawn(move || sender.send(apply(&rules, &domain, Limits::default()).map(|_| ())));
    let ended = receiver.recv_timeout(Duration::from_secs(120)).unwrap_or_else(|_| panic!("{what}: no end"));
    ended.expect_err(what)
}

#[test]
fn hostile_documents_end_at_a_limit() {
    let attributes: String = (0..60_000).map(|n| format!(" a{n}='1'")).collect();
    let namespaces: String = (0..5_000).map(|n| format!("<a xmlns:p{n}='u{n}'/>")).collect();
    let documents = [
        (format!("<domain{attributes}/>"), "more than 256 attributes"),
        (format!("<domain>{}{}</domain>", "<a>".repeat(100_000), "</a>".repeat(100_000)), "deeper than 512"),
        (format!("<domain>{}</domain>", "<a/>".repeat(300_000)), "more than 250000 nodes"),
        (format!("<domain>{namespaces}</domain>"), "more than 1024 namespaces"),
        (format!("<domain>{}</domain>", "a".repeat(17 << 20)), "more than 16777216"),
    ];
    for (domain, expected) in documents {
        let (code, message) = ends(expected, "    - remove: /domain/none\n", domain);
        assert_eq!(code, Code::XmlLimit, "{message}");
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn hostile_rules_end_at_a_limit() {
    let tree = || format!("<domain><devices>{}</devices></domain>", "<a/><b/>".repeat(4_000));
    let rules = [
        "    - remove: //a[//b[//c]]\n",
        "    - remove: //a[//b[//b/@c]]\n",
        "    - set: {'//a[count(//a[count(//b) > 0]) > 0]/@x': 'y'}\n",
        "    - forEach: {var: a, in: //a}\n      steps:\n        - forEach: {var: b, in: //b}\n          insert: {into: /domain/devices, xml: <c/>}\n",
        "    - forEach: {var: n, in: 'range(1, 1000000000)'}\n      insert: {into: /domain, xml: <c/>}\n",
        "    - forEach: {var: a, in: //a}\n      insert: {into: /domain, xml: '<c t=\"${string-join(for $x in //* return name($x), name($a))}\"/>'}\n",
    ];
    for rule in rules {
        let (code, message) = ends(rule, rule, tree());
        assert_eq!(code, Code::Limit, "{message}\n{rule}");
    }
}
