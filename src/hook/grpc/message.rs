//! Messages on the wire (`Length-Prefixed-Message`): a flag, a length in four bytes, the message.

use std::future::poll_fn;
use std::sync::Arc;

use bytes::Bytes;
use h2::RecvStream;
use prost::Message;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::status::{Code, Status};
use super::unanswered::{Rejection, Unanswered};

/// The flag and the length.
const PREFIX: usize = 5;
/// What one permit of the room for requests stands for, in bytes.
const PERMIT: usize = 1024;

/// A request that has arrived whole.
pub(in crate::hook) struct Received {
    pub(in crate::hook) message: Bytes,
    /// Its part of the room; none where the message is empty.
    pub(in crate::hook) room: Option<OwnedSemaphorePermit>,
}

/// Reads the one message of a unary call, of at most `limit` bytes, and the end of the stream after it.
/// Before more than the length is read, `room` must have a permit for each KiB of the message, so that
/// requests which are under way take a bounded part of memory, whatever peers announce.
///
/// # Errors
/// What is wrong with what arrived, or that the peer went away.
pub(in crate::hook) async fn receive(
    body: &mut RecvStream,
    limit: usize,
    room: &Arc<Semaphore>,
) -> Result<Received, Unanswered> {
    let mut bytes = Vec::new();
    let mut place = None;
    let mut length = None;
    while let Some(chunk) = poll_fn(|context| body.poll_data(context)).await {
        let chunk = chunk?;
        bytes.extend_from_slice(&chunk);
        if length.is_none()
            && let Some(announced) = announced(&bytes, limit)?
        {
            let permits = u32::try_from(announced.div_ceil(PERMIT)).unwrap_or(u32::MAX);
            if permits > 0 {
                let given = Arc::clone(room).acquire_many_owned(permits).await;
                place = Some(given.map_err(|_| Unanswered::Gone)?);
            }
            bytes.reserve_exact((PREFIX + announced).saturating_sub(bytes.len()));
            length = Some(announced);
        }
        if length.is_some_and(|length| bytes.len() > PREFIX + length) {
            // `doc/statuscodes.md`: a request cardinality violation.
            return Err(
                Rejection::grpc(Code::Unimplemented, "a unary call has one request, here more follows it").into()
            );
        }
        // Only now may the peer send more. It fails where the stream has ended, and nothing is to be told.
        let _ = body.flow_control().release_capacity(chunk.len());
    }
    match length {
        Some(length) if bytes.len() == PREFIX + length => {
            Ok(Received { message: Bytes::from(bytes).slice(PREFIX..), room: place })
        }
        None if bytes.is_empty() => {
            Err(Rejection::grpc(Code::Unimplemented, "a unary call has one request, here is none").into())
        }
        _ => Err(Rejection::grpc(Code::Internal, "the request ends in the middle of its message").into()),
    }
}

/// The message's length, once its prefix has arrived.
fn announced(bytes: &[u8], limit: usize) -> Result<Option<usize>, Rejection> {
    let Some((&[flag, a, b, c, d], _)) = bytes.split_first_chunk() else { return Ok(None) };
    if flag != 0 {
        // `doc/compression.md`: the flag is set, and no grpc-encoding says what to do.
        let message = "the message is flagged as compressed, and no grpc-encoding was named";
        return Err(Rejection::grpc(Code::Internal, message));
    }
    let length = u32::from_be_bytes([a, b, c, d]) as usize;
    if length > limit {
        let message = format!("the request has {length} bytes, at most {limit} are read");
        return Err(Rejection::grpc(Code::ResourceExhausted, message));
    }
    Ok(Some(length))
}

/// A message with its prefix. Its length must fit into 32 bits.
///
/// # Errors
/// Where it does not.
pub(in crate::hook) fn encode(message: &impl Message) -> Result<Bytes, Status> {
    let too_large = || Status::new(Code::Internal, "the answer does not fit into a gRPC message");
    let length = message.encoded_len();
    let announced = u32::try_from(length).map_err(|_| too_large())?;
    let mut bytes = Vec::with_capacity(PREFIX + length);
    bytes.push(0);
    bytes.extend_from_slice(&announced.to_be_bytes());
    message.encode(&mut bytes).map_err(|_| too_large())?;
    Ok(bytes.into())
}
