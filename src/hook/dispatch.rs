//! From a decoded request to its answer: counting, timing, logging, limits on what goes out, and a
//! panic turned into an error of the one call that caused it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tokio::sync::{Notify, Semaphore};

use super::failure;
use super::grpc::{Rejection, Status};
use super::hooks::{Call, CloudInit, Failure, FailureKind, HookPoint, Hooks};
use super::log::{Field, Level, Log};

/// The largest answer given, in bytes: what virt-launcher's gRPC client receives.
pub const MAX_ANSWER: usize = 4 * 1024 * 1024;

/// How many characters of an unknown request's path are logged.
const MAX_PATH: usize = 128;

/// What all services share.
pub(super) struct Core {
    pub(super) hooks: Arc<dyn Hooks>,
    pub(super) log: Arc<Log>,
    /// The sidecar's name, as `Info` tells it.
    pub(super) name: String,
    /// The versions that `Info` lists.
    pub(super) versions: Vec<&'static str>,
    /// The hook points of those versions.
    pub(super) points: Vec<HookPoint>,
    /// In bytes.
    pub(super) max_request: usize,
    /// One permit for each KiB of requests that are read.
    pub(super) room: Arc<Semaphore>,
    /// One permit for each request that may be run, and its answer sent, at a time.
    pub(super) running: Semaphore,
    /// Told when virt-launcher says that the VM has stopped.
    pub(super) stopped: Notify,
    pub(super) calls: AtomicU64,
}

impl Core {
    /// Runs `OnDefineDomain`, or what another API calls it.
    pub(super) fn define_domain(
        &self,
        api: &'static str,
        invocation_context: Option<String>,
        domain: &[u8],
        vmi: &[u8],
    ) -> Result<Vec<u8>, Status> {
        let call = self.call(api, invocation_context);
        self.answer(&call, HookPoint::OnDefineDomain, domain.len() + vmi.len(), Vec::len, || {
            let domain = self.hooks.on_define_domain(domain, vmi, &call)?;
            // An empty answer would reach the user as a bare `EOF`.
            if domain.is_empty() { Err(Failure::new(FailureKind::Internal, "the answer is empty")) } else { Ok(domain) }
        })
    }

    /// Runs `PreCloudInitIso`.
    pub(super) fn cloud_init(
        &self,
        api: &'static str,
        data: &[u8],
        no_cloud_source: &[u8],
        vmi: &[u8],
    ) -> Result<CloudInit, Status> {
        let call = self.call(api, None);
        let received = data.len() + no_cloud_source.len() + vmi.len();
        let size = |answer: &CloudInit| answer.data.len() + answer.no_cloud_source.len();
        self.answer(&call, HookPoint::PreCloudInitIso, received, size, || {
            self.hooks.pre_cloud_init_iso(data, no_cloud_source, vmi, &call)
        })
    }

    /// A failure that was found before the rules were asked.
    pub(super) fn refuse(&self, api: &'static str, point: HookPoint, failure: &Failure) -> Status {
        let call = self.call(api, None);
        self.record(&call, point, 0, Instant::now(), Err(failure));
        failure::status(failure)
    }

    /// Logs a request that reached no method.
    pub(super) fn rejected(&self, path: &str, rejection: &Rejection) {
        let why = match rejection {
            Rejection::Http(status) => status.canonical_reason().unwrap_or_default(),
            Rejection::Grpc(status) => status.message.as_str(),
        };
        let path: String = path.chars().take(MAX_PATH).collect();
        self.log.event(Level::Error, "request refused", &[("path", path.as_str().into()), ("error", why.into())]);
    }

    fn call(&self, api: &'static str, invocation_context: Option<String>) -> Call {
        Call { api, invocation_context, id: self.calls.fetch_add(1, Ordering::Relaxed) + 1 }
    }

    fn answer<T>(
        &self,
        call: &Call,
        point: HookPoint,
        received: usize,
        size: impl Fn(&T) -> usize,
        run: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<T, Status> {
        let begun = Instant::now();
        // Nothing of the call outlives it but the `Hooks`, which are shared and so cannot be left
        // half-changed other than through a lock, and a poisoned lock is seen by its next user.
        let result = catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
            Err(Failure::new(
                FailureKind::Internal,
                "virt-patch itself is at fault: the call ended in a panic; the sidecar's log says where",
            ))
        });
        let result = result.and_then(|answer| match size(&answer) {
            size if size > MAX_ANSWER => Err(Failure::new(
                FailureKind::Limit,
                format!("the answer has {size} bytes, virt-launcher takes at most {MAX_ANSWER}"),
            )),
            _ => Ok(answer),
        });
        self.record(call, point, received, begun, result.as_ref().map(size));
        result.map_err(|failure| failure::status(&failure))
    }

    fn record(&self, call: &Call, point: HookPoint, received: usize, begun: Instant, outcome: Result<usize, &Failure>) {
        let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        let mut fields: Vec<(&str, Field<'_>)> = vec![
            ("call", call.id.into()),
            ("api", call.api.into()),
            ("hook", point.name().into()),
            ("duration_us", micros.into()),
            ("bytes_in", (received as u64).into()),
        ];
        if let Some(context) = &call.invocation_context {
            fields.push(("context", context.as_str().into()));
        }
        match outcome {
            Ok(sent) => {
                fields.extend([("bytes_out", (sent as u64).into()), ("outcome", "ok".into())]);
                self.log.event(Level::Info, "hook called", &fields);
            }
            Err(failure) => {
                fields.extend([("outcome", "failed".into()), ("error", failure.message.as_str().into())]);
                self.log.event(Level::Error, "hook failed", &fields);
            }
        }
    }
}
