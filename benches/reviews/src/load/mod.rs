//! Reviews sent to `virt-patch webhook`, a process of its own, and what was seen of it. `main.rs` measures with it, and a test of the
//! webhook sends a few.

mod client;
mod server;
mod table;

use std::cell::{Cell, RefCell};
use std::fmt;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use client::{Client, Connection};
use server::Server;
use table::Kind;

/// What goes wrong with a measurement; nothing of it is handled.
pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;

/// As many as an API server has open where many ask at once.
const CONNECTIONS: usize = 8;
/// How often each kind is sent with nothing beside it, for the time that it takes alone.
const ALONE: usize = 50;
/// Memory is looked at when so many hundredths of the reviews are answered.
const POINTS: [usize; 6] = [1, 10, 25, 50, 75, 100];
/// From so many hundredths on it should not grow.
const SETTLED: usize = 25;

const MIB: f64 = (1 << 20) as f64;

/// What was seen.
pub(crate) struct Measured {
    /// How long all reviews took.
    elapsed: Duration,
    /// The server's processor time for them.
    processor: Duration,
    /// How long each took, by kind: sent alone, and beside others.
    took: Vec<Took>,
    /// After how many reviews the server had how many bytes of resident memory.
    points: Vec<(usize, u64)>,
    threads: u64,
    log_lines: u64,
}

struct Took {
    name: &'static str,
    bytes: usize,
    alone: Vec<Duration>,
    beside: Vec<Duration>,
}

/// Starts `program webhook` with arguments beside those that it needs, and sends `count` reviews of all kinds in turn.
///
/// # Errors
/// Where it does not start, ends a connection, or gives another verdict than it should.
pub(crate) fn measure(
    program: &Path,
    arguments: &[String],
    repository: &Path,
    count: usize,
) -> Result<Measured, Error> {
    let server = Server::start(program, arguments)?;
    let client = Client::new(server.address, server.certificate.clone())?;
    let load = Load { kinds: table::table(repository)?, server, count, next: Cell::new(0), points: RefCell::default() };
    // One thread, so that the server has the machine's others.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    tokio::task::LocalSet::new().block_on(&runtime, load.run(client))
}

impl Measured {
    /// By how many bytes memory grew after the first quarter of the reviews.
    pub(crate) fn growth(&self) -> u64 {
        let count = self.points.last().map_or(0, |(number, _)| *number);
        let mut settled = self.points.iter().filter(|(number, _)| *number >= count * SETTLED / 100);
        let first = settled.next().map_or(0, |(_, resident)| *resident);
        settled.map(|(_, resident)| resident.saturating_sub(first)).max().unwrap_or(0)
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.points.last().map_or(0, |(number, _)| *number);
        writeln!(
            f,
            "{count} reviews over {CONNECTIONS} connections: {:.0} a second, {:.0} µs of the server's processor time each, {} threads, {} lines of log",
            count as f64 / self.elapsed.as_secs_f64(),
            self.processor.as_secs_f64() * 1e6 / count as f64,
            self.threads,
            self.log_lines,
        )?;
        writeln!(
            f,
            "\n| review | bytes | alone p50 | p99 | beside others p50 | p99 |\n| --- | ---: | ---: | ---: | ---: | ---: |"
        )?;
        for took in &self.took {
            write!(f, "| {} | {} |", took.name, took.bytes)?;
            for all in [&took.alone, &took.beside] {
                for hundredths in [50, 99] {
                    let at = (all.len() * hundredths / 100).min(all.len().saturating_sub(1));
                    write!(f, " {:.2} ms |", all.get(at).copied().unwrap_or_default().as_secs_f64() * 1e3)?;
                }
            }
            writeln!(f)?;
        }
        writeln!(f, "\n| after reviews | resident |\n| ---: | ---: |")?;
        for (number, resident) in &self.points {
            writeln!(f, "| {number} | {:.1} MiB |", *resident as f64 / MIB)?;
        }
        write!(f, "\nafter a quarter of them it grew by {:.2} MiB", self.growth() as f64 / MIB)
    }
}

/// Reviews that are being sent.
struct Load {
    kinds: Vec<Kind>,
    server: Server,
    count: usize,
    /// How many were begun.
    next: Cell<usize>,
    points: RefCell<Vec<(usize, u64)>>,
}

impl Load {
    async fn run(self, client: Client) -> Result<Measured, Error> {
        self.look(0)?;
        let took =
            |kind: &Kind| Took { name: kind.name, bytes: kind.review.len(), alone: Vec::new(), beside: Vec::new() };
        let mut took: Vec<Took> = self.kinds.iter().map(took).collect();
        let mut connection = client.connect().await?;
        for (kind, took) in self.kinds.iter().zip(&mut took) {
            for _ in 0..ALONE.min(self.count) {
                took.alone.push(send(&mut connection, kind).await?);
            }
            took.alone.sort_unstable();
        }
        let load = Rc::new(self);
        let (started, processor) = (Instant::now(), load.server.processor()?);
        let senders: Vec<_> =
            (0..CONNECTIONS).map(|_| tokio::task::spawn_local(Rc::clone(&load).share(client.clone()))).collect();
        for sender in senders {
            for (took, mut own) in took.iter_mut().zip(sender.await??) {
                took.beside.append(&mut own);
            }
        }
        let elapsed = started.elapsed();
        load.look(load.count)?;
        took.iter_mut().for_each(|took| took.beside.sort_unstable());
        let load = Rc::into_inner(load).ok_or("a sender is still there")?;
        let (processor, threads) = (load.server.processor()? - processor, load.server.threads()?);
        Ok(Measured {
            elapsed,
            processor,
            took,
            points: load.points.into_inner(),
            threads,
            log_lines: load.server.stop(),
        })
    }

    /// One connection's share; how long each review took, by kind.
    async fn share(self: Rc<Self>, client: Client) -> Result<Vec<Vec<Duration>>, Error> {
        let mut took = vec![Vec::new(); self.kinds.len()];
        let mut connection = client.connect().await?;
        loop {
            let number = self.next.get();
            if number >= self.count {
                return Ok(took);
            }
            self.next.set(number + 1);
            if POINTS.iter().any(|point| number > 0 && number == self.count * point / 100) {
                self.look(number)?;
            }
            let at = number % self.kinds.len();
            if let (Some(kind), Some(took)) = (self.kinds.get(at), took.get_mut(at)) {
                took.push(send(&mut connection, kind).await?);
            }
        }
    }

    fn look(&self, number: usize) -> Result<(), Error> {
        self.points.borrow_mut().push((number, self.server.resident()?));
        Ok(())
    }
}

/// Sends one review; how long it took.
async fn send(connection: &mut Connection, kind: &Kind) -> Result<Duration, Error> {
    let started = Instant::now();
    let allowed = connection.validate(&kind.review).await?;
    let took = started.elapsed();
    if allowed == kind.allowed { Ok(took) } else { Err(format!("{}: allowed is {allowed}", kind.name).into()) }
}
