//! `kubevirt.hooks.v1alpha2.Callbacks`.

use bytes::Bytes;

use super::method::{Method, Version, unary};
use crate::hook::dispatch::Core;
use crate::hook::r#gen::v1alpha2::{
    OnDefineDomainParams, OnDefineDomainResult, PreCloudInitIsoParams, PreCloudInitIsoResult,
};
use crate::hook::grpc::Unanswered;
use crate::hook::hooks::HookPoint;

const NAME: &str = "v1alpha2";

pub(super) const VERSION: Version = Version {
    name: NAME,
    is_announced: true,
    methods: &[
        Method {
            path: "/kubevirt.hooks.v1alpha2.Callbacks/OnDefineDomain",
            point: Some(HookPoint::OnDefineDomain),
            call: on_define_domain,
        },
        Method {
            path: "/kubevirt.hooks.v1alpha2.Callbacks/PreCloudInitIso",
            point: Some(HookPoint::PreCloudInitIso),
            call: pre_cloud_init_iso,
        },
    ],
};

fn on_define_domain(core: &Core, request: Bytes) -> Result<Bytes, Unanswered> {
    unary(request, |params: OnDefineDomainParams| {
        let domain = core.define_domain(NAME, None, &params.domain_xml, &params.vmi)?;
        Ok(OnDefineDomainResult { domain_xml: domain.into() })
    })
}

fn pre_cloud_init_iso(core: &Core, request: Bytes) -> Result<Bytes, Unanswered> {
    unary(request, |params: PreCloudInitIsoParams| {
        let answer = core.cloud_init(NAME, &params.cloud_init_data, &params.cloud_init_no_cloud_source, &params.vmi)?;
        Ok(PreCloudInitIsoResult {
            cloud_init_no_cloud_source: answer.no_cloud_source.into(),
            cloud_init_data: answer.data.into(),
        })
    })
}
