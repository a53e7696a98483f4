//! An expression as the evaluator walks it: names resolved, types known, predicates sorted by how they are run.

use std::ops::Range;
use std::sync::Arc;

use crate::regexp::Regexp;

use super::function::Function;
use super::scope::VarType;

/// Bytes of the expression's text.
pub(super) type Span = Range<usize>;

/// A part of an expression.
#[derive(Debug, Clone)]
pub(super) struct Ast {
    pub(super) kind: Kind,
    pub(super) span: Span,
    pub(super) ty: VarType,
    /// How many parts stand inside each other here, this one counted.
    pub(super) depth: usize,
}

/// What the part does. Chains of operators are one part with many operands, so that neither a long
/// chain nor its evaluation nests.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    Literal(Arc<str>),
    Number(f64),
    /// A variable of the scope: its index in [`Program::variables`].
    Global(usize),
    /// A variable bound by `for`, `some` or `every`: its place on the stack of bindings.
    Local(usize),
    Or(Vec<Ast>),
    And(Vec<Ast>),
    /// `a = b != c`, from the left; also of `<` and its like.
    Compare(Box<Ast>, Vec<(Comparison, Ast)>),
    /// `a + b - c` or `a * b div c`, from the left.
    Arithmetic(Box<Ast>, Vec<(Operator, Ast)>),
    /// One or more minus signs; whether their number is odd.
    Negate(bool, Box<Ast>),
    Union(Vec<Ast>),
    Sequence(Vec<Ast>),
    Path(Path),
    Call(Call),
    For(Vec<Binding>, Box<Ast>),
    If(Box<[Ast; 3]>),
    /// `some` or `every` (true).
    Quantified(bool, Vec<Binding>, Box<Ast>),
}

impl Kind {
    /// How many parts stand inside each other, the part of this kind counted.
    pub(super) fn depth(&self) -> usize {
        let deepest = |parts: &[Ast]| parts.iter().map(|part| part.depth).max().unwrap_or(0);
        let loops = |bindings: &[Binding], body: &Ast| {
            let items = bindings.iter().map(|binding| binding.items.depth).max().unwrap_or(0);
            // Each binding is a round inside another one.
            bindings.len() + items.max(body.depth)
        };
        let inner = match self {
            Self::Literal(_) | Self::Number(_) | Self::Global(_) | Self::Local(_) => 0,
            Self::Or(parts) | Self::And(parts) | Self::Union(parts) | Self::Sequence(parts) => deepest(parts),
            Self::Compare(first, rest) => rest.iter().map(|(_, part)| part.depth).fold(first.depth, usize::max),
            Self::Arithmetic(first, rest) => rest.iter().map(|(_, part)| part.depth).fold(first.depth, usize::max),
            Self::Negate(_, part) => part.depth,
            Self::Path(path) => path.depth(),
            Self::Call(call) => deepest(&call.arguments),
            Self::For(bindings, body) | Self::Quantified(_, bindings, body) => loops(bindings, body),
            Self::If(parts) => deepest(parts.as_slice()),
        };
        inner + 1
    }
}

impl Path {
    fn depth(&self) -> usize {
        let deepest =
            |predicates: &[Predicate]| predicates.iter().map(|predicate| predicate.expression.depth).max().unwrap_or(0);
        let start = match &self.start {
            Start::Context | Start::Root => 0,
            Start::Filter { base, predicates } => base.depth.max(deepest(predicates)),
        };
        self.steps.iter().map(|step| deepest(&step.predicates)).fold(start, usize::max)
    }
}

/// `$x in A`; the name is only needed while parsing.
#[derive(Debug, Clone)]
pub(super) struct Binding {
    pub(super) items: Ast,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

/// A function call. A regular expression or replacement that is a literal is compiled with the expression.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) function: Function,
    pub(super) arguments: Vec<Ast>,
    pub(super) pattern: Option<Regexp>,
}

/// A location path, or a filter expression with or without steps after it.
#[derive(Debug, Clone)]
pub(super) struct Path {
    pub(super) start: Start,
    /// Where the text of the start ends.
    pub(super) start_end: usize,
    pub(super) steps: Vec<Step>,
}

#[derive(Debug, Clone)]
pub(super) enum Start {
    Context,
    Root,
    Filter { base: Box<Ast>, predicates: Vec<Predicate> },
}

#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) axis: Axis,
    pub(super) test: NodeTest,
    pub(super) predicates: Vec<Predicate>,
    pub(super) span: Span,
}

#[derive(Debug, Clone)]
pub(super) struct Predicate {
    pub(super) expression: Ast,
    pub(super) strategy: Strategy,
}

/// How a predicate is run.
#[derive(Debug, Clone)]
pub(super) enum Strategy {
    /// `[3]`: the third, and no further.
    Position(usize),
    /// `[@name='value']`.
    AttributeEquals { name: NameId, value: Arc<str> },
    /// True or false whatever the position: each node is judged as it comes.
    Condition,
    /// May depend on position or size, so all candidates are needed first.
    Positional,
}

impl Predicate {
    /// Whether it can judge a node without knowing the others.
    pub(super) fn is_local(&self) -> bool {
        matches!(self.strategy, Strategy::AttributeEquals { .. } | Strategy::Condition)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    Ancestor,
    AncestorOrSelf,
    Attribute,
    Child,
    Descendant,
    DescendantOrSelf,
    Following,
    FollowingSibling,
    Parent,
    Preceding,
    PrecedingSibling,
    SelfNode,
}

impl Axis {
    /// Whether its nodes come in reverse document order.
    pub(super) fn is_reverse(self) -> bool {
        matches!(self, Self::Ancestor | Self::AncestorOrSelf | Self::Preceding | Self::PrecedingSibling)
    }
}

/// An index in [`Program::names`].
pub(super) type NameId = usize;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NodeTest {
    Node,
    Text,
    Comment,
    ProcessingInstruction(Option<Arc<str>>),
    /// `*`: any node of the axis' principal type.
    Any,
    /// `prefix:*`: the namespace's URI.
    Namespace(Arc<str>),
    Name(NameId),
}

/// A name as it is written and as it compares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The prefix, `""` for none.
    pub prefix: String,
    /// The namespace URI, `""` for none.
    pub namespace: String,
    /// The local part.
    pub local: String,
}

/// A whole expression with the names that it uses.
#[derive(Debug, Clone)]
pub(super) struct Program {
    pub(super) root: Ast,
    pub(super) names: Vec<Name>,
    pub(super) variables: Vec<String>,
    pub(super) uses_document: bool,
}
