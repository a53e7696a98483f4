//! The words for what is wrong: what was found, what was expected, what to do.

use crate::diagnostic::Code;
use crate::xml::ParseError;
use crate::xpath::Kind;

use super::Parser;
use super::scan::{self, Written};

impl Parser<'_, '_> {
    /// Not well-formed at this byte.
    #[cold]
    pub(super) fn wrong(&self, at: usize, message: impl Into<String>) -> Box<ParseError> {
        Box::new(ParseError::new(Code::XmlSyntax, at, message))
    }

    /// More than the limits allow.
    #[cold]
    pub(super) fn too_many(&self, message: impl Into<String>) -> Box<ParseError> {
        Box::new(ParseError::new(Code::XmlLimit, self.at, message))
    }

    /// What stands at a byte, for a message.
    pub(super) fn found(&self, at: usize) -> String {
        match self.text.get(at..).and_then(|rest| rest.chars().next()) {
            Some(' ') => "a space".to_owned(),
            Some(character) => format!("`{}`", character.escape_debug()),
            None => "the end of the text".to_owned(),
        }
    }

    fn written(&self, name: Written) -> &str {
        self.text.get(name.start..name.end).unwrap_or_default()
    }

    /// What is neither white space, comment nor processing instruction, beside the root element.
    #[cold]
    pub(super) fn not_outside(&self, at: usize) -> Box<ParseError> {
        let found = self.found(at);
        if self.rooted {
            self.wrong(
                at,
                format!("only comments and processing instructions can follow the root element, found {found}"),
            )
        } else {
            self.wrong(at, format!("expected the root element, found {found}"))
        }
    }

    /// `document ::= prolog element Misc*`: there is one root element.
    #[cold]
    pub(super) fn begin_root(&mut self, start: usize) -> Result<(), Box<ParseError>> {
        if self.rooted {
            let second = self.wrong(start, "a document has one root element, this is a second one");
            let mut elements = (0..).zip(&self.arena.arrays.nodes).filter(|(_, node)| node.kind == Kind::Element);
            let root = elements.next().and_then(|(root, _)| self.start_tag_of(root));
            return Err(match root {
                Some(span) => Box::new(second.related(span, "the root element")),
                None => second,
            });
        }
        self.rooted = true;
        Ok(())
    }

    /// `<name` of an element.
    fn start_tag_of(&self, element: u32) -> Option<std::ops::Range<usize>> {
        let node = self.arena.node(element);
        let name = self.names.get(node.name)?.qualified();
        let start = node.start as usize;
        Some(start..start + 1 + name.len())
    }

    /// An element that the text's end leaves open.
    #[cold]
    pub(super) fn unclosed(&self) -> Box<ParseError> {
        let name = self.names.get(self.arena.node(self.open).name).map_or("", |name| name.qualified());
        self.mismatch(self.bytes.len(), format!("expected `</{name}>`, found the end of the text"))
    }

    /// An end tag that does not end the innermost element.
    #[cold]
    pub(super) fn wrong_end_tag(&self, start: usize) -> Box<ParseError> {
        let open = self.names.get(self.arena.node(self.open).name).map_or("", |name| name.qualified());
        let name = scan::name(self.bytes, start + 2);
        let written = self.written(name);
        if written.is_empty() {
            return self.mismatch(start, format!("expected `</{open}>`, found `</` and {}", self.found(name.end)));
        }
        if written != open {
            return self.mismatch(start, format!("expected `</{open}>`, found `</{written}>`"));
        }
        self.wrong(self.at, format!("expected `>` behind `</{open}`, found {}", self.found(self.at)))
    }

    fn mismatch(&self, at: usize, message: String) -> Box<ParseError> {
        let wrong = self.wrong(at, message);
        match self.start_tag_of(self.open) {
            Some(span) => Box::new(wrong.related(span, "opened")),
            None => wrong,
        }
    }

    /// What can stand neither in a name nor behind it.
    #[cold]
    pub(super) fn no_name(&self, at: usize, begins: bool) -> Box<ParseError> {
        let found = self.found(at);
        if !begins {
            return self.wrong(at, format!("a name cannot hold {found}"));
        }
        let wrong = self.wrong(at, format!("expected a name, found {found}"));
        let before = at.checked_sub(1).and_then(|before| self.bytes.get(before));
        if before == Some(&b'<') { Box::new(wrong.help("write `&lt;` where `<` begins no tag")) } else { wrong }
    }

    /// What a start tag cannot go on with; `start` is its `<`.
    #[cold]
    pub(super) fn wrong_in_tag(&self, start: usize) -> Box<ParseError> {
        let name = scan::name(self.bytes, start + 1);
        let found = self.found(self.at);
        let wrong = match self.bytes.get(self.at) {
            None => self.wrong(self.at, format!("expected `>`, found {found}")),
            Some(b'/') => {
                self.wrong(self.at + 1, format!("expected `>` behind `/`, found {}", self.found(self.at + 1)))
            }
            Some(_) => self.wrong(self.at, format!("expected white space, `/>` or `>`, found {found}")),
        };
        Box::new(wrong.related(start..name.end, "the tag begins here"))
    }

    /// An attribute without `=`.
    #[cold]
    pub(super) fn no_value(&self, name: Written) -> Box<ParseError> {
        if let Err(problem) = self.check_name(name) {
            return problem;
        }
        let written = self.written(name);
        let message = format!("expected `=` behind the attribute `{written}`, found {}", self.found(self.at));
        Box::new(self.wrong(self.at, message).help(format!("every attribute has a value: `{written}=\"…\"`")))
    }

    /// An attribute whose value does not begin with a quote.
    #[cold]
    pub(super) fn no_quote(&self, name: Written) -> Box<ParseError> {
        if let Err(problem) = self.check_name(name) {
            return problem;
        }
        let found = self.found(self.at);
        let message = format!("the value of `{}` must begin with a quote, found {found}", self.written(name));
        self.wrong(self.at, message)
    }

    /// A value that a `<` or the text's end cuts off.
    #[cold]
    pub(super) fn no_closing_quote(&self, name: Written, value: usize, found: Option<usize>) -> Box<ParseError> {
        if let Err(problem) = self.check_name(name) {
            return problem;
        }
        let written = self.written(name);
        let wrong = match found {
            Some(at) => {
                let wrong = self.wrong(at, format!("`<` cannot stand in the value of the attribute `{written}`"));
                wrong.help("write `&lt;`, or close the value with its quote")
            }
            None => {
                let end = self.bytes.len();
                *self.wrong(end, format!("the value of the attribute `{written}` has no closing quote"))
            }
        };
        Box::new(wrong.related(value - 1..value, "the value begins here"))
    }

    /// A second attribute of one name.
    #[cold]
    pub(super) fn twice(&self, name: Written, first: usize) -> Box<ParseError> {
        let wrong = self.wrong(name.start, format!("the attribute `{}` stands twice in one tag", self.written(name)));
        match self.arena.arrays.attributes.get(first) {
            Some(first) => Box::new(wrong.related(first.start as usize..first.end as usize, "the first one")),
            None => wrong,
        }
    }

    /// A comment, CDATA section or processing instruction without end.
    #[cold]
    pub(super) fn endless(&self, start: usize, what: &str, close: &str) -> Box<ParseError> {
        self.wrong(start, format!("this {what} has no end: expected `{close}`, found the end of the text"))
    }

    /// A prefix that nothing declares.
    #[cold]
    pub(super) fn undeclared(&self, name: Written, prefix: &str) -> Box<ParseError> {
        if prefix == "xmlns" {
            return self.wrong(name.start, "an element cannot have the prefix `xmlns`");
        }
        let message = format!("the prefix `{prefix}` is not declared");
        let undeclared = ParseError::new(Code::UnknownPrefix, name.start, message);
        Box::new(undeclared.help(format!("declare it on the root element: `xmlns:{prefix}=\"…\"`")))
    }
}
