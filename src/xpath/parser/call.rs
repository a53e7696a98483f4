//! Primary expressions (XPath 1.0, section 3.1) and function calls (section 3.2).

use crate::regexp::{Options, Regexp, Wanted};

use super::{Parsed, Parser};
use crate::diagnostic::{Code, nearest};
use crate::xpath::ast::{Ast, Call, Kind, Span};
use crate::xpath::check;
use crate::xpath::error::Error;
use crate::xpath::function::{Function, Parameter};
use crate::xpath::lexer::{Symbol, Token};
use crate::xpath::replacement::Replacement;
use crate::xpath::scope::{VarType, file_of, file_variable};

impl Parser<'_> {
    /// `PrimaryExpr ::= VariableReference | '(' Expr? ')' | Literal | Number | FunctionCall`
    pub(super) fn primary(&mut self) -> Parsed {
        let begin = self.span().start;
        match self.peek() {
            Token::Literal => {
                let text = self.literal();
                self.ast(Kind::Literal(text), begin, VarType::Text)
            }
            Token::Number(number) => {
                self.advance();
                self.ast(Kind::Number(number), begin, VarType::Number)
            }
            Token::Variable => self.variable(),
            Token::Symbol(Symbol::OpenParenthesis) => self.parenthesized(),
            _ => self.call(),
        }
    }

    fn variable(&mut self) -> Parsed {
        let span = self.span();
        let name = self.word().get(1..).unwrap_or("");
        if let Some(index) = self.locals.iter().rposition(|(local, _)| *local == name) {
            let ty = self.locals.get(index).map_or(VarType::Any, |(_, ty)| *ty);
            self.advance();
            return self.ast(Kind::Local(index), span.start, ty);
        }
        let Some(&ty) = self.scope.variables.get(name) else {
            let error = Error::new(Code::UnknownVariable, span, format!("there is no variable `${name}`"));
            let known = self.scope.variables.keys().map(String::as_str).filter(|known| file_of(known).is_none());
            return Err(match nearest(name, known.chain(self.locals.iter().map(|(local, _)| *local))) {
                Some(known) => error.meant(format!("${known}")),
                None => error,
            });
        };
        let index = self.global(name);
        self.advance();
        self.ast(Kind::Global(index), span.start, ty)
    }

    /// `ParenthesizedExpr ::= '(' (ExprSingle (',' ExprSingle)*)? ')'`
    fn parenthesized(&mut self) -> Parsed {
        let begin = self.span().start;
        self.advance();
        if self.take(Symbol::CloseParenthesis) {
            return self.ast(Kind::Sequence(Vec::new()), begin, VarType::Nodes);
        }
        let first = self.nested()?;
        if !self.is(Symbol::Comma) {
            self.expect(Symbol::CloseParenthesis)?;
            return Ok(Ast { span: begin..self.last_end(), ..first });
        }
        let mut ty = first.ty.in_sequence();
        let mut items = vec![first];
        while self.take(Symbol::Comma) {
            let item = self.nested()?;
            ty = ty.or(item.ty.in_sequence());
            items.push(item);
        }
        self.expect(Symbol::CloseParenthesis)?;
        self.ast(Kind::Sequence(items), begin, ty)
    }

    /// `FunctionCall ::= FunctionName '(' (Argument (',' Argument)*)? ')'`
    fn call(&mut self) -> Parsed {
        let name_span = self.span();
        let name = self.word();
        let Some(function) = Function::named(name) else {
            let error = Error::new(Code::UnknownFunction, name_span, format!("there is no function `{name}`"));
            let known = Function::ALL.iter().map(|function| function.signature().name);
            let plain = name.split_once(':').map_or(name, |(_, local)| local);
            return Err(match nearest(plain, known) {
                Some(known) => error.meant(known),
                None => error,
            });
        };
        self.advance();
        self.advance();
        let mut arguments = Vec::new();
        if !self.is(Symbol::CloseParenthesis) {
            arguments.push(self.nested()?);
            while self.take(Symbol::Comma) {
                arguments.push(self.nested()?);
            }
        }
        self.expect(Symbol::CloseParenthesis)?;
        let span = name_span.start..self.last_end();
        self.check_call(function, &arguments, &span)?;
        if let (Function::FilePath, [name]) = (function, arguments.as_slice()) {
            return self.file_path(name, span.start);
        }
        let pattern = pattern(function, &arguments)?;
        let call = Call { function, arguments, pattern };
        self.ast(Kind::Call(call), span.start, function.signature().result)
    }

    /// `file-path('name')` is a variable that every call has: where the files of the rule set lie is not known before.
    fn file_path(&mut self, name: &Ast, begin: usize) -> Parsed {
        let Kind::Literal(name_text) = &name.kind else {
            let message = "the name of a file must be written as a string, so that it is known to be there";
            return Err(Error::new(Code::ContainerFile, name.span.clone(), message));
        };
        let variable = file_variable(name_text);
        if self.scope.variables.contains_key(&variable) {
            let index = self.global(&variable);
            return self.ast(Kind::Global(index), begin, VarType::Text);
        }
        let message = format!("`spec.files` has no file `{name_text}`");
        let error = Error::new(Code::ContainerFile, name.span.clone(), message);
        let known: Vec<&str> = self.scope.variables.keys().filter_map(|variable| file_of(variable)).collect();
        Err(match nearest(name_text, known.iter().copied()) {
            Some(near) => error.meant(format!("'{near}'")),
            None if known.is_empty() => error.help("declare it there: `files: [{name: …, file: …}]`"),
            None => error.help(format!("it has {}", known.join(", "))),
        })
    }

    /// The index of a variable of the scope among those that the expression uses.
    fn global(&mut self, name: &str) -> usize {
        self.variables.iter().position(|known| known == name).unwrap_or_else(|| {
            self.variables.push(name.to_owned());
            self.variables.len() - 1
        })
    }

    fn check_call(&mut self, function: Function, arguments: &[Ast], span: &Span) -> Result<(), Error> {
        let signature = function.signature();
        let name = signature.name;
        if arguments.len() < signature.least || arguments.len() > signature.most {
            let wanted = match (signature.least, signature.most) {
                (1, 1) => "one argument".to_owned(),
                (0, 0) => "no argument".to_owned(),
                (least, most) if least == most => format!("{least} arguments"),
                (least, usize::MAX) => format!("at least {least} arguments"),
                (least, most) => format!("{least} to {most} arguments"),
            };
            let message = format!("`{name}` takes {wanted}, not {}", arguments.len());
            return Err(Error::new(Code::ArgumentCount, span.clone(), message));
        }
        if function.needs_context(arguments.len()) {
            self.need_context(span.clone(), &format!("`{name}` without an argument"), "")?;
        }
        self.uses_position |= matches!(function, Function::Position | Function::Last);
        for (index, argument) in arguments.iter().enumerate() {
            match function.parameter(index) {
                Parameter::Nodes => check::nodes(argument, &format!("`{name}`"))?,
                Parameter::Items => check::items(argument, &format!("`{name}`"))?,
                Parameter::Condition => check::condition(argument)?,
                Parameter::Pattern | Parameter::Flags if !matches!(argument.kind, Kind::Literal(_)) => {
                    let message = "a regular expression and its flags must be written as strings";
                    return Err(Error::new(Code::RegexSyntax, argument.span.clone(), message));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The compiled regular expression of `matches`, `replace` and `tokenize`.
fn pattern(function: Function, arguments: &[Ast]) -> Result<Option<Regexp>, Error> {
    let literal = |wanted: Parameter| {
        arguments.iter().enumerate().find_map(|(index, argument)| match &argument.kind {
            Kind::Literal(text) if function.parameter(index) == wanted => Some((text.as_ref(), &argument.span)),
            _ => None,
        })
    };
    let Some((text, span)) = literal(Parameter::Pattern) else { return Ok(None) };
    let wanted = match function {
        Function::Replace => Wanted::Groups,
        Function::Tokenize => Wanted::Place,
        _ => Wanted::Nothing,
    };
    let mut options = Options { wanted, ..Options::default() };
    if let Some((flags, span)) = literal(Parameter::Flags) {
        for flag in flags.chars() {
            match flag {
                'i' => options.case_insensitive = true,
                'm' => options.multi_line = true,
                's' => options.dot_matches_new_line = true,
                'x' => options.ignore_white_space = true,
                _ => {
                    let message = format!("`{flag}` is no flag of a regular expression; they are `i`, `m`, `s`, `x`");
                    return Err(Error::new(Code::RegexSyntax, span.clone(), message));
                }
            }
        }
    }
    let regex = Regexp::compile(text, &options)
        .map_err(|error| Error::new(Code::RegexSyntax, span.clone(), error.to_string()))?;
    if function != Function::Matches && regex.is_match("") {
        let name = function.signature().name;
        let message = format!("the pattern of `{name}` matches the empty string, so there would be no end of matches");
        return Err(Error::new(Code::FunctionValue, span.clone(), message));
    }
    if let (Function::Replace, Some(Ast { kind: Kind::Literal(text), span, .. })) = (function, arguments.get(2)) {
        Replacement::parse(text, regex.groups())
            .map_err(|message| Error::new(Code::FunctionValue, span.clone(), message))?;
    }
    Ok(Some(regex))
}
