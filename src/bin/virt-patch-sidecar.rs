//! The hook server that a VM's pod runs.

use std::process::ExitCode;
use std::sync::Arc;

use virt_patch::hook::{self, Log, SidecarOptions, options};
use virt_patch::sidecar::Sidecar;

fn main() -> ExitCode {
    let options = SidecarOptions::parse(std::env::args_os().skip(1), |name| std::env::var(name).ok());
    if options.help {
        print!("{}", options::USAGE);
        return ExitCode::SUCCESS;
    }
    if options.version {
        println!("virt-patch-sidecar {}", env!("CARGO_PKG_VERSION"));
        return ExitCode::SUCCESS;
    }
    let log = Arc::new(Log::stderr(options.log_format));
    let sidecar = Arc::new(Sidecar::new(&options, Arc::clone(&log)));
    match hook::run(sidecar, options.serve(), Arc::clone(&log)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log.event(hook::log::Level::Error, "cannot serve", &[("error", error.to_string().as_str().into())]);
            ExitCode::FAILURE
        }
    }
}
