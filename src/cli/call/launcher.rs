//! virt-launcher's side of the hook APIs, as KubeVirt's `pkg/hooks/manager.go` plays it: every file
//! of the folder is dialled, `Info` asked, and for each call the newest common version dialled anew.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use tonic::Status;
use tonic::codegen::http::Uri;
use tonic::transport::{Channel, Endpoint};

use crate::hook::CloudInit;
use crate::hook::r#gen::{info, plugin_v1alpha1, v1alpha1, v1alpha2, v1alpha3};

/// How long a dial may take.
const DIAL: Duration = Duration::from_secs(2);
/// How long `Info` may take.
const INFO: Duration = Duration::from_secs(1);
/// How long a hook may take: all of SyncVMI, which contains it, has no more.
const HOOK: Duration = Duration::from_secs(20);

/// A version of the sidecar API, older ones first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(in crate::cli) enum Version {
    V1alpha1,
    V1alpha2,
    V1alpha3,
}

impl Version {
    const ALL: [Self; 3] = [Self::V1alpha1, Self::V1alpha2, Self::V1alpha3];

    pub(in crate::cli) const fn as_str(self) -> &'static str {
        match self {
            Self::V1alpha1 => "v1alpha1",
            Self::V1alpha2 => "v1alpha2",
            Self::V1alpha3 => "v1alpha3",
        }
    }
}

/// What `Info` told of a sidecar.
pub(in crate::cli) struct Sidecar {
    pub(in crate::cli) socket: PathBuf,
    pub(in crate::cli) name: String,
    pub(in crate::cli) versions: Vec<String>,
    pub(in crate::cli) hook_points: Vec<String>,
    /// The one that is called: the newest that both sides know.
    pub(in crate::cli) version: Version,
}

/// Every file that virt-launcher would dial: those in `folder`, and in its folders, one a container. No
/// container's name begins with a dot; a folder's that does is where a sidecar makes its socket.
pub(in crate::cli) fn scan(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let list = |folder: &Path| -> anyhow::Result<(Vec<PathBuf>, Vec<PathBuf>)> {
        let entries = std::fs::read_dir(folder).with_context(|| format!("cannot list `{}`", folder.display()))?;
        let paths: Vec<PathBuf> = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
        Ok(paths.into_iter().partition(|path| path.is_dir()))
    };
    let (folders, mut files) = list(folder)?;
    let is_hidden = |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    for container in folders.iter().filter(|path| !is_hidden(path)) {
        files.append(&mut list(container)?.1);
    }
    files.sort();
    Ok(files)
}

impl Sidecar {
    /// Dials a socket and asks `Info`.
    pub(in crate::cli) async fn meet(socket: &Path) -> anyhow::Result<Self> {
        let mut client = info::info_client::InfoClient::new(dial(socket).await?);
        let answer = tokio::time::timeout(INFO, client.info(info::InfoParams {})).await;
        let answer = answer.context("Info was not answered within 1 s")?.context("Info failed")?.into_inner();
        let offered = |version: &Version| answer.versions.iter().any(|offered| offered == version.as_str());
        let Some(version) = Version::ALL.into_iter().filter(offered).max() else {
            bail!("Info lists no version that KubeVirt knows, only [{}]", answer.versions.join(", "));
        };
        Ok(Self {
            socket: socket.to_owned(),
            name: answer.name,
            versions: answer.versions,
            hook_points: answer.hook_points.into_iter().map(|point| point.name).collect(),
            version,
        })
    }

    /// Whether it announced the hook point.
    pub(in crate::cli) fn offers(&self, point: &str) -> bool {
        self.hook_points.iter().any(|offered| offered == point)
    }

    pub(in crate::cli) async fn on_define_domain(&self, domain: &[u8], vmi: &[u8]) -> anyhow::Result<Vec<u8>> {
        let channel = dial(&self.socket).await?;
        let (domain_xml, vmi) = (domain.to_vec().into(), vmi.to_vec().into());
        macro_rules! call {
            ($version:ident) => {{
                let mut client = $version::callbacks_client::CallbacksClient::new(channel);
                let params = $version::OnDefineDomainParams { domain_xml, vmi };
                answer(client.on_define_domain(params)).await?.domain_xml
            }};
        }
        let domain = match self.version {
            Version::V1alpha1 => call!(v1alpha1),
            Version::V1alpha2 => call!(v1alpha2),
            Version::V1alpha3 => call!(v1alpha3),
        };
        Ok(domain.to_vec())
    }

    pub(in crate::cli) async fn pre_cloud_init_iso(&self, sent: &CloudInit, vmi: &[u8]) -> anyhow::Result<CloudInit> {
        let channel = dial(&self.socket).await?;
        let (cloud_init_data, vmi) = (sent.data.clone().into(), vmi.to_vec().into());
        let cloud_init_no_cloud_source = sent.no_cloud_source.clone().into();
        macro_rules! call {
            ($version:ident) => {{
                let mut client = $version::callbacks_client::CallbacksClient::new(channel);
                let params = $version::PreCloudInitIsoParams { cloud_init_no_cloud_source, vmi, cloud_init_data };
                let result = answer(client.pre_cloud_init_iso(params)).await?;
                (result.cloud_init_data, result.cloud_init_no_cloud_source)
            }};
        }
        let (data, no_cloud_source) = match self.version {
            Version::V1alpha1 => bail!("v1alpha1 has no PreCloudInitIso"),
            Version::V1alpha2 => call!(v1alpha2),
            Version::V1alpha3 => call!(v1alpha3),
        };
        Ok(CloudInit { data: data.to_vec(), no_cloud_source: no_cloud_source.to_vec() })
    }

    pub(in crate::cli) async fn shutdown(&self) -> anyhow::Result<()> {
        if self.version != Version::V1alpha3 {
            bail!("{} has no Shutdown", self.version.as_str());
        }
        let mut client = v1alpha3::callbacks_client::CallbacksClient::new(dial(&self.socket).await?);
        answer(client.shutdown(v1alpha3::ShutdownParams {})).await.map(|_| ())
    }
}

/// `MutateDomain` of the structured-plugin API.
pub(in crate::cli) async fn mutate_domain(socket: &Path, domain: &[u8], vmi: &[u8]) -> anyhow::Result<Vec<u8>> {
    let channel = dial(socket).await?;
    let mut client = plugin_v1alpha1::domain_hook_service_client::DomainHookServiceClient::new(channel);
    let request = plugin_v1alpha1::MutateDomainRequest {
        domain_type: "libvirt".to_owned(),
        domain: domain.to_vec().into(),
        vmi: vmi.to_vec().into(),
        sidecar_context: Some(plugin_v1alpha1::SidecarContext { invocation_context: "Boot".to_owned() }),
    };
    answer(client.mutate_domain(request)).await.map(|response| response.domain.to_vec())
}

/// A connection with the `:authority` that KubeVirt sends.
async fn dial(socket: &Path) -> anyhow::Result<Channel> {
    let endpoint = Endpoint::from_shared(format!("unix:{}", socket.display()))?;
    let endpoint = endpoint.origin(Uri::from_static("http://localhost")).connect_timeout(DIAL);
    let connected = tokio::time::timeout(DIAL, endpoint.connect()).await;
    let cannot = || format!("`{}` does not answer", socket.display());
    connected.with_context(cannot)?.with_context(cannot)
}

/// The answer of a hook; its error is what KubeVirt shows the VM's owner.
async fn answer<T>(call: impl Future<Output = Result<tonic::Response<T>, Status>>) -> anyhow::Result<T> {
    match tokio::time::timeout(HOOK, call).await {
        Err(_) => bail!("the hook did not answer within {} s", HOOK.as_secs()),
        Ok(Err(status)) => {
            Err(Refusal { code: format!("{:?}", status.code()), message: status.message().to_owned() }.into())
        }
        Ok(Ok(response)) => Ok(response.into_inner()),
    }
}

/// An error that the hook itself returned.
#[derive(Debug)]
pub(in crate::cli) struct Refusal {
    /// The gRPC status code.
    pub(in crate::cli) code: String,
    /// The status text: one problem a line.
    pub(in crate::cli) message: String,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Refusal {}
