//! `spec.checks`: what is known to break virt-launcher or libvirt, and how bad each of it is.

use crate::diagnostic::Code;

use super::{RuleSet, Trust};

/// What is looked for in a result that was not so in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResultCheck {
    /// A disk, interface or hostdev without `<alias>`.
    MissingAlias,
    /// Two disks, or two interfaces, with the same target.
    DuplicateTarget,
    /// Two devices with the same alias.
    DuplicateAlias,
    /// Two devices with the same address.
    DuplicateAddress,
    /// An element that libvirt does not know there.
    UnknownElement,
    /// An attribute that libvirt does not know there.
    UnknownAttribute,
    /// Applied again, the result changes.
    NotIdempotent,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It is not looked for.
    Off,
    /// A warning.
    Warn,
    /// The hook's error.
    Error,
}

/// The words for levels.
pub(super) const LEVELS: [(&str, Level); 3] = [("Error", Level::Error), ("Warn", Level::Warn), ("Off", Level::Off)];

impl ResultCheck {
    /// Every check by the name of its field, which is its code's.
    pub(super) const ALL: [(&'static str, ResultCheck); 7] = [
        ("missing-alias", Self::MissingAlias),
        ("duplicate-target", Self::DuplicateTarget),
        ("duplicate-alias", Self::DuplicateAlias),
        ("duplicate-address", Self::DuplicateAddress),
        ("unknown-element", Self::UnknownElement),
        ("unknown-attribute", Self::UnknownAttribute),
        ("not-idempotent", Self::NotIdempotent),
    ];

    /// The code of what it finds.
    pub const fn code(self) -> Code {
        match self {
            Self::MissingAlias => Code::MissingAlias,
            Self::DuplicateTarget => Code::DuplicateTarget,
            Self::DuplicateAlias => Code::DuplicateAlias,
            Self::DuplicateAddress => Code::DuplicateAddress,
            Self::UnknownElement => Code::UnknownElement,
            Self::UnknownAttribute => Code::UnknownAttribute,
            Self::NotIdempotent => Code::NotIdempotent,
        }
    }

    /// The level where no rule set names it.
    pub const fn default_level(self) -> Level {
        match self {
            Self::MissingAlias | Self::DuplicateTarget | Self::DuplicateAlias | Self::DuplicateAddress => Level::Error,
            Self::UnknownElement | Self::UnknownAttribute | Self::NotIdempotent => Level::Warn,
        }
    }
}

/// The levels that one rule set names.
#[derive(Debug, Clone, Copy, Default)]
pub struct Checks([Option<Level>; ResultCheck::ALL.len()]);

impl Checks {
    /// Nothing is looked for.
    pub const OFF: Self = Self([Some(Level::Off); ResultCheck::ALL.len()]);

    /// The level that the rule set names for a check.
    pub fn level(&self, check: ResultCheck) -> Option<Level> {
        self.0.get(check as usize).copied().flatten()
    }

    /// Names a level for a check.
    pub(super) fn name(&mut self, check: ResultCheck, level: Option<Level>) {
        if let Some(named) = self.0.get_mut(check as usize) {
            *named = level;
        }
    }
}

/// The level of a check in a call: the strictest that a rule set names, the default where none does. Sets from an
/// annotation only make it stricter.
pub fn strictest<'s>(sets: impl Iterator<Item = &'s RuleSet> + Clone, check: ResultCheck) -> Level {
    let named = |trust: Trust| {
        sets.clone().filter(move |set| set.trust == trust).filter_map(|set| set.checks.level(check)).max()
    };
    let base = named(Trust::File).unwrap_or(check.default_level());
    named(Trust::Annotation).map_or(base, |own| own.max(base))
}
