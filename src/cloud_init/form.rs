//! What a user-data text is.
//!
//! cloud-init decides by how the text begins, white space and case aside
//! (`cloudinit/handlers/__init__.py`); Windows guests (cloudbase-init) and Ignition have forms of their own.

/// A form of user data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Nothing, or white space.
    Empty,
    /// `#cloud-config`: YAML that modules read.
    CloudConfig,
    /// A MIME message (RFC 2045), whose parts have forms of their own.
    Mime,
    /// Ignition's JSON.
    Ignition,
    /// A form that cannot be edited as a document.
    Other {
        /// What it is, in words and with an article.
        what: &'static str,
        /// What cloud-init calls it as a part of a MIME message; `None` for what cloud-init does not read.
        content_type: Option<&'static str>,
    },
    /// YAML or JSON without the header that makes it a cloud-config; cloud-init ignores it.
    NoHeader,
    /// A cloud-config header that something stands before; cloud-init does not see it.
    LateHeader,
}

impl Form {
    /// What cloud-init calls a text of this form as a part of a MIME message.
    pub const fn content_type(self) -> Option<&'static str> {
        match self {
            Self::CloudConfig => Some("text/cloud-config"),
            Self::Other { content_type, .. } => content_type,
            _ => None,
        }
    }
}

const fn part(what: &'static str, content_type: &'static str) -> Form {
    Form::Other { what, content_type: Some(content_type) }
}

const fn foreign(what: &'static str) -> Form {
    Form::Other { what, content_type: None }
}

/// Beginnings, lower case; of two that fit the longer one counts, so it stands first.
const BEGINNINGS: [(&str, Form); 19] = [
    ("#cloud-config-archive", part("a cloud-config archive (#cloud-config-archive)", "text/cloud-config-archive")),
    ("#cloud-config-jsonp", part("a JSON patch for cloud-init (#cloud-config-jsonp)", "text/cloud-config-jsonp")),
    ("#cloud-config", Form::CloudConfig),
    ("#cloud-boothook", part("a boot hook (#cloud-boothook)", "text/cloud-boothook")),
    ("#include-once", part("a list of URLs (#include-once)", "text/x-include-once-url")),
    ("#include", part("a list of URLs (#include)", "text/x-include-url")),
    ("#part-handler", part("a part handler (#part-handler)", "text/part-handler")),
    ("#upstart-job", part("an Upstart job (#upstart-job)", "text/upstart-job")),
    ("#!", part("a script (#!)", "text/x-shellscript")),
    ("## template: jinja", part("a Jinja template (## template: jinja)", "text/jinja2")),
    ("#ps1", foreign("a PowerShell script (#ps1)")),
    ("<powershell>", foreign("a PowerShell script (<powershell>)")),
    ("rem cmd", foreign("a batch file (rem cmd)")),
    ("<script>", foreign("a batch file (<script>)")),
    // What base64 makes of `#cloud-config`, `#!/`, gzip's magic and `MIME`, lower case like the rest.
    ("i2nsb3vklwnvbmzpz", foreign("base64-encoded, which cloud-init does not decode here")),
    ("iyev", foreign("base64-encoded, which cloud-init does not decode here")),
    ("h4siaaa", foreign("gzip-compressed and base64-encoded, which cloud-init does not decode here")),
    ("tulnrs1", foreign("base64-encoded, which cloud-init does not decode here")),
    // KubeVirt hands user data over as JSON text, in which compressed bytes do not survive.
    ("\u{1f}", foreign("gzip-compressed, and does not survive KubeVirt's hooks")),
];

/// How far cloud-init looks for `MIME-Version:` (`cloudinit/user_data.py`, `convert_string`).
const MIME_REACH: usize = 4096;

/// What `text` is.
pub fn form(text: &str) -> Form {
    let begins = text.trim_start();
    if begins.is_empty() {
        return Form::Empty;
    }
    if let Some(&(_, form)) = BEGINNINGS.iter().find(|(beginning, _)| starts_with(begins, beginning)) {
        return form;
    }
    if is_ignition(begins) {
        return Form::Ignition;
    }
    if is_header_line(begins) && has_mime_version(text) {
        return if begins.len() == text.len() { Form::Mime } else { foreign("a MIME message that begins too late") };
    }
    if starts_with(begins, "content-type:") {
        return foreign("a MIME message without the header MIME-Version, so cloud-init does not read it as one");
    }
    let late =
        text.lines().map(|line| line.trim_start_matches('\u{feff}')).any(|line| starts_with(line, "#cloud-config"));
    if late { Form::LateHeader } else { Form::NoHeader }
}

/// Whether the text begins like an e-mail: with a header, or with the line `From …` that mailboxes have before it.
fn is_header_line(text: &str) -> bool {
    let name = text.split(':').next().unwrap_or_default();
    starts_with(text, "from ") || (name.len() < text.len() && name.bytes().all(|byte| byte.is_ascii_graphic()))
}

fn has_mime_version(text: &str) -> bool {
    let reach = text.len().min(MIME_REACH);
    let head = text.as_bytes().get(..reach).unwrap_or_default();
    head.windows(13).any(|window| window.eq_ignore_ascii_case(b"mime-version:"))
}

fn starts_with(text: &str, beginning: &str) -> bool {
    text.get(..beginning.len()).is_some_and(|start| start.eq_ignore_ascii_case(beginning))
}

/// `{"ignition": {…}, …}`, its members in any order.
fn is_ignition(text: &str) -> bool {
    text.starts_with('{')
        && serde_json::from_str::<serde_json::Value>(text).is_ok_and(|value| value.get("ignition").is_some())
}
