//! The versions of KubeVirt's hook APIs: one table, from which requests are routed and `Info` is
//! answered. A new version is a `.proto`, a file beside this one that implements its service on
//! [`Core`], and a row.

mod info;
mod plugin_v1alpha1;
mod v1alpha1;
mod v1alpha2;
mod v1alpha3;

use std::sync::Arc;

use tonic::body::Body;
use tonic::codegen::http;

use super::dispatch::{Answer, Core};
use super::hooks::HookPoint;

/// A gRPC service of one version of an API.
pub(super) struct Version {
    /// The service's full name, which begins the request's path.
    service: &'static str,
    /// What `Info` calls the version; none for services that `Info` does not list.
    announced: Option<&'static str>,
    /// The hook points that its callers know.
    points: &'static [HookPoint],
    /// Decodes the request, runs it, encodes the answer.
    pub(super) call: fn(&Arc<Core>, http::Request<Body>) -> Answer,
}

const VERSIONS: &[Version] = &[
    Version { service: info::SERVICE, announced: None, points: &[], call: info::call },
    Version {
        service: v1alpha3::SERVICE,
        announced: Some(v1alpha3::NAME),
        points: &[HookPoint::OnDefineDomain, HookPoint::PreCloudInitIso, HookPoint::Shutdown],
        call: v1alpha3::call,
    },
    Version {
        service: v1alpha2::SERVICE,
        announced: Some(v1alpha2::NAME),
        points: &[HookPoint::OnDefineDomain, HookPoint::PreCloudInitIso],
        call: v1alpha2::call,
    },
    Version {
        service: v1alpha1::SERVICE,
        announced: Some(v1alpha1::NAME),
        points: &[HookPoint::OnDefineDomain],
        call: v1alpha1::call,
    },
    Version {
        service: plugin_v1alpha1::SERVICE,
        announced: None,
        points: &[HookPoint::OnDefineDomain],
        call: plugin_v1alpha1::call,
    },
];

/// The version whose service a request's path names: `/service/method`.
pub(super) fn find(path: &str) -> Option<&'static Version> {
    let (service, _method) = path.strip_prefix('/')?.split_once('/')?;
    VERSIONS.iter().find(|version| version.service == service)
}

/// The versions that `Info` lists.
pub(super) fn announced() -> Vec<&'static str> {
    VERSIONS.iter().filter_map(|version| version.announced).collect()
}

/// The hook points that callers of the announced versions know.
pub(super) fn points() -> Vec<HookPoint> {
    let announced = || VERSIONS.iter().filter(|version| version.announced.is_some());
    let known = |point: &HookPoint| announced().any(|version| version.points.contains(point));
    HookPoint::ALL.iter().copied().filter(known).collect()
}
