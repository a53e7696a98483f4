//! One call, from its head to its trailers.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use h2::RecvStream;
use h2::server::SendResponse;
use http::{Request, request};
use tokio::sync::{OwnedSemaphorePermit, SemaphorePermit};
use tokio::time::timeout;

use super::api::{self, Method};
use super::dispatch::Core;
use super::grpc::{self, Code, Head, Received, Rejection, Unanswered};

/// How long a request may take to arrive: under the minute that virt-launcher gives a hook, and only ever
/// reached by a peer that stops in the middle of its request.
const ARRIVAL: Duration = Duration::from_secs(10);
/// How long a peer may take to read its answer.
const DEPARTURE: Duration = Duration::from_secs(3);

/// What goes back, and what it holds until it is gone.
struct Answer<'core> {
    message: Bytes,
    _running: Option<SemaphorePermit<'core>>,
    _room: Option<OwnedSemaphorePermit>,
}

/// Reads a request, runs its method and sends the answer. Returns also where the peer is too slow.
pub(super) async fn exchange(core: Arc<Core>, request: Request<RecvStream>, mut respond: SendResponse<Bytes>) {
    let (head, mut body) = request.into_parts();
    // What a call logs is written when its answer is gone, so that nobody waits for the log.
    let held = core.log.hold();
    match answer(&core, &head, &mut body).await {
        Ok(Answer { message, _running, _room }) => {
            // Fails where the peer went away or does not read, and then there is nobody to tell.
            _ = timeout(DEPARTURE, grpc::send(&mut respond, message)).await;
        }
        Err(Unanswered::Rejected(rejection)) => {
            core.rejected(head.uri.path(), &rejection);
            _ = grpc::refuse(&mut respond, &rejection);
        }
        Err(Unanswered::Failed(status)) => _ = grpc::refuse(&mut respond, &Rejection::Grpc(status)),
        Err(Unanswered::Gone) => {}
    }
    // The connection writes what it was given before it asks for this again.
    tokio::task::yield_now().await;
    drop(held);
}

/// The answer, or why there is none.
async fn answer<'core>(
    core: &'core Core,
    head: &request::Parts,
    body: &mut RecvStream,
) -> Result<Answer<'core>, Unanswered> {
    let Head { timeout: patience } = Head::read(head)?;
    let method = api::find(head.uri.path())
        .ok_or_else(|| Rejection::grpc(Code::Unimplemented, "there is no such service or method"))?;
    let arrival = patience.map_or(ARRIVAL, |patience| patience.min(ARRIVAL));
    match timeout(arrival, arrived(core, method, body)).await {
        Ok(answer) => answer,
        Err(_) => Err(Rejection::grpc(Code::DeadlineExceeded, "the request did not arrive in time").into()),
    }
}

/// Waits for the request and for a turn, then runs the method. A request without content, as `Info`'s,
/// waits for nobody.
async fn arrived<'core>(
    core: &'core Core,
    method: &Method,
    body: &mut RecvStream,
) -> Result<Answer<'core>, Unanswered> {
    let Received { message, room } = grpc::receive(body, core.max_request, &core.room).await?;
    let running = match &room {
        None => None,
        Some(_) => Some(core.running.acquire().await.map_err(|_| Unanswered::Gone)?),
    };
    let message = (method.call)(core, message)?;
    Ok(Answer { message, _running: running, _room: room })
}
