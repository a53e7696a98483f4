//! What a user-data text is.
//!
//! cloud-init decides by how the text begins, white space and case aside
//! (`cloudinit/handlers/__init__.py`); Windows guests (cloudbase-init) and Ignition have forms of their own.

/// A form of user data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Nothing, or white space.
    Empty,
    /// `#cloud-config`: YAML that modules read. The only form that can be edited as a document.
    CloudConfig,
    /// A form that is something else: what it is, in words.
    Other(&'static str),
    /// YAML or JSON without the header that makes it a cloud-config; cloud-init ignores it.
    NoHeader,
    /// A cloud-config header that something stands before; cloud-init does not see it.
    LateHeader,
}

/// Beginnings, lower case; of two that fit the longer one counts, so it stands first.
const BEGINNINGS: [(&str, Form); 23] = [
    ("#cloud-config-archive", Form::Other("a cloud-config archive (#cloud-config-archive)")),
    ("#cloud-config-jsonp", Form::Other("a JSON patch for cloud-init (#cloud-config-jsonp)")),
    ("#cloud-config", Form::CloudConfig),
    ("#cloud-boothook", Form::Other("a boot hook (#cloud-boothook)")),
    ("#include-once", Form::Other("a list of URLs (#include-once)")),
    ("#include", Form::Other("a list of URLs (#include)")),
    ("#part-handler", Form::Other("a part handler (#part-handler)")),
    ("#upstart-job", Form::Other("an Upstart job (#upstart-job)")),
    ("#!", Form::Other("a script (#!)")),
    ("## template: jinja", Form::Other("a Jinja template (## template: jinja)")),
    ("#ps1", Form::Other("a PowerShell script (#ps1)")),
    ("<powershell>", Form::Other("a PowerShell script (<powershell>)")),
    ("rem cmd", Form::Other("a batch file (rem cmd)")),
    ("<script>", Form::Other("a batch file (<script>)")),
    ("content-type:", Form::Other("a MIME message")),
    ("mime-version:", Form::Other("a MIME message")),
    ("from: ", Form::Other("a MIME message")),
    ("from nobody", Form::Other("a MIME message")),
    // What base64 makes of `#cloud-config`, `#!/`, gzip's magic and `MIME`, lower case like the rest.
    ("i2nsb3vklwnvbmzpz", Form::Other("base64-encoded")),
    ("iyev", Form::Other("base64-encoded")),
    ("h4siaaa", Form::Other("gzip-compressed and base64-encoded")),
    ("tulnrs1", Form::Other("base64-encoded")),
    ("\u{1f}", Form::Other("gzip-compressed")),
];

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
        return Form::Other("an Ignition configuration");
    }
    let late =
        text.lines().map(|line| line.trim_start_matches('\u{feff}')).any(|line| starts_with(line, "#cloud-config"));
    if late { Form::LateHeader } else { Form::NoHeader }
}

fn starts_with(text: &str, beginning: &str) -> bool {
    text.get(..beginning.len()).is_some_and(|start| start.eq_ignore_ascii_case(beginning))
}

/// `{"ignition": {…}, …}`, its members in any order.
fn is_ignition(text: &str) -> bool {
    text.starts_with('{')
        && serde_json::from_str::<serde_json::Value>(text).is_ok_and(|value| value.get("ignition").is_some())
}
