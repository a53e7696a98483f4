//! `kubevirt.hooks.plugins.v1alpha1.DomainHookService`, the structured-plugin API of KubeVirt 1.9 (VEP 190).

use bytes::Bytes;

use super::method::{Method, Version, unary};
use crate::hook::dispatch::Core;
use crate::hook::r#gen::plugin_v1alpha1::{MutateDomainRequest, MutateDomainResponse};
use crate::hook::grpc::Unanswered;
use crate::hook::hooks::{Failure, FailureKind, HookPoint};

const NAME: &str = "plugin-v1alpha1";
/// The only form of a domain that the rules read.
const LIBVIRT: &str = "libvirt";

pub(super) const VERSION: Version = Version {
    name: NAME,
    is_announced: false,
    methods: &[Method {
        path: "/kubevirt.hooks.plugins.v1alpha1.DomainHookService/MutateDomain",
        point: Some(HookPoint::OnDefineDomain),
        call: mutate_domain,
    }],
};

fn mutate_domain(core: &Core, request: Bytes) -> Result<Bytes, Unanswered> {
    unary(request, |params: MutateDomainRequest| {
        if params.domain_type != LIBVIRT {
            let message = format!("domain_type is {:?}, only {LIBVIRT:?} can be read", params.domain_type);
            return Err(core.refuse(
                NAME,
                HookPoint::OnDefineDomain,
                &Failure::new(FailureKind::InvalidInput, message),
            ));
        }
        let context = params.sidecar_context.map(|context| context.invocation_context);
        let domain = core.define_domain(NAME, context, &params.domain, &params.vmi)?;
        Ok(MutateDomainResponse { domain: domain.into() })
    })
}
