//! `kubevirt.hooks.v1alpha1.Callbacks`.

use bytes::Bytes;

use super::method::{Method, Version, unary};
use crate::hook::dispatch::Core;
use crate::hook::r#gen::v1alpha1::{OnDefineDomainParams, OnDefineDomainResult};
use crate::hook::grpc::Unanswered;
use crate::hook::hooks::HookPoint;

const NAME: &str = "v1alpha1";

pub(super) const VERSION: Version = Version {
    name: NAME,
    is_announced: true,
    methods: &[Method {
        path: "/kubevirt.hooks.v1alpha1.Callbacks/OnDefineDomain",
        point: Some(HookPoint::OnDefineDomain),
        call: on_define_domain,
    }],
};

fn on_define_domain(core: &Core, request: Bytes) -> Result<Bytes, Unanswered> {
    unary(request, |params: OnDefineDomainParams| {
        let domain = core.define_domain(NAME, None, &params.domain_xml, &params.vmi)?;
        Ok(OnDefineDomainResult { domain_xml: domain.into() })
    })
}
