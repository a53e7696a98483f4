//! Auditing: what the VMs of a cluster run beside virt-launcher, and what policies would refuse of it.
//!
//! Objects come one by one, in any order ([`objects`] reads them from a stream), and of each only what matters is kept:
//! of a VM without sidecars and rules its number. At the end VMs find the ConfigMaps that they mount, and rules are
//! compiled and tried, the same rules under the same annotations once.

mod listing;
mod machine;
mod stream;
mod trial;

pub use listing::{Machine, Rules, Sidecar};
pub use stream::objects;

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::admission::AllowList;
use crate::policy::Policies;

use machine::{Found, Seen};
use trial::Trials;

/// What was looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// VMs, VMIs and what makes them.
    pub machines: usize,
    /// Those of them that have sidecars or rules.
    pub with_sidecars: usize,
    /// ConfigMaps.
    pub config_maps: usize,
    /// Objects of other kinds.
    pub others: usize,
}

/// An audit that is under way.
pub struct Audit<'p> {
    policies: &'p Policies,
    allow_list: Option<AllowList>,
    seen: Vec<Seen>,
    /// The texts of ConfigMaps, by namespace and name, then by key.
    config_maps: BTreeMap<(String, String), BTreeMap<String, String>>,
    counts: Counts,
}

impl<'p> Audit<'p> {
    /// Nothing seen yet. With an allow list sidecars are judged as [`crate::admission::judge`] does.
    pub fn new(policies: &'p Policies, allow_list: Option<AllowList>) -> Self {
        Self { policies, allow_list, seen: Vec::new(), config_maps: BTreeMap::new(), counts: Counts::default() }
    }

    /// Looks at a Kubernetes object.
    pub fn add(&mut self, object: &Json) {
        match machine::find(object) {
            Found::Machine(seen) => {
                self.counts.machines += 1;
                if let Some(seen) = seen {
                    self.counts.with_sidecars += 1;
                    self.seen.push(*seen);
                }
            }
            Found::ConfigMap { namespace, name, texts } => {
                self.counts.config_maps += 1;
                self.config_maps.insert((namespace, name), texts);
            }
            Found::Other => self.counts.others += 1,
        }
    }

    /// What was looked at so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The machines that have sidecars or rules, in the order in which they came.
    pub fn finish(self) -> Vec<Machine> {
        let mut trials = Trials::new(self.policies, self.allow_list, &self.config_maps);
        self.seen.iter().map(|seen| trials.machine(seen)).collect()
    }
}
