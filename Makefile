# The few things one does here. `make test` sets up what the tests need and runs them all.

.PHONY: build test lint docs bench bench-hook size sidecar-static ci

build: ## both programs, as they are released
	cargo build --release

test: ## every test; says at the end what was skipped and why
	scripts/test

lint: ## format, clippy, rustdoc
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
	cargo clippy --no-default-features --bin virt-patch-sidecar -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps

docs: ## the library's documentation, as HTML
	cargo doc --no-deps --open

bench: ## what each stage costs, beside the floor
	cargo bench

bench-hook: ## what a hook call costs: process, socket, gRPC and rules
	benches/hook.sh

sidecar-static: ## the sidecar as one static file: target/image/virt-patch-sidecar
	scripts/build-static sidecar target/image

size: ## how large it is, and its code by crate
	scripts/size

ci: ## what CI runs
	.ci/run
