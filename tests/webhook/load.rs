//! Load: the real program as a process of its own, with what `make bench-webhook` measures at length.

use std::path::Path;

#[path = "../../benches/reviews/src/load/mod.rs"]
mod reviews;

const REVIEWS: usize = 3_000;
/// What it may grow by, in bytes, after a quarter of the reviews: a leak of 466 bytes a review is more.
const GROWTH: u64 = 1 << 20;

#[test]
fn reviews_of_every_kind_are_answered_and_memory_stays_flat() {
    let program = Path::new(env!("CARGO_BIN_EXE_virt-patch"));
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let measured = reviews::measure(program, &[], repository, REVIEWS).expect("every verdict is right");
    assert!(measured.growth() <= GROWTH, "{measured}");
    println!("{measured}");
}
