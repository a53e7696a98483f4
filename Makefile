# The few things one does here. `make test` sets up what the tests need and runs them all.

.PHONY: build test lint docs bench stages budgets growth rivals bench-hook bench-webhook size sidecar-static ci

build: ## both programs, as they are released
	cargo build --release

test: ## every test; says at the end what was skipped and why
	scripts/test

lint: ## format, clippy, rustdoc
	cargo fmt --check
	cargo clippy --package virt-patch --package measure --package reviews --all-targets -- -D warnings
	cargo clippy --no-default-features --bin virt-patch-sidecar -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps

docs: ## the library's documentation, as HTML
	cargo doc --no-deps --open

bench: growth rivals ## all that docs/measured holds: growth, the table of ratios, the bars, the plots

stages: ## what each stage costs, by the clock
	cargo bench --locked --package measure

budgets: ## instructions against benches/measure/budgets.tsv, and growth; BLESS=1 takes what is counted
	benches/budgets.sh $(if $(BLESS),--bless)

growth: ## how costs grow, in instructions, and the plot of it
	cargo run --locked --profile bench --package measure -- growth docs/measured/growth.svg

rivals: ## beside other libraries: a table of ratios, the bars, and the plot
	cargo run --locked --release --manifest-path benches/rivals/Cargo.toml -- docs/measured

bench-hook: ## what a hook call costs: process, socket, gRPC and rules
	benches/hook.sh

bench-webhook: ## what the admission webhook bears: reviews a second, and memory over 100,000 of them
	benches/webhook.sh

sidecar-static: ## the sidecar as one static file: target/image/virt-patch-sidecar
	scripts/build-static sidecar target/image

size: ## how large it is, and its code by crate
	scripts/size

ci: ## what CI runs
	.ci/run
