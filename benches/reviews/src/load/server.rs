//! The server: `virt-patch webhook`, as a process of its own.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use serde_json::Value as Json;
use tempfile::TempDir;

use super::Error;
use super::table::ALLOW_LIST;

/// A server that runs until this is dropped.
pub(super) struct Server {
    process: Child,
    /// Where it listens.
    pub(super) address: SocketAddr,
    /// The certificate that it has, for `localhost`.
    pub(super) certificate: CertificateDer<'static>,
    /// Reads its log, as a container runtime does.
    log: Option<JoinHandle<u64>>,
    _folder: TempDir,
}

impl Server {
    /// Starts a program with arguments beside those that it needs.
    ///
    /// # Errors
    /// Where it does not start; its own words then.
    pub(super) fn start(program: &Path, arguments: &[String]) -> Result<Self, Error> {
        let folder = tempfile::tempdir()?;
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
        let path = |name: &str| folder.path().join(name);
        fs::write(path("tls.crt"), made.cert.pem())?;
        fs::write(path("tls.key"), made.signing_key.serialize_pem())?;
        fs::write(path("images"), ALLOW_LIST)?;
        let mut command = Command::new(program);
        command.args(["webhook", "--listen", "127.0.0.1:0", "--drain", "0", "--log-format", "json", "--allow-list"]);
        command.arg(path("images")).arg("--cert").arg(path("tls.crt")).arg("--key").arg(path("tls.key"));
        let mut process = command.args(arguments).stdin(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let mut log = BufReader::new(process.stderr.take().ok_or("no standard error")?);
        let mut said = String::new();
        let address = loop {
            let start = said.len();
            if log.read_line(&mut said)? == 0 {
                _ = process.wait();
                return Err(format!("it does not start: {said}").into());
            }
            let line: Json = serde_json::from_str(&said[start..]).unwrap_or_default();
            if let Some(address) = line.get("address").and_then(Json::as_str) {
                break address.parse()?;
            }
        };
        let log = std::thread::spawn(move || drain(log));
        Ok(Self { process, address, certificate: made.cert.der().clone(), log: Some(log), _folder: folder })
    }

    /// Its resident memory, in bytes.
    ///
    /// # Errors
    /// Where the process is gone, or the system is not Linux.
    pub(super) fn resident(&self) -> Result<u64, Error> {
        self.status("VmRSS:").map(|kilobytes| kilobytes * 1024)
    }

    /// How many threads it has.
    ///
    /// # Errors
    /// As [`Server::resident`].
    pub(super) fn threads(&self) -> Result<u64, Error> {
        self.status("Threads:")
    }

    fn status(&self, field: &str) -> Result<u64, Error> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let value = status.lines().find_map(|line| line.strip_prefix(field)).ok_or("no such field")?;
        Ok(value.trim().trim_end_matches(" kB").parse()?)
    }

    /// The processor time that it took so far.
    ///
    /// # Errors
    /// As [`Server::resident`].
    pub(super) fn processor(&self) -> Result<Duration, Error> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        // proc(5): utime and stime are the 14th and 15th field, in hundredths of a second on Linux.
        let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).ok_or("no such field");
        Ok(Duration::from_millis((ticks(11)? + ticks(12)?) * 10))
    }

    /// Ends it, and says how many lines its log had.
    pub(super) fn stop(mut self) -> u64 {
        _ = self.process.kill();
        self.log.take().and_then(|log| log.join().ok()).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

/// Reads to the end; how many lines there were.
fn drain(mut log: impl Read) -> u64 {
    let (mut buffer, mut lines) = (vec![0; 1 << 16], 0);
    loop {
        match log.read(&mut buffer) {
            Ok(0) | Err(_) => return lines,
            Ok(read) => lines += buffer.iter().take(read).filter(|byte| **byte == b'\n').count() as u64,
        }
    }
}
