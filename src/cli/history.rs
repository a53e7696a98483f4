//! What each rule left of a document, for a diff that names the rules.

use crate::engine::{Report, SetTrace};
use crate::report::diff::Step;
use crate::rule::{Hook, RuleSet};

/// So many rules are told apart; what later ones change has no name. Each costs a run of those before it.
const RULES: usize = 256;

/// The document after each outermost rule that changed something. Same rules, same bytes: `apply` runs them
/// again up to each of these. What cannot be had so, because a file changed meanwhile, is left out.
pub(super) fn steps(
    sets: &[RuleSet],
    report: &Report,
    hook: Hook,
    apply: impl Fn(&[RuleSet]) -> Option<Vec<u8>>,
) -> Vec<Step> {
    let is_one_of_many = sets.iter().filter(|set| !set.rules(hook).is_empty()).count() > 1;
    let mut steps = Vec::new();
    for (index, (set, trace)) in sets.iter().zip(&report.sets).enumerate() {
        for rule in changing(trace) {
            if steps.len() == RULES {
                return steps;
            }
            let mut until: Vec<RuleSet> = sets.iter().take(index + 1).cloned().collect();
            if let Some(last) = until.last_mut() {
                match hook {
                    Hook::OnDefineDomain => last.on_define_domain.truncate(rule + 1),
                    Hook::PreCloudInitIso => last.pre_cloud_init_iso.truncate(rule + 1),
                }
            }
            let Some(after) = apply(&until) else { continue };
            let label = set.rules(hook).get(rule).map_or("", |rule| &*rule.label);
            let rule = if is_one_of_many { format!("{}: {label}", set.name) } else { label.to_owned() };
            steps.push(Step { rule, after });
        }
    }
    steps
}

/// The numbers of the outermost rules that changed something, they or their steps.
fn changing(trace: &SetTrace) -> Vec<usize> {
    let mut changing = Vec::new();
    let mut outermost = 0;
    for rule in &trace.rules {
        if rule.depth == 0 {
            outermost += 1;
        }
        let number = usize::saturating_sub(outermost, 1);
        if rule.changed > 0 && changing.last() != Some(&number) {
            changing.push(number);
        }
    }
    changing
}
