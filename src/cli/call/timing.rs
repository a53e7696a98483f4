//! How long calls took.

use std::time::{Duration, Instant};

/// The times of some calls.
#[derive(Debug, Default)]
pub(in crate::cli) struct Timing {
    times: Vec<Duration>,
}

impl Timing {
    /// Times one call.
    pub(in crate::cli) async fn of<T>(&mut self, call: impl Future<Output = T>) -> T {
        let start = Instant::now();
        let answer = call.await;
        self.times.push(start.elapsed());
        answer
    }
}

/// `200 calls: min 88 µs, p50 102 µs, p99 240 µs`
impl std::fmt::Display for Timing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut sorted = self.times.clone();
        sorted.sort_unstable();
        let at =
            |percent: usize| sorted.get(sorted.len().saturating_sub(1) * percent / 100).copied().unwrap_or_default();
        let count = sorted.len();
        let calls = if count == 1 { "call" } else { "calls" };
        let [min, middle, slow] = [0, 50, 99].map(|percent| in_words(at(percent)));
        write!(f, "{count} {calls}: min {min}, p50 {middle}, p99 {slow}")
    }
}

fn in_words(time: Duration) -> String {
    let micros = time.as_micros();
    if micros < 10_000 { format!("{micros} µs") } else { format!("{} ms", time.as_millis()) }
}
