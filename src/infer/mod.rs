//! Two documents in, rules out: those that turn one into the other.
//!
//! This is how someone leaves a script: what it made of one document becomes a proposal of rules that do the
//! same. A proposal prefers what an element is (an alias, a target, a name) over where it stands, and saying
//! what shall be (`set`, `merge`) over replacing. It is compiled, applied and applied again before it is given;
//! where that does not give the document after, the part that fails is done more plainly, until it does.
//!
//! Pure: no file is read and nothing printed.

mod added;
mod cloud_init;
mod comparison;
mod domain;
mod draft;
mod edit;
mod every;
mod identity;
mod json_changes;
mod merging;
mod pairing;
mod part;
mod prefixes;
mod proof;
mod selector;
mod title;
mod tree;
mod values;
mod written;

pub use cloud_init::cloud_init;
pub use domain::domain;

/// How to propose.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// The VirtualMachineInstance as JSON; empty for none. Values found in it become params.
    pub vmi: &'a [u8],
    /// Elements of different names may come in any order, as libvirt reads them: the result is then the
    /// document after but for that.
    pub any_order: bool,
}

/// Rules that do what the two documents show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// A rule set's YAML; empty where both documents say the same.
    pub rules: String,
    /// What its reader should know, a sentence each, without a final stop.
    pub notes: Vec<String>,
    /// Elements that are replaced whole because nothing smaller was proven.
    pub replaced: usize,
    /// How many proposals were tried.
    pub tries: usize,
}
