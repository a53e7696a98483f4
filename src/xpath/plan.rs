//! A location path as the rules for creating see it: where it starts, and what each step says
//! about an element that would satisfy it.

use super::ast::{Ast, Axis, Comparison, Kind, Name, NodeTest, Path, Program, Span, Start, Step};
use super::value::number_to_text;

/// What a location path says about the nodes it selects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Where it starts.
    pub start: PlanStart,
    /// Its steps; [`super::Expr::evaluate_prefix`] counts them alike.
    pub steps: Vec<PlanStep>,
}

/// Where a path starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanStart {
    /// `/`.
    Root,
    /// `$name`.
    Variable(String),
    /// The context node (only where the scope allows relative paths).
    Context,
    /// Any other expression, or a variable with predicates.
    Expression,
}

/// What one step says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanStep {
    /// A child element with these properties.
    Element {
        /// Its name.
        name: Name,
        /// What its predicates ask for, all of it.
        tests: Vec<Test>,
    },
    /// An attribute.
    Attribute {
        /// Its name.
        name: Name,
    },
    /// A step that does not say enough to create what it selects.
    Opaque {
        /// What stands in the way: `a // step`, `a predicate that compares with !=`.
        why: &'static str,
        /// Where, in bytes of the expression's text.
        span: Span,
    },
}

/// One equality of a predicate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    /// What is compared.
    pub target: TestTarget,
    /// With what.
    pub value: Operand,
}

/// What a predicate compares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TestTarget {
    /// `@name`
    Attribute(Name),
    /// `name`
    Child(Name),
    /// `name/@name`
    ChildAttribute(Name, Name),
}

/// What a predicate compares with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    /// A string, or a number as a string.
    Literal(String),
    /// The variable of this name.
    Variable(String),
}

/// The plan of a location path or a bare variable; `None` for any other expression.
pub(super) fn plan(program: &Program) -> Option<Plan> {
    let variable = |index: usize| program.variables.get(index).cloned();
    match &program.root.kind {
        Kind::Global(index) => Some(Plan { start: PlanStart::Variable(variable(*index)?), steps: Vec::new() }),
        Kind::Path(path) => {
            let start = match &path.start {
                Start::Root => PlanStart::Root,
                Start::Context => PlanStart::Context,
                Start::Filter { base, predicates } => match base.kind {
                    Kind::Global(index) if predicates.is_empty() => PlanStart::Variable(variable(index)?),
                    _ => PlanStart::Expression,
                },
            };
            Some(Plan { start, steps: path.steps.iter().map(|step| plan_step(program, step)).collect() })
        }
        _ => None,
    }
}

fn plan_step(program: &Program, step: &Step) -> PlanStep {
    match (step.axis, step_name(program, step)) {
        (Axis::Child, Ok(name)) => {
            let mut tests = Vec::new();
            for predicate in &step.predicates {
                if let Err((why, span)) = collect_tests(program, &predicate.expression, &mut tests) {
                    return PlanStep::Opaque { why, span };
                }
            }
            PlanStep::Element { name, tests }
        }
        (Axis::Attribute, Ok(name)) if step.predicates.is_empty() => PlanStep::Attribute { name },
        (Axis::Attribute, Ok(_)) => opaque("an attribute with a predicate", step),
        (Axis::Descendant | Axis::DescendantOrSelf, _) => opaque("a step down any number of levels", step),
        (Axis::Child | Axis::Attribute, Err(why)) => opaque(why, step),
        (Axis::SelfNode, _) => opaque("a step that stays at the node", step),
        _ => opaque("a step up or sideways", step),
    }
}

fn opaque(why: &'static str, step: &Step) -> PlanStep {
    PlanStep::Opaque { why, span: step.span.clone() }
}

fn step_name(program: &Program, step: &Step) -> Result<Name, &'static str> {
    match &step.test {
        NodeTest::Name(id) => program.names.get(*id).cloned().ok_or("a step without a name"),
        NodeTest::Any | NodeTest::Namespace(_) => Err("a wildcard instead of a name"),
        _ => Err("a node type instead of a name"),
    }
}

type Obstacle = (&'static str, Span);

/// Reads `A = B and C = D`.
fn collect_tests(program: &Program, ast: &Ast, tests: &mut Vec<Test>) -> Result<(), Obstacle> {
    let obstacle = |why| Err((why, ast.span.clone()));
    match &ast.kind {
        Kind::And(operands) => operands.iter().try_for_each(|operand| collect_tests(program, operand, tests)),
        Kind::Compare(left, rest) => {
            let [(comparison, right)] = rest.as_slice() else {
                return obstacle("a predicate with several comparisons in a row");
            };
            match comparison {
                Comparison::Equal => {}
                Comparison::NotEqual => return obstacle("a predicate that compares with !="),
                _ => return obstacle("a predicate that compares with < or >"),
            }
            let sides = [(left.as_ref(), right), (right, left.as_ref())];
            let found = sides.into_iter().find_map(|(target, value)| {
                Some(Test { target: test_target(program, target)?, value: operand(program, value)? })
            });
            match found {
                Some(test) => tests.push(test),
                None => {
                    return obstacle(
                        "a predicate that is not [@name='value'], [child='value'] or [child/@name='value']",
                    );
                }
            }
            Ok(())
        }
        Kind::Or(_) => obstacle("a predicate with `or`"),
        Kind::Number(_) => obstacle("a predicate that chooses by position"),
        Kind::Call(_) => obstacle("a predicate that calls a function"),
        Kind::Path(_) => obstacle("a predicate that asks for presence, not for a value"),
        _ => obstacle("a predicate that is not [@name='value'], [child='value'] or [child/@name='value']"),
    }
}

fn test_target(program: &Program, ast: &Ast) -> Option<TestTarget> {
    let Kind::Path(Path { start: Start::Context, steps, .. }) = &ast.kind else { return None };
    if steps.iter().any(|step| !step.predicates.is_empty()) {
        return None;
    }
    let name = |step| step_name(program, step).ok();
    match steps.as_slice() {
        [step] if step.axis == Axis::Attribute => Some(TestTarget::Attribute(name(step)?)),
        [step] if step.axis == Axis::Child => Some(TestTarget::Child(name(step)?)),
        [child, attribute] if child.axis == Axis::Child && attribute.axis == Axis::Attribute => {
            Some(TestTarget::ChildAttribute(name(child)?, name(attribute)?))
        }
        _ => None,
    }
}

fn operand(program: &Program, ast: &Ast) -> Option<Operand> {
    match &ast.kind {
        Kind::Literal(text) => Some(Operand::Literal(text.to_string())),
        Kind::Number(number) => Some(Operand::Literal(number_to_text(*number))),
        Kind::Global(index) => program.variables.get(*index).cloned().map(Operand::Variable),
        _ => None,
    }
}
