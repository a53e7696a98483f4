//! An expression as it looks to whoever judges it without a document: which paths it has, where
//! they begin, what is compared with what.
//!
//! This is for the author's checks alone; the sidecar is built without it.

use super::ast::{Ast, Axis, Comparison, Kind, Name, NodeTest, Path, Predicate, Program, Span, Start, Step};
use super::scope::VarType;
use super::value::number_to_text;

/// A part of an expression.
#[derive(Debug, Clone)]
pub struct Outline {
    /// What it is.
    pub form: Form,
    /// Where it stands, in bytes of the expression's text.
    pub span: Span,
}

/// What a part of an expression is.
#[derive(Debug, Clone)]
pub enum Form {
    /// A string, or a number as a string.
    Literal(String),
    /// A variable that the expression's place declares.
    Variable(String),
    /// A variable of `for`, `some`, `every`: how many such variables are declared around it.
    Bound(usize),
    /// A path, or a filter expression.
    Path(OutlineStart, Vec<OutlineStep>),
    /// `=`, `!=`, `<` and the like, between neighbours.
    Comparison {
        /// What is asked.
        question: Question,
        /// The operands, two at least.
        operands: Vec<Outline>,
    },
    /// A call: the function's name, what it gives, its arguments.
    Call(&'static str, VarType, Vec<Outline>),
    /// The values of all of these: `A | B`, `(A, B)`.
    Either(Vec<Outline>),
    /// `if (C) then A else B`.
    Choice(Box<[Outline; 3]>),
    /// `for`, or `some` and `every` (`test`): what each variable runs over, and the body.
    Loop {
        /// Whether only the truth of the body counts.
        test: bool,
        /// What the variables run over.
        over: Vec<Outline>,
        /// What is computed for each.
        body: Box<Outline>,
    },
    /// `and`
    And(Vec<Outline>),
    /// A boolean or number computed from these: `or`, arithmetic.
    Operation(Vec<Outline>),
}

/// What a comparison asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// `=` alone.
    Equal,
    /// `=` or `!=`.
    SameOrNot,
    /// Something with `<` or `>`.
    Order,
}

impl Outline {
    /// The parts that it is directly made of, predicates included.
    pub fn parts(&self) -> Vec<&Outline> {
        match &self.form {
            Form::Literal(_) | Form::Variable(_) | Form::Bound(_) => Vec::new(),
            Form::Path(start, steps) => {
                let start: Vec<&Outline> = match start {
                    OutlineStart::Context | OutlineStart::Root => Vec::new(),
                    OutlineStart::Expression(base, predicates) => {
                        [base.as_ref()].into_iter().chain(predicates).collect()
                    }
                };
                start.into_iter().chain(steps.iter().flat_map(|step| &step.predicates)).collect()
            }
            Form::Comparison { operands: parts, .. }
            | Form::Call(_, _, parts)
            | Form::Either(parts)
            | Form::And(parts)
            | Form::Operation(parts) => parts.iter().collect(),
            Form::Choice(parts) => parts.iter().collect(),
            Form::Loop { over, body, .. } => over.iter().chain([body.as_ref()]).collect(),
        }
    }
}

/// Where a path begins.
#[derive(Debug, Clone)]
pub enum OutlineStart {
    /// The context node of a predicate.
    Context,
    /// `/`.
    Root,
    /// Another expression, with predicates of its own.
    Expression(Box<Outline>, Vec<Outline>),
}

/// A step of a path.
#[derive(Debug, Clone)]
pub struct OutlineStep {
    /// Where it goes.
    pub direction: Direction,
    /// What it asks of the nodes there.
    pub test: OutlineTest,
    /// Its predicates.
    pub predicates: Vec<Outline>,
    /// Where its axis and name stand, its predicates not included.
    pub span: Span,
}

/// An axis, as far as a schema can tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// `child`
    Child,
    /// `attribute`
    Attribute,
    /// `descendant`
    Descendant,
    /// `descendant-or-self`
    DescendantOrSelf,
    /// `self`
    Stay,
    /// `parent`
    Parent,
    /// `ancestor`, `ancestor-or-self`
    Ancestors,
    /// `following-sibling`, `preceding-sibling`
    Siblings,
    /// `following`, `preceding`
    Anywhere,
}

/// A node test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutlineTest {
    /// `name`
    Name(Name),
    /// `*`, `prefix:*`
    AnyName,
    /// `node()`
    Node,
    /// `text()`, `comment()`, `processing-instruction()`
    Leaf,
}

/// The outline of a whole expression. Its depth is bounded when the expression is read.
pub(super) fn outline(program: &Program, text: &str) -> Outline {
    Drawing { program, text }.part(&program.root)
}

struct Drawing<'p> {
    program: &'p Program,
    text: &'p str,
}

impl Drawing<'_> {
    fn part(&self, ast: &Ast) -> Outline {
        let form = match &ast.kind {
            Kind::Literal(text) => Form::Literal(text.to_string()),
            Kind::Number(number) => Form::Literal(number_to_text(*number)),
            Kind::Global(index) => Form::Variable(self.program.variables.get(*index).cloned().unwrap_or_default()),
            Kind::Local(index) => Form::Bound(*index),
            Kind::And(parts) => Form::And(self.parts(parts)),
            Kind::Or(parts) => Form::Operation(self.parts(parts)),
            Kind::Compare(first, rest) => Form::Comparison {
                question: question(rest.iter().map(|(how, _)| *how)),
                operands: self.parts([first.as_ref()].into_iter().chain(rest.iter().map(|(_, part)| part))),
            },
            Kind::Arithmetic(first, rest) => {
                let operands = [first.as_ref()].into_iter().chain(rest.iter().map(|(_, part)| part));
                Form::Operation(self.parts(operands))
            }
            Kind::Negate(_, part) => Form::Operation(vec![self.part(part)]),
            Kind::Union(parts) | Kind::Sequence(parts) => Form::Either(self.parts(parts)),
            Kind::Path(path) => self.path(path),
            Kind::Call(call) => {
                let signature = call.function.signature();
                Form::Call(signature.name, signature.result, self.parts(&call.arguments))
            }
            Kind::For(bindings, body) => Form::Loop {
                test: false,
                over: self.parts(bindings.iter().map(|binding| &binding.items)),
                body: Box::new(self.part(body)),
            },
            Kind::Quantified(_, bindings, body) => Form::Loop {
                test: true,
                over: self.parts(bindings.iter().map(|binding| &binding.items)),
                body: Box::new(self.part(body)),
            },
            Kind::If(parts) => {
                let [condition, then, otherwise] = parts.as_ref();
                Form::Choice(Box::new([self.part(condition), self.part(then), self.part(otherwise)]))
            }
        };
        Outline { form, span: ast.span.clone() }
    }

    fn parts<'a>(&self, parts: impl IntoIterator<Item = &'a Ast>) -> Vec<Outline> {
        parts.into_iter().map(|part| self.part(part)).collect()
    }

    fn path(&self, path: &Path) -> Form {
        let start = match &path.start {
            Start::Context => OutlineStart::Context,
            Start::Root => OutlineStart::Root,
            Start::Filter { base, predicates } => {
                OutlineStart::Expression(Box::new(self.part(base)), self.predicates(predicates))
            }
        };
        Form::Path(start, path.steps.iter().map(|step| self.step(step)).collect())
    }

    fn predicates(&self, predicates: &[Predicate]) -> Vec<Outline> {
        self.parts(predicates.iter().map(|predicate| &predicate.expression))
    }

    fn step(&self, step: &Step) -> OutlineStep {
        let written = self.text.get(step.span.clone()).unwrap_or_default();
        // No name has a bracket; `//` in front belongs to the step's axis.
        let name = written.split('[').next().unwrap_or_default().trim_end();
        let lead = name.len() - name.trim_start_matches(['/', ' ']).len();
        OutlineStep {
            direction: direction(step.axis),
            test: match &step.test {
                NodeTest::Name(id) => self.program.names.get(*id).cloned().map_or(OutlineTest::Node, OutlineTest::Name),
                NodeTest::Any | NodeTest::Namespace(_) => OutlineTest::AnyName,
                NodeTest::Node => OutlineTest::Node,
                NodeTest::Text | NodeTest::Comment | NodeTest::ProcessingInstruction(_) => OutlineTest::Leaf,
            },
            predicates: self.predicates(&step.predicates),
            span: step.span.start + lead..step.span.start + name.len(),
        }
    }
}

fn question(mut operators: impl Iterator<Item = Comparison>) -> Question {
    operators
        .try_fold(Question::Equal, |so_far, operator| match operator {
            Comparison::Equal => Some(so_far),
            Comparison::NotEqual => Some(Question::SameOrNot),
            _ => None,
        })
        .unwrap_or(Question::Order)
}

fn direction(axis: Axis) -> Direction {
    match axis {
        Axis::Child => Direction::Child,
        Axis::Attribute => Direction::Attribute,
        Axis::Descendant => Direction::Descendant,
        Axis::DescendantOrSelf => Direction::DescendantOrSelf,
        Axis::SelfNode => Direction::Stay,
        Axis::Parent => Direction::Parent,
        Axis::Ancestor | Axis::AncestorOrSelf => Direction::Ancestors,
        Axis::FollowingSibling | Axis::PrecedingSibling => Direction::Siblings,
        Axis::Following | Axis::Preceding => Direction::Anywhere,
    }
}
