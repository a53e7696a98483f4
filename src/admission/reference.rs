//! Image references, by the grammar of the CNCF's `distribution/reference`, which container runtimes read them by.
//!
//! ```text
//! reference = name [":" tag] ["@" digest]
//! name      = [host [":" port] "/"] component *("/" component)
//! component = alnum *(separator alnum)          ; alnum: a-z 0-9, separator: "." "_" "__" or hyphens
//! tag       = (letter | digit | "_") 0*127(letter | digit | "_" | "." | "-")
//! digest    = "sha256:" 64hex | "sha512:" 128hex
//! ```
//!
//! Nothing is filled in but the tag: `team/app` is Docker Hub's to containerd and whatever its administrator configured to
//! CRI-O, so it is neither `docker.io/team/app` here nor the other way round. Upper case in a host, which
//! the grammar has, is refused: two spellings of one host would be two names.

use std::fmt;

/// The longest name, its host included.
const NAME: usize = 255;
/// The longest tag.
const TAG: usize = 128;
/// What a reference without tag and digest means to every runtime.
pub(super) const DEFAULT_TAG: &str = "latest";
/// Digest algorithms with the length of their hexadecimal text.
const DIGESTS: [(&str, usize); 2] = [("sha256", 64), ("sha512", 128)];

/// An image as a pod names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub(super) name: String,
    pub(super) tag: Option<String>,
    pub(super) digest: Option<String>,
}

impl Reference {
    /// Reads a reference.
    ///
    /// # Errors
    /// What is wrong and what the grammar wants, in words for a message that already names the reference.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("is empty".to_owned());
        }
        if let Some(odd) = text.chars().find(|c| !c.is_ascii_graphic()) {
            return Err(format!("holds the character {}, and names, tags and digests are plain ASCII", shown(odd)));
        }
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        // A colon before the last slash is a port's.
        let path = rest.rfind('/').map_or(0, |slash| slash + 1);
        let (name, tag) = match rest[path..].rfind(':') {
            Some(colon) => (&rest[..path + colon], Some(&rest[path + colon + 1..])),
            None => (rest, None),
        };
        check_name(name)?;
        tag.map_or(Ok(()), check_tag)?;
        digest.map_or(Ok(()), check_digest)?;
        Ok(Self { name: name.to_owned(), tag: tag.map(ToOwned::to_owned), digest: digest.map(ToOwned::to_owned) })
    }

    /// The name as written: host, port and path, without tag and digest.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The tag; where there is neither tag nor digest, `latest`.
    pub fn tag(&self) -> Option<&str> {
        match (&self.tag, &self.digest) {
            (None, None) => Some(DEFAULT_TAG),
            (tag, _) => tag.as_deref(),
        }
    }

    /// The digest, `sha256:…`. Runtimes pull by it and pass over the tag.
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// The last part of the name: `virt-patch-sidecar` of `registry.example:5000/team/virt-patch-sidecar`.
    pub fn base_name(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

fn check_name(name: &str) -> Result<(), String> {
    if name.len() > NAME {
        return Err(format!("has a name of {} characters, and at most {NAME} are allowed", name.len()));
    }
    let mut components = name.split('/');
    if let Some((first, _)) = name.split_once('/')
        && is_host(first)
    {
        check_host(first)?;
        components.next();
    }
    let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if name.len() == 64 && name.bytes().all(is_hex) {
        return Err("is an image's id, and a registry knows images by name".to_owned());
    }
    components.try_for_each(check_component)
}

/// Whether the first part of a name is a host and not a part of the path.
fn is_host(first: &str) -> bool {
    first == "localhost" || first.contains(['.', ':']) || first.bytes().any(|byte| byte.is_ascii_uppercase())
}

fn check_host(text: &str) -> Result<(), String> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(format!("has upper case in its registry `{text}`; write `{}`", text.to_ascii_lowercase()));
    }
    let (host, port) = match text.strip_prefix('[') {
        Some(bracketed) => {
            let (address, rest) =
                bracketed.split_once(']').ok_or_else(|| format!("has a `[` without `]` in its registry `{text}`"))?;
            if address.parse::<std::net::Ipv6Addr>().is_err() {
                return Err(format!("has `{address}` in brackets, which is no IPv6 address"));
            }
            if !rest.is_empty() && !rest.starts_with(':') {
                return Err(format!("has `{rest}` behind its registry's address, where only a port can stand"));
            }
            (None, rest.strip_prefix(':'))
        }
        None => match text.split_once(':') {
            Some((host, port)) => (Some(host), Some(port)),
            None => (Some(text), None),
        },
    };
    let is_label = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty() && !label.starts_with('-') && !label.ends_with('-') && label.bytes().all(inner)
    };
    if host.is_some_and(|host| !host.split('.').all(is_label)) {
        return Err(format!("has the registry `{text}`, which is no host name"));
    }
    let is_port =
        |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|n| n > 0);
    match port.filter(|port| !is_port(port)) {
        Some(port) => Err(format!("has `{port}` where the registry's port belongs")),
        None => Ok(()),
    }
}

fn check_component(component: &str) -> Result<(), String> {
    if component.is_empty() {
        return Err("has an empty part in its name".to_owned());
    }
    if component.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(format!("has upper case in `{component}`, and names are in small letters"));
    }
    let wrong = || {
        format!(
            "has `{component}` in its name, which is not small letters and digits with `.`, `_` or `-` between them"
        )
    };
    let is_alnum = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let mut rest = component;
    loop {
        let word = rest.trim_start_matches(is_alnum);
        if word.len() == rest.len() {
            return Err(wrong());
        }
        if word.is_empty() {
            return Ok(());
        }
        let separator = word.find(is_alnum).ok_or_else(wrong)?;
        let hyphens = word[..separator].bytes().all(|byte| byte == b'-');
        if !hyphens && !matches!(&word[..separator], "." | "_" | "__") {
            return Err(wrong());
        }
        rest = &word[separator..];
    }
}

fn check_tag(tag: &str) -> Result<(), String> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let begins = tag.bytes().next().is_some_and(is_word);
    if begins && tag.len() <= TAG && tag.bytes().all(|byte| is_word(byte) || matches!(byte, b'.' | b'-')) {
        return Ok(());
    }
    Err(match tag {
        "" => "ends with `:`, where a tag belongs".to_owned(),
        _ if tag.len() > TAG => format!("has a tag of {} characters, and at most {TAG} are allowed", tag.len()),
        _ => format!("has the tag `{tag}`, and a tag is letters, digits, `_`, and after the first also `.` and `-`"),
    })
}

fn check_digest(digest: &str) -> Result<(), String> {
    let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let known = digest
        .split_once(':')
        .is_some_and(|(algorithm, hex)| DIGESTS.contains(&(algorithm, hex.len())) && hex.bytes().all(is_hex));
    if known {
        Ok(())
    } else {
        Err("has a digest that is not `sha256:` and 64 hexadecimal digits in small letters".to_owned())
    }
}

/// A character that does not show, as its code point.
fn shown(c: char) -> String {
    match c {
        ' ' => "space".to_owned(),
        c => format!("U+{:04X}", u32::from(c)),
    }
}
