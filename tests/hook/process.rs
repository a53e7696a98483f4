//! The sidecar as a process, with what only a process has.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::client::{self, channel, define};
use virt_patch::hook::r#gen::v1alpha3::ShutdownParams;
use virt_patch::hook::r#gen::v1alpha3::callbacks_client::CallbacksClient;

async fn socket_in(folder: &Path) -> PathBuf {
    let deadline = Instant::now() + client::PATIENCE;
    loop {
        let found = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
        if let Some(socket) = found.into_iter().find(|path| path.extension().is_some_and(|end| end == "sock")) {
            return socket;
        }
        assert!(Instant::now() < deadline, "no socket appeared");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_log_that_nobody_reads_holds_up_no_call() {
    let folder = client::folder();
    let mut sidecar = Command::new(env!("CARGO_BIN_EXE_virt-patch-sidecar"))
        .args(["--moed", "--socket-dir"])
        .arg(folder.path())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the sidecar starts");
    let channel = channel(&socket_in(folder.path()).await).await;
    // Each leaves a line of some hundred bytes: many times what a pipe holds, and what waits for it.
    for _ in 0..3_000 {
        define(&channel, "<domain/>").await.expect_err("a wrong argument fails every hook");
    }

    let mut stderr = sidecar.stderr.take().expect("a pipe");
    let reader = std::thread::spawn(move || {
        let mut log = String::new();
        stderr.read_to_string(&mut log).map(|_| log)
    });
    for _ in 0..50 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        define(&channel, "<domain/>").await.expect_err("it still answers");
    }
    CallbacksClient::new(channel).shutdown(ShutdownParams {}).await.expect("an answer");
    assert!(sidecar.wait().expect("it ends").success());
    let log = reader.join().expect("no panic").expect("UTF-8");
    let lines: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).expect("whole lines alone")).collect();
    let of_calls = lines.iter().filter(|line| line["call"].is_number()).count() as u64;
    let lost: u64 =
        lines.iter().filter(|line| line["msg"] == "log lines lost").filter_map(|line| line["lines"].as_u64()).sum();
    assert!(lost > 0 && of_calls > 100, "{of_calls} lines, {lost} lost");
    // The problem, and that the call failed.
    assert_eq!(of_calls + lost, 2 * 3_050, "each line is there, or counted");
    assert_eq!(lines.last().expect("lines")["msg"], "ended");
}
