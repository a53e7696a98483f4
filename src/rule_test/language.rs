//! The language of tests field by field, as `rule/language.rs` has that of rules: the readers beside this file
//! take fields by these tables, and `schema/` makes the JSON Schema of them.

use crate::diagnostic::Code;
use crate::rule::API_VERSION;
use crate::rule::language::{DOCUMENT_WORDS, METADATA};
use crate::rule::shape::{Field, Mapping, Shape, kept};

/// Every code, for expected errors and warnings.
const CODES: [&str; Code::ALL.len()] = {
    let mut codes = [""; Code::ALL.len()];
    let mut index = 0;
    while index < codes.len() {
        codes[index] = Code::ALL[index].as_str();
        index += 1;
    }
    codes
};
const CODE: Shape = Shape::Word(&CODES);

const SCALARS: Shape = Shape::Map { keys: &Shape::Text, values: &Shape::Scalar, least: 0 };

/// A whole document.
pub static RULE_TEST: Mapping = Mapping {
    name: "RuleTest",
    what: "a rule test",
    about: kept("Cases that rules are tested with: what is given to them, and what must come of it."),
    fields: &[
        Field::required("apiVersion", Shape::Constant(API_VERSION), "The version of the rule language."),
        Field::required("kind", Shape::Constant("RuleTest"), "That these are tests."),
        Field::required("metadata", Shape::Mapping(&METADATA), "What the test is called."),
        Field::required("spec", Shape::Mapping(&SPEC), "The rules and the cases."),
    ],
    one_of: &[],
};

const DOMAIN: Field =
    Field::new("domain", Shape::Mapping(&TEXT), "The libvirt domain XML that the rules are applied to.")
        .example("{file: domain.xml}");
const CLOUD_INIT: Field =
    Field::new("cloudInit", Shape::Mapping(&TEXT), "The `cloudInitData` JSON that the rules are applied to.")
        .example("{file: cloud-init.json}");
const VMI: Field = Field::new("vmi", Shape::Mapping(&VMI_SOURCE), "The VMI that params read.")
    .example("inline: {metadata: {annotations: {example.org/title: A title}}}");
const ENV: Field =
    Field::new("env", SCALARS, "The sidecar's environment, as params see it.").example("NODE_NAME: node-1");
const FILES: Field =
    Field::new("files", SCALARS, "Files, as params see them, and their texts.").example("/etc/secret/key: abc");

/// `spec`.
pub(super) static SPEC: Mapping = Mapping {
    name: "RuleTestSpec",
    what: "`spec` of a rule test",
    about: kept("The rules, the cases, and what each case is given that gives nothing else."),
    fields: &[
        Field::new(
            "rules",
            Shape::List(&Shape::Either(&[Shape::Text, Shape::Mapping(&RULES)]), 0),
            "The rules under test: files, packs. Without it those in the same file.",
        )
        .example("[rules.yaml, {pack: smbios}]"),
        Field::new(
            "policies",
            Shape::List(&Shape::Either(&[Shape::Text, Shape::Mapping(&POLICY)]), 0),
            "What the rules are held to: files of policies, built-in ones.",
        )
        .example("[policy.yaml, {builtin: restricted}]"),
        Field::new(
            "namespaces",
            Shape::Map { keys: &Shape::Name, values: &Shape::Text, least: 0 },
            "Prefixes for expressions, and their URIs. `qemu` and `kubevirt` are there already.",
        ),
        DOMAIN,
        CLOUD_INIT,
        VMI,
        ENV,
        FILES,
        Field::required("cases", Shape::List(&Shape::Mapping(&CASE), 1), "The cases, each with a name of its own."),
    ],
    one_of: &[],
};

/// An item of `rules` that is no path.
pub(super) static RULES: Mapping = Mapping {
    name: "TestedRules",
    what: "an item of `rules`",
    about: kept("Rules of a file or pack, or written here."),
    fields: &[
        Field::new("file", Shape::Text, "A rule file, from the test's folder on.").example("rules.yaml"),
        Field::new("pack", Shape::Text, "A built-in rule set.").example("smbios"),
        Field::new("inline", Shape::Text, "A rule set as a text."),
        Field::new(
            "params",
            Shape::Map { keys: &Shape::Text, values: &Shape::Text, least: 0 },
            "Values for the pack's params.",
        )
        .example("manufacturer: ACME"),
    ],
    one_of: &["file", "pack", "inline"],
};

/// An item of `policies` that is no path.
pub(super) static POLICY: Mapping = Mapping {
    name: "TestPolicy",
    what: "an item of `policies`",
    about: kept("A policy of a file, a built-in one, or one written here."),
    fields: &[
        Field::new("file", Shape::Text, "A file of policies, from the test's folder on.").example("policy.yaml"),
        Field::new("builtin", Shape::Word(&["privileged", "baseline", "restricted"]), "A built-in policy."),
        Field::new("inline", Shape::Text, "A policy as a text."),
    ],
    one_of: &["file", "builtin", "inline"],
};

/// A case.
pub(super) static CASE: Mapping = Mapping {
    name: "Case",
    what: "a case",
    about: kept("What is given to the rules, and what must come of it."),
    fields: &[
        Field::required("name", Shape::Text, "What the case shows, in a sentence.").example("a title is set"),
        Field::new("todo", Shape::Text, "Why the case fails for now; it is an error when it no longer does."),
        DOMAIN,
        CLOUD_INIT,
        VMI,
        ENV,
        FILES,
        Field::new(
            "secondCall",
            Shape::Either(&[Shape::Word(&["Skip"]), Shape::Mapping(&TEXT)]),
            "What virt-launcher's second call sends, where the simulation does not do; `Skip` leaves it out.",
        ),
        Field::required("expect", Shape::Mapping(&EXPECT), "What must come of it."),
    ],
    one_of: &[],
};

/// `{file: PATH}` or `{inline: TEXT}`.
pub(super) static TEXT: Mapping = Mapping {
    name: "Text",
    what: "a text",
    about: kept("A text from a file, or written here."),
    fields: &[
        Field::new("file", Shape::Text, "A file, from the test's folder on.").example("domain.xml"),
        Field::new("inline", Shape::Text, "The text itself."),
    ],
    one_of: &["file", "inline"],
};

/// `{file: PATH}` or `{inline: {…}}`.
pub(super) static VMI_SOURCE: Mapping = Mapping {
    name: "Vmi",
    what: "a VMI",
    about: kept("A VMI from a file, or written here."),
    fields: &[
        Field::new("file", Shape::Text, "Its JSON, or a manifest of the VM or VMI.").example("vm.yaml"),
        Field::new(
            "inline",
            Shape::Map { keys: &Shape::Text, values: &Shape::Any, least: 0 },
            "The VMI, or as much of it as the rules read.",
        )
        .example("metadata: {annotations: {example.org/title: A title}}"),
    ],
    one_of: &["file", "inline"],
};

const GOLDEN: Shape = Shape::Either(&[Shape::Text, Shape::Mapping(&TEXT)]);

/// `expect`.
pub(super) static EXPECT: Mapping = Mapping {
    name: "Expectation",
    what: "`expect`",
    about: kept("What must come of a case: one thing at least."),
    fields: &[
        Field::new("error", Shape::Either(&[CODE, Shape::Mapping(&ERROR)]), "The rules are refused, with this code.")
            .example("rule-failed"),
        Field::new("document", Shape::Word(DOCUMENT_WORDS), "The cloud-init document that `xpath` looks into."),
        Field::new(
            "xpath",
            Shape::Map {
                keys: &Shape::Path,
                values: &Shape::Either(&[Shape::Scalar, Shape::List(&Shape::Scalar, 0)]),
                least: 1,
            },
            "Expressions, and what each gives in the result: a text, or a list with one for each node.",
        )
        .example("/domain/title: A title"),
        Field::new("diff", GOLDEN, "The difference to what was given; a file is written by `--bless`.")
            .example("title.diff"),
        Field::new("domain", GOLDEN, "The whole domain.").example("expected.xml"),
        Field::new("cloudInit", GOLDEN, "The whole `cloudInitData`.").example("expected.json"),
        Field::new("unchanged", Shape::Boolean, "`true`: the result is what was given, byte for byte."),
        Field::new("warnings", Shape::List(&CODE, 0), "The codes of all warnings.").example("[rule-warned]"),
    ],
    one_of: &[],
};

/// `error` with more than a code.
pub(super) static ERROR: Mapping = Mapping {
    name: "ExpectedError",
    what: "`error`",
    about: kept("An error that must come, and what it says."),
    fields: &[
        Field::required("code", CODE, "Its code.").example("rule-failed"),
        Field::new("message", Shape::Text, "A part of its message."),
        Field::new("rule", Shape::Text, "The name of the rule that it is about."),
    ],
    one_of: &[],
};
