//! The documents behind `PreCloudInitIso`: what KubeVirt hands over, taken apart and put together again.
//!
//! ```text
//! cloudInitData        {"DataSource", "NoCloudMetaData", "UserData": "#cloud-config\n…", …}
//! cloudInitNoCloudSource  {"userData": the same text, "networkData": …}
//! ```
//!
//! [`Envelope`] keeps both consistent; [`form`] knows what user data can be, [`part`] adds to it.

mod document;
mod envelope;
pub mod form;
mod metadata;
mod mime;
pub mod part;
pub mod schema;
mod transfer;
mod user_data;
mod verdict;

pub use document::DocumentKind;
pub use envelope::{Envelope, member_document};
pub use user_data::HEADER as EMPTY_USER_DATA;
pub use verdict::new_problems;

use crate::diagnostic::{Code, Diagnostic};

/// An error about a message or document, with no place in any file of the user's.
fn refusal(code: Code, message: impl Into<String>) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(code, message))
}
