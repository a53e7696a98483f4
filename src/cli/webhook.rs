//! `virt-patch webhook`: the admission server.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};

use super::terminal::Terminal;
use crate::admission::{Criteria, Gate, Mode};
use crate::hook::Log;
use crate::hook::log::{Format, Level};
use crate::load;
use crate::policy::Policies;
use crate::webhook::{Images, Limits, Options, Server, StartError};

/// The key of a ConfigMap that holds the list, where none is named.
const KEY: &str = "images";

/// Threads that look up names, while others judge.
const RESOLVERS: usize = 1;

/// What a thread may recurse with, as much as a program's first thread has.
const STACK: usize = 8 << 20;

/// Serves admission reviews: refuses VMs with sidecars that are not allowed, and rules that are wrong
///
/// Images of hookSidecars are held to an allow list; command, pvc, unknown arguments and mounts outside of where rules
/// belong are refused; rules in annotations and in ConfigMaps with the label virt-patch.dev/rules=true are
/// compiled. With --injections it puts the sidecars of plugins into pods (`virt-patch plugin --webhook`). POST /validate
/// and /inject/NAME take reviews; GET /healthz, /readyz and /metrics are for operators.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  virt-patch webhook --cert tls.crt --key tls.key --allow-list images.txt
  virt-patch webhook --cert tls.crt --key tls.key --harvester-setting --mode Warn")]
pub(super) struct Arguments {
    /// Where the API server calls
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8443", value_parser = address)]
    listen: SocketAddr,
    /// The certificate's chain, PEM; read again when it changes
    #[arg(long, value_name = "FILE")]
    cert: PathBuf,
    /// The certificate's key, PEM; read again when it changes
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Only peers with a certificate of these authorities are answered, PEM; read again when it changes
    #[arg(long, value_name = "FILE")]
    client_ca: Option<PathBuf>,
    #[command(flatten)]
    images: ImageArguments,
    /// What rules may do: a RulePolicy file or folder, or `builtin:NAME`; repeatable
    #[arg(long = "policy", value_name = "POLICY")]
    policies: Vec<PathBuf>,
    /// A folder with SidecarInjections, the containers that pods of VMs get; read again when it changes
    #[arg(long, value_name = "FOLDER")]
    injections: Option<PathBuf>,
    /// What becomes of what is refused: Enforce keeps it out, Warn lets it in with warnings, Audit only records it
    #[arg(long, value_enum, value_name = "MODE", default_value = "Enforce")]
    mode: ModeArgument,
    /// A namespace whose objects are not judged; repeatable
    #[arg(long = "exempt-namespace", value_name = "NAME")]
    exempt_namespaces: Vec<String>,
    /// A user whose changes are not judged; repeatable. Never KubeVirt's own: it makes the VMIs
    #[arg(long = "exempt-user", value_name = "NAME")]
    exempt_users: Vec<String>,
    /// Answers /metrics, /healthz and /readyz here too, in plain HTTP
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    metrics_listen: Option<SocketAddr>,
    /// How to reach the API server; without it KUBECONFIG, ~/.kube/config or the pod's service account
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// How often files are looked at
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = clap::value_parser!(u64).range(1..=3600))]
    poll: u64,
    /// How long connections are still accepted after SIGTERM: the API server learns of it late
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = clap::value_parser!(u64).range(0..=300))]
    drain: u64,
    /// How log lines are written, to standard error
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "json")]
    log_format: FormatArgument,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct ImageArguments {
    /// The allow list's file; read again when it changes
    #[arg(long, value_name = "FILE")]
    allow_list: Option<PathBuf>,
    /// The ConfigMap that holds the allow list, under the key `images` or another; watched
    #[arg(long, value_name = "NAMESPACE/NAME[/KEY]", value_parser = config_map)]
    allow_list_configmap: Option<Images>,
    /// Harvester's setting `whitelisted-sidecars` is the allow list; watched
    #[arg(long)]
    harvester_setting: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ModeArgument {
    #[value(name = "Enforce")]
    Enforce,
    #[value(name = "Warn")]
    Warn,
    #[value(name = "Audit")]
    Audit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatArgument {
    Json,
    Text,
}

pub(super) fn run(arguments: Arguments, terminal: Terminal) -> anyhow::Result<ExitCode> {
    let log = Arc::new(Log::stderr(match arguments.log_format {
        FormatArgument::Json => Format::Json,
        FormatArgument::Text => Format::Text,
    }));
    let policies = match load::policies(&arguments.policies) {
        Ok(policies) => policies,
        Err(problems) => return Ok(terminal.refuse(&problems)),
    };
    let options = arguments.options(policies);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(STACK)
        // Each thread has an arena of the allocator, which keeps what it once held.
        .max_blocking_threads(Server::judges() + RESOLVERS)
        .build()?;
    runtime.block_on(async {
        let end = end_of_process()?;
        let server = match Server::start(options, Arc::clone(&log)).await {
            Ok(server) => server,
            Err(StartError::AllowList(problems)) => return Ok(terminal.refuse(&problems)),
            Err(error) => return Err(error.into()),
        };
        let address = server.address()?.to_string();
        let mut fields = vec![("address", address.as_str().into())];
        let metrics = server.metrics_address().map(|address| address.to_string());
        fields.extend(metrics.as_deref().map(|address| ("metrics", address.into())));
        log.event(Level::Info, "listening", &fields);
        server.run(end).await;
        Ok(ExitCode::SUCCESS)
    })
}

impl Arguments {
    fn options(self, policies: Policies) -> Options {
        let images = match (self.images.allow_list, self.images.allow_list_configmap) {
            (Some(path), _) => Images::File(path),
            (None, Some(config_map)) => config_map,
            (None, None) => Images::HarvesterSetting,
        };
        let mode = match self.mode {
            ModeArgument::Enforce => Mode::Enforce,
            ModeArgument::Warn => Mode::Warn,
            ModeArgument::Audit => Mode::Audit,
        };
        Options {
            listen: self.listen,
            metrics_listen: self.metrics_listen,
            certificate: self.cert,
            key: self.key,
            client_authorities: self.client_ca,
            images,
            kubeconfig: self.kubeconfig,
            criteria: Criteria { allow_list: None, policies },
            injections: self.injections,
            gate: Gate {
                mode,
                exempt_namespaces: self.exempt_namespaces.into_iter().collect(),
                exempt_users: self.exempt_users.into_iter().collect(),
            },
            limits: Limits::default(),
            poll: Duration::from_secs(self.poll),
            drain: Duration::from_secs(self.drain),
        }
    }
}

/// `IP:PORT`; a name could be several addresses.
fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "it is an IP address and a port, as in 0.0.0.0:8443".to_owned())
}

/// `NAMESPACE/NAME[/KEY]`
fn config_map(text: &str) -> Result<Images, String> {
    let parts: Vec<&str> = text.split('/').collect();
    let (namespace, name, key) = match parts.as_slice() {
        [namespace, name] => (namespace, name, &KEY),
        [namespace, name, key] => (namespace, name, key),
        _ => return Err("it is NAMESPACE/NAME or NAMESPACE/NAME/KEY".to_owned()),
    };
    if [namespace, name, key].iter().any(|part| part.is_empty()) {
        return Err("none of NAMESPACE, NAME and KEY can be empty".to_owned());
    }
    Ok(Images::ConfigMap { namespace: (*namespace).into(), name: (*name).into(), key: (*key).into() })
}

/// SIGTERM, as Kubernetes ends a pod, or SIGINT.
fn end_of_process() -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot wait for SIGINT")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
