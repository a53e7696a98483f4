//! Why a call has no answer.

use http::StatusCode;

use super::status::{Code, Status};

/// Why a call has no answer.
#[derive(Debug)]
pub(in crate::hook) enum Unanswered {
    /// The peer or its connection went away: there is nobody to tell.
    Gone,
    /// The method was not run.
    Rejected(Rejection),
    /// The method ran, and failed.
    Failed(Status),
}

impl From<Rejection> for Unanswered {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<h2::Error> for Unanswered {
    fn from(_: h2::Error) -> Self {
        Self::Gone
    }
}

/// What is wrong with a request.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::hook) enum Rejection {
    /// It is no gRPC, so its answer is none either.
    Http(StatusCode),
    /// It is gRPC that this server does not take.
    Grpc(Status),
}

impl Rejection {
    pub(in crate::hook) fn grpc(code: Code, message: impl Into<String>) -> Self {
        Self::Grpc(Status::new(code, message))
    }
}
