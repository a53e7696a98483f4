//! Location paths (XPath 1.0, section 2) and filter expressions (section 3.3).

use std::sync::Arc;

use super::{Parsed, Parser};
use crate::diagnostic::{Code, nearest};
use crate::xpath::ast::{
    Ast, Axis, Comparison, Kind, Name, NameId, NodeTest, Path, Predicate, Span, Start, Step, Strategy,
};
use crate::xpath::check;
use crate::xpath::error::Error;
use crate::xpath::lexer::{Symbol, Token};
use crate::xpath::scope::{Document, VarType};

const AXES: &[(&str, Axis)] = &[
    ("ancestor", Axis::Ancestor),
    ("ancestor-or-self", Axis::AncestorOrSelf),
    ("attribute", Axis::Attribute),
    ("child", Axis::Child),
    ("descendant", Axis::Descendant),
    ("descendant-or-self", Axis::DescendantOrSelf),
    ("following", Axis::Following),
    ("following-sibling", Axis::FollowingSibling),
    ("parent", Axis::Parent),
    ("preceding", Axis::Preceding),
    ("preceding-sibling", Axis::PrecedingSibling),
    ("self", Axis::SelfNode),
];

const NODE_TYPES: &[&str] = &["comment", "text", "processing-instruction", "node"];

const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";

impl Parser<'_> {
    /// `PathExpr ::= LocationPath | FilterExpr (('/' | '//') RelativeLocationPath)?`
    pub(super) fn path(&mut self) -> Parsed {
        let begin = self.span();
        match self.peek() {
            Token::Symbol(Symbol::Slash | Symbol::DoubleSlash) => self.absolute_path(begin),
            Token::Literal | Token::Number(_) | Token::Variable | Token::Symbol(Symbol::OpenParenthesis) => {
                self.filter()
            }
            Token::Name | Token::PrefixedName if self.is_call() => self.filter(),
            _ if self.starts_step() => {
                let first = self.first_step();
                let missing = if first == "." { String::new() } else { format!("/{first}") };
                let ty = self.need_context(begin.clone(), &format!("`{first}`"), &missing)?;
                let mut steps = Vec::new();
                self.step(ty, None, &mut steps)?;
                self.more_steps(ty, &mut steps)?;
                let path = Path { start: Start::Context, start_end: begin.start, steps };
                self.ast(Kind::Path(path), begin.start, ty)
            }
            _ => Err(self.no_operand()),
        }
    }

    /// The text of the axis and name that begin a relative path.
    fn first_step(&self) -> &str {
        let more = match (self.peek(), self.peek_at(1)) {
            (Token::Symbol(Symbol::At), _) => 1,
            (Token::Name, Token::Symbol(Symbol::ColonColon)) => 2,
            _ => 0,
        };
        let end = self.tokens.get(self.at + more).map_or(self.text.len(), |(_, span)| span.end);
        self.text.get(self.span().start..end).unwrap_or("")
    }

    fn no_operand(&self) -> Error {
        let error = self.unexpected("an expression");
        let doubled = self.at > 0 && self.tokens.get(self.at - 1).is_some_and(|(token, _)| *token == self.peek());
        match self.peek() {
            Token::Symbol(Symbol::Equal) if doubled => error.help("write `=` once"),
            Token::Symbol(Symbol::Bar) if doubled => error.help("write `or`, or `concat(…)`"),
            _ => error,
        }
    }

    /// Whether a name here is a function's: a `(` follows, and it is no node type.
    fn is_call(&self) -> bool {
        self.peek_at(1) == Token::Symbol(Symbol::OpenParenthesis) && !NODE_TYPES.contains(&self.word())
    }

    fn starts_step(&self) -> bool {
        matches!(
            self.peek(),
            Token::Name
                | Token::PrefixedName
                | Token::PrefixedStar
                | Token::Symbol(Symbol::Star | Symbol::At | Symbol::Dot | Symbol::DoubleDot)
        )
    }

    /// `AbsoluteLocationPath ::= '/' RelativeLocationPath? | '//' RelativeLocationPath`
    fn absolute_path(&mut self, begin: Span) -> Parsed {
        if self.scope.document == Document::None {
            let error = Error::new(Code::NoDocument, begin, "there is no document here that `/` could begin at");
            return Err(error.help("begin the path with a variable"));
        }
        self.uses_document = true;
        let ty = self.scope.document_type();
        let mut steps = Vec::new();
        if self.is(Symbol::DoubleSlash) {
            self.more_steps(ty, &mut steps)?;
        } else {
            self.advance();
            if self.starts_step() {
                self.step(ty, None, &mut steps)?;
                self.more_steps(ty, &mut steps)?;
            }
        }
        let path = Path { start: Start::Root, start_end: begin.start + 1, steps };
        self.ast(Kind::Path(path), begin.start, ty)
    }

    /// `FilterExpr ::= PrimaryExpr Predicate*`, and the steps after it.
    fn filter(&mut self) -> Parsed {
        let begin = self.span().start;
        let base = self.primary()?;
        let more = matches!(self.peek(), Token::Symbol(Symbol::OpenBracket | Symbol::Slash | Symbol::DoubleSlash));
        if !more {
            return Ok(base);
        }
        check::nodes(&base, if self.is(Symbol::OpenBracket) { "a predicate" } else { "a path" })?;
        let ty = base.ty.in_sequence();
        let predicates = self.predicates(ty)?;
        let start_end = self.last_end();
        let mut steps = Vec::new();
        self.more_steps(ty, &mut steps)?;
        let path = Path { start: Start::Filter { base: Box::new(base), predicates }, start_end, steps };
        self.ast(Kind::Path(path), begin, ty)
    }

    /// `(('/' | '//') Step)*`
    fn more_steps(&mut self, ty: VarType, steps: &mut Vec<Step>) -> Result<(), Error> {
        loop {
            let slash = self.span();
            if self.take(Symbol::Slash) {
                self.step(ty, None, steps)?;
            } else if self.take(Symbol::DoubleSlash) {
                self.step(ty, Some(slash), steps)?;
            } else {
                return Ok(());
            }
        }
    }

    /// `Step ::= AxisSpecifier NodeTest Predicate* | '.' | '..'`, after `//` where its place is given.
    fn step(&mut self, ty: VarType, descend: Option<Span>, steps: &mut Vec<Step>) -> Result<(), Error> {
        let begin = self.span().start;
        let (axis, test, predicates) = if self.take(Symbol::Dot) {
            (Axis::SelfNode, NodeTest::Node, Vec::new())
        } else if self.take(Symbol::DoubleDot) {
            (Axis::Parent, NodeTest::Node, Vec::new())
        } else {
            let axis = self.axis()?;
            let test = self.node_test(axis)?;
            (axis, test, self.predicates(ty)?)
        };
        let span = begin..self.last_end();
        match descend {
            // `//name` is `descendant::name`, unless a predicate counts among siblings.
            Some(slash) if axis == Axis::Child && predicates.iter().all(Predicate::is_local) => {
                steps.push(Step { axis: Axis::Descendant, test, predicates, span: slash.start..span.end });
            }
            Some(slash) => {
                let (axis_of_slash, any) = (Axis::DescendantOrSelf, NodeTest::Node);
                steps.push(Step { axis: axis_of_slash, test: any, predicates: Vec::new(), span: slash });
                steps.push(Step { axis, test, predicates, span });
            }
            None => steps.push(Step { axis, test, predicates, span }),
        }
        Ok(())
    }

    /// `AxisSpecifier ::= AxisName '::' | '@'?`
    fn axis(&mut self) -> Result<Axis, Error> {
        if self.take(Symbol::At) {
            return Ok(Axis::Attribute);
        }
        if self.peek() != Token::Name || self.peek_at(1) != Token::Symbol(Symbol::ColonColon) {
            return Ok(Axis::Child);
        }
        let word = self.word();
        let Some(&(_, axis)) = AXES.iter().find(|(name, _)| *name == word) else {
            if word == "namespace" {
                return Err(self.error("the `namespace` axis is not supported").help("ask `namespace-uri(…)`"));
            }
            let error = self.error(format!("there is no axis `{word}`"));
            return Err(match nearest(word, AXES.iter().map(|(name, _)| *name)) {
                Some(axis) => error.meant(axis),
                None => error,
            });
        };
        self.advance();
        self.advance();
        Ok(axis)
    }

    /// `NodeTest ::= '*' | NCName ':' '*' | QName | NodeType '(' ')' | 'processing-instruction' '(' Literal ')'`
    fn node_test(&mut self, axis: Axis) -> Result<NodeTest, Error> {
        let word = self.word();
        let token = self.peek();
        let is_type = token == Token::Name && self.peek_at(1) == Token::Symbol(Symbol::OpenParenthesis);
        if is_type {
            return self.node_type();
        }
        let test = match token {
            Token::Symbol(Symbol::Star) => NodeTest::Any,
            Token::PrefixedStar => NodeTest::Namespace(self.namespace(word.strip_suffix(":*").unwrap_or(word))?.into()),
            Token::Name => NodeTest::Name(self.name(Name {
                prefix: String::new(),
                namespace: String::new(),
                local: word.to_owned(),
            })),
            Token::PrefixedName => {
                let (prefix, local) = word.split_once(':').unwrap_or(("", word));
                let namespace = self.namespace(prefix)?;
                NodeTest::Name(self.name(Name { prefix: prefix.to_owned(), namespace, local: local.to_owned() }))
            }
            _ if axis == Axis::Attribute => return Err(self.unexpected("an attribute's name")),
            _ => return Err(self.unexpected("a step")),
        };
        self.advance();
        Ok(test)
    }

    fn node_type(&mut self) -> Result<NodeTest, Error> {
        let mut test = match self.word() {
            "node" => NodeTest::Node,
            "text" => NodeTest::Text,
            "comment" => NodeTest::Comment,
            "processing-instruction" => NodeTest::ProcessingInstruction(None),
            word => {
                let error = self.error(format!("`{word}(…)` cannot be a step"));
                return Err(error.help("a function takes the path as its argument"));
            }
        };
        self.advance();
        self.advance();
        if matches!(test, NodeTest::ProcessingInstruction(_)) && self.peek() == Token::Literal {
            test = NodeTest::ProcessingInstruction(Some(self.literal()));
        }
        self.expect(Symbol::CloseParenthesis)?;
        Ok(test)
    }

    /// The next token, a string, without its quotes.
    pub(super) fn literal(&mut self) -> Arc<str> {
        let word = self.word();
        self.advance();
        word.get(1..word.len().saturating_sub(1)).unwrap_or("").into()
    }

    fn namespace(&self, prefix: &str) -> Result<String, Error> {
        if let Some(uri) = self.scope.namespaces.get(prefix) {
            return Ok(uri.clone());
        }
        if prefix == "xml" {
            return Ok(XML_NAMESPACE.to_owned());
        }
        let span = self.span();
        let span = span.start..span.start + prefix.len();
        let error = Error::new(Code::UnknownPrefix, span, format!("the prefix `{prefix}` is bound to no namespace"));
        Err(match nearest(prefix, self.scope.namespaces.keys().map(String::as_str)) {
            Some(known) => error.meant(known),
            None if AXES.iter().any(|(axis, _)| *axis == prefix) => {
                error.help(format!("an axis has two colons: `{prefix}::`"))
            }
            None => error.help("declare it under `spec.namespaces`"),
        })
    }

    fn name(&mut self, name: Name) -> NameId {
        if let Some(known) = self.names.iter().position(|known| *known == name) {
            return known;
        }
        self.names.push(name);
        self.names.len() - 1
    }

    /// `Predicate ::= '[' Expr ']'`, any number of them, on nodes of this type.
    fn predicates(&mut self, ty: VarType) -> Result<Vec<Predicate>, Error> {
        let mut predicates = Vec::new();
        while self.take(Symbol::OpenBracket) {
            let outer_context = self.context.replace(ty);
            let outer_position = std::mem::take(&mut self.uses_position);
            let expression = self.nested()?;
            let uses_position = std::mem::replace(&mut self.uses_position, outer_position);
            self.context = outer_context;
            self.expect(Symbol::CloseBracket)?;
            check::condition(&expression)?;
            let strategy = strategy(&expression, uses_position);
            predicates.push(Predicate { expression, strategy });
        }
        Ok(predicates)
    }
}

fn strategy(expression: &Ast, uses_position: bool) -> Strategy {
    if let Some(strategy) = attribute_equals(expression) {
        return strategy;
    }
    match expression.kind {
        // Exact: a position that is a whole number and can be counted to.
        Kind::Number(number) if number >= 1.0 && number.fract() == 0.0 && number <= f64::from(u32::MAX) => {
            Strategy::Position(number as usize)
        }
        _ if uses_position || expression.ty.may_be_number() => Strategy::Positional,
        _ => Strategy::Condition,
    }
}

/// `@name = 'value'`, either way round.
fn attribute_equals(expression: &Ast) -> Option<Strategy> {
    let Kind::Compare(left, rest) = &expression.kind else { return None };
    let [(Comparison::Equal, right)] = rest.as_slice() else { return None };
    let (path, value) = match (&left.kind, &right.kind) {
        (Kind::Path(path), Kind::Literal(value)) | (Kind::Literal(value), Kind::Path(path)) => (path, value),
        _ => return None,
    };
    match (&path.start, path.steps.as_slice()) {
        (Start::Context, [Step { axis: Axis::Attribute, test: NodeTest::Name(name), predicates, .. }])
            if predicates.is_empty() =>
        {
            Some(Strategy::AttributeEquals { name: *name, value: Arc::clone(value) })
        }
        _ => None,
    }
}
