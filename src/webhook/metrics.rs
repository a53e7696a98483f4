//! What a monitoring system is told, in the OpenMetrics text format.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::admission::Answer;

/// Seconds: an ordinary review takes less than a thousandth, and the API server waits ten by default.
const SECONDS: [f64; 9] = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.1, 1.0, 3.0, 10.0];

/// The kinds that have a line of their own: whoever may send reviews could make up any number of others.
const KINDS: [&str; 9] = [
    "ConfigMap",
    "VirtualMachine",
    "VirtualMachineInstance",
    "VirtualMachineInstanceReplicaSet",
    "VirtualMachinePool",
    "VirtualMachineInstancetype",
    "VirtualMachineClusterInstancetype",
    "VirtualMachinePreference",
    "VirtualMachineClusterPreference",
];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Review {
    kind: &'static str,
    decision: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Pod {
    injection: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Problem {
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reload {
    what: &'static str,
    result: &'static str,
}

/// All counters.
pub(super) struct Metrics {
    registry: Registry,
    reviews: Family<Review, Counter>,
    pods: Family<Pod, Counter>,
    problems: Family<Problem, Counter>,
    seconds: Histogram,
    requests: Family<Request, Counter>,
    reloads: Family<Reload, Counter>,
    entries: Gauge,
    read_at: Gauge,
    connections: Gauge,
    failed_handshakes: Counter,
}

impl Metrics {
    pub(super) fn new() -> Self {
        let mut registry = Registry::with_prefix("virt_patch_webhook");
        let (reviews, pods) = (Family::default(), Family::default());
        let (problems, requests) = (Family::default(), Family::default());
        let (reloads, entries, read_at, connections) =
            (Family::default(), Gauge::default(), Gauge::default(), Gauge::default());
        let seconds = Histogram::new(SECONDS);
        registry.register("reviews", "Reviews answered, by kind and decision", Family::clone(&reviews));
        registry.register("pods", "Pods answered, by injection and outcome", Family::clone(&pods));
        registry.register("problems", "What was wrong with objects, by diagnostic code", Family::clone(&problems));
        registry.register_with_unit(
            "review",
            "Time from a review's last byte to its answer",
            Unit::Seconds,
            seconds.clone(),
        );
        registry.register("requests", "HTTP requests, by status", Family::clone(&requests));
        registry.register("reloads", "Changes of what is judged by and served with", Family::clone(&reloads));
        registry.register("allow_list_entries", "Entries of the allow list", Gauge::clone(&entries));
        registry.register(
            "allow_list_read_timestamp_seconds",
            "When the allow list was last read, since 1970",
            Gauge::clone(&read_at),
        );
        registry.register("connections", "Connections that are open", Gauge::clone(&connections));
        let failed_handshakes = Counter::default();
        let help = "TLS handshakes that came to nothing, for want of a certificate perhaps";
        registry.register("failed_handshakes", help, Counter::clone(&failed_handshakes));
        Self {
            registry,
            reviews,
            pods,
            problems,
            seconds,
            requests,
            reloads,
            entries,
            read_at,
            connections,
            failed_handshakes,
        }
    }

    /// A review was answered.
    pub(super) fn review(&self, kind: &str, answer: &Answer, took: Duration) {
        let kind = KINDS.into_iter().find(|known| *known == kind).unwrap_or("other");
        self.reviews.get_or_create(&Review { kind, decision: answer.decision.as_str() }).inc();
        for problem in &answer.problems {
            self.problems.get_or_create(&Problem { code: problem.code.as_str() }).inc();
        }
        self.seconds.observe(took.as_secs_f64());
    }

    /// A pod was answered by an injection, of which there are as many as were configured.
    pub(super) fn pod(&self, injection: &str, outcome: &'static str, took: Duration) {
        self.pods.get_or_create(&Pod { injection: injection.to_owned(), outcome }).inc();
        self.seconds.observe(took.as_secs_f64());
    }

    /// A request was answered.
    pub(super) fn request(&self, status: u16) {
        self.requests.get_or_create(&Request { status }).inc();
    }

    /// An allow list counts from now on.
    pub(super) fn list(&self, entries: usize) {
        self.entries.set(i64::try_from(entries).unwrap_or(i64::MAX));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.read_at.set(i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
        self.reload("allow list", "ok");
    }

    /// An allow list could not be read.
    pub(super) fn list_problem(&self) {
        self.reload("allow list", "failed");
    }

    /// The certificate's files changed.
    pub(super) fn certificate(&self, is_used: bool) {
        self.reload("certificate", if is_used { "ok" } else { "failed" });
    }

    /// The injections changed.
    pub(super) fn injections(&self, are_used: bool) {
        self.reload("injections", if are_used { "ok" } else { "failed" });
    }

    fn reload(&self, what: &'static str, result: &'static str) {
        self.reloads.get_or_create(&Reload { what, result }).inc();
    }

    /// A peer did not get as far as HTTP.
    pub(super) fn failed_handshake(&self) {
        self.failed_handshakes.inc();
    }

    /// Counts a connection for as long as the result lives.
    pub(super) fn connection(&self) -> Connection {
        self.connections.inc();
        Connection(self.connections.clone())
    }

    /// The page that a monitoring system fetches.
    ///
    /// # Errors
    /// None that is known: text is written into a string.
    pub(super) fn page(&self) -> Result<String, fmt::Error> {
        let mut page = String::new();
        text::encode(&mut page, &self.registry)?;
        Ok(page)
    }
}

/// A connection that is open.
pub(super) struct Connection(Gauge);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.dec();
    }
}
