# Herald's commands. `make help` lists them. They work from anywhere: `make -C path/to/herald test`.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# Steps are in order, the cheap first; cargo itself uses every core.
.NOTPARALLEL:

TARGET := $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),target)
HERALD := $(TARGET)/debug/herald
# What a run with several replicas behind one address leaves out.
ONE_PROCESS = $(shell sed -nE 's/^([a-z0-9_:]+) .*/--skip \1/p' tests/one-process)
VALIDATE := $(TARGET)/venv/bin/openapi-spec-validator

.PHONY: help
help: ## List these commands
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{ printf "  %-14s %s\n", $$1, $$2 }'

##### The two that matter

.PHONY: run
run: build ## Build and start Herald with demo tenants, the sandbox and the demo shop
	@scripts/run.sh

.PHONY: test
test: install fmt-check openapi-valid lint doc unit ## Everything that must be good, the cheap first; installs what it needs

##### Steps of the above

.PHONY: build
build: ## Build the herald binary for development
	cargo build --locked -p herald-server --bin herald

.PHONY: install
install: ## Install what the tests need (Debian packages only if missing; Python tools into target/venv)
	@scripts/install.sh

.PHONY: fmt
fmt: ## Format all code
	cargo fmt --all

.PHONY: fmt-check
fmt-check: ## Is all code formatted?
	cargo fmt --all --check

.PHONY: lint
lint: ## Clippy on everything, warnings are errors
	cargo clippy --locked --workspace --all-targets -- -D warnings

.PHONY: unit
unit: ## All tests: units, suites, the API over sockets on every store, the built binary alone and as replicas, generated files against the code
	cargo test --locked --workspace --exclude herald-e2e
	cargo test --locked -p herald-e2e --lib --test chaos
	cargo test --locked -p herald-e2e --test it -- --skip replicas::
	# Once more with several replicas over one Redis behind the same address, but for what tests/one-process names.
	HERALD_TEST_REPLICAS=2 cargo test --locked -p herald-e2e --test it -- $(ONE_PROCESS)
	HERALD_TEST_REPLICAS=3 cargo test --locked -p herald-e2e --test it -- first_login:: crowd:: delivery:: sessions:: $(ONE_PROCESS)
	# By themselves: they say within what time an answer has to come.
	cargo test --locked -p herald-e2e --test it -- replicas::
	for store in disk redis cluster; do HERALD_TEST_STORE=$$store cargo test --locked -p herald-server --test it api::; done

.PHONY: e2e
e2e: build ## Only the black-box tests of the built binary, and those about the repository itself
	cargo test --locked -p herald-e2e

.PHONY: smoke
smoke: build ## Start the demo, sign in through all three providers, send messages, stop
	scripts/run.sh scripts/smoke.sh

##### Generated files. Tests compare them with the code, so `make test` says when they are out of date.

.PHONY: openapi
openapi: build ## Write openapi/herald.v1.json, docs/errors.md and docs/configuration.md anew from the code
	$(HERALD) openapi > openapi/herald.v1.json
	$(HERALD) openapi --errors > docs/errors.md
	$(HERALD) config schema --format markdown > docs/configuration.md

.PHONY: openapi-check
openapi-check: openapi-valid ## Is the committed OpenAPI document valid, and what the code says?
	cargo test --locked --quiet -p herald-server --lib openapi

.PHONY: openapi-valid
openapi-valid: install
	$(VALIDATE) openapi/herald.v1.json

.PHONY: docs
docs: openapi ## The same as `make openapi`: all generated documents

.PHONY: doc
doc: ## Rustdoc of all crates, private items too; warnings are errors
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --exclude herald-e2e --no-deps --document-private-items

##### Now and then

.PHONY: deny
deny: ## Licences, bans and sources of all dependencies (needs cargo-deny; not part of `make test`, see deny.toml)
	@command -v cargo-deny >/dev/null || { echo "cargo-deny is missing: cargo install --locked cargo-deny"; exit 1; }
	cargo deny --locked check licenses bans sources

.PHONY: bench
bench: ## Measure, against bare actix-web in the same run (release build; see docs/performance.md)
	@scripts/install.sh
	cargo build --locked --release -p herald-server --bin herald
	cargo bench --locked -p herald-e2e --bench '*'

.PHONY: chaos
chaos: ## Kill Herald at every point, on both stores, let Redis fail, and compare all ledgers; more than two hours (see tests/chaos/main.rs)
	HERALD_CHAOS_CELLS="$${HERALD_CHAOS_CELLS:-all}" cargo test --locked --quiet -p herald-e2e --test chaos

.PHONY: clean-data
clean-data: ## Forget what the demo has stored
	rm -rf data
