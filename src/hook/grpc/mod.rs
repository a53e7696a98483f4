//! gRPC over HTTP/2 as far as unary methods need it, on the `h2` crate.
//!
//! The protocol is that of `doc/PROTOCOL-HTTP2.md` of grpc/grpc, the meaning of codes that of
//! `doc/statuscodes.md` there; comments name their sections. Nothing here knows which methods there are.

mod answer;
mod head;
mod message;
mod status;
mod timeout;
mod unanswered;

pub(super) use answer::{refuse, send};
pub(super) use head::Head;
pub(super) use message::{Received, encode, receive};
pub(super) use status::{Code, Status, encoded_length};
pub(super) use unanswered::{Rejection, Unanswered};
