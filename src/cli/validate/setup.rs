//! What a run goes by: the repository's configuration, the baseline, and arguments, which come before both.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;

use super::arguments::Arguments;
use super::paths::{Paths, repository};
use crate::cli::input;
use crate::diagnostic::{Code, Diagnostic};
use crate::lint::{Sample, Samples};
use crate::load;
use crate::policy::Policies;
use crate::source::Source;
use crate::validate::{Baseline, Levels, Settings};
use crate::xml::Document;

/// The configuration's name.
const CONFIG: &str = ".virt-patch.yaml";

/// The baseline that `--write-baseline` writes where nothing names another.
const BASELINE: &str = ".virt-patch-baseline.json";

/// Configuration and arguments together.
pub(super) struct Setup {
    pub(super) levels: Levels,
    pub(super) samples: Samples,
    /// What rules are held to.
    pub(super) policies: Policies,
    pub(super) strict: bool,
    pub(super) baseline: Option<BaselineFile>,
}

/// Where known warnings are listed.
pub(super) struct BaselineFile {
    pub(super) path: PathBuf,
    /// The folder that the file's entries begin at: its own.
    pub(super) folder: PathBuf,
    pub(super) known: Baseline,
}

impl BaselineFile {
    pub(super) fn write(&self, baseline: &Baseline) -> anyhow::Result<()> {
        fs::write(&self.path, baseline.to_text()).with_context(|| format!("cannot write `{}`", self.path.display()))
    }
}

impl Setup {
    /// Reads both files.
    ///
    /// # Errors
    /// Everything that is wrong with either.
    pub(super) fn read(arguments: &Arguments, paths: &Paths) -> Result<Self, Vec<Diagnostic>> {
        let config = match &arguments.config {
            Some(path) => Some(path.clone()),
            None => find(&start(arguments, paths)).map(|path| paths.named_here(&path)),
        };
        let settings = match &config {
            Some(path) => Settings::read(&text(path, "the configuration")?)?,
            None => Settings::default(),
        };
        let folder = config.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
        let configured = settings.baseline.map(|path| folder.join(path));
        let written = arguments.write_baseline.then(|| folder.join(BASELINE));
        let baseline = match arguments.baseline.clone().or(configured).or(written) {
            Some(path) => Some(baseline(path, arguments.write_baseline)?),
            None => None,
        };
        let given = arguments.samples.iter().map(|path| sample(path)).collect::<Result<_, _>>()?;
        let samples = Samples { given, ..Samples::default() };
        let policies = load::policies(&arguments.policies)?;
        Ok(Self { levels: settings.levels, samples, policies, strict: settings.strict, baseline })
    }
}

/// Where the search begins: the first path's folder.
fn start(arguments: &Arguments, paths: &Paths) -> PathBuf {
    let first = arguments.paths.first().filter(|path| path.as_os_str() != "-");
    let first = paths.absolute(first.map_or(Path::new("."), PathBuf::as_path));
    if first.is_dir() { first } else { first.parent().map(Path::to_path_buf).unwrap_or_default() }
}

/// The configuration here or above, up to the repository's root; outside a repository only here, so that what
/// lies in somebody's home folder has no say.
fn find(start: &Path) -> Option<PathBuf> {
    let top = repository(start).unwrap_or_else(|| start.to_path_buf());
    let folders = start.ancestors().take_while(|folder| folder.starts_with(&top));
    folders.map(|folder| folder.join(CONFIG)).find(|path| path.is_file())
}

fn baseline(path: PathBuf, is_written: bool) -> Result<BaselineFile, Vec<Diagnostic>> {
    let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
    let is_new = is_written && fs::metadata(&path).is_err_and(|error| error.kind() == ErrorKind::NotFound);
    // One that is written anew need not be right, but what is no baseline is not overwritten.
    let known = if is_new { Baseline::default() } else { Baseline::read(&text(&path, "the baseline")?)? };
    Ok(BaselineFile { path, folder, known })
}

/// A domain to try rules on, which must be one.
fn sample(path: &Path) -> Result<Sample, Vec<Diagnostic>> {
    let input = input::read(path, "a sample domain")?;
    Document::parse_bytes(&input.bytes).map_err(|error| vec![error.diagnostic(&input.source(), 0)])?;
    Ok(Sample::new(input.name, input.bytes, []))
}

fn text(path: &Path, what: &str) -> Result<Arc<Source>, Vec<Diagnostic>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Source::new(path.display().to_string(), text)),
        Err(error) => {
            let message = format!("`{}`, {what}, cannot be read: {error}", path.display());
            Err(vec![Diagnostic::error(Code::Unreadable, message).help("check the path, and that it may be read")])
        }
    }
}
