//! Every stage of a hook call, timed apart: `cargo bench --bench engine`. With `-- --test` the answers are checked
//! and nothing is timed.

mod inputs;
mod work;

use std::error::Error;

use criterion::{BenchmarkId, Criterion, Throughput};

fn main() -> Result<(), Box<dyn Error>> {
    let works = work::all()?;
    let mut criterion = Criterion::default().configure_from_args();
    for group in works.chunk_by(|a, b| (a.group, a.bytes) == (b.group, b.bytes)) {
        let Some(first) = group.first() else { continue };
        let mut timed = criterion.benchmark_group(first.group);
        timed.throughput(Throughput::Bytes(first.bytes as u64));
        for work in group {
            timed.bench_function(BenchmarkId::new(work.name, work.bytes), |bencher| bencher.iter(|| work.run()));
        }
        timed.finish();
    }
    criterion.final_summary();
    Ok(())
}
