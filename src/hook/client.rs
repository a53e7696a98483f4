//! Dialling a sidecar as virt-launcher does, for the command line and for tests.

use std::path::Path;

use tonic::codegen::http::Uri;
use tonic::transport::{Channel, Endpoint, Error};

/// Connects to a socket. Calls carry `:authority: localhost`, as KubeVirt's do from v1.1.0 on.
///
/// # Errors
/// Where nobody listens there.
pub async fn connect(socket: &Path) -> Result<Channel, Error> {
    Endpoint::from_shared(format!("unix:{}", socket.display()))?
        .origin(Uri::from_static("http://localhost"))
        .connect()
        .await
}
