//! What begins with `<!` and `<?`, and the text between.

use memchr::memmem;

use crate::diagnostic::Code;
use crate::xml::ParseError;
use crate::xml::arena::{Flags, Node, index};
use crate::xml::escape::{is_name_char, is_name_start, is_space};
use crate::xml::names::NO_NAMESPACE;
use crate::xpath::Kind;

use super::{Parsed, Parser, reference};

impl<'i> Parser<'i, '_> {
    /// `Comment`, `CDSect`; a DOCTYPE is refused.
    #[cold]
    pub(super) fn declaration(&mut self) -> Parsed<()> {
        let start = self.at;
        let rest = self.bytes.get(start..).unwrap_or_default();
        if rest.starts_with(b"<!--") {
            self.comment(start)
        } else if rest.starts_with(b"<![CDATA[") {
            self.section(start)
        } else if rest.starts_with(b"<!DOCTYPE") {
            let doctype = ParseError::new(Code::XmlDoctype, start, "a DOCTYPE is not allowed");
            Err(Box::new(doctype.help("libvirt writes none: remove it, and write what its entities stand for")))
        } else {
            Err(self.wrong(start, "`<!` must begin a comment, `<!--`, or a CDATA section, `<![CDATA[`"))
        }
    }

    /// `Comment ::= '<!--' ((Char - '-') | ('-' (Char - '-')))* '-->'`
    fn comment(&mut self, start: usize) -> Parsed<()> {
        self.flush_text(start)?;
        let hyphens = self.behind(start + 4, b"--").ok_or_else(|| self.endless(start, "comment", "-->"))?;
        if self.bytes.get(hyphens) != Some(&b'>') {
            let wrong = self.wrong(hyphens - 2, "a comment cannot hold `--`, only end with `-->`");
            return Err(Box::new(wrong.related(start..start + 4, "the comment begins here")));
        }
        self.leaf(Kind::Comment, start, hyphens + 1)?;
        Ok(())
    }

    /// `CDSect ::= '<![CDATA[' (Char* - (Char* ']]>' Char*)) ']]>'`. It is a part of the text around it.
    fn section(&mut self, start: usize) -> Parsed<()> {
        if self.depth == 0 {
            self.outside(start)?;
            return Err(self.not_outside(start));
        }
        self.character_data(self.data_start, start)?;
        self.at = self.behind(start + 9, b"]]>").ok_or_else(|| self.endless(start, "CDATA section", "]]>"))?;
        self.data_start = self.at;
        Ok(())
    }

    /// `CharData ::= [^<&]* - ([^<&]* ']]>' [^<&]*)`, and references
    pub(super) fn character_data(&self, start: usize, end: usize) -> Parsed<()> {
        let data = self.bytes.get(start..end).unwrap_or_default();
        let section_end = if self.survey.section_ends { memmem::find(data, b"]]>") } else { None };
        if self.survey.references {
            reference::check(self.text, start, section_end.map_or(end, |at| start + at))?;
        }
        match section_end {
            Some(at) => Err(Box::new(
                self.wrong(start + at, "`]]>` ends a CDATA section, and cannot stand in other text")
                    .help("write `]]&gt;`"),
            )),
            None => Ok(()),
        }
    }

    /// `PI ::= '<?' PITarget (S (Char* - (Char* '?>' Char*)))? '?>'`
    #[cold]
    pub(super) fn instruction(&mut self) -> Parsed<()> {
        let start = self.at;
        self.flush_text(start)?;
        let name = self.target(start + 2)?;
        let behind = start + 2 + name.len();
        match self.bytes.get(behind) {
            None => {}
            Some(b'?') if self.bytes.get(behind + 1) == Some(&b'>') => {}
            Some(&byte) if is_space(byte) => {}
            Some(b':') => return Err(self.wrong(behind, "the target of a processing instruction cannot have a colon")),
            Some(_) => {
                let message = format!("expected white space or `?>` behind the target, found {}", self.found(behind));
                return Err(self.wrong(behind, message));
            }
        }
        if name == "xml" {
            return Err(self.wrong(start, "an XML declaration can only stand at the very beginning"));
        }
        if name.eq_ignore_ascii_case("xml") {
            return Err(self.wrong(start + 2, format!("the target `{name}` is reserved")));
        }
        let end = self.behind(behind, b"?>").ok_or_else(|| self.endless(start, "processing instruction", "?>"))?;
        let number = self.names.add(name.into(), 0, NO_NAMESPACE);
        let node = self.leaf(Kind::ProcessingInstruction, start, end)?;
        if let Some(node) = self.arena.arrays.nodes.get_mut(node as usize) {
            node.name = number;
        }
        Ok(())
    }

    /// `NCName`, as no target has a colon (Namespaces in XML 1.0, section 7)
    fn target(&self, start: usize) -> Parsed<&'i str> {
        let rest = self.text.get(start..).unwrap_or_default();
        if !rest.starts_with(is_name_start) {
            return Err(self.no_name(start, true));
        }
        Ok(&rest[..rest.find(|character| !is_name_char(character)).unwrap_or(rest.len())])
    }

    fn leaf(&mut self, kind: Kind, start: usize, end: usize) -> Parsed<u32> {
        self.at = end;
        (self.text_start, self.data_start) = (end, end);
        self.append(Node::new(kind, Flags::NEW, index(start), index(end)))
    }

    /// The byte behind the next `close`.
    fn behind(&self, from: usize, close: &[u8]) -> Option<usize> {
        let rest = self.bytes.get(from..)?;
        memmem::find(rest, close).map(|found| from + found + close.len())
    }
}
