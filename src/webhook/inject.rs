//! `POST /inject/NAME`: a pod in, the container that it gets out.

use std::time::Instant;

use hyper::StatusCode;

use crate::admission::{Patch, Response};
use crate::hook::log::{Field, Level};
use crate::injection::{Asked, Outcome, Request};

use super::service::{Reply, Service, reply};

impl Service {
    /// Answers a review of a pod by the injection of this name: whatever becomes of it, it may be.
    pub(super) fn inject(&self, name: &str, bytes: &[u8]) -> Reply {
        let started = Instant::now();
        let injection = match self.injections.find(name) {
            Ok(injection) => injection,
            Err(words) => return self.refuse(StatusCode::SERVICE_UNAVAILABLE, words),
        };
        let asked = Request::read(bytes).and_then(|request| Ok((request, Asked::read(bytes, &injection)?)));
        let (request, pod) = match asked {
            Ok(asked) => asked,
            Err(wrong) => return self.refuse(StatusCode::BAD_REQUEST, wrong),
        };
        let outcome = injection.patch(&request.namespace, &pod);
        let patch = match &outcome {
            Outcome::Injected(operations) => Some(Patch::json(operations)),
            Outcome::NotSelected | Outcome::NoSockets | Outcome::Present => None,
        };
        let written = Response { patch, ..Response::allow(&request.uid) }.write();
        self.metrics.pod(&injection.name, outcome.as_str(), started.elapsed());
        if outcome != Outcome::NotSelected {
            let fields: [(&str, Field<'_>); 5] = [
                ("outcome", outcome.as_str().into()),
                ("injection", injection.name.as_str().into()),
                ("namespace", request.namespace.as_str().into()),
                ("name", request.pod.name().into()),
                ("uid", request.uid.as_str().into()),
            ];
            self.log.event(Level::Info, "pod", &fields);
        }
        match written {
            Ok(body) => reply(StatusCode::OK, "application/json", body),
            Err(error) => self.refuse(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
        }
    }
}
