//! Contenders in other languages, in processes of their own that repeat and time themselves. They are sent a document
//! (`document LENGTH`, then its bytes), then `answer`, or a number of repetitions, and answer with the text or nanoseconds.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use measure::turns::Timed;
use measure::{Error, callgrind};

/// A program outside.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    command: Vec<OsString>,
    /// The function that does the work, where instructions can be counted.
    function: Option<&'static str>,
}

/// Those that this machine can run. What it cannot is told.
pub(crate) fn all() -> Vec<Program> {
    let mut all = Vec::new();
    match libxml2() {
        Ok(path) => all.push(Program { name: "libxml2 (C)", command: vec![path.into()], function: Some("edit") }),
        Err(error) => eprintln!("SKIPPED: libxml2, for its program was not compiled (install libxml2-dev): {error}"),
    }
    let script = folder().join("trees.py");
    for (name, library) in [("lxml (Python)", "lxml.etree"), ("ElementTree (Python)", "xml.etree.ElementTree")] {
        // The system's Python first: that is where a distribution's lxml is.
        let python = ["/usr/bin/python3", "python3"].into_iter().find(|python| {
            Command::new(python).args(["-c", &format!("import {library}")]).output().is_ok_and(|it| it.status.success())
        });
        match python {
            Some(python) => {
                let command = vec![python.into(), script.clone().into(), library.into()];
                all.push(Program { name, command, function: None });
            }
            None => eprintln!("SKIPPED: {name}, for no Python here has {library}"),
        }
    }
    all
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("outside")
}

/// Compiles the program beside this one.
fn libxml2() -> Result<PathBuf, Error> {
    let flags = Command::new("xml2-config").args(["--cflags", "--libs"]).output()?;
    let flags = String::from_utf8(flags.stdout)?;
    let program = std::env::current_exe()?.with_file_name("rival-libxml2");
    let source = folder().join("libxml2.c");
    let said = Command::new("cc")
        .args(["-O3", "-Wall", "-Werror", "-o"])
        .arg(&program)
        .arg(source)
        .args(flags.split_whitespace())
        .output()?;
    if said.status.success() { Ok(program) } else { Err(String::from_utf8_lossy(&said.stderr).into()) }
}

impl Program {
    /// Starts it on a document.
    pub(crate) fn start(&self, document: &str) -> Result<Running, Error> {
        let (program, arguments) = self.command.split_first().ok_or("no program")?;
        let mut child = Command::new(program).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut input = child.stdin.take().ok_or("no standard input")?;
        let output = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        input.write_all(&prelude(document))?;
        Ok(Running { child, input, output })
    }

    /// The instructions of one edit, where they can be counted.
    pub(crate) fn instructions(&self, document: &str) -> Result<Option<u64>, Error> {
        let Some(function) = self.function else { return Ok(None) };
        let input = [prelude(document), format!("{TIMES}\n").into_bytes()].concat();
        Ok(Some(callgrind::count_in(&self.command, function, &input)? / TIMES))
    }
}

/// How often it edits where instructions are counted.
const TIMES: u64 = 2;

fn prelude(document: &str) -> Vec<u8> {
    format!("document {}\n{document}", document.len()).into_bytes()
}

/// A program that has its document.
pub(crate) struct Running {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Running {
    /// The text that it makes of its document.
    pub(crate) fn answer(&mut self) -> Result<String, Error> {
        let length = self.ask("answer")?;
        let mut text = vec![0; usize::try_from(length)?];
        self.output.read_exact(&mut text)?;
        Ok(String::from_utf8(text)?)
    }

    fn ask(&mut self, what: &str) -> Result<u64, Error> {
        writeln!(self.input, "{what}")?;
        self.input.flush()?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(line.trim().parse().map_err(|_| format!("a number was expected, not `{}`", line.trim()))?)
    }
}

impl Timed for Running {
    fn time(&mut self, times: u32) -> Result<Duration, Error> {
        Ok(Duration::from_nanos(self.ask(&times.to_string())?))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It ends by itself at the end of its input; a killed one cannot keep this one waiting.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
