//! The hook server: KubeVirt's sidecar and plugin APIs on unix sockets, in front of the rules.
//!
//! virt-launcher finds the socket, asks `Info`, then calls the hooks; each call is handed to a
//! [`Hooks`] and its answer or failure handed back. Nothing here knows what a rule is.
//!
//! A call runs where it arrives, on the one thread of the runtime: it takes microseconds, the engine
//! bounds what it may cost, and a thread pool would double the memory at rest of every VM's pod.

mod accept;
mod api;
#[cfg(feature = "cli")]
pub mod client;
mod connection;
mod dispatch;
mod ending;
mod exchange;
mod failure;
pub mod r#gen;
mod grpc;
mod hooks;
pub mod log;
pub mod options;
mod places;
mod refusal;
mod server;
mod socket;

pub use dispatch::MAX_ANSWER;
pub use hooks::{Call, CloudInit, Failure, FailureKind, HookPoint, Hooks};
pub use log::Log;
pub use options::SidecarOptions;
pub use refusal::Refusal;
pub use server::{MAX_REQUEST, Options, ServeError, run, serve};
pub use socket::SocketError;
