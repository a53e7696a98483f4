//! The versions of KubeVirt's hook APIs: one table, from which requests are routed and `Info` is
//! answered. A new version is a `.proto`, a file beside this one with its methods, and a row.

mod info;
mod method;
mod plugin_v1alpha1;
mod v1alpha1;
mod v1alpha2;
mod v1alpha3;

use super::hooks::HookPoint;
use method::Version;

pub(super) use method::Method;

const VERSIONS: &[&Version] =
    &[&info::VERSION, &v1alpha3::VERSION, &v1alpha2::VERSION, &v1alpha1::VERSION, &plugin_v1alpha1::VERSION];

/// The method of a request's path.
pub(super) fn find(path: &str) -> Option<&'static Method> {
    VERSIONS.iter().flat_map(|version| version.methods).find(|method| method.path == path)
}

/// The versions that `Info` lists.
pub(super) fn announced() -> Vec<&'static str> {
    VERSIONS.iter().filter(|version| version.is_announced).map(|version| version.name).collect()
}

/// The hook points that callers of the announced versions know.
pub(super) fn points() -> Vec<HookPoint> {
    let announced = || VERSIONS.iter().filter(|version| version.is_announced).flat_map(|version| version.methods);
    let known = |point: &HookPoint| announced().any(|method| method.point == Some(*point));
    HookPoint::ALL.iter().copied().filter(known).collect()
}
