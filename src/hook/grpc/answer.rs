//! Answers: a message and trailers, or trailers alone.

use std::future::poll_fn;

use bytes::Bytes;
use h2::server::SendResponse;
use http::{HeaderMap, HeaderValue, Response, header};

use super::status::{Code, Status, percent_encoded};
use super::unanswered::{Rejection, Unanswered};

const GRPC: HeaderValue = HeaderValue::from_static("application/grpc");

/// Sends a message that carries its prefix, in as many pieces as the peer's window asks for, and the
/// trailers. Returns when the last of it waits in the stream's own, small buffer.
pub(in crate::hook) async fn send(respond: &mut SendResponse<Bytes>, mut message: Bytes) -> Result<(), Unanswered> {
    let mut head = Response::new(());
    head.headers_mut().insert(header::CONTENT_TYPE, GRPC);
    let mut stream = respond.send_response(head, false)?;
    while !message.is_empty() {
        stream.reserve_capacity(message.len());
        let capacity = poll_fn(|context| stream.poll_capacity(context)).await.ok_or(Unanswered::Gone)??;
        let piece = message.split_to(capacity.min(message.len()));
        // Capacity may be given and taken back at once; the next poll waits.
        if !piece.is_empty() {
            stream.send_data(piece, false)?;
        }
    }
    let mut trailers = HeaderMap::with_capacity(1);
    trailers.insert("grpc-status", HeaderValue::from_static(Code::Ok.digits()));
    stream.send_trailers(trailers)?;
    Ok(())
}

/// Ends a call without an answer (`Trailers-Only`).
pub(in crate::hook) fn refuse(respond: &mut SendResponse<Bytes>, rejection: &Rejection) -> Result<(), Unanswered> {
    let mut head = Response::new(());
    match rejection {
        Rejection::Http(status) => *head.status_mut() = *status,
        Rejection::Grpc(Status { code, message }) => {
            let headers = head.headers_mut();
            headers.insert(header::CONTENT_TYPE, GRPC);
            headers.insert("grpc-status", HeaderValue::from_static(code.digits()));
            if let Ok(message) = HeaderValue::try_from(percent_encoded(message)) {
                headers.insert("grpc-message", message);
            }
            if *code == Code::Unimplemented {
                // Said with every such answer: for a compressed request it is what a client then uses.
                headers.insert("grpc-accept-encoding", HeaderValue::from_static("identity"));
            }
        }
    }
    respond.send_response(head, true)?;
    Ok(())
}
