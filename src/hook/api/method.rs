//! What the table of APIs is made of.

use bytes::Bytes;
use prost::Message;

use crate::hook::dispatch::Core;
use crate::hook::grpc::{self, Code, Rejection, Status, Unanswered};
use crate::hook::hooks::HookPoint;

/// A gRPC service of one version of an API.
pub(in crate::hook) struct Version {
    /// What the log and `Info` call the version.
    pub(super) name: &'static str,
    /// Whether `Info` lists it.
    pub(super) is_announced: bool,
    pub(super) methods: &'static [Method],
}

/// A unary method.
pub(in crate::hook) struct Method {
    /// `/package.Service/Method`, the request's path.
    pub(super) path: &'static str,
    /// The hook point that it is; none for `Info`.
    pub(super) point: Option<HookPoint>,
    /// Decodes the request, runs it, encodes the answer with its prefix.
    pub(in crate::hook) call: fn(&Core, Bytes) -> Result<Bytes, Unanswered>,
}

/// What a method's `call` does with its request's and answer's types.
pub(super) fn unary<Q: Message + Default, A: Message>(
    request: Bytes,
    run: impl FnOnce(Q) -> Result<A, Status>,
) -> Result<Bytes, Unanswered> {
    // `doc/statuscodes.md`: INTERNAL where the request cannot be parsed.
    let request = Q::decode(request).map_err(|error| {
        Rejection::grpc(Code::Internal, format!("the request is not what the method takes: {error}"))
    })?;
    run(request).and_then(|answer| grpc::encode(&answer)).map_err(Unanswered::Failed)
}
