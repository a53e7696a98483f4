#!/bin/sh
# Compares the sidecar with the least that tonic needs to echo, both called by KubeVirt's own client.
# Usage: benches/hook.sh [sidecar arguments], for example --rules tests/kubevirt/testdata/rules.yaml
# VIRT_PATCH_MEASURE names another sidecar; VIRT_PATCH_CALLS says how many calls.
set -eu
cd "$(dirname "$0")/.."

target=x86_64-unknown-linux-gnu
RUSTFLAGS="-C target-feature=+crt-static" cargo build --profile sidecar --no-default-features --target "$target" \
    --bin virt-patch-sidecar --example echo --example echo-floor
built="${CARGO_TARGET_DIR:-$PWD/target}/$target/sidecar"

export VIRT_PATCH_FLOOR="$built/examples/echo-floor"
export VIRT_PATCH_MEASURE="${VIRT_PATCH_MEASURE:-$built/virt-patch-sidecar}"
# The Go tests run in their own folder, so paths are made absolute.
arguments=""
for argument in "$@"; do
    if [ -e "$argument" ]; then argument="$PWD/$argument"; fi
    arguments="$arguments $argument"
done
export VIRT_PATCH_ARGS="$arguments"
cd tests/kubevirt
exec go test -count=1 -run '^TestMeasure$' -v .
