//! The allow list: which images may stand in `hookSidecars`, and what an entry with one may ask for beside it.
//!
//! ```text
//! # A comment; entries stand on lines of their own or between commas, as in Harvester's setting.
//! registry.example/virt-patch-sidecar:v1                     this tag
//! registry.example/virt-patch-sidecar@sha256:4b8f…           this content
//! registry.example/virt-patch-sidecar:*                      every tag and digest of this name
//! registry.example/kubevirt/*                                every name below
//! quay.io/kubevirt/sidecar-shim:v1.5.0 command hookPath      and fields that others may not have
//! registry.example/team/* policy=builtin:restricted          virt-patch's sidecar, if its `args` name this policy
//! ```

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::source::{Location, Source};

use super::reference::Reference;
use super::required::RequiredPolicy;

/// What an entry of `hookSidecars` may have only where the list says so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// `command`: another program than the image's own.
    Command,
    /// `hookPath`: a ConfigMap's key anywhere in the container.
    HookPath,
    /// `pvc`: a claim in the container, and in virt-launcher's.
    Claim,
    /// `field=NAME`: a field that this release does not know.
    Field(String),
}

/// The words of the list for them.
const WORDS: [(&str, Permission); 3] =
    [("command", Permission::Command), ("hookPath", Permission::HookPath), ("pvc", Permission::Claim)];
/// What begins the word for a field of another name.
const FIELD: &str = "field=";
/// What begins the word for a policy that the arguments must name.
const POLICY: &str = "policy=";

/// The most entries of a list.
const ENTRIES: usize = 10_000;

/// A list of images that may run beside a VM. The empty list allows none.
#[derive(Debug, Clone, Default)]
pub struct AllowList {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    /// As it is written, for messages.
    text: String,
    image: Pattern,
    permissions: BTreeSet<Permission>,
    policies: BTreeSet<RequiredPolicy>,
}

/// Which references an entry means.
#[derive(Debug, Clone)]
enum Pattern {
    /// Of this name, by this tag and no digest: with a digest a runtime passes over the tag.
    Tag { name: String, tag: String },
    /// Of this name, by this digest; the tag, where both have one, is the same.
    Digest { name: String, tag: Option<String>, digest: String },
    /// Of this name.
    Name(String),
    /// Of a name that begins so; it ends with `/`.
    Below(String),
}

impl AllowList {
    /// Reads a list.
    ///
    /// # Errors
    /// Every entry that is wrong, at its place: `image-reference`, `allow-list`.
    pub fn parse(source: &Arc<Source>) -> Result<Self, Vec<Diagnostic>> {
        let (mut entries, mut problems) = (Vec::new(), Vec::new());
        for (start, item) in items(source.text()) {
            match Entry::parse(item) {
                Ok(entry) => entries.push(entry),
                Err(fault) => {
                    let (at, length) = (start + fault.offset, fault.length);
                    let problem =
                        Diagnostic::error(fault.code, fault.message).at(Location::new(source, at..at + length));
                    problems.push(Diagnostic { help: fault.help, ..problem });
                }
            }
        }
        if entries.len() > ENTRIES {
            let message = format!("the allow list has {} entries, and at most {ENTRIES} are read", entries.len());
            let help = "name what they have in common: `registry.example/team/*`";
            problems.push(Diagnostic::error(Code::AllowList, message).at(Location::new(source, 0..0)).help(help));
        }
        if problems.is_empty() { Ok(Self { entries }) } else { Err(problems) }
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it allows no image at all.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What an image may ask for beside itself, of all entries that mean it; `None` where none does. Nothing, where one of them
    /// requires a policy: each permission is a way around it.
    pub fn permissions(&self, image: &Reference) -> Option<BTreeSet<&Permission>> {
        let mut meant = self.meant(image).peekable();
        meant.peek()?;
        let permissions = meant.flat_map(|entry| &entry.permissions).collect();
        Some(if self.required_policies(image).is_empty() { permissions } else { BTreeSet::new() })
    }

    /// The policies of which the image's arguments must name one, of all entries that mean it. Where there are any the image is
    /// virt-patch's sidecar, whatever it is called.
    pub fn required_policies(&self, image: &Reference) -> BTreeSet<&RequiredPolicy> {
        self.meant(image).flat_map(|entry| &entry.policies).collect()
    }

    fn meant<'l>(&'l self, image: &Reference) -> impl Iterator<Item = &'l Entry> {
        self.entries.iter().filter(|entry| entry.image.is(image))
    }

    /// The first entry that is about the same repository, or one that is spelled much like it: what was meant, perhaps.
    pub(super) fn near(&self, image: &Reference) -> Option<&str> {
        let same_base = |entry: &&Entry| entry.image.base_name() == Some(image.base_name());
        let entry = self.entries.iter().find(|entry| entry.image.name() == Some(image.name()));
        let entry = entry.or_else(|| self.entries.iter().find(same_base));
        entry.map(|entry| entry.text.as_str())
    }
}

/// What is wrong with an entry: where in it, and how many bytes.
struct Fault {
    code: Code,
    message: String,
    help: Option<String>,
    offset: usize,
    length: usize,
}

impl Entry {
    fn parse(item: &str) -> Result<Self, Fault> {
        let (image, mut rest) = item.split_at(item.find(char::is_whitespace).unwrap_or(item.len()));
        let pattern = Pattern::parse(image)?;
        let (mut permissions, mut policies) = (BTreeSet::new(), BTreeSet::new());
        loop {
            rest = rest.trim_start();
            let Some(word) = rest.split_whitespace().next() else { break };
            let offset = item.len() - rest.len();
            match word.strip_prefix(POLICY) {
                Some(name) => {
                    _ = policies.insert(RequiredPolicy::parse(name).map_err(|why| wrong_policy(word, why, offset))?)
                }
                None => _ = permissions.insert(permission(word).ok_or_else(|| unknown_word(word, offset))?),
            }
            rest = &rest[word.len()..];
        }
        if !permissions.is_empty() && !policies.is_empty() {
            return Err(Fault {
                code: Code::AllowList,
                message: format!("`{image}` must name a policy, and may ask for what leads around it"),
                help: Some(
                    "leave the words other than `policy=` out; they count for no image that must name a policy"
                        .to_owned(),
                ),
                offset: 0,
                length: item.len(),
            });
        }
        Ok(Self { text: image.to_owned(), image: pattern, permissions, policies })
    }
}

fn wrong_policy(word: &str, why: String, offset: usize) -> Fault {
    let message = format!("`{}` requires what cannot be held to: {why}", word.escape_debug());
    let help = "`policy=builtin:restricted`, or the absolute path of a policy that the image holds: `policy=/etc/policies/tenants.yaml`";
    Fault { code: Code::AllowList, message, help: Some(help.to_owned()), offset, length: word.len() }
}

fn permission(word: &str) -> Option<Permission> {
    let known = WORDS.iter().find(|(known, _)| *known == word).map(|(_, permission)| permission.clone());
    let field = || word.strip_prefix(FIELD).filter(|name| !name.is_empty());
    known.or_else(|| field().map(|name| Permission::Field(name.to_owned())))
}

fn unknown_word(word: &str, offset: usize) -> Fault {
    let help = match nearest(word, WORDS.iter().map(|(word, _)| *word)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            "behind an image may stand command, hookPath, pvc, field=NAME and policy=NAME; a second image needs a comma or a line"
                .to_owned()
        }
    };
    let message = format!("`{}` is nothing that the allow list can permit or require", word.escape_debug());
    Fault { code: Code::AllowList, message, help: Some(help), offset, length: word.len() }
}

impl Pattern {
    fn parse(text: &str) -> Result<Self, Fault> {
        let fault = |code, message: String, help: Option<&str>| Fault {
            code,
            message,
            help: help.map(ToOwned::to_owned),
            offset: 0,
            length: text.len(),
        };
        let read = |reference: &str| {
            Reference::parse(reference).map_err(|wrong| {
                fault(Code::ImageReference, format!("the image `{}` {wrong}", text.escape_debug()), None)
            })
        };
        if let Some(prefix) = text.strip_suffix("/*").filter(|prefix| !prefix.contains('*')) {
            // What stands before the star must be the beginning of a name, and `name/x` is one then.
            let below = read(&format!("{prefix}/x"))?;
            return Ok(Self::Below(below.name[..below.name.len() - 1].to_owned()));
        }
        let name = text.strip_suffix(":*");
        if name.unwrap_or(text).contains('*') {
            let message = format!("`{}` has a `*` where none can stand", text.escape_debug());
            let help = "`name:*` is every tag of a name, `registry.example/team/*` every name below; no entry means all images";
            return Err(fault(Code::AllowList, message, Some(help)));
        }
        let reference = read(name.unwrap_or(text))?;
        if name.is_some() && (reference.tag.is_some() || reference.digest.is_some()) {
            let message = format!("`{text}` has a tag or digest and `:*`");
            return Err(fault(Code::AllowList, message, Some("leave one of them")));
        }
        Ok(match (name, reference.digest, reference.tag) {
            (Some(_), ..) => Self::Name(reference.name),
            (None, Some(digest), tag) => Self::Digest { name: reference.name, tag, digest },
            (None, None, tag) => {
                Self::Tag { name: reference.name, tag: tag.unwrap_or_else(|| super::reference::DEFAULT_TAG.to_owned()) }
            }
        })
    }

    fn is(&self, image: &Reference) -> bool {
        match self {
            Self::Tag { name, tag } => {
                image.name() == name && image.digest().is_none() && image.tag() == Some(tag.as_str())
            }
            Self::Digest { name, tag, digest } => {
                let tags_agree = || match (tag, image.tag()) {
                    (Some(tag), Some(other)) => tag == other,
                    _ => true,
                };
                image.name() == name && image.digest() == Some(digest.as_str()) && tags_agree()
            }
            Self::Name(name) => image.name() == name,
            Self::Below(prefix) => image.name().starts_with(prefix.as_str()),
        }
    }

    fn name(&self) -> Option<&str> {
        match self {
            Self::Tag { name, .. } | Self::Digest { name, .. } | Self::Name(name) => Some(name),
            Self::Below(_) => None,
        }
    }

    fn base_name(&self) -> Option<&str> {
        self.name().and_then(|name| name.rsplit('/').next())
    }
}

/// The entries of a text, each with the byte where it begins: between commas and ends of lines, less comments.
fn items(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line))
    });
    lines.flat_map(|(start, line)| {
        let line = line.split('#').next().unwrap_or_default();
        let parts = line.split(',').scan(start, |at, part| {
            let start = *at;
            *at += part.len() + 1;
            Some((start + part.len() - part.trim_start().len(), part.trim()))
        });
        parts.filter(|(_, part)| !part.is_empty())
    })
}
