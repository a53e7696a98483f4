#!/bin/sh
# Counts the instructions of the engine's work under valgrind and holds them to benches/measure/budgets.tsv, then
# shows that costs grow in straight lines. What a busy machine does to times does not matter here.
# Usage: benches/budgets.sh [--bless]. Exit code 1: over a budget, or a line that is bent.
set -eu
cd "$(dirname "$0")/.."

if ! command -v valgrind >/dev/null && [ -n "${CI:-}" ] && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    apt-get update -q && apt-get install -y -q --no-install-recommends valgrind
fi
if ! command -v valgrind >/dev/null; then
    echo "SKIPPED: instruction counts, for valgrind is not here; install the package valgrind" >&2
    # CI must count.
    [ -z "${CI:-}" ]
    exit
fi
cargo build --locked --profile bench --package measure --bin measure
measure="${CARGO_TARGET_DIR:-target}/release/measure"
"$measure" budgets "$@"
"$measure" growth
