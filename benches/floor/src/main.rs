//! The floor that the hook server is measured against: the least that tonic needs to echo, without
//! limits, log, or an orderly end. `echo-floor --socket-dir DIR`; see `benches/hook.sh`.

mod r#gen;

use std::convert::Infallible;
use std::path::PathBuf;
use std::task::{Context, Poll};

use r#gen::info::info_server::{Info, InfoServer};
use r#gen::info::{HookPoint, InfoParams, InfoResult};
use r#gen::v1alpha3::callbacks_server::{Callbacks, CallbacksServer};
use r#gen::v1alpha3::{
    OnDefineDomainParams, OnDefineDomainResult, PreCloudInitIsoParams, PreCloudInitIsoResult, ShutdownParams,
    ShutdownResult,
};
use tokio::net::UnixListener;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::{Request, Response, Status};

struct Floor;

#[tonic::async_trait]
impl Info for Floor {
    async fn info(&self, _: Request<InfoParams>) -> Result<Response<InfoResult>, Status> {
        Ok(Response::new(InfoResult {
            name: "floor".to_owned(),
            hook_points: vec![HookPoint { name: "OnDefineDomain".to_owned(), priority: 0 }],
            versions: vec!["v1alpha3".to_owned()],
        }))
    }
}

#[tonic::async_trait]
impl Callbacks for Floor {
    async fn on_define_domain(
        &self,
        request: Request<OnDefineDomainParams>,
    ) -> Result<Response<OnDefineDomainResult>, Status> {
        Ok(Response::new(OnDefineDomainResult { domain_xml: request.into_inner().domain_xml }))
    }

    async fn pre_cloud_init_iso(
        &self,
        request: Request<PreCloudInitIsoParams>,
    ) -> Result<Response<PreCloudInitIsoResult>, Status> {
        let params = request.into_inner();
        Ok(Response::new(PreCloudInitIsoResult {
            cloud_init_no_cloud_source: params.cloud_init_no_cloud_source,
            cloud_init_data: params.cloud_init_data,
        }))
    }

    async fn shutdown(&self, _: Request<ShutdownParams>) -> Result<Response<ShutdownResult>, Status> {
        Ok(Response::new(ShutdownResult {}))
    }
}

#[derive(Clone)]
struct Services {
    info: InfoServer<Floor>,
    callbacks: CallbacksServer<Floor>,
}

impl Service<http::Request<Body>> for Services {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        match request.uri().path().starts_with("/kubevirt.hooks.info.") {
            true => self.info.call(request),
            false => self.callbacks.call(request),
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let folder = arguments.windows(2).find(|pair| pair[0] == "--socket-dir").ok_or("--socket-dir DIR is needed")?;
    let socket = PathBuf::from(&folder[1]).join("floor.sock");
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let incoming = UnixListenerStream::new(UnixListener::bind(socket)?);
        let services = Services { info: InfoServer::new(Floor), callbacks: CallbacksServer::new(Floor) };
        tonic::transport::Server::builder().serve_with_incoming(services, incoming).await?;
        Ok(())
    })
}
