#!/bin/sh
# Compares the sidecar with the least that tonic needs to echo, both called by KubeVirt's own client.
# Usage: benches/hook.sh [sidecar arguments], for example --rules tests/kubevirt/testdata/rules.yaml
# VIRT_PATCH_MEASURE and VIRT_PATCH_FLOOR name other programs; VIRT_PATCH_CALLS says how many calls.
set -eu
cd "$(dirname "$0")/.."

host=$(rustc -vV | sed -n 's/^host: //p')
built="${CARGO_TARGET_DIR:-$PWD/target}/$host/sidecar"
# Each by itself, so that neither gets features of a dependency that only the other asks for. The sidecar is
# built as it is shipped.
[ -n "${VIRT_PATCH_MEASURE:-}" ] || scripts/build-sidecar
[ -n "${VIRT_PATCH_FLOOR:-}" ] || RUSTFLAGS="-C target-feature=+crt-static" \
    cargo build --locked --profile sidecar --target "$host" --package echo-floor

export VIRT_PATCH_FLOOR="${VIRT_PATCH_FLOOR:-$built/echo-floor}"
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
