//! Instructions counted by valgrind: the same on a busy machine as on an idle one.

use std::ffi::OsString;
use std::hint::black_box;
use std::io::Write;
use std::process::{Command, Stdio};

use crate::Error;
use crate::work::Case;

/// The program's argument that asks for one case, a number of times: `once ID TIMES`.
pub const ONCE: &str = "once";

/// What [`counted`] is called in the program's symbols, as valgrind matches it.
const COUNTED: &str = "*measure*callgrind*counted*";

/// Whether valgrind is here.
pub fn is_installed() -> bool {
    Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success())
}

/// The part of a run that is counted.
#[inline(never)]
fn counted(run: &dyn Fn(), times: u32) {
    (0..times).for_each(|_| run());
}

/// Takes the memory that was freed until now, for good. Whether a list can grow where it stands depends on the holes
/// that the environment's strings and folders left in the heap, and is 5 % of a small count.
fn use_up_holes() {
    let sizes = (16..4096).step_by(16).chain((4096..128 << 10).step_by(4096));
    let take = |size| black_box(Vec::<u8>::with_capacity(size)).leak().as_ptr().addr();
    sizes.flat_map(|size| [size; 16]).for_each(|size| _ = take(size));
    // Copying takes other ways on other places in a page.
    let _ = (0..4096).find(|_| take(16) % 4096 < 32);
}

/// What the program does under valgrind: makes one of `cases` ready and runs it.
///
/// # Errors
/// Where there is no such case, or its answer is wrong.
pub fn once(cases: &[Case], id: &str, times: &str) -> Result<(), Error> {
    let case = cases
        .iter()
        .find(|case| case.id == id)
        .ok_or_else(|| format!("there is no case `{id}`; `measure budgets` names them"))?;
    use_up_holes();
    let run = case.ready()?;
    counted(&run, times.parse()?);
    Ok(())
}

/// The instructions of one run of a case, the mean of so many: of this program, started again under valgrind.
/// More even out what varies with the seeds of hash tables, a percent or so.
///
/// # Errors
/// Where valgrind is absent or the case fails.
pub fn count(case: &Case, times: u32) -> Result<u64, Error> {
    let mut program = vec![std::env::current_exe()?.into_os_string(), ONCE.into(), case.id.clone().into()];
    program.push(times.to_string().into());
    Ok(count_in(&program, COUNTED, b"")? / u64::from(times))
}

/// The instructions of a program from each entry of a function to its end; the program reads `input`.
///
/// # Errors
/// Where valgrind is absent, the program fails or never enters the function.
pub fn count_in(program: &[OsString], function: &str, input: &[u8]) -> Result<u64, Error> {
    let mut child = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no"])
        .arg(format!("--toggle-collect={function}"))
        .args(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("valgrind: {error}; install the package valgrind"))?;
    // Dropped at once: the end of its input ends a program that reads.
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input)?;
    }
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("under valgrind: {said}").into());
    }
    let count = said.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
    count.filter(|&count| count > 0).ok_or_else(|| format!("valgrind saw no call of `{function}`: {said}").into())
}
