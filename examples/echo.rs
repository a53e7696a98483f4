//! The hook server with rules that change nothing: what the server itself costs, and something to
//! test against. The domain `<panic/>` panics and `<fail>N</fail>` fails with N lines of message, so
//! that a process's behaviour can be watched from outside.
//!
//! `cargo run --example echo -- --socket-dir DIR [--plugin-socket PATH]`

use std::process::ExitCode;
use std::sync::Arc;

use virt_patch::hook::{self, Call, CloudInit, Failure, FailureKind, Hooks, Log, Refusal, SidecarOptions};

struct Echo;

impl Hooks for Echo {
    fn offers_cloud_init(&self) -> bool {
        true
    }

    fn on_define_domain(&self, domain: &[u8], _vmi: &[u8], _call: &Call) -> Result<Vec<u8>, Failure> {
        if domain.starts_with(b"<panic/>") {
            // A fault such as a bug would be: past the end.
            return Ok(domain.split_at(domain.len() + 1).0.to_vec());
        }
        let asked = std::str::from_utf8(domain).ok().and_then(|text| text.strip_prefix("<fail>"));
        if let Some(lines) = asked.and_then(|text| text.split('<').next()?.parse::<usize>().ok()) {
            let lines: Vec<String> =
                (1..=lines).map(|n| format!("echo.yaml:{n}:1: error[rule-failed]: line {n}")).collect();
            return Err(Failure::new(FailureKind::RuleError, lines.join("\n")));
        }
        Ok(domain.to_vec())
    }

    fn pre_cloud_init_iso(
        &self,
        cloud_init_data: &[u8],
        no_cloud_source: &[u8],
        _vmi: &[u8],
        _call: &Call,
    ) -> Result<CloudInit, Failure> {
        Ok(CloudInit { data: cloud_init_data.to_vec(), no_cloud_source: no_cloud_source.to_vec() })
    }
}

fn main() -> ExitCode {
    let options = SidecarOptions::parse(std::env::args_os().skip(1), |name| std::env::var(name).ok());
    let log = Arc::new(Log::stderr(options.log_format));
    let hooks: Arc<dyn Hooks> = match options.problems.as_slice() {
        [] => Arc::new(Echo),
        problems => Arc::new(Refusal::of(problems)),
    };
    match hook::run(hooks, options.serve(), log) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}
