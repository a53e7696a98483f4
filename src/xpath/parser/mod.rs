//! From tokens to a checked expression. Above each function stands the production that it reads.

mod call;
mod path;

use std::collections::BTreeMap;

use super::ast::{Ast, Binding, Comparison, Kind, Name, Operator, Program, Span};
use super::check;
use super::error::Error;
use super::lexer::{self, Symbol, Token};
use super::scope::{Document, Scope, VarType};
use crate::diagnostic::{Code, nearest};

/// How deep parentheses, arguments, predicates and branches may nest.
const MAX_NESTING: usize = 64;

/// How many parts may stand inside each other: a level of nesting can hold several operators of
/// different precedence. It bounds the evaluator's stack.
const MAX_DEPTH: usize = 160;

/// Reads a whole expression.
pub(super) fn parse(text: &str, scope: &Scope<'_>) -> Result<Program, Error> {
    let context = scope.relative.then(|| scope.document_type());
    let mut parser = Parser {
        text,
        tokens: lexer::tokens(text)?,
        at: 0,
        scope,
        context,
        locals: Vec::new(),
        nesting: 0,
        uses_position: false,
        uses_document: false,
        names: Vec::new(),
        variables: Vec::new(),
    };
    let root = parser.single()?;
    if parser.peek() != Token::End {
        return Err(parser.after_operand());
    }
    let Parser { names, variables, uses_document, .. } = parser;
    Ok(Program { root, names, variables, uses_document })
}

impl Scope<'_> {
    /// The type of what a path from `/` selects.
    fn document_type(&self) -> VarType {
        if self.document == Document::Json { VarType::JsonItem } else { VarType::Nodes }
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<(Token, Span)>,
    at: usize,
    scope: &'a Scope<'a>,
    /// What the context node is; `None` where there is none.
    context: Option<VarType>,
    /// The variables bound by `for`, `some` and `every` around this place.
    locals: Vec<(&'a str, VarType)>,
    nesting: usize,
    /// Whether the predicate being read calls `position()` or `last()`.
    uses_position: bool,
    uses_document: bool,
    names: Vec<Name>,
    variables: Vec<String>,
}

type Parsed = Result<Ast, Error>;

impl<'a> Parser<'a> {
    fn peek(&self) -> Token {
        self.peek_at(0)
    }

    fn peek_at(&self, ahead: usize) -> Token {
        self.tokens.get(self.at + ahead).map_or(Token::End, |(token, _)| *token)
    }

    /// The next token's place.
    fn span(&self) -> Span {
        self.tokens.get(self.at).map_or(self.text.len()..self.text.len(), |(_, span)| span.clone())
    }

    /// The next token's text.
    fn word(&self) -> &'a str {
        self.text.get(self.span()).unwrap_or("")
    }

    fn advance(&mut self) {
        if self.peek() != Token::End {
            self.at += 1;
        }
    }

    /// Where the token before this one ends.
    fn last_end(&self) -> usize {
        self.at.checked_sub(1).and_then(|last| self.tokens.get(last)).map_or(0, |(_, span)| span.end)
    }

    fn is(&self, symbol: Symbol) -> bool {
        self.peek() == Token::Symbol(symbol)
    }

    fn take(&mut self, symbol: Symbol) -> bool {
        let found = self.is(symbol);
        if found {
            self.advance();
        }
        found
    }

    fn expect(&mut self, symbol: Symbol) -> Result<(), Error> {
        if self.take(symbol) { Ok(()) } else { Err(self.unexpected(&format!("`{}`", symbol.text()))) }
    }

    fn is_word(&self, word: &str) -> bool {
        self.peek() == Token::Name && self.word() == word
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.advance();
        }
        found
    }

    fn expect_word(&mut self, word: &str) -> Result<(), Error> {
        if self.take_word(word) { Ok(()) } else { Err(self.unexpected(&format!("`{word}`"))) }
    }

    fn error(&self, message: impl Into<String>) -> Error {
        Error::new(Code::XpathSyntax, self.span(), message)
    }

    fn unexpected(&self, expected: &str) -> Error {
        match self.peek() {
            Token::End => self.error(format!("the expression ends where {expected} should follow")),
            _ => self.error(format!("expected {expected}, found `{}`", self.word())),
        }
    }

    /// What to say of a token that can follow no operand.
    fn after_operand(&self) -> Error {
        let error = self.unexpected("an operator or the end");
        match self.peek() {
            Token::Symbol(Symbol::Comma) => error.help("a sequence stands in parentheses: `(a, b)`"),
            Token::Name => match nearest(self.word(), ["and", "or", "div", "mod"]) {
                Some(word) => error.meant(word),
                None => error,
            },
            _ => error,
        }
    }

    /// A part that begins at `start` and ends with the last token.
    fn ast(&self, kind: Kind, start: usize, ty: VarType) -> Parsed {
        let (span, depth) = (start..self.last_end(), kind.depth());
        if depth > MAX_DEPTH {
            return Err(Error::new(
                Code::Limit,
                span,
                format!("more than {MAX_DEPTH} operators stand inside each other"),
            ));
        }
        Ok(Ast { kind, span, ty, depth })
    }

    /// An expression inside another one.
    fn nested(&mut self) -> Parsed {
        if self.nesting == MAX_NESTING {
            let message = format!("the expression is nested deeper than {MAX_NESTING} levels");
            return Err(Error::new(Code::Limit, self.span(), message));
        }
        self.nesting += 1;
        let inner = self.single();
        self.nesting -= 1;
        inner
    }

    /// `ExprSingle ::= ForExpr | QuantifiedExpr | IfExpr | OrExpr` (3.1). A keyword is one only
    /// where no step or call could be meant.
    fn single(&mut self) -> Parsed {
        if self.peek() == Token::Name {
            match (self.word(), self.peek_at(1)) {
                ("for", Token::Variable) => return self.for_expression(),
                ("some", Token::Variable) => return self.quantified(false),
                ("every", Token::Variable) => return self.quantified(true),
                ("if", Token::Symbol(Symbol::OpenParenthesis)) => return self.if_expression(),
                _ => {}
            }
        }
        self.or()
    }

    /// `ForExpr ::= 'for' '$' Name 'in' ExprSingle (',' '$' Name 'in' ExprSingle)* 'return' ExprSingle`
    fn for_expression(&mut self) -> Parsed {
        let start = self.span().start;
        let outer = self.locals.len();
        let bindings = self.bindings()?;
        self.expect_word("return")?;
        let body = self.nested()?;
        self.locals.truncate(outer);
        let ty = body.ty.in_sequence();
        self.ast(Kind::For(bindings, Box::new(body)), start, ty)
    }

    /// `QuantifiedExpr ::= ('some' | 'every') '$' Name 'in' ExprSingle (',' …)* 'satisfies' ExprSingle`
    fn quantified(&mut self, every: bool) -> Parsed {
        let start = self.span().start;
        let outer = self.locals.len();
        let bindings = self.bindings()?;
        self.expect_word("satisfies")?;
        let body = self.nested()?;
        check::condition(&body)?;
        self.locals.truncate(outer);
        self.ast(Kind::Quantified(every, bindings, Box::new(body)), start, VarType::Boolean)
    }

    /// `keyword '$' Name 'in' ExprSingle (',' '$' Name 'in' ExprSingle)*`
    fn bindings(&mut self) -> Result<Vec<Binding>, Error> {
        let mut bindings = Vec::new();
        loop {
            // The keyword, or the comma.
            self.advance();
            if self.peek() != Token::Variable {
                return Err(self.unexpected("a variable"));
            }
            let span = self.span();
            let name = self.word().get(1..).unwrap_or("");
            if self.locals.iter().any(|(local, _)| *local == name) || self.scope.variables.contains_key(name) {
                return Err(Error::new(Code::Shadowing, span, format!("`${name}` is already the name of a variable")));
            }
            if self.locals.len() == MAX_NESTING {
                return Err(Error::new(Code::Limit, span, format!("more than {MAX_NESTING} loops are nested")));
            }
            self.advance();
            self.expect_word("in")?;
            let items = self.nested()?;
            self.locals.push((name, items.ty.item()));
            bindings.push(Binding { items });
            if !self.is(Symbol::Comma) {
                return Ok(bindings);
            }
        }
    }

    /// `IfExpr ::= 'if' '(' Expr ')' 'then' ExprSingle 'else' ExprSingle`
    fn if_expression(&mut self) -> Parsed {
        let start = self.span().start;
        self.advance();
        self.expect(Symbol::OpenParenthesis)?;
        let condition = self.nested()?;
        check::condition(&condition)?;
        self.expect(Symbol::CloseParenthesis)?;
        self.expect_word("then")?;
        let yes = self.nested()?;
        if !self.is_word("else") {
            return Err(self.unexpected("`else`").help("`if` needs both branches; `else ()` gives nothing"));
        }
        self.advance();
        let no = self.nested()?;
        let ty = yes.ty.or(no.ty);
        self.ast(Kind::If(Box::new([condition, yes, no])), start, ty)
    }

    /// `OrExpr ::= AndExpr ('or' AndExpr)*`
    fn or(&mut self) -> Parsed {
        self.conditions("or", Self::and, Kind::Or)
    }

    /// `AndExpr ::= EqualityExpr ('and' EqualityExpr)*`
    fn and(&mut self) -> Parsed {
        self.conditions("and", Self::equality, Kind::And)
    }

    fn conditions(&mut self, word: &str, operand: fn(&mut Self) -> Parsed, kind: fn(Vec<Ast>) -> Kind) -> Parsed {
        let first = operand(self)?;
        if !self.is_word(word) {
            return Ok(first);
        }
        check::condition(&first)?;
        let start = first.span.start;
        let mut operands = vec![first];
        while self.take_word(word) {
            let next = operand(self)?;
            check::condition(&next)?;
            operands.push(next);
        }
        self.ast(kind(operands), start, VarType::Boolean)
    }

    /// `EqualityExpr ::= RelationalExpr (('=' | '!=') RelationalExpr)*`
    fn equality(&mut self) -> Parsed {
        self.comparisons(Self::relational, true)
    }

    /// `RelationalExpr ::= AdditiveExpr (('<' | '>' | '<=' | '>=') AdditiveExpr)*`
    fn relational(&mut self) -> Parsed {
        self.comparisons(Self::additive, false)
    }

    fn comparisons(&mut self, operand: fn(&mut Self) -> Parsed, equality: bool) -> Parsed {
        let first = operand(self)?;
        let (start, mut left) = (first.span.start, (first.ty, first.span.clone()));
        let mut rest = Vec::new();
        while let Some(comparison) = self.comparison().filter(|found| found.is_equality() == equality) {
            self.advance();
            let right = operand(self)?;
            check::comparison((left.0, &left.1), (right.ty, &right.span))?;
            left = (VarType::Boolean, start..right.span.end);
            rest.push((comparison, right));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        self.ast(Kind::Compare(Box::new(first), rest), start, VarType::Boolean)
    }

    fn comparison(&self) -> Option<Comparison> {
        let Token::Symbol(symbol) = self.peek() else { return None };
        Some(match symbol {
            Symbol::Equal => Comparison::Equal,
            Symbol::NotEqual => Comparison::NotEqual,
            Symbol::Less => Comparison::Less,
            Symbol::LessOrEqual => Comparison::LessOrEqual,
            Symbol::Greater => Comparison::Greater,
            Symbol::GreaterOrEqual => Comparison::GreaterOrEqual,
            _ => return None,
        })
    }

    /// `AdditiveExpr ::= MultiplicativeExpr (('+' | '-') MultiplicativeExpr)*`
    fn additive(&mut self) -> Parsed {
        self.arithmetic(Self::multiplicative, |parser| match parser.peek() {
            Token::Symbol(Symbol::Plus) => Some(Operator::Add),
            Token::Symbol(Symbol::Minus) => Some(Operator::Subtract),
            _ => None,
        })
    }

    /// `MultiplicativeExpr ::= UnaryExpr (('*' | 'div' | 'mod') UnaryExpr)*`
    fn multiplicative(&mut self) -> Parsed {
        self.arithmetic(Self::unary, |parser| match parser.peek() {
            Token::Symbol(Symbol::Star) => Some(Operator::Multiply),
            Token::Name if parser.word() == "div" => Some(Operator::Divide),
            Token::Name if parser.word() == "mod" => Some(Operator::Modulo),
            _ => None,
        })
    }

    fn arithmetic(&mut self, operand: fn(&mut Self) -> Parsed, operator: fn(&Self) -> Option<Operator>) -> Parsed {
        let first = operand(self)?;
        let start = first.span.start;
        let mut rest = Vec::new();
        while let Some(found) = operator(self) {
            self.advance();
            rest.push((found, operand(self)?));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        self.ast(Kind::Arithmetic(Box::new(first), rest), start, VarType::Number)
    }

    /// `UnaryExpr ::= '-'* UnionExpr`
    fn unary(&mut self) -> Parsed {
        let start = self.span().start;
        let mut signs = 0_usize;
        while self.take(Symbol::Minus) {
            signs += 1;
        }
        let operand = self.union()?;
        if signs == 0 {
            return Ok(operand);
        }
        self.ast(Kind::Negate(signs % 2 == 1, Box::new(operand)), start, VarType::Number)
    }

    /// `UnionExpr ::= PathExpr ('|' PathExpr)*`
    fn union(&mut self) -> Parsed {
        let first = self.path()?;
        if !self.is(Symbol::Bar) {
            return Ok(first);
        }
        check::nodes(&first, "`|`")?;
        let start = first.span.start;
        let mut ty = first.ty.in_sequence();
        let mut operands = vec![first];
        while self.take(Symbol::Bar) {
            let next = self.path()?;
            check::nodes(&next, "`|`")?;
            ty = ty.or(next.ty.in_sequence());
            operands.push(next);
        }
        self.ast(Kind::Union(operands), start, ty)
    }

    /// Declares that something here looks at the context.
    fn need_context(&self, span: Span, what: &str, missing: &str) -> Result<VarType, Error> {
        if let Some(context) = self.context {
            return Ok(context);
        }
        let error = Error::new(Code::RelativePath, span, format!("{what} has no node to start from here"));
        Err(match self.likely_start() {
            Some(variable) => error.help(format!("did you mean `${variable}{missing}`?")),
            None => error.help("begin the path with `/` or with a variable"),
        })
    }

    /// The variable that a relative path was probably meant to start from.
    fn likely_start(&self) -> Option<&str> {
        let locals = self.locals.iter().rev().copied();
        let globals: &BTreeMap<_, _> = self.scope.variables;
        let globals = globals.iter().map(|(name, ty)| (name.as_str(), *ty));
        // A loop variable over nodes is likelier than a param.
        let rank = |ty: VarType| match ty {
            VarType::Nodes => 0,
            VarType::JsonItem => 1,
            _ => 2,
        };
        locals.chain(globals).filter(|(_, ty)| ty.may_be_nodes()).min_by_key(|(_, ty)| rank(*ty)).map(|(name, _)| name)
    }
}
