//! `virt-patch call`: plays virt-launcher against a running sidecar.

pub(super) mod launcher;
pub(super) mod timing;
mod verdict;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};

use super::exit::{UNABLE, WRONG};
use super::terminal::Terminal;
use super::{input, vmi};
use crate::diagnostic::Diagnostic;
use crate::hook::CloudInit;
use launcher::{Refusal, Sidecar, Version};
use timing::Timing;
use verdict::Verdict;

/// Plays virt-launcher against running sidecars: finds their sockets, asks Info, calls a hook
///
/// The hook's answer is printed, held to what KubeVirt asks of it. Domains go through every sidecar in
/// turn, cloud-init data to the first one that takes them, as in a VM's pod.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  virt-patch-sidecar --rules rules.yaml --socket-dir /tmp/hooks &
  virt-patch call --socket-dir /tmp/hooks --domain domain.xml --vmi vm.yaml")]
pub(super) struct Arguments {
    /// The folder of sockets, as virt-launcher sees it: DIR/*.sock or DIR/CONTAINER/*.sock
    #[arg(long, value_name = "DIR", required_unless_present = "plugin_socket")]
    socket_dir: Option<PathBuf>,
    /// Only the sidecar of this name, or whose folder or socket has it
    #[arg(long, value_name = "NAME")]
    sidecar: Option<String>,
    #[command(flatten)]
    hook: HookArguments,
    /// The VMI that is sent along: its JSON, or a manifest of the VM or VMI
    #[arg(long, value_name = "FILE")]
    vmi: Option<PathBuf>,
    /// The older cloudInitNoCloudSource JSON, sent beside --cloud-init
    #[arg(long, value_name = "FILE", requires = "cloud_init")]
    no_cloud_source: Option<PathBuf>,
    /// The API to call; without it the newest that both sides know
    #[arg(long, value_enum, value_name = "VERSION")]
    api: Option<Api>,
    /// The socket of a structured plugin (--api plugin)
    #[arg(long, value_name = "PATH")]
    plugin_socket: Option<PathBuf>,
    /// Call so often, and say how long it took
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct HookArguments {
    /// OnDefineDomain with this libvirt domain XML; - is standard input
    #[arg(long, value_name = "FILE")]
    domain: Option<PathBuf>,
    /// PreCloudInitIso with this cloudInitData JSON; - is standard input
    #[arg(long, value_name = "FILE")]
    cloud_init: Option<PathBuf>,
    /// Shutdown: the VM has stopped
    #[arg(long)]
    shutdown: bool,
    /// Only Info: what the sidecars are and can
    #[arg(long)]
    info: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Api {
    V1alpha1,
    V1alpha2,
    V1alpha3,
    /// The structured-plugin API of KubeVirt 1.9
    Plugin,
}

impl Api {
    const fn version(self) -> Option<Version> {
        match self {
            Self::V1alpha1 => Some(Version::V1alpha1),
            Self::V1alpha2 => Some(Version::V1alpha2),
            Self::V1alpha3 => Some(Version::V1alpha3),
            Self::Plugin => None,
        }
    }
}

/// What is sent.
struct Sent {
    document: Vec<u8>,
    no_cloud_source: Vec<u8>,
    vmi: Vec<u8>,
}

pub(super) fn run(arguments: Arguments, terminal: Terminal) -> anyhow::Result<ExitCode> {
    if (arguments.api == Some(Api::Plugin)) != arguments.plugin_socket.is_some() {
        bail!("`--api plugin` and `--plugin-socket PATH` go together");
    }
    let sent = match arguments.read() {
        Ok(sent) => sent,
        Err(problems) => return Ok(terminal.refuse(&problems)),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let called = runtime.block_on(arguments.call(&sent, terminal));
    match called {
        Err(error) if error.is::<Refusal>() => {
            terminal.unable(&error.context("the hook failed, and KubeVirt would show this on the VM (SyncFailed)"));
            Ok(ExitCode::from(WRONG))
        }
        other => other,
    }
}

impl Arguments {
    fn read(&self) -> Result<Sent, Vec<Diagnostic>> {
        let paths = [
            ("`--domain`", &self.hook.domain),
            ("`--cloud-init`", &self.hook.cloud_init),
            ("`--vmi`", &self.vmi),
            ("`--no-cloud-source`", &self.no_cloud_source),
        ];
        input::check_stdin(paths.iter().filter_map(|(name, path)| Some((*name, path.as_deref()?))))?;
        let read = |path: &Option<PathBuf>, what: &str| -> Result<Vec<u8>, Vec<Diagnostic>> {
            path.as_deref().map_or(Ok(Vec::new()), |path| input::read(path, what).map(|input| input.bytes))
        };
        let vmi = self.vmi.as_deref().map(vmi::read).transpose()?;
        let document = match &self.hook.domain {
            Some(_) => read(&self.hook.domain, "a libvirt domain")?,
            None => read(&self.hook.cloud_init, "cloud-init data")?,
        };
        let no_cloud_source = read(&self.no_cloud_source, "a cloudInitNoCloudSource")?;
        Ok(Sent { document, no_cloud_source, vmi: vmi.map_or_else(|| b"{}".to_vec(), |vmi| vmi.json) })
    }

    async fn call(&self, sent: &Sent, terminal: Terminal) -> anyhow::Result<ExitCode> {
        if let Some(socket) = &self.plugin_socket {
            return self.plugin(socket, sent, terminal).await;
        }
        let sidecars = self.sidecars(terminal).await?;
        if self.hook.info {
            terminal.print(sidecars.iter().map(|sidecar| describe(sidecar, terminal)).collect::<String>())?;
            return Ok(ExitCode::SUCCESS);
        }
        if self.hook.shutdown {
            for sidecar in sidecars.iter().filter(|sidecar| sidecar.offers("Shutdown")) {
                sidecar.shutdown().await?;
                terminal.note(&format!("{} was told that the VM has stopped", sidecar.name));
            }
            return Ok(ExitCode::SUCCESS);
        }
        if self.hook.domain.is_some() {
            self.domain(&sidecars, sent, terminal).await
        } else {
            self.cloud_init(&sidecars, sent, terminal).await
        }
    }

    /// Every sidecar that answers. virt-launcher tries a socket that does not again and again until its
    /// time is over, so those are worth a warning.
    async fn sidecars(&self, terminal: Terminal) -> anyhow::Result<Vec<Sidecar>> {
        let folder = self.socket_dir.as_deref().context("`--socket-dir` is needed")?;
        let mut sidecars = Vec::new();
        for socket in launcher::scan(folder)? {
            match Sidecar::meet(&socket).await {
                Ok(mut sidecar) => {
                    sidecar.version = self.api.and_then(Api::version).unwrap_or(sidecar.version);
                    sidecars.push(sidecar);
                }
                Err(error) => terminal.warn(&format!(
                    "virt-launcher would dial `{}` until its time is over: {error:#}",
                    socket.display()
                )),
            }
        }
        if let Some(wanted) = &self.sidecar {
            let has_name = |sidecar: &Sidecar| {
                let within = sidecar.socket.strip_prefix(folder).unwrap_or(&sidecar.socket);
                sidecar.name == *wanted || within.iter().any(|part| part == wanted.as_str())
            };
            sidecars.retain(has_name);
        }
        if sidecars.is_empty() {
            bail!(
                "no sidecar answers in `{}`; start one with `virt-patch-sidecar --rules FILE --socket-dir {0}`",
                folder.display()
            );
        }
        Ok(sidecars)
    }

    /// Each sidecar gets what the one before it answered.
    async fn domain(&self, sidecars: &[Sidecar], sent: &Sent, terminal: Terminal) -> anyhow::Result<ExitCode> {
        let mut domain = sent.document.clone();
        let mut asked = 0;
        for sidecar in sidecars.iter().filter(|sidecar| sidecar.offers("OnDefineDomain")) {
            let mut timing = Timing::default();
            let mut answer = Vec::new();
            for _ in 0..self.repeat {
                answer = timing.of(sidecar.on_define_domain(&domain, &sent.vmi)).await?;
            }
            asked += 1;
            self.told(&sidecar.name, sidecar.version.as_str(), &timing, terminal);
            match self.judged(verdict::domain(answer), terminal) {
                Some(next) => domain = next,
                None => return Ok(ExitCode::from(WRONG)),
            }
        }
        if asked == 0 {
            terminal.warn("no sidecar offers OnDefineDomain, so the domain stays as it is");
        }
        terminal.print(&domain)?;
        Ok(ExitCode::SUCCESS)
    }

    /// Only the first sidecar that offers the hook is asked.
    async fn cloud_init(&self, sidecars: &[Sidecar], sent: &Sent, terminal: Terminal) -> anyhow::Result<ExitCode> {
        let Some(sidecar) = sidecars.iter().find(|sidecar| sidecar.offers("PreCloudInitIso")) else {
            terminal.warn("no sidecar offers PreCloudInitIso, so the cloud-init data stay as they are; a sidecar offers it where it has rules for it, or with `--hook-points PreCloudInitIso`");
            return Ok(ExitCode::from(UNABLE));
        };
        let data = CloudInit { data: sent.document.clone(), no_cloud_source: sent.no_cloud_source.clone() };
        let mut timing = Timing::default();
        let mut answer = data.clone();
        for _ in 0..self.repeat {
            answer = timing.of(sidecar.pre_cloud_init_iso(&data, &sent.vmi)).await?;
        }
        self.told(&sidecar.name, sidecar.version.as_str(), &timing, terminal);
        match self.judged(verdict::cloud_init(answer), terminal) {
            Some(used) => terminal.print(&used).map(|()| ExitCode::SUCCESS),
            None => Ok(ExitCode::from(WRONG)),
        }
    }

    async fn plugin(&self, socket: &Path, sent: &Sent, terminal: Terminal) -> anyhow::Result<ExitCode> {
        if self.hook.domain.is_none() {
            bail!("the structured-plugin API has only MutateDomain: give `--domain`");
        }
        let mut timing = Timing::default();
        let mut answer = Vec::new();
        for _ in 0..self.repeat {
            answer = timing.of(launcher::mutate_domain(socket, &sent.document, &sent.vmi)).await?;
        }
        self.told(&socket.display().to_string(), "plugin v1alpha1", &timing, terminal);
        match self.judged(verdict::domain(answer), terminal) {
            Some(used) => terminal.print(&used).map(|()| ExitCode::SUCCESS),
            None => Ok(ExitCode::from(WRONG)),
        }
    }

    fn told(&self, name: &str, api: &str, timing: &Timing, terminal: Terminal) {
        if self.repeat > 1 {
            terminal.note(&format!("{name} ({api}), {timing}, each with its own connection"));
        }
    }

    fn judged(&self, verdict: Verdict, terminal: Terminal) -> Option<Vec<u8>> {
        match verdict.used {
            Some(_) => terminal.note(&format!("KubeVirt: {}", verdict.words)),
            None => terminal.warn(&format!("KubeVirt: {}", verdict.words)),
        }
        verdict.used
    }
}

fn describe(sidecar: &Sidecar, terminal: Terminal) -> String {
    let paint = terminal.out;
    format!(
        "{}\n  socket    {}\n  versions  {} (KubeVirt would call {})\n  hooks     {}\n",
        paint.bold(&sidecar.name),
        sidecar.socket.display(),
        sidecar.versions.join(" "),
        sidecar.version.as_str(),
        sidecar.hook_points.join(" "),
    )
}
