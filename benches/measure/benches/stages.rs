//! Every stage of a hook call, timed apart: `cargo bench -p measure`. With `-- --test` the answers are checked and
//! nothing is timed.

use criterion::{BenchmarkId, Criterion};

fn main() -> Result<(), measure::Error> {
    let mut criterion = Criterion::default().configure_from_args();
    for case in measure::work::all() {
        let run = case.ready()?;
        let (stage, what) = case.id.split_once('/').unwrap_or((&case.id, ""));
        let mut group = criterion.benchmark_group(stage);
        group.bench_function(BenchmarkId::from_parameter(what), |bencher| bencher.iter(&run));
        group.finish();
    }
    criterion.final_summary();
    Ok(())
}
