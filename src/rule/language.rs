//! The rule language field by field: every mapping of a `RuleSet`, its fields, what they mean.
//!
//! The readers beside this file take fields by these tables, and `schema/` makes the JSON Schema of them.

use crate::cloud_init::DocumentKind;
use crate::json::merge::Lists;

use super::checks::LEVELS;
use super::shape::{Field, Mapping, Shape, kept, words};
use super::value::ParamType;
use super::{API_VERSION, Expect, Place};

/// The words of `expect`.
pub(super) const EXPECT: [(&str, Expect); 3] = [("One", Expect::One), ("Some", Expect::Some), ("Any", Expect::Any)];
const EXPECT_WORDS: &[&str] = &words(&EXPECT);

/// The words of `onError`, and whether the error is passed over.
pub(super) const ON_ERROR: [(&str, bool); 2] = [("Fail", false), ("Ignore", true)];
const ON_ERROR_WORDS: &[&str] = &words(&ON_ERROR);

/// The words of `lists`.
pub(super) const LISTS: [(&str, Lists); 2] = [("Replace", Lists::Replace), ("Append", Lists::Append)];
const LISTS_WORDS: &[&str] = &words(&LISTS);

/// The documents by name.
pub(crate) const DOCUMENTS: [(&str, DocumentKind); 4] = [
    ("userData", DocumentKind::UserData),
    ("networkData", DocumentKind::NetworkData),
    ("metaData", DocumentKind::MetaData),
    ("cloudInitData", DocumentKind::CloudInitData),
];
pub(crate) const DOCUMENT_WORDS: &[&str] = &words(&DOCUMENTS);

const TYPE_WORDS: &[&str] = &words(&ParamType::WORDS);

const TEXTS: Shape = Shape::Map { keys: &Shape::Text, values: &Shape::Text, least: 0 };

/// A whole document.
pub static RULE_SET: Mapping = Mapping {
    name: "RuleSet",
    what: "a rule set",
    about: kept("Rules that change a VM's libvirt domain XML and its cloud-init data."),
    fields: &[
        Field::required("apiVersion", Shape::Constant(API_VERSION), "The version of the rule language."),
        Field::required("kind", Shape::Constant("RuleSet"), "That these are rules."),
        Field::required("metadata", Shape::Mapping(&METADATA), "What the rule set is called."),
        Field::required("spec", Shape::Mapping(&SPEC), "The params and the rules."),
    ],
    one_of: &[],
};

/// `metadata` of any of virt-patch's kinds.
pub static METADATA: Mapping = Mapping {
    name: "Metadata",
    what: "`metadata`",
    about: kept("What the document is called. Labels and annotations are for its readers."),
    fields: &[
        Field::required("name", Shape::Text, "The name, as logs and errors say it.").example("base-board"),
        Field::new("labels", Shape::Map { keys: &Shape::Text, values: &Shape::Any, least: 0 }, "Labels."),
        Field::new("annotations", Shape::Map { keys: &Shape::Text, values: &Shape::Any, least: 0 }, "Annotations."),
    ],
    one_of: &[],
};

/// `spec`.
pub(super) static SPEC: Mapping = Mapping {
    name: "RuleSetSpec",
    what: "`spec`",
    about: kept("The params and the rules."),
    fields: &[
        Field::new(
            "params",
            Shape::Map { keys: &Shape::Name, values: &Shape::Mapping(&PARAM), least: 0 },
            "Values that rules use as `$name` in expressions and `${name}` in values.",
        )
        .example("manufacturer: {annotation: smbios.vm.kubevirt.io/baseBoardManufacturer}"),
        Field::new(
            "when",
            Shape::Expression,
            "XPath over params that switches the whole rule set. Where it is false no other param is read.",
        )
        .example("$enabled"),
        Field::new(
            "namespaces",
            Shape::Map { keys: &Shape::Name, values: &Shape::Text, least: 0 },
            "Prefixes for expressions and fragments, and their URIs. `qemu` and `kubevirt` are there already.",
        )
        .example("lxc: http://libvirt.org/schemas/domain/lxc/1.0"),
        Field::new(
            "onDefineDomain",
            Shape::List(&Shape::Mapping(&DOMAIN_RULE), 0),
            "Rules for the libvirt domain XML, in the order in which they run.",
        ),
        Field::new(
            "preCloudInitIso",
            Shape::List(&Shape::Mapping(&CLOUD_RULE), 0),
            "Rules for the cloud-init data, in the order in which they run.",
        ),
        Field::new("use", Shape::List(&Shape::Mapping(&USE), 0), "Packs, which run before the rules of this set.")
            .example("[{pack: smbios, params: {manufacturer: ACME}}]"),
        Field::new(
            "files",
            Shape::List(&Shape::Mapping(&CONTAINER_FILE), 0),
            "Files that the sidecar brings into the VM's compute container, for `file-path('NAME')` to name.",
        )
        .example("[{name: vbios.rom, file: /etc/roms/vbios.rom}]"),
        Field::new("checks", Shape::Mapping(&CHECKS), "What is looked for in the result, and how bad it is."),
    ],
    one_of: &[],
};

/// An item of `use`.
pub(super) static USE: Mapping = Mapping {
    name: "Use",
    what: "an item of `use`",
    about: kept("Rules that are compiled in, with values for their params."),
    fields: &[
        Field::required("pack", Shape::Text, "The pack's name, as `virt-patch packs` lists it.").example("smbios"),
        Field::new(
            "params",
            Shape::Map { keys: &Shape::Text, values: &Shape::Any, least: 0 },
            "Values in the place of what the pack's params would read. They pass the pack's own checks.",
        )
        .example("manufacturer: ACME"),
    ],
    one_of: &[],
};

/// What a file of `files` may get its content from.
pub(super) const CONTENTS: &[&str] = &["base64", "text", "file"];

/// An item of `files`.
pub(super) static CONTAINER_FILE: Mapping = Mapping {
    name: "ContainerFile",
    what: "a file",
    about: kept("A file that libvirt and QEMU find in the compute container."),
    fields: &[
        Field::required("name", Shape::Text, "Its name, of letters, digits, `.`, `_` and `-`.").example("vbios.rom"),
        Field::new("base64", Shape::Text, "Its bytes as base64 (RFC 4648, section 4).").example("VaoB"),
        Field::new("text", Shape::Text, "Its text, taken as written.").example("'#!/bin/sh'"),
        Field::new("file", Shape::File, "A file of the sidecar's container that holds its bytes, at most 16 MiB.")
            .example("/etc/roms/vbios.rom"),
        Field::new("mode", Shape::Text, "Its permissions in octal digits, `0444` by default; `0555` for a program.")
            .example("\"0555\""),
    ],
    one_of: CONTENTS,
};

const LEVEL: Shape = Shape::Word(&words(&LEVELS));

/// `checks`.
pub(super) static CHECKS: Mapping = Mapping {
    name: "Checks",
    what: "`checks`",
    about: kept("What is known to break virt-launcher or libvirt, where it was not so in the input."),
    fields: &[
        Field::new("missing-alias", LEVEL, "A disk, interface or hostdev without alias; `Error` by default."),
        Field::new("duplicate-target", LEVEL, "Two disks, or interfaces, with the same target; `Error` by default."),
        Field::new("duplicate-alias", LEVEL, "Two devices with the same alias; `Error` by default."),
        Field::new("duplicate-address", LEVEL, "Two devices with the same address; `Error` by default."),
        Field::new("unknown-element", LEVEL, "An element that libvirt does not know there; `Warn` by default."),
        Field::new("unknown-attribute", LEVEL, "An attribute that libvirt does not know there; `Warn` by default."),
        Field::new("not-idempotent", LEVEL, "Applied again, the rules change their result; `Warn` by default."),
    ],
    one_of: &[],
};

/// The sources of a param.
pub(crate) const SOURCES: &[&str] =
    &["annotation", "label", "annotations", "envs", "vmi", "env", "file", "fileExists", "value", "expr"];

/// A param.
pub(super) static PARAM: Mapping = Mapping {
    name: "Param",
    what: "a param",
    about: kept("A value from exactly one source, with checks."),
    fields: &[
        Field::new("annotation", Shape::Text, "The VMI's annotation of this key.").example("example.org/title"),
        Field::new("label", Shape::Text, "The VMI's label of this key.").example("app"),
        Field::new(
            "annotations",
            Shape::Mapping(&PREFIX),
            "Every annotation under a prefix, as a list of `name` and `value`.",
        )
        .example("prefix: example.org/"),
        Field::new(
            "envs",
            Shape::Mapping(&PREFIX),
            "Every environment variable of the sidecar under a prefix, as a list of `name` and `value`.",
        )
        .example("prefix: PCIDEVICE_"),
        Field::new("vmi", Shape::Query, "What a JSONPath query (RFC 9535) selects in the VMI.")
            .example("$.spec.domain.cpu.cores"),
        Field::new("env", Shape::Text, "This variable of the sidecar's environment.").example("NODE_NAME"),
        Field::new("file", Shape::File, "The text of this file: a Secret's, the downward API's. Secret by default.")
            .example("/etc/podinfo/labels"),
        Field::new("fileExists", Shape::File, "Whether this file exists.").example("/dev/shm/ready"),
        Field::new("value", Shape::Any, "A constant.").example("[a, b]"),
        Field::new("expr", Shape::Expression, "XPath over other params and the document as it arrived.")
            .example("count(/domain/devices/disk)"),
        Field::new("type", Shape::Word(TYPE_WORDS), "What the value is read as. `quantity` reads `1Gi` and `500m`."),
        Field::new("pattern", Shape::Text, "A regular expression that the whole text must match.").example("'[a-z]+'"),
        Field::new("maxLength", Shape::Count, "How many characters the text may have.").example("64"),
        Field::new("enum", Shape::List(&Shape::Any, 1), "The values that are allowed.").example("[virtio, e1000e]"),
        Field::new("minimum", Shape::Number, "The least number that is allowed.").example("1"),
        Field::new("maximum", Shape::Number, "The greatest number that is allowed.").example("16"),
        Field::new("required", Shape::Boolean, "Whether it is an error that the source has no value."),
        Field::new("secret", Shape::Boolean, "Whether the value may never be shown."),
        Field::new("description", Shape::Text, "What the param is for, for readers.").example("The board's maker"),
        Field::new("default", Shape::Any, "The value where the source has none.").example("ACME"),
    ],
    one_of: SOURCES,
};

/// `annotations` and `envs` of a param.
pub(super) static PREFIX: Mapping = Mapping {
    name: "Prefix",
    what: "this source",
    about: kept("Everything whose name begins so."),
    fields: &[Field::required("prefix", Shape::Text, "What the names begin with.").example("example.org/")],
    one_of: &[],
};

/// The verbs of a rule for the domain.
pub(super) const DOMAIN_VERBS: &[&str] = &["set", "merge", "insert", "replace", "remove", "steps", "fail", "warn"];

/// The verbs of a rule for cloud-init data.
pub(super) const CLOUD_VERBS: &[&str] = &["merge", "patch", "addPart", "steps", "fail", "warn"];

const NAME: Field =
    Field::new("name", Shape::Text, "As the rule is called in logs, traces and errors.").example("no balloon");
const FOR_EACH: Field = Field::new(
    "forEach",
    Shape::Mapping(&LOOP),
    "A round of `let`, `when` and the verb for each node or item that is selected.",
)
.example("{var: disk, in: /domain/devices/disk}");
const LET: Field = Field::new(
    "let",
    Shape::Map { keys: &Shape::Name, values: &Shape::Expression, least: 0 },
    "Local variables, computed in each round, ordered by what they use.",
)
.example("bus: string($disk/target/@bus)");
const WHEN: Field =
    Field::new("when", Shape::Condition, "The verb runs where this XPath is true.").example("$manufacturer");
const EXPECT_FIELD: Field = Field::new(
    "expect",
    Shape::Word(EXPECT_WORDS),
    "How many nodes the path, or the loop, must select. With it nothing is created.",
);
const ON_ERROR_FIELD: Field = Field::new(
    "onError",
    Shape::Word(ON_ERROR_WORDS),
    "`Ignore` undoes the rule where something is wrong, warns and goes on; `Fail` is the default.",
);
const TEMPLATES: Field = Field::new("templates", Shape::Boolean, "`false` takes values as written, `${` included.");
const FAIL: Field = Field::new("fail", Shape::Template, "Ends the hook with this error.").example("no disk ${name}");
const WARN: Field = Field::new("warn", Shape::Template, "Warns.").example("the disk has no driver");

/// A rule of `onDefineDomain`.
pub(super) static DOMAIN_RULE: Mapping = Mapping {
    name: "DomainRule",
    what: "a rule",
    about: kept("One change of the domain: exactly one verb, under a loop, variables and a condition."),
    fields: &[
        NAME,
        FOR_EACH,
        LET,
        WHEN,
        EXPECT_FIELD,
        ON_ERROR_FIELD,
        TEMPLATES,
        Field::new(
            "set",
            Shape::Map { keys: &Shape::Path, values: &Shape::Template, least: 1 },
            "Attributes, or elements' text, get these values.",
        )
        .example("/domain/os/smbios/@mode: sysinfo"),
        Field::new("merge", Shape::Mapping(&MERGE), "Makes elements contain what a fragment says; the rest stays."),
        Field::new("insert", Shape::Mapping(&INSERT), "Adds nodes into, before or after what is selected."),
        Field::new("replace", Shape::Mapping(&REPLACE), "Puts a fragment in the place of what is selected."),
        Field::new("remove", Shape::Path, "Removes what this selects.").example("/domain/devices/memballoon"),
        Field::new(
            "steps",
            Shape::List(&Shape::Mapping(&DOMAIN_RULE), 0),
            "Several rules under one loop, `let`, `when`, `onError`.",
        ),
        FAIL,
        WARN,
    ],
    one_of: DOMAIN_VERBS,
};

/// A rule of `preCloudInitIso`.
pub(super) static CLOUD_RULE: Mapping = Mapping {
    name: "CloudInitRule",
    what: "a rule",
    about: kept("One change of a cloud-init document: exactly one verb, under a loop, variables and a condition."),
    fields: &[
        NAME,
        Field::new("document", Shape::Word(DOCUMENT_WORDS), "The document that is read and changed; steps inherit it."),
        FOR_EACH,
        LET,
        WHEN,
        EXPECT_FIELD,
        ON_ERROR_FIELD,
        TEMPLATES,
        Field::new("merge", Shape::Object, "JSON Merge Patch (RFC 7396): the document contains this, `null` removes.")
            .example("timezone: Europe/Amsterdam"),
        Field::new(
            "lists",
            Shape::Word(LISTS_WORDS),
            "What `merge` does with lists: `Replace`, the default, or `Append` the items that are lacking.",
        ),
        Field::new(
            "keys",
            TEXTS,
            "Lists that `merge` goes through item by item, and the member that tells items apart.",
        )
        .example("write_files: path"),
        Field::new("patch", Shape::List(&Shape::PatchOperation, 0), "JSON Patch (RFC 6902), with JSONPath targets.")
            .example("[{op: remove, path: /hostname}]"),
        Field::new("addPart", Shape::Mapping(&ADD_PART), "Adds a MIME part to `userData`; the same part only once."),
        Field::new(
            "steps",
            Shape::List(&Shape::Mapping(&CLOUD_RULE), 0),
            "Several rules under one loop, `let`, `when`, `onError`.",
        ),
        FAIL,
        WARN,
    ],
    one_of: CLOUD_VERBS,
};

/// `addPart`.
pub(super) static ADD_PART: Mapping = Mapping {
    name: "AddPart",
    what: "`addPart`",
    about: kept("A part of a MIME multipart user data, which is built where there was none."),
    fields: &[
        Field::required("contentType", Shape::Text, "The part's media type, without parameters.")
            .example("text/x-shellscript"),
        Field::required("content", Shape::Template, "The part's text; taken as written unless `templates` is true.")
            .example("'#!/bin/sh'"),
    ],
    one_of: &[],
};

/// `forEach`.
pub(super) static LOOP: Mapping = Mapping {
    name: "ForEach",
    what: "`forEach`",
    about: kept("What a rule runs for."),
    fields: &[
        Field::required("var", Shape::Name, "The variable that holds the node or item of the round.").example("disk"),
        Field::required("in", Shape::Expression, "What is selected, once, before the first round.")
            .example("/domain/devices/disk[target/@bus='virtio']"),
        Field::new("index", Shape::Name, "The variable that counts the selected nodes, from 1.").example("number"),
    ],
    one_of: &[],
};

const FRAGMENT: Field =
    Field::required("xml", Shape::Xml, "The XML fragment; `${…}` in its text and attribute values is filled in.")
        .example("<memballoon model=\"none\"/>");

/// `merge` of the domain.
pub(super) static MERGE: Mapping = Mapping {
    name: "Merge",
    what: "`merge`",
    about: kept(
        "Makes each selected element contain what the fragment says. Where there is none, the fragment is added.",
    ),
    fields: &[
        Field::required("path", Shape::Path, "The elements; the path ends in the fragment's name.")
            .example("/domain/sysinfo"),
        FRAGMENT,
        Field::new(
            "key",
            Shape::Map { keys: &Shape::Name, values: &Shape::List(&Shape::Text, 1), least: 0 },
            "What tells elements of one name apart, beside libvirt's usual keys.",
        )
        .example("host: ['@port']"),
    ],
    one_of: &[],
};

/// The places of `insert`.
pub(super) const PLACES: [(&str, Place); 3] =
    [("into", Place::Into), ("before", Place::Before), ("after", Place::After)];
pub(super) const PLACE_WORDS: &[&str] = &words(&PLACES);

/// `insert`.
pub(super) static INSERT: Mapping = Mapping {
    name: "Insert",
    what: "`insert`",
    about: kept("Adds the fragment's nodes at exactly one place. What stands there already is not added again."),
    fields: &[
        Field::new("into", Shape::Path, "As last children of these elements.").example("/domain/qemu:commandline"),
        Field::new("before", Shape::Path, "Before these nodes.").example("/domain/devices"),
        Field::new("after", Shape::Path, "After these nodes.").example("/domain/os"),
        FRAGMENT,
    ],
    one_of: PLACE_WORDS,
};

/// `replace`.
pub(super) static REPLACE: Mapping = Mapping {
    name: "Replace",
    what: "`replace`",
    about: kept("Puts the fragment in the place of each selected node. Creates nothing."),
    fields: &[
        Field::required("path", Shape::Path, "What is replaced.").example("/domain/cpu"),
        Field::required("xml", Shape::Text, "The XML fragment, which may be a text alone; `${…}` in it is filled in.")
            .example("<cpu mode=\"host-passthrough\"/>"),
        Field::new("keep", Shape::List(&Shape::Text, 0), "Names of children that stay.")
            .example("[alias, mac, address]"),
    ],
    one_of: &[],
};
