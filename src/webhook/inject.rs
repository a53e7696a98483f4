//! `POST /inject/NAME`: a pod in, the container that it gets out.

use std::time::Instant;

use hyper::StatusCode;

use crate::hook::log::{Field, Level};
use crate::injection::{self, Outcome, Request};

use super::service::{Reply, Service, reply};

impl Service {
    /// Answers a review of a pod by the injection of this name.
    pub(super) fn inject(&self, name: &str, bytes: &[u8]) -> Reply {
        let started = Instant::now();
        let injection = match self.injections.find(name) {
            Ok(injection) => injection,
            Err(words) => return self.refuse(StatusCode::SERVICE_UNAVAILABLE, words),
        };
        let request = match Request::read(bytes) {
            Ok(request) => request,
            Err(wrong) => return self.refuse(StatusCode::BAD_REQUEST, wrong),
        };
        let outcome = injection.patch(&request.namespace, &request.pod);
        let answer = injection::answer(&request, &outcome);
        self.metrics.pod(&injection.name, outcome.as_str(), started.elapsed());
        if outcome != Outcome::NotSelected {
            let fields: [(&str, Field<'_>); 4] = [
                ("outcome", outcome.as_str().into()),
                ("injection", injection.name.as_str().into()),
                ("namespace", request.namespace.as_str().into()),
                ("uid", request.uid.as_str().into()),
            ];
            self.log.event(Level::Info, "pod", &fields);
        }
        reply(StatusCode::OK, "application/json", answer)
    }
}
