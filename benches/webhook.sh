#!/bin/sh
# What the admission webhook bears: reviews a second, the time of each kind of review, and its memory as they go by. Server
# and client are processes of their own, the server as it is released.
# Usage: benches/webhook.sh [webhook arguments], for example --policy builtin:restricted
# REVIEWS says how many (100000). Exit code 1: a verdict is not the right one, or memory grew.
set -eu
cd "$(dirname "$0")/.."

cargo build --locked --release --bin virt-patch
cargo build --locked --release --package reviews
built="${CARGO_TARGET_DIR:-target}/release"
exec "$built/reviews" "$built/virt-patch" "$@"
