//! Times taken in turns, so that whatever else the machine does falls on all alike. They are the processor's: waiting
//! for it while others have it does not count, what the kernel does for the work (pages) does.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::Error;
use crate::work::Run;

/// Something that can be timed: a closure here, or a program outside that times itself.
pub trait Timed {
    /// How long so many repetitions take.
    ///
    /// # Errors
    /// Where a program outside does not answer.
    fn time(&mut self, times: u32) -> Result<Duration, Error>;
}

impl Timed for Run {
    fn time(&mut self, times: u32) -> Result<Duration, Error> {
        let start = on_processor()?;
        (0..times).for_each(|_| self());
        Ok(on_processor()?.saturating_sub(start))
    }
}

/// For how long this thread had a processor.
fn on_processor() -> Result<Duration, Error> {
    Ok(clock_gettime(ClockId::ThreadCPUTime).try_into()?)
}

/// What was seen of one piece of work, in nanoseconds.
#[derive(Debug, Clone, Copy)]
pub struct Time {
    /// The fastest turn: what the work costs where nothing disturbs it. Ratios are made of these.
    pub least: f64,
    /// The turn in the middle; far from the fastest, the machine was busy.
    pub median: f64,
}

/// One turn of one piece of work takes about so long.
const TURN: Duration = Duration::from_millis(4);

/// The times of all that is to be timed, in so many turns.
///
/// # Errors
/// As [`Timed::time`].
pub fn times(all: &mut [Box<dyn Timed>], turns: usize) -> Result<Vec<Time>, Error> {
    let repeats = all.iter_mut().map(|one| repeats(one.as_mut())).collect::<Result<Vec<u32>, Error>>()?;
    let mut seen = vec![Vec::with_capacity(turns); all.len()];
    for _ in 0..turns {
        for ((one, &repeats), seen) in all.iter_mut().zip(&repeats).zip(&mut seen) {
            seen.push(one.time(repeats)?.as_secs_f64() * 1e9 / f64::from(repeats));
        }
    }
    Ok(seen.into_iter().map(time_of).collect())
}

fn time_of(mut seen: Vec<f64>) -> Time {
    seen.sort_by(f64::total_cmp);
    let at = |at: usize| seen.get(at).copied().unwrap_or(f64::NAN);
    Time { least: at(0), median: at(seen.len() / 2) }
}

/// How often the work fits into a turn; at least once.
fn repeats(one: &mut dyn Timed) -> Result<u32, Error> {
    let mut repeats = 1;
    while one.time(repeats)? < TURN / 2 && repeats < 1 << 20 {
        repeats *= 2;
    }
    Ok(repeats)
}
