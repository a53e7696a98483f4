//! `kubevirt.hooks.v1alpha2.Callbacks`.

use std::sync::Arc;

use tonic::body::Body;
use tonic::codegen::{Service, http};
use tonic::{Request, Response, Status};

use crate::hook::dispatch::{Answer, Core};
use crate::hook::r#gen::v1alpha2::callbacks_server::{Callbacks, CallbacksServer, SERVICE_NAME};
use crate::hook::r#gen::v1alpha2::{
    OnDefineDomainParams, OnDefineDomainResult, PreCloudInitIsoParams, PreCloudInitIsoResult,
};

pub(super) const NAME: &str = "v1alpha2";
pub(super) const SERVICE: &str = SERVICE_NAME;

pub(super) fn call(core: &Arc<Core>, request: http::Request<Body>) -> Answer {
    CallbacksServer::from_arc(Arc::clone(core)).max_decoding_message_size(core.max_request).call(request)
}

#[tonic::async_trait]
impl Callbacks for Core {
    async fn on_define_domain(
        &self,
        request: Request<OnDefineDomainParams>,
    ) -> Result<Response<OnDefineDomainResult>, Status> {
        let params = request.into_inner();
        let domain = self.define_domain(NAME, None, &params.domain_xml, &params.vmi)?;
        Ok(Response::new(OnDefineDomainResult { domain_xml: domain.into() }))
    }

    async fn pre_cloud_init_iso(
        &self,
        request: Request<PreCloudInitIsoParams>,
    ) -> Result<Response<PreCloudInitIsoResult>, Status> {
        let params = request.into_inner();
        let answer = self.cloud_init(NAME, &params.cloud_init_data, &params.cloud_init_no_cloud_source, &params.vmi)?;
        Ok(Response::new(PreCloudInitIsoResult {
            cloud_init_no_cloud_source: answer.no_cloud_source.into(),
            cloud_init_data: answer.data.into(),
        }))
    }
}
