//! A request in, an answer out: which path is asked, and what a review comes to.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::admission::{self, AllowList, Answer, Criteria, Decision, Gate};
use crate::hook::Log;
use crate::hook::log::{Field, Level};

use super::injections::Injections;
use super::metrics::Metrics;
use super::reading::{Budget, Unread};

/// What stands before an injection's name.
const INJECT: &str = "/inject/";
/// OpenMetrics' own media type.
const METRICS_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What objects are judged by now.
pub(super) struct Current {
    criteria: RwLock<Option<Arc<Criteria>>>,
    /// What does not change while the server runs.
    fixed: Criteria,
}

impl Current {
    /// Judges by `fixed` and the allow list that is still to come.
    pub(super) fn new(fixed: Criteria) -> Arc<Self> {
        Arc::new(Self { criteria: RwLock::new(None), fixed })
    }

    /// This list counts from now on.
    pub(super) fn replace(&self, allow_list: AllowList) {
        let criteria = Criteria { allow_list: Some(allow_list), ..self.fixed.clone() };
        *self.criteria.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(criteria));
    }

    /// What is judged by; none before there was an allow list.
    fn get(&self) -> Option<Arc<Criteria>> {
        self.criteria.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Whom a listener is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Audience {
    /// The API server: everything.
    ApiServer,
    /// The kubelet and a monitoring system: no reviews.
    Operators,
}

/// What all connections share.
pub(super) struct Service {
    pub(super) gate: Gate,
    pub(super) current: Arc<Current>,
    /// The containers that go into pods.
    pub(super) injections: Arc<Injections>,
    pub(super) budget: Budget,
    /// Judgements that run at the same time.
    pub(super) judges: Arc<Semaphore>,
    /// The most time for one, waiting for its turn included.
    pub(super) time: Duration,
    /// Set when the server is about to end.
    pub(super) is_ending: AtomicBool,
    pub(super) metrics: Arc<Metrics>,
    pub(super) log: Arc<Log>,
}

pub(super) type Reply = Response<Full<Bytes>>;

impl Service {
    /// Answers a request, whatever it is.
    pub(super) async fn answer(self: &Arc<Self>, request: Request<Incoming>, audience: Audience) -> Reply {
        let reply = self.route(request, audience).await;
        self.metrics.request(reply.status().as_u16());
        reply
    }

    async fn route(self: &Arc<Self>, request: Request<Incoming>, audience: Audience) -> Reply {
        let (head, body) = request.into_parts();
        let expected = match (head.uri.path(), audience) {
            ("/validate", Audience::ApiServer) => Method::POST,
            (path, Audience::ApiServer) if path.starts_with(INJECT) => Method::POST,
            ("/healthz" | "/readyz" | "/metrics", _) => Method::GET,
            _ => {
                let paths =
                    "there is nothing here; /validate, /inject/NAME, /healthz, /readyz and /metrics are answered";
                return text(StatusCode::NOT_FOUND, paths);
            }
        };
        if head.method != expected {
            let mut reply = text(StatusCode::METHOD_NOT_ALLOWED, format!("this path is for {expected}"));
            if let Ok(allowed) = HeaderValue::from_str(expected.as_str()) {
                reply.headers_mut().insert(ALLOW, allowed);
            }
            return reply;
        }
        match head.uri.path() {
            "/healthz" => text(StatusCode::OK, "ok"),
            "/readyz" => match self.not_ready() {
                None => text(StatusCode::OK, "ok"),
                Some(reason) => text(StatusCode::SERVICE_UNAVAILABLE, reason),
            },
            "/metrics" => match self.metrics.page() {
                Ok(page) => reply(StatusCode::OK, METRICS_TYPE, page),
                Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
            },
            path => {
                let injection = path.strip_prefix(INJECT).map(ToOwned::to_owned);
                let answered = self.budget.read(body, async |bytes| self.review(bytes, injection).await).await;
                answered.unwrap_or_else(|Unread { status, words }| self.refuse(status, words))
            }
        }
    }

    fn not_ready(&self) -> Option<&'static str> {
        if self.is_ending.load(Ordering::Relaxed) {
            Some("the server is about to end")
        } else if self.current.get().is_none() {
            Some("no allow list could be read yet")
        } else {
            None
        }
    }

    /// Answers a review: a pod by the injection of this name, or else by judging it.
    async fn review(self: &Arc<Self>, bytes: Vec<u8>, injection: Option<String>) -> Reply {
        if let Some(name) = injection {
            return self.aside(move |service| service.inject(&name, &bytes)).await;
        }
        let Some(criteria) = self.current.get() else {
            let words = "no allow list could be read yet, so nothing can be judged; see the webhook's log";
            return self.refuse(StatusCode::SERVICE_UNAVAILABLE, words.to_owned());
        };
        self.aside(move |service| service.judge(&bytes, &criteria)).await
    }

    /// Does what takes a processor's time on a thread where it holds up nobody else.
    async fn aside(self: &Arc<Self>, work: impl FnOnce(&Self) -> Reply + Send + 'static) -> Reply {
        let judging = async {
            let turn = Arc::clone(&self.judges).acquire_owned().await;
            let service = Arc::clone(self);
            tokio::task::spawn_blocking(move || {
                // Given back when the work is done, also where nobody waits for it any more.
                let _turn = turn;
                work(&service)
            })
            .await
        };
        match timeout(self.time, judging).await {
            Ok(Ok(reply)) => reply,
            Ok(Err(_)) => {
                let words = "virt-patch itself is at fault: the judgement ended in a panic";
                self.refuse(StatusCode::INTERNAL_SERVER_ERROR, words.to_owned())
            }
            Err(_) => {
                let words = format!("the review was not judged within {} s", self.time.as_secs_f32());
                self.refuse(StatusCode::SERVICE_UNAVAILABLE, words)
            }
        }
    }

    fn judge(&self, bytes: &[u8], criteria: &Criteria) -> Reply {
        let started = Instant::now();
        let request = match admission::Request::read(bytes) {
            Ok(request) => request,
            Err(wrong) => return self.refuse(StatusCode::BAD_REQUEST, wrong),
        };
        let answer = self.gate.answer(&request, criteria);
        let written = answer.response.write();
        let took = started.elapsed();
        self.metrics.review(&request.kind.kind, &answer, took);
        self.record(&request, &answer, took);
        match written {
            Ok(body) => reply(StatusCode::OK, "application/json", body),
            Err(error) => self.refuse(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
        }
    }

    /// A line in the log for every review in which there was something to judge.
    fn record(&self, request: &admission::Request, answer: &Answer, took: Duration) {
        if answer.decision == Decision::Unconcerned {
            return;
        }
        let first = answer.problems.first().map(ToString::to_string).unwrap_or_default();
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let problems = u64::try_from(answer.problems.len()).unwrap_or(u64::MAX);
        let fields: [(&str, Field<'_>); 10] = [
            ("decision", answer.decision.as_str().into()),
            ("operation", request.operation.as_str().into()),
            ("kind", request.kind.kind.as_str().into()),
            ("namespace", request.namespace.as_str().into()),
            ("name", request.name.as_str().into()),
            ("user", request.user_info.username.as_str().into()),
            ("uid", request.uid.as_str().into()),
            ("problems", problems.into()),
            ("first", first.as_str().into()),
            ("micros", micros.into()),
        ];
        let level = if answer.problems.is_empty() { Level::Info } else { Level::Warning };
        self.log.event(level, "review", &fields);
    }

    /// No verdict: the API server does then what the webhook's `failurePolicy` says.
    pub(super) fn refuse(&self, status: StatusCode, words: String) -> Reply {
        let code = u64::from(status.as_u16());
        self.log.event(Level::Error, "no verdict", &[("status", code.into()), ("problem", words.as_str().into())]);
        text(status, words)
    }
}

fn text(status: StatusCode, words: impl Into<String>) -> Reply {
    reply(status, "text/plain; charset=utf-8", words.into() + "\n")
}

pub(super) fn reply(status: StatusCode, media_type: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Full::new(body.into()));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    reply
}
