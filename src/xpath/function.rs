//! The function library: names, numbers of arguments, types.

use super::scope::VarType;

/// What an argument must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parameter {
    /// Converted to a string.
    Text,
    /// Converted to a number.
    Number,
    /// Converted to a boolean: a condition.
    Condition,
    /// Must be nodes.
    Nodes,
    /// Nodes, or a value that may as well be absent.
    Items,
    /// Taken as it is: one value or a sequence.
    Any,
    /// A regular expression: must be a literal.
    Pattern,
    /// The flags of a regular expression: must be a literal.
    Flags,
}

/// One function's entry.
pub(super) struct Signature {
    pub(super) name: &'static str,
    /// The fewest arguments.
    pub(super) least: usize,
    /// The most arguments; `usize::MAX` where there is no end.
    pub(super) most: usize,
    pub(super) parameters: &'static [Parameter],
    pub(super) result: VarType,
    /// Looks at the context: always, or where its last argument is left out.
    pub(super) context: Context,
}

/// Whether a function looks at the context node, position or size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    Never,
    /// Only where it has fewer than its most arguments.
    ByDefault,
    Always,
}

macro_rules! functions {
    ($($id:ident $name:literal $least:literal..$most:tt [$($parameter:ident)*] $result:ident $context:ident;)*) => {
        /// A function of the library.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Function { $($id,)* }

        impl Function {
            /// The functions in the order of the table.
            pub(super) const ALL: &[Self] = &[$(Self::$id,)*];

            /// The function's entry.
            pub(super) const fn signature(self) -> &'static Signature {
                match self {
                    $(Self::$id => &Signature {
                        name: $name,
                        least: $least,
                        most: functions!(@most $most),
                        parameters: &[$(Parameter::$parameter,)*],
                        result: VarType::$result,
                        context: Context::$context,
                    },)*
                }
            }
        }
    };
    (@most many) => { usize::MAX };
    (@most $most:literal) => { $most };
}

functions! {
    // XPath 1.0, section 4.1: nodes
    Last "last" 0..0 [] Number Always;
    Position "position" 0..0 [] Number Always;
    Count "count" 1..1 [Items] Number Never;
    Id "id" 1..1 [Any] Nodes Never;
    LocalName "local-name" 0..1 [Nodes] Text ByDefault;
    NamespaceUri "namespace-uri" 0..1 [Nodes] Text ByDefault;
    Name "name" 0..1 [Nodes] Text ByDefault;
    // 4.2: strings
    String "string" 0..1 [Text] Text ByDefault;
    Concat "concat" 2..many [Text] Text Never;
    StartsWith "starts-with" 2..2 [Text Text] Boolean Never;
    Contains "contains" 2..2 [Text Text] Boolean Never;
    SubstringBefore "substring-before" 2..2 [Text Text] Text Never;
    SubstringAfter "substring-after" 2..2 [Text Text] Text Never;
    Substring "substring" 2..3 [Text Number Number] Text Never;
    StringLength "string-length" 0..1 [Text] Number ByDefault;
    NormalizeSpace "normalize-space" 0..1 [Text] Text ByDefault;
    Translate "translate" 3..3 [Text Text Text] Text Never;
    // 4.3: booleans
    Boolean "boolean" 1..1 [Condition] Boolean Never;
    Not "not" 1..1 [Condition] Boolean Never;
    True "true" 0..0 [] Boolean Never;
    False "false" 0..0 [] Boolean Never;
    Lang "lang" 1..1 [Text] Boolean Always;
    // 4.4: numbers
    Number "number" 0..1 [Number] Number ByDefault;
    Sum "sum" 1..1 [Nodes] Number Never;
    Floor "floor" 1..1 [Number] Number Never;
    Ceiling "ceiling" 1..1 [Number] Number Never;
    Round "round" 1..1 [Number] Number Never;
    // Functions and Operators 3.1
    LowerCase "lower-case" 1..1 [Text] Text Never;
    UpperCase "upper-case" 1..1 [Text] Text Never;
    EndsWith "ends-with" 2..2 [Text Text] Boolean Never;
    Matches "matches" 2..3 [Text Pattern Flags] Boolean Never;
    Replace "replace" 3..4 [Text Pattern Text Flags] Text Never;
    Tokenize "tokenize" 1..3 [Any Pattern Flags] Nodes Never;
    StringJoin "string-join" 1..2 [Any Text] Text Never;
    DistinctValues "distinct-values" 1..1 [Any] Nodes Never;
    Min "min" 1..1 [Any] Number Never;
    Max "max" 1..1 [Any] Number Never;
    Abs "abs" 1..1 [Any] Number Never;
    Exists "exists" 1..1 [Any] Boolean Never;
    Empty "empty" 1..1 [Any] Boolean Never;
    // virt-patch
    Range "range" 2..2 [Number Number] Nodes Never;
    Hex "hex" 1..2 [Any Number] Text Never;
    NumberFromHex "number-from-hex" 1..1 [Any] Number Never;
    Basename "basename" 1..1 [Text] Text Never;
    Dirname "dirname" 1..1 [Text] Text Never;
    SplitArgs "split-args" 1..1 [Any] Nodes Never;
    ShellQuote "shell-quote" 1..1 [Text] Text Never;
    QemuQuote "qemu-quote" 1..1 [Text] Text Never;
    Json "json" 1..1 [Any] Text Never;
    Sha256 "sha256" 1..1 [Text] Text Never;
    PathUnder "path-under" 2..2 [Text Text] Boolean Never;
    Member "member" 2..2 [Nodes Text] JsonItem Never;
    FilePath "file-path" 1..1 [Text] Text Never;
}

impl Function {
    /// The function of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|function| function.signature().name == name)
    }

    /// What its argument number `index` must be; the last parameter of the table holds for all further ones.
    pub(super) fn parameter(self, index: usize) -> Parameter {
        let parameters = self.signature().parameters;
        parameters.get(index).or(parameters.last()).copied().unwrap_or(Parameter::Any)
    }

    /// Whether a call with so many arguments looks at the context.
    pub(super) fn needs_context(self, arguments: usize) -> bool {
        match self.signature().context {
            Context::Never => false,
            Context::ByDefault => arguments < self.signature().most,
            Context::Always => true,
        }
    }
}
