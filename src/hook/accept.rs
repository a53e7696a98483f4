//! A listener's connections, from the first to the last.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;

use super::connection;
use super::dispatch::Core;
use super::ending::Ending;
use super::places::{Place, Places};

/// How long to wait where the system has no file descriptor or memory for one more connection, which
/// meanwhile stays in the listener's queue.
const SHORTAGE: Duration = Duration::from_millis(50);

/// Serves whoever connects until `ending` says so, then those that are connected until they are done.
/// Dropping it ends them at once.
pub(super) async fn accept(listener: UnixListener, core: Arc<Core>, places: Arc<Places>, mut ending: Ending) {
    let told = ending.clone();
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = ending.begun() => break,
            Some(_) = connections.join_next() => {}
            Some((stream, place)) = next(&listener, &places) => {
                let (core, places, told) = (Arc::clone(&core), Arc::clone(&places), told.clone());
                connections.spawn(async move {
                    connection::serve(stream, core, &places, told).await;
                    drop(place);
                });
            }
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// The next connection, once there is a place for it.
async fn next(listener: &UnixListener, places: &Places) -> Option<(UnixStream, Place)> {
    let place = places.take().await?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return Some((stream, place)),
            Err(_) => tokio::time::sleep(SHORTAGE).await,
        }
    }
}
