//! Both messages of `PreCloudInitIso`, kept consistent with each other.

use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::document::{DocumentKind, read_yaml, write_yaml};
use super::metadata::{self, CONFIG_DRIVE_METADATA, NO_CLOUD_METADATA};
use super::user_data::{self, HEADER};
use super::{part, refusal};
use crate::diagnostic::{Code, Diagnostic};
use crate::json::kind as kind_of;

/// gRPC carries no more to a hook.
const MAX_BYTES: usize = 4 << 20;

/// What KubeVirt hands to the hook, and what it gets back.
///
/// The text in the JSON is the truth; a document is parsed from it when it is first asked for. A clone
/// shares everything until it is changed, so a snapshot before a rule costs nothing.
#[derive(Debug, Clone)]
pub struct Envelope {
    input: Rc<Input>,
    /// `cloudInitData`; where only the older message came, what that message amounts to.
    data: Rc<Value>,
    user_data: Cached,
    network_data: Cached,
}

const USER_DATA: &str = "UserData";
const NETWORK_DATA: &str = "NetworkData";

/// The members of `cloudInitNoCloudSource` that hold a document: as text, and in base64. References
/// to Secrets are resolved by KubeVirt before a hook sees anything.
const NO_CLOUD_TEXTS: [(DocumentKind, &str, &str); 2] = [
    (DocumentKind::UserData, "userData", "userDataBase64"),
    (DocumentKind::NetworkData, "networkData", "networkDataBase64"),
];

type Cached = OnceCell<Result<Rc<Value>, Box<Diagnostic>>>;

/// The messages as they came.
#[derive(Debug)]
struct Input {
    cloud_init_data: Vec<u8>,
    no_cloud_source: Vec<u8>,
    data: Rc<Value>,
    no_cloud: Map<String, Value>,
}

impl Envelope {
    /// Reads both messages. KubeVirt sends `cloudInitData` since v1alpha2; where it is empty the
    /// documents are those of `cloudInitNoCloudSource`, and only that is answered.
    ///
    /// # Errors
    /// `cloud-init-syntax` where one is no JSON object or is larger than 4 MiB, or a text in it is no text.
    pub fn parse(cloud_init_data: &[u8], no_cloud_source: &[u8]) -> Result<Self, Box<Diagnostic>> {
        let no_cloud = object("cloudInitNoCloudSource", no_cloud_source)?.unwrap_or_default();
        let data = match object("cloudInitData", cloud_init_data)? {
            Some(data) => data,
            None => from_no_cloud(&no_cloud)?,
        };
        let data = Value::Object(data);
        check_texts(&data, Code::CloudInitSyntax)?;
        let data = Rc::new(data);
        let input = Input {
            cloud_init_data: cloud_init_data.to_vec(),
            no_cloud_source: no_cloud_source.to_vec(),
            data: Rc::clone(&data),
            no_cloud,
        };
        Ok(Self { input: Rc::new(input), data, user_data: OnceCell::new(), network_data: OnceCell::new() })
    }

    /// A document as it is now. Absent and empty ones are `{}`.
    ///
    /// # Errors
    /// `document-form` for user data that cannot be edited, `document-syntax` for what cannot be parsed.
    pub fn document(&self, kind: DocumentKind) -> Result<&Value, Box<Diagnostic>> {
        let cached = match kind {
            DocumentKind::CloudInitData => return Ok(&self.data),
            DocumentKind::MetaData => return self.metadata(),
            DocumentKind::UserData => &self.user_data,
            DocumentKind::NetworkData => &self.network_data,
        };
        let parsed = cached.get_or_init(|| {
            let text = self.text(kind);
            if kind == DocumentKind::UserData { user_data::read(text) } else { read_yaml(kind, text) }.map(Rc::new)
        });
        parsed.as_deref().map_err(Clone::clone)
    }

    /// Puts `value` in the place of a document. One that is equal to what is there changes nothing.
    ///
    /// # Errors
    /// `document-form` where the document cannot be edited, `document-syntax` where `value` cannot be
    /// one, `limit` where it cannot be written.
    pub fn set_document(&mut self, kind: DocumentKind, value: Value) -> Result<(), Box<Diagnostic>> {
        if *self.document(kind)? == value {
            return Ok(());
        }
        if !value.is_object() {
            let message = format!("{kind} must be an object, the rule makes it {}", kind_of(&value));
            return Err(refusal(Code::DocumentSyntax, message));
        }
        match kind {
            DocumentKind::CloudInitData => {
                check_texts(&value, Code::DocumentSyntax)?;
                metadata::check(&self.data, &value)?;
                let before = std::mem::replace(&mut self.data, Rc::new(value));
                if before.get(USER_DATA) != self.data.get(USER_DATA) {
                    self.user_data = OnceCell::new();
                }
                if before.get(NETWORK_DATA) != self.data.get(NETWORK_DATA) {
                    self.network_data = OnceCell::new();
                }
            }
            DocumentKind::MetaData => {
                let member = self.metadata_member();
                let mut whole = Rc::clone(&self.data);
                if let Value::Object(members) = Rc::make_mut(&mut whole) {
                    members.insert(member.to_owned(), value);
                }
                metadata::check(&self.data, &whole)?;
                self.data = whole;
            }
            DocumentKind::UserData => {
                let text = user_data::write(self.text(kind), &value)?;
                self.put(USER_DATA, Value::String(text));
                self.user_data = OnceCell::from(Ok(Rc::new(value)));
            }
            DocumentKind::NetworkData => {
                let text = write_yaml(kind, "", self.text(kind), &value)?;
                self.put(NETWORK_DATA, Value::String(text));
                self.network_data = OnceCell::from(Ok(Rc::new(value)));
            }
        }
        Ok(())
    }

    /// Adds a part to the user data, once; whether it was lacking.
    ///
    /// # Errors
    /// `document-form` where the user data can have no parts, `part-content` for a part that is not what its type
    /// says.
    pub fn add_part(&mut self, content_type: &str, content: &str) -> Result<bool, Box<Diagnostic>> {
        let Some(text) = part::add(self.text(DocumentKind::UserData), content_type, content)? else {
            return Ok(false);
        };
        self.put(USER_DATA, Value::String(text));
        self.user_data = OnceCell::new();
        Ok(true)
    }

    /// Whether anything is not as it came.
    pub fn is_changed(&self) -> bool {
        self.data != self.input.data
    }

    /// What came, before any change.
    pub(super) fn as_it_came(&self) -> Self {
        let (input, data) = (Rc::clone(&self.input), Rc::clone(&self.input.data));
        Self { input, data, user_data: OnceCell::new(), network_data: OnceCell::new() }
    }

    /// The answer: `cloudInitData` and `cloudInitNoCloudSource`. Both are the bytes that came where
    /// nothing changed. Else `UserData` is at least `#cloud-config`, because the launcher ignores an
    /// answer without user data, and the older message says the same as the newer one.
    pub fn finish(mut self) -> (Vec<u8>, Vec<u8>) {
        if !self.is_changed() {
            return (self.input.cloud_init_data.clone(), self.input.no_cloud_source.clone());
        }
        if self.text(DocumentKind::UserData).is_empty() {
            self.put(USER_DATA, HEADER.into());
        }
        let no_cloud = Value::Object(self.no_cloud()).to_string().into_bytes();
        let only_older = self.input.cloud_init_data.trim_ascii().is_empty() && !self.input.no_cloud.is_empty();
        let data = if only_older { Vec::new() } else { self.data.to_string().into_bytes() };
        (data, no_cloud)
    }

    /// `cloudInitNoCloudSource` with the texts as they are now, in the members that held them.
    fn no_cloud(&self) -> Map<String, Value> {
        let mut members = self.input.no_cloud.clone();
        for (kind, plain, base64) in NO_CLOUD_TEXTS {
            let text = self.text(kind);
            let encoded = members.get(base64).and_then(Value::as_str).is_some_and(|encoded| !encoded.is_empty());
            let is_plain = members.get(plain).and_then(Value::as_str).is_some_and(|plain| !plain.is_empty());
            if encoded {
                members.insert(base64.to_owned(), STANDARD.encode(text).into());
            }
            if is_plain || (!encoded && !text.is_empty()) {
                members.insert(plain.to_owned(), text.into());
            }
        }
        members
    }

    /// User data, or network configuration, as it is now.
    pub(super) fn text(&self, kind: DocumentKind) -> &str {
        let member = if kind == DocumentKind::UserData { USER_DATA } else { NETWORK_DATA };
        self.data.get(member).and_then(Value::as_str).unwrap_or_default()
    }

    fn put(&mut self, member: &str, value: Value) {
        if let Value::Object(members) = Rc::make_mut(&mut self.data) {
            members.insert(member.to_owned(), value);
        }
    }

    fn metadata(&self) -> Result<&Value, Box<Diagnostic>> {
        static EMPTY: LazyLock<Value> = LazyLock::new(|| Value::Object(Map::new()));
        let member = self.metadata_member();
        match self.data.get(member) {
            None | Some(Value::Null) => Ok(&EMPTY),
            Some(metadata @ Value::Object(_)) => Ok(metadata),
            Some(other) => {
                let message = format!("{member} in cloudInitData must be an object, this is {}", kind_of(other));
                Err(refusal(Code::DocumentSyntax, message))
            }
        }
    }

    /// The member of the data source in use.
    fn metadata_member(&self) -> &'static str {
        let config_drive = self.data.get("DataSource").and_then(Value::as_str) == Some("configDrive");
        if config_drive { CONFIG_DRIVE_METADATA } else { NO_CLOUD_METADATA }
    }
}

/// The document that a member of `cloudInitData` is, or a part of: what is none of the others is `cloudInitData`.
pub fn member_document(member: &str) -> DocumentKind {
    match member {
        USER_DATA => DocumentKind::UserData,
        NETWORK_DATA => DocumentKind::NetworkData,
        NO_CLOUD_METADATA | CONFIG_DRIVE_METADATA => DocumentKind::MetaData,
        _ => DocumentKind::CloudInitData,
    }
}

/// The members of a message; `None` where it is empty or `null`.
fn object(name: &str, message: &[u8]) -> Result<Option<Map<String, Value>>, Box<Diagnostic>> {
    let refuse = |why: String| Err(refusal(Code::CloudInitSyntax, format!("{name} {why}")));
    if message.len() > MAX_BYTES {
        return refuse(format!("has {} bytes, more than the {MAX_BYTES} that are read", message.len()));
    }
    if message.trim_ascii().is_empty() {
        return Ok(None);
    }
    match serde_json::from_slice(message) {
        Ok(Value::Null) => Ok(None),
        Ok(Value::Object(members)) => Ok(Some(members)),
        Ok(other) => refuse(format!("must be an object, this is {}", kind_of(&other))),
        Err(error) => refuse(format!("is no JSON: {error}")),
    }
}

/// What the older message says, in the members of the newer one.
fn from_no_cloud(no_cloud: &Map<String, Value>) -> Result<Map<String, Value>, Box<Diagnostic>> {
    let mut data = Map::new();
    for (kind, plain, base64) in NO_CLOUD_TEXTS {
        let member = if kind == DocumentKind::UserData { USER_DATA } else { NETWORK_DATA };
        let given = |name| no_cloud.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let text = match (given(plain), given(base64)) {
            (Some(text), _) => text.to_owned(),
            (None, Some(encoded)) => STANDARD
                .decode(encoded)
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .ok_or_else(|| refusal(Code::CloudInitSyntax, format!("{base64} is no text in base64")))?,
            (None, None) => continue,
        };
        data.insert(member.to_owned(), text.into());
    }
    Ok(data)
}

/// Where KubeVirt has strings there must be strings, or nothing; `code` says whether it or a rule is wrong.
fn check_texts(data: &Value, code: Code) -> Result<(), Box<Diagnostic>> {
    for member in [USER_DATA, NETWORK_DATA] {
        match data.get(member) {
            None | Some(Value::Null | Value::String(_)) => {}
            Some(other) => {
                let message = format!("{member} in cloudInitData must be a string, this is {}", kind_of(other));
                return Err(refusal(code, message));
            }
        }
    }
    Ok(())
}
