//! Where the allow list comes from, and keeping it up to date.
//!
//! A list that is wrong is never used: the one before it stays, and without one nothing is judged. An object that is not there
//! allows no image. While the API server does not answer, the list stays as it was.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, pin_mut};
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind};
use kube::runtime::{WatchStreamExt, watcher};
use serde_json::Value as Json;
use tokio::time;

use crate::admission::AllowList;
use crate::diagnostic::Diagnostic;
use crate::hook::Log;
use crate::hook::log::Level;
use crate::source::Source;

use super::metrics::Metrics;
use super::poll::Files;
use super::service::Current;

/// Harvester's setting (`settings.harvesterhci.io`).
const SETTING: &str = "whitelisted-sidecars";

/// Where the allow list stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Images {
    /// In a file.
    File(PathBuf),
    /// Under a key of a ConfigMap.
    ConfigMap {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
        /// The key.
        key: String,
    },
    /// In Harvester's setting `whitelisted-sidecars`: its `value`, or its `default` where that is empty.
    HarvesterSetting,
}

impl std::fmt::Display for Images {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::ConfigMap { namespace, name, key } => write!(f, "ConfigMap {namespace}/{name} {key}"),
            Self::HarvesterSetting => write!(f, "Setting {SETTING}"),
        }
    }
}

/// Follows an allow list.
pub(super) struct Follower {
    pub(super) images: Images,
    pub(super) current: Arc<Current>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) log: Arc<Log>,
}

impl Follower {
    /// Reads a list's text and lets it count from now on.
    ///
    /// # Errors
    /// Everything that is wrong with it; the list before it stays.
    pub(super) fn take(&self, text: &str) -> Result<(), Vec<Diagnostic>> {
        let list = AllowList::parse(&Source::new(self.images.to_string(), text))?;
        let entries = list.len();
        self.metrics.list(entries);
        self.current.replace(list);
        let count = u64::try_from(entries).unwrap_or(u64::MAX);
        let from = self.images.to_string();
        self.log.event(Level::Info, "allow list read", &[("from", from.as_str().into()), ("entries", count.into())]);
        Ok(())
    }

    fn take_or_log(&self, text: &str) {
        for problem in self.take(text).err().unwrap_or_default() {
            self.wrong(&problem.to_string());
        }
    }

    /// The list stays as it was.
    fn wrong(&self, problem: &str) {
        self.metrics.list_problem();
        let from = self.images.to_string();
        self.log.event(
            Level::Error,
            "allow list not read",
            &[("from", from.as_str().into()), ("problem", problem.into())],
        );
    }

    /// Looks at the list's file again and again.
    pub(super) async fn follow_file(self, mut files: Files, every: Duration) {
        let mut last_problem = String::new();
        loop {
            time::sleep(every).await;
            match text(&mut files) {
                Ok(Some(text)) => {
                    last_problem.clear();
                    self.take_or_log(&text);
                }
                Ok(None) => last_problem.clear(),
                // Said once, not every time.
                Err(problem) if problem == last_problem => {}
                Err(problem) => {
                    self.wrong(&problem);
                    last_problem = problem;
                }
            }
        }
    }

    /// Watches the list's object through the API server.
    pub(super) async fn follow_object(self, client: kube::Client) {
        let api: Api<DynamicObject> = match &self.images {
            Images::ConfigMap { namespace, .. } => {
                let kind =
                    ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk("", "v1", "ConfigMap"), "configmaps");
                Api::namespaced_with(client, namespace, &kind)
            }
            _ => {
                let kind = GroupVersionKind::gvk("harvesterhci.io", "v1beta1", "Setting");
                Api::all_with(client, &ApiResource::from_gvk_with_plural(&kind, "settings"))
            }
        };
        let name = match &self.images {
            Images::ConfigMap { name, .. } => name,
            _ => SETTING,
        };
        let changes = watcher::watch_object(api, name).default_backoff();
        pin_mut!(changes);
        while let Some(change) = changes.next().await {
            match change {
                Ok(object) => self.take_or_log(self.text_of(object.as_ref().map(|object| &object.data))),
                Err(error) => self.wrong(&with_causes(&error)),
            }
        }
    }

    /// The list's text in its object; empty where either is not there.
    fn text_of<'o>(&self, object: Option<&'o Json>) -> &'o str {
        let field = |name: &str| object.and_then(|object| object.get(name));
        let text = |value: Option<&'o Json>| value.and_then(Json::as_str).filter(|text| !text.trim().is_empty());
        let found = match &self.images {
            Images::ConfigMap { key, .. } => text(field("data").and_then(|data| data.get(key))),
            _ => text(field("value")).or_else(|| text(field("default"))),
        };
        found.unwrap_or_default()
    }
}

/// The text of a list's file, where it is another one than before.
///
/// # Errors
/// In words.
pub(super) fn text(files: &mut Files) -> Result<Option<String>, String> {
    let Some([bytes]) = files.changed()? else { return Ok(None) };
    String::from_utf8(bytes.clone()).map(Some).map_err(|_| "the allow list is not UTF-8".to_owned())
}

/// An error with what brought it about: kube's own words often only say which request failed.
pub(super) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !words.contains(&text) {
            words = format!("{words}: {text}");
        }
        cause = inner.source();
    }
    words
}
