//! One vocabulary for everything that can be wrong.

use std::sync::Arc;

use crate::source::{Location, Source, Span};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// What is wrong, as a word that stays the same from release to release. `docs/diagnostics.md`
        /// has a section for each.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// Every code, in the order of this list.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The code as it is printed: kebab-case.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }
        }
    };
}

codes! {
    // Files
    /// The text is not YAML.
    YamlSyntax = "yaml-syntax",
    /// YAML that is refused: a tag, a merge key, an include.
    YamlUnsupported = "yaml-unsupported",
    /// Too large, too deep, too many aliases.
    YamlLimit = "yaml-limit",
    /// The same key twice in one mapping.
    DuplicateKey = "duplicate-key",
    /// A key that the rule language does not have at this place.
    UnknownField = "unknown-field",
    /// A required key is not there.
    MissingField = "missing-field",
    /// Two keys of which only one may stand.
    ConflictingFields = "conflicting-fields",
    /// An `apiVersion` that this release does not read.
    UnsupportedVersion = "unsupported-version",
    /// A `kind` that is none of virt-patch's.
    UnknownKind = "unknown-kind",
    /// A mapping where a text is expected, and the like.
    WrongType = "wrong-type",
    /// A word that is none of the listed ones.
    UnknownValue = "unknown-value",
    /// A ` #` comment that cuts an expression short.
    TrailingComment = "trailing-comment",
    /// Flow-style braces or commas where a template was meant.
    FlowBraces = "flow-braces",
    /// An unquoted scalar that YAML 1.1 and 1.2 read differently.
    AmbiguousScalar = "ambiguous-scalar",
    /// A file that should hold rules and holds none.
    NoRules = "no-rules",
    /// A script is mounted where rules are expected.
    ScriptMounted = "script-mounted",
    /// A file that cannot be read.
    Unreadable = "unreadable",

    // Parameters
    /// A param must have exactly one source.
    ParamSource = "param-source",
    /// A name that is no NCName.
    InvalidName = "invalid-name",
    /// Params that need each other.
    ParamCycle = "param-cycle",
    /// A value that does not match `pattern`.
    ParamPattern = "param-pattern",
    /// A value longer than `maxLength`.
    ParamLength = "param-length",
    /// A value that is not of `type`.
    ParamType = "param-type",
    /// A value that is none of `enum`.
    ParamEnum = "param-enum",
    /// A value below `minimum` or above `maximum`.
    ParamRange = "param-range",
    /// A `required` value that is absent.
    ParamRequired = "param-required",
    /// A file param that is not a regular UTF-8 file of at most 64 KiB, or lies where none may.
    ParamFile = "param-file",
    /// A source that rules from an annotation may not use.
    ParamForbidden = "param-forbidden",
    /// A file of `spec.files` that cannot be, or cannot be written.
    ContainerFile = "container-file",
    /// A wrong JSONPath query.
    JsonpathSyntax = "jsonpath-syntax",
    /// A wrong or too large regular expression.
    RegexSyntax = "regex-syntax",

    // Expressions
    /// A wrong XPath expression.
    XpathSyntax = "xpath-syntax",
    /// A function that XPath does not have here.
    UnknownFunction = "unknown-function",
    /// A function with too few or too many arguments.
    ArgumentCount = "argument-count",
    /// A variable that is not declared.
    UnknownVariable = "unknown-variable",
    /// A prefix that is bound to no namespace.
    UnknownPrefix = "unknown-prefix",
    /// A relative path outside predicates.
    RelativePath = "relative-path",
    /// A JSON value used as a condition.
    JsonTruth = "json-truth",
    /// An operand of the wrong type: a number where nodes are needed.
    XpathType = "xpath-type",
    /// An absolute path in a rule that has no document.
    NoDocument = "no-document",
    /// A variable that hides another one.
    Shadowing = "shadowing",
    /// A function that cannot do this with the value it got (`number-from-hex`, `tokenize`).
    FunctionValue = "function-value",

    // Rules
    /// A rule must have exactly one verb.
    VerbCount = "verb-count",
    /// A fragment that is not well-formed XML.
    FragmentSyntax = "fragment-syntax",
    /// A fragment of the wrong shape: no element, several, another name than the path's.
    FragmentShape = "fragment-shape",
    /// A template that is not closed or holds a wrong expression.
    TemplateSyntax = "template-syntax",
    /// A hole that gives no or an empty text.
    EmptyValue = "empty-value",
    /// A hole that gives several items.
    ManyValues = "many-values",
    /// A hole that gives NaN or infinity.
    NotFinite = "not-finite",
    /// A character that XML cannot hold.
    InvalidCharacter = "invalid-character",
    /// A path that selects nothing, where that is not allowed.
    NoMatch = "no-match",
    /// A path that selects another number of nodes than `expect` says.
    ExpectFailed = "expect-failed",
    /// The place to create something in is not one place.
    AmbiguousParent = "ambiguous-parent",
    /// The path says too little about what to create.
    NotCreatable = "not-creatable",
    /// What would be created is not selected by the path that asked for it.
    SelfExcluding = "self-excluding",
    /// A device or the root cannot be created from a path.
    NeedsFragment = "needs-fragment",
    /// A path that begins at an empty variable.
    EmptyVariable = "empty-variable",
    /// The target is no node of the document any more.
    DetachedTarget = "detached-target",
    /// The target is of a kind that the verb cannot change.
    WrongTarget = "wrong-target",
    /// A text for an element that has child elements.
    HasChildren = "has-children",
    /// `merge` cannot tell which element is meant.
    AmbiguousMerge = "ambiguous-merge",
    /// A namespace prefix that is taken on the root.
    PrefixConflict = "prefix-conflict",
    /// A rule said `fail`.
    RuleFailed = "rule-failed",
    /// A rule said `warn`.
    RuleWarned = "rule-warned",
    /// A problem that `onError: Ignore` passed over.
    Ignored = "ignored",
    /// A secret where it would be shown.
    SecretShown = "secret-shown",
    /// More steps, bytes or nodes than a call may use.
    Limit = "limit",

    // Cloud-init data
    /// A wrong JSON Patch operation.
    PatchSyntax = "patch-syntax",
    /// A JSON Patch operation that cannot be applied.
    PatchFailed = "patch-failed",
    /// A cloud-init document that cannot be parsed.
    DocumentSyntax = "document-syntax",
    /// A cloud-init document of a form that the verb cannot edit.
    DocumentForm = "document-form",
    /// A MIME part that is not what its content type says.
    PartContent = "part-content",

    // Lints
    /// An element that libvirt does not know at its place.
    UnknownElement = "unknown-element",
    /// An attribute that libvirt does not know on its element.
    UnknownAttribute = "unknown-attribute",
    /// A word that libvirt does not have for an attribute.
    UnknownAttributeValue = "unknown-attribute-value",
    /// A path that selects nothing in any sample domain.
    SelectsNothing = "selects-nothing",
    /// A rule that can never run.
    NeverRuns = "never-runs",
    /// A param that no rule reaches.
    UnusedParam = "unused-param",
    /// A `let` variable that nothing uses.
    UnusedVariable = "unused-variable",
    /// A file of `spec.files` that no rule names.
    UnusedFile = "unused-file",
    /// A template or variable where none is expanded.
    UnexpandedTemplate = "unexpanded-template",
    /// Content that KubeVirt's types drop between calls.
    StrippedByKubevirt = "stripped-by-kubevirt",
    /// A value from the VMI inside a text that others parse.
    UnquotedValue = "unquoted-value",
    /// A rule that looks at what the first call of a boot does not have.
    DependsOnCall = "depends-on-call",
    /// A disk, interface or hostdev without alias, over which virt-launcher crashes.
    MissingAlias = "missing-alias",
    /// Two disks, or two interfaces, with the same target.
    DuplicateTarget = "duplicate-target",
    /// Two devices with the same alias.
    DuplicateAlias = "duplicate-alias",
    /// Two devices with the same address.
    DuplicateAddress = "duplicate-address",
    /// Applied again, the rules change their own result.
    NotIdempotent = "not-idempotent",
    /// Settings that libvirt or QEMU refuse together.
    UnsupportedCombination = "unsupported-combination",
    /// What libvirt or QEMU are about to drop.
    Deprecated = "deprecated",
    /// A key that cloud-init's schemas do not have at this place.
    UnknownCloudInitKey = "unknown-cloud-init-key",
    /// A value of a type, a word, or a number of items that cloud-init's schemas do not have at this place.
    CloudInitValue = "cloud-init-value",
    /// A key that cloud-init's schemas ask for and that the result lacks.
    MissingCloudInitKey = "missing-cloud-init-key",

    // What the hook gets
    /// A domain that is not well-formed XML.
    XmlSyntax = "xml-syntax",
    /// A domain that is larger or deeper than the limits.
    XmlLimit = "xml-limit",
    /// A domain in another encoding than UTF-8.
    XmlEncoding = "xml-encoding",
    /// A DOCTYPE or entity declaration.
    XmlDoctype = "xml-doctype",
    /// A VMI that is no JSON object.
    VmiSyntax = "vmi-syntax",
    /// `cloudInitData` that is not what KubeVirt sends.
    CloudInitSyntax = "cloud-init-syntax",
    /// Annotation rules where the administrator does not allow them.
    AnnotationRules = "annotation-rules",
    /// Cloud-init rules that `Info` did not announce.
    HookNotOffered = "hook-not-offered",
    /// A pack or a pack's param that does not exist.
    UnknownPack = "unknown-pack",
    /// Two documents of which no rules make one of the other.
    NotExpressible = "not-expressible",
    /// A wrong argument of the sidecar.
    InvalidArgument = "invalid-argument",
    /// What KubeVirt's own types cannot read, so that a second call cannot be simulated.
    KubevirtTypes = "kubevirt-types",

    // Policies
    /// Rules made what a policy denies.
    PolicyDenied = "policy-denied",
    /// Rules changed what a policy protects.
    PolicyProtected = "policy-protected",
    /// Rules changed what a policy does not allow to change.
    PolicyNotAllowed = "policy-not-allowed",
    /// Rules that a policy does not let run: a pack, a param's source, rules from an annotation.
    PolicyRules = "policy-rules",
    /// A policy that is not there, or a file of policies that holds none.
    UnknownPolicy = "unknown-policy",

    // Tests of rules
    /// A path given to `test` that holds no RuleTest.
    NoTests = "no-tests",
    /// Two cases of one RuleTest with the same name.
    DuplicateCase = "duplicate-case",
    /// A file of expected results outside of its test's folder.
    GoldenOutside = "golden-outside",

    /// A fault of virt-patch itself.
    Internal = "internal",

    // Manifests
    /// `hooks.kubevirt.io/hookSidecars` is not what KubeVirt reads.
    HookSidecars = "hook-sidecars",
    /// Two volumes of the VM's pod would have one name.
    VolumeConflict = "volume-conflict",
    /// A ConfigMap of the same run without the key that a `hookSidecars` entry mounts.
    ConfigMapKey = "config-map-key",
    /// A `hookSidecars` entry that names no image.
    MissingImage = "missing-image",

    // Admission
    /// An image that is no image reference.
    ImageReference = "image-reference",
    /// An image that is not on the allow list.
    ImageNotAllowed = "image-not-allowed",
    /// A field of a `hookSidecars` entry that the allow list does not permit.
    SidecarField = "sidecar-field",
    /// A ConfigMap mounted where no rules belong.
    HookPath = "hook-path",
    /// Arguments that do not name a policy that the allow list requires.
    MissingPolicy = "missing-policy",
    /// A wrong entry of an allow list.
    AllowList = "allow-list",
    /// A container that the webhook is to put into pods, and cannot.
    SidecarInjection = "sidecar-injection",

    // Silencing
    /// A comment that should silence a warning, and does not say which or why.
    AllowSyntax = "allow-syntax",
    /// A comment that silences nothing.
    AllowUnused = "allow-unused",
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is applied.
    Error,
    /// Applied, and said.
    Warning,
}

/// Something wrong, where it is, and what to do about it.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// What, as a stable word.
    pub code: Code,
    /// How bad.
    pub severity: Severity,
    /// What was found and what was expected, in one sentence without a final stop.
    pub message: String,
    /// Where in the user's file.
    pub at: Option<Location>,
    /// The rule, as its author named it (`onDefineDomain[2] 'base board'`).
    pub rule: Option<String>,
    /// The node or path in the document that the rule was working on.
    pub path: Option<String>,
    /// What to do.
    pub help: Option<String>,
    /// Other places that matter, each with what they are.
    pub related: Vec<(Location, String)>,
    /// An edit of the user's file that cures it.
    pub fix: Option<Box<Fix>>,
}

/// An edit that a machine can make: the text that stands in a place is replaced.
#[derive(Debug, Clone)]
pub struct Fix {
    /// What is replaced, in the outermost text.
    pub at: Location,
    /// What comes in its place.
    pub text: String,
}

impl Fix {
    /// `right` in place of `wrong`, where that stands at `at` letter by letter, quoted or not: what escapes or
    /// folding spell in another way is left to the author.
    fn of_word(at: &Location, wrong: &str, right: &str) -> Option<Self> {
        let quote = usize::from(at.source.text().get(at.span.clone())? != wrong);
        let word = Span { start: at.span.start + quote, end: at.span.end.checked_sub(quote)? };
        let at = Location::new(&at.source, word).outermost();
        if at.source.text().get(at.span.clone())? != wrong {
            return None;
        }
        Some(Self { at, text: right.to_owned() })
    }
}

impl Diagnostic {
    /// An error.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            code,
            severity: Severity::Error,
            message,
            at: None,
            rule: None,
            path: None,
            help: None,
            related: Vec::new(),
            fix: None,
        }
    }

    /// A warning.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// A text that is no JSON, at the place where its reader stopped; `what` says what it should be: `the VMI`.
    pub fn not_json(code: Code, what: &str, source: &Arc<Source>, error: &serde_json::Error) -> Self {
        let lines = source.text().split_inclusive('\n').take(error.line().saturating_sub(1));
        let offset = lines.map(str::len).sum::<usize>() + error.column().saturating_sub(1);
        let offset = offset.min(source.text().len());
        let words = error.to_string();
        let words = words.rsplit_once(" at line ").map_or(words.as_str(), |(words, _)| words);
        Self::error(code, format!("{what} is not JSON: {words}")).at(Location::new(source, offset..offset))
    }

    /// Says where.
    #[must_use]
    pub fn at(mut self, location: Location) -> Self {
        self.at = Some(location);
        self
    }

    /// Says where, unless that is known already.
    #[must_use]
    pub fn or_at(self, location: &Location) -> Self {
        if self.at.is_some() { self } else { self.at(location.clone()) }
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says which word was meant in place of `wrong`, which stands where the problem is.
    pub fn suggest(&mut self, wrong: &str, right: &str) {
        self.help = Some(format!("did you mean `{right}`?"));
        self.fix = self.at.as_ref().and_then(|at| Fix::of_word(at, wrong, right)).map(Box::new);
    }

    /// Names the rule.
    #[must_use]
    pub fn rule(mut self, rule: impl Into<String>) -> Self {
        self.rule = Some(rule.into());
        self
    }

    /// Names the node or path.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Points at another place.
    #[must_use]
    pub fn related(mut self, location: Location, what: impl Into<String>) -> Self {
        self.related.push((location, what.into()));
        self
    }
}

/// One line: `rules.yaml:4:7: error[unknown-field]: …`, as a hook's error and logs show it.
impl std::fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(at) = &self.at {
            write!(f, "{at}: ")?;
        }
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{severity}[{}]: ", self.code)?;
        if let Some(rule) = &self.rule {
            write!(f, "{rule}: ")?;
        }
        f.write_str(&self.message)?;
        if let Some(path) = &self.path {
            write!(f, " (at {path})")?;
        }
        for (at, what) in &self.related {
            write!(f, "; {what} at {at}")?;
        }
        if let Some(help) = &self.help {
            write!(f, "; {help}")?;
        }
        Ok(())
    }
}

/// The word of `known` that was probably meant: at most a third of it is different.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_ascii_lowercase();
    known
        .into_iter()
        .map(|candidate| (distance(&word, &candidate.to_ascii_lowercase()), candidate))
        .filter(|&(distance, candidate)| distance <= (candidate.len().max(word.len()) / 3).max(1))
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// Edit distance with neighbouring letters swapped counting once (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let swap = if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    rows[i - 2][j - 2] + 1
                } else {
                    change
                };
                change.min(swap).min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1)
            };
        }
    }
    rows[a.len()][b.len()]
}
