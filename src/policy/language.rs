//! The language of policies field by field, as `rule/language.rs` has that of rules: the reader beside this file
//! takes fields by these tables, and `schema/` makes the JSON Schema of them.

use crate::rule::API_VERSION;
use crate::rule::language::{DOCUMENT_WORDS, METADATA, SOURCES};
use crate::rule::shape::{Field, Mapping, Shape, kept, words};

/// What may be, or not.
pub(super) const ALLOW_OR_DENY: [(&str, bool); 2] = [("Allow", true), ("Deny", false)];
const ALLOW_OR_DENY_WORDS: &[&str] = &words(&ALLOW_OR_DENY);

/// A whole document.
pub static RULE_POLICY: Mapping = Mapping {
    name: "RulePolicy",
    what: "a policy",
    about: kept("What rules may do, whoever wrote them. Of several policies each must agree."),
    fields: &[
        Field::required("apiVersion", Shape::Constant(API_VERSION), "The version of the rule language."),
        Field::required("kind", Shape::Constant("RulePolicy"), "That this is a policy."),
        Field::required("metadata", Shape::Mapping(&METADATA), "What the policy is called."),
        Field::required("spec", Shape::Mapping(&SPEC), "What rules may do. What it does not name is free."),
    ],
    one_of: &[],
};

const CLAUSES: Shape = Shape::List(&Shape::Either(&[Shape::Path, Shape::Mapping(&CLAUSE)]), 0);

/// `spec`.
pub(super) static SPEC: Mapping = Mapping {
    name: "RulePolicySpec",
    what: "`spec` of a policy",
    about: kept("What rules may do. What it does not name is free."),
    fields: &[
        Field::new(
            "namespaces",
            Shape::Map { keys: &Shape::Name, values: &Shape::Text, least: 0 },
            "Prefixes for expressions, and their URIs. `qemu` and `kubevirt` are there already.",
        ),
        Field::new("deny", CLAUSES, "What these select in the result must have been in the domain as it came.")
            .example("[/domain/devices/hostdev]"),
        Field::new("protect", CLAUSES, "What these select must be the same before and after, removal included.")
            .example("[/domain/devices/emulator]"),
        Field::new("allow", CLAUSES, "Every difference must lie in or under what one of these selects.")
            .example("[/domain/sysinfo]"),
        Field::new("cloudInit", Shape::Mapping(&CLOUD_INIT), "What may change of the cloud-init data."),
        Field::new(
            "annotationRules",
            Shape::Word(ALLOW_OR_DENY_WORDS),
            "Whether rules from a VM's own annotation may run.",
        ),
        Field::new(
            "files",
            Shape::Word(ALLOW_OR_DENY_WORDS),
            "Whether rules may bring files into the compute container.",
        ),
        Field::new("packs", Shape::List(&Shape::Text, 0), "The only packs that may be used.").example("[smbios]"),
        Field::new("paramSources", Shape::List(&Shape::Word(SOURCES), 0), "The only sources that params may have.")
            .example("[annotation, value]"),
        Field::new("limits", Shape::Mapping(&LIMITS), "Tighter limits of a call."),
    ],
    one_of: &[],
};

/// An item of `deny`, `protect` or `allow` with more than a path.
pub(super) static CLAUSE: Mapping = Mapping {
    name: "PolicyClause",
    what: "an item of a policy's list",
    about: kept("A path, and why it stands there."),
    fields: &[
        Field::required("path", Shape::Path, "What is meant.").example("/domain/devices/hostdev"),
        Field::new("reason", Shape::Text, "Why, for whoever is refused.")
            .example("host devices are given out by the cluster"),
    ],
    one_of: &[],
};

/// `cloudInit`.
pub(super) static CLOUD_INIT: Mapping = Mapping {
    name: "PolicyCloudInit",
    what: "`cloudInit` of a policy",
    about: kept("What may change of the cloud-init data."),
    fields: &[Field::required(
        "allow",
        Shape::List(&Shape::Word(DOCUMENT_WORDS), 0),
        "The documents that may differ; `cloudInitData` is all that is none of the other three.",
    )
    .example("[userData]")],
    one_of: &[],
};

/// `limits`.
pub(super) static LIMITS: Mapping = Mapping {
    name: "PolicyLimits",
    what: "`limits`",
    about: kept("What a call may use, where that is less than the built-in limits."),
    fields: &[
        Field::new("steps", Shape::Count, "Nodes visited and the like.").example("1000000"),
        Field::new("bytes", Shape::Count, "Bytes of text built.").example("1048576"),
        Field::new("nodes", Shape::Count, "Nodes created.").example("1000"),
    ],
    one_of: &[],
};
