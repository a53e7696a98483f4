//! What something was measured on: without it a figure says nothing.

use std::process::Command;

/// What instruction counts depend on. Another of these, and budgets are not comparable.
///
/// The C library and memchr choose their loops by what the processor has, so that is part of it.
pub fn toolchain() -> String {
    let vectors = std::fs::read_to_string("/proc/cpuinfo").is_ok_and(|text| text.contains(" avx2 "));
    let vectors = if vectors { "AVX2" } else { "no AVX2" };
    let libc = first_line("ldd", "--version").rsplit(' ').next().unwrap_or_default().to_owned();
    format!(
        "{}; {}; {}, {vectors}; C library {libc}",
        first_line("rustc", "--version"),
        first_line("valgrind", "--version"),
        std::env::consts::ARCH
    )
}

/// What times depend on besides.
pub fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let name = name.map_or("an unknown processor", |(_, name)| name.trim());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("unknown").to_owned();
    format!("{name}, {cores} cores, load {load}")
}

fn first_line(program: &str, argument: &str) -> String {
    let output = Command::new(program).arg(argument).output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output).lines().next().unwrap_or("unknown").to_owned()
}
