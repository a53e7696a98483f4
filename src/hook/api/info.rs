//! `kubevirt.hooks.info.Info`: which versions and hook points there are.

use bytes::Bytes;

use super::method::{Method, Version, unary};
use crate::hook::dispatch::Core;
use crate::hook::r#gen::info::{HookPoint, InfoParams, InfoResult};
use crate::hook::grpc::Unanswered;
use crate::hook::hooks::HookPoint as Point;

pub(super) const VERSION: Version = Version {
    name: "info",
    is_announced: false,
    methods: &[Method { path: "/kubevirt.hooks.info.Info/Info", point: None, call: info }],
};

fn info(core: &Core, request: Bytes) -> Result<Bytes, Unanswered> {
    unary(request, |_: InfoParams| {
        let offered = |point: &&Point| **point != Point::PreCloudInitIso || core.hooks.offers_cloud_init();
        let points = core.points.iter().filter(offered);
        Ok(InfoResult {
            name: core.name.clone(),
            hook_points: points.map(|point| HookPoint { name: point.name().to_owned(), priority: 0 }).collect(),
            versions: core.versions.iter().map(|&version| version.to_owned()).collect(),
        })
    })
}
