//! `kubevirt.hooks.info.Info`: which versions and hook points there are.

use std::sync::Arc;

use tonic::body::Body;
use tonic::codegen::{Service, http};
use tonic::{Request, Response, Status};

use crate::hook::dispatch::{Answer, Core};
use crate::hook::r#gen::info::info_server::{Info, InfoServer, SERVICE_NAME};
use crate::hook::r#gen::info::{HookPoint, InfoParams, InfoResult};
use crate::hook::hooks::HookPoint as Point;

pub(super) const SERVICE: &str = SERVICE_NAME;

pub(super) fn call(core: &Arc<Core>, request: http::Request<Body>) -> Answer {
    InfoServer::from_arc(Arc::clone(core)).max_decoding_message_size(core.max_request).call(request)
}

#[tonic::async_trait]
impl Info for Core {
    async fn info(&self, _: Request<InfoParams>) -> Result<Response<InfoResult>, Status> {
        let offered = |point: &&Point| **point != Point::PreCloudInitIso || self.hooks.offers_cloud_init();
        Ok(Response::new(InfoResult {
            name: self.name.clone(),
            hook_points: self
                .points
                .iter()
                .filter(offered)
                .map(|point| HookPoint { name: point.name().to_owned(), priority: 0 })
                .collect(),
            versions: self.versions.iter().map(|&version| version.to_owned()).collect(),
        }))
    }
}
