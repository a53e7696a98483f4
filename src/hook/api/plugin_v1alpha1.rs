//! `kubevirt.hooks.plugins.v1alpha1.DomainHookService`, the structured-plugin API of KubeVirt 1.9 (VEP 190).

use std::sync::Arc;

use tonic::body::Body;
use tonic::codegen::{Service, http};
use tonic::{Request, Response, Status};

use crate::hook::dispatch::{Answer, Core};
use crate::hook::r#gen::plugin_v1alpha1::domain_hook_service_server::{
    DomainHookService, DomainHookServiceServer, SERVICE_NAME,
};
use crate::hook::r#gen::plugin_v1alpha1::{MutateDomainRequest, MutateDomainResponse};
use crate::hook::hooks::{Failure, FailureKind, HookPoint};

pub(super) const SERVICE: &str = SERVICE_NAME;
const NAME: &str = "plugin-v1alpha1";
/// The only form of a domain that the rules read.
const LIBVIRT: &str = "libvirt";

pub(super) fn call(core: &Arc<Core>, request: http::Request<Body>) -> Answer {
    DomainHookServiceServer::from_arc(Arc::clone(core)).max_decoding_message_size(core.max_request).call(request)
}

#[tonic::async_trait]
impl DomainHookService for Core {
    async fn mutate_domain(
        &self,
        request: Request<MutateDomainRequest>,
    ) -> Result<Response<MutateDomainResponse>, Status> {
        let params = request.into_inner();
        if params.domain_type != LIBVIRT {
            let message = format!("domain_type is {:?}, only {LIBVIRT:?} can be read", params.domain_type);
            return Err(self.refuse(NAME, HookPoint::OnDefineDomain, Failure::new(FailureKind::InvalidInput, message)));
        }
        let context = params.sidecar_context.map(|context| context.invocation_context);
        let domain = self.define_domain(NAME, context, &params.domain, &params.vmi)?;
        Ok(Response::new(MutateDomainResponse { domain: domain.into() }))
    }
}
