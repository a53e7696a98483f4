//! `virt-patch demo`: the whole story on embedded data, over real sockets.

mod pod;

use std::process::ExitCode;

use anyhow::{Context, anyhow};
use clap::Args;

use super::call::launcher::{self, Sidecar};
use super::call::timing::Timing;
use super::terminal::Terminal;
use crate::diagnostic::Diagnostic;
use crate::engine::{self, Detail, Inputs, Limits, Secrets};
use crate::hook::CloudInit;
use crate::report::{diff, explain};
use crate::rule::{self, RuleFile, Trust};
use crate::source::Source;
use crate::surroundings::Machine;
use pod::Pod;

const DOMAIN: &str = include_str!("domain.xml");
const VMI: &str = include_str!("vmi.json");
const CLOUD_INIT: &str = include_str!("cloud-init.json");
const RULES: &str = include_str!("rules.yaml");

/// How often the hook is called for the figures.
const CALLS: usize = 200;

/// Shows it all on embedded data: starts a sidecar, plays virt-launcher, shows what changed
///
/// Nothing but a temporary folder is touched, and that is removed again.
#[derive(Debug, Args)]
pub(super) struct Arguments {}

pub(super) fn run(_arguments: Arguments, terminal: Terminal) -> anyhow::Result<ExitCode> {
    let pod = Pod::start(RULES)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(Demo { terminal, pod }.tell())?;
    Ok(ExitCode::SUCCESS)
}

struct Demo {
    terminal: Terminal,
    pod: Pod,
}

impl Demo {
    async fn tell(self) -> anyhow::Result<()> {
        self.wishes()?;
        let sidecar = self.meet().await?;
        self.domain(&sidecar).await?;
        self.cloud_init(&sidecar).await?;
        self.time(&sidecar).await?;
        self.shut_down(&sidecar).await?;
        self.next()
    }

    fn wishes(&self) -> anyhow::Result<()> {
        self.title("The VM asks for what its spec has no field for", "annotations")?;
        let vmi: serde_json::Value = serde_json::from_str(VMI)?;
        let annotations = vmi["metadata"]["annotations"].as_object().context("the VMI has annotations")?;
        for (name, value) in annotations {
            self.line(&format!("{name}: {}", self.terminal.out.green(value.as_str().unwrap_or_default())))?;
        }
        self.title("The rules say where it goes", "rules.yaml")?;
        let from = RULES.find("  onDefineDomain:").unwrap_or(0);
        RULES[from..].lines().try_for_each(|line| self.line(&self.terminal.out.dim(line.get(2..).unwrap_or(line))))
    }

    /// As virt-launcher does: every file in the folder is dialled and asked.
    async fn meet(&self) -> anyhow::Result<Sidecar> {
        self.title("virt-launcher finds the sidecar and asks what it can", "Info")?;
        let socket = self.pod.socket().await?;
        let sidecar = Sidecar::meet(&socket).await?;
        let name = sidecar.socket.file_name().unwrap_or_default().to_string_lossy().into_owned();
        self.line(&format!("socket    {name}"))?;
        self.line(&format!("versions  {}", sidecar.versions.join(" ")))?;
        self.line(&format!("hooks     {}", sidecar.hook_points.join(" ")))?;
        Ok(sidecar)
    }

    async fn domain(&self, sidecar: &Sidecar) -> anyhow::Result<()> {
        self.title("The domain, before libvirt sees it", &format!("OnDefineDomain, {}", sidecar.version.as_str()))?;
        let answer = sidecar.on_define_domain(DOMAIN.as_bytes(), VMI.as_bytes()).await?;
        let answer = String::from_utf8(answer)?;
        let difference = diff::unified("domain.xml", DOMAIN, &answer, &Secrets::default(), self.terminal.out);
        difference.lines().try_for_each(|line| self.line(line))?;
        self.title("What each rule did", "apply --explain")?;
        explained(self.terminal)?.lines().try_for_each(|line| self.line(line))
    }

    async fn cloud_init(&self, sidecar: &Sidecar) -> anyhow::Result<()> {
        self.title("The cloud-init data, before the image is written", "PreCloudInitIso")?;
        let sent = CloudInit { data: CLOUD_INIT.into(), no_cloud_source: Vec::new() };
        let answer = sidecar.pre_cloud_init_iso(&sent, VMI.as_bytes()).await?;
        let difference =
            diff::cloud_init("cloudInitData", &sent.data, &answer.data, &Secrets::default(), self.terminal.out);
        difference.lines().try_for_each(|line| self.line(line))
    }

    async fn time(&self, sidecar: &Sidecar) -> anyhow::Result<()> {
        self.title("How long it takes", "OnDefineDomain over the unix socket, a connection each time")?;
        let mut timing = Timing::default();
        for _ in 0..CALLS {
            timing.of(sidecar.on_define_domain(DOMAIN.as_bytes(), VMI.as_bytes())).await?;
        }
        self.line(&timing.to_string())
    }

    async fn shut_down(&self, sidecar: &Sidecar) -> anyhow::Result<()> {
        self.title("The VM has stopped", "Shutdown")?;
        sidecar.shutdown().await?;
        self.pod.ended().await?;
        let left = launcher::scan(self.pod.sockets())?.len();
        self.line(&format!("the sidecar has ended, {left} sockets are left"))
    }

    fn next(&self) -> anyhow::Result<()> {
        let paint = self.terminal.out;
        self.terminal.print(format!("\n{}\n", paint.bold("Now with yours")))?;
        self.line("virt-patch packs copy smbios")?;
        self.line("virsh dumpxml VM | virt-patch apply rules.yaml --domain - --vmi vm.yaml --diff")
    }

    fn title(&self, title: &str, what: &str) -> anyhow::Result<()> {
        let paint = self.terminal.out;
        self.terminal.print(format!("\n{}  {}\n", paint.bold(title), paint.dim(what)))
    }

    fn line(&self, line: &str) -> anyhow::Result<()> {
        self.terminal.print(format!("  {line}").trim_end().to_owned() + "\n")
    }
}

/// The trace of the same rules on the same domain: the sidecar runs the same engine.
fn explained(terminal: Terminal) -> anyhow::Result<String> {
    let file = RuleFile { source: Source::new("rules.yaml", RULES), trust: Trust::File, pack: None };
    let first = |problems: Vec<Diagnostic>| anyhow!(problems.first().map(ToString::to_string).unwrap_or_default());
    let sets = rule::compile(&[file]).map_err(first)?;
    let given = std::collections::BTreeMap::new();
    let inputs = Inputs {
        vmi: VMI.as_bytes(),
        surroundings: &Machine,
        given: &given,
        detail: Detail::Full,
        limits: Limits::default(),
    };
    let done = engine::apply_to_domain(&sets, DOMAIN.as_bytes(), &inputs);
    let outcome = done.map_err(|failure| first(vec![*failure.problem]))?;
    Ok(explain::explain(&outcome.report, terminal.out))
}
