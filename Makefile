# You need only `make run` and `make test`; `make help` lists the rest. Each target can be run alone. It first runs
# scripts/setup.sh, which installs missing tools. If nothing is missing, that prints nothing and takes a moment.

# SHELL is set so that make runs every line through the shell. Otherwise macOS's make looks commands up on the PATH
# that make was started with, not on the PATH below.
SHELL := bash

# This PATH has wasm-opt from the npm packages, and wasm-bindgen in exactly the version in Cargo.lock.
export PATH := $(shell bash scripts/setup.sh path)

# Not parallel: `test` runs from quick to slow, and two cargo processes would only wait for each other.
.NOTPARALLEL:
.PHONY: help run test fmt lint deny unit e2e interop examples openapi schemathesis soak failover
.PHONY: build sbom bench bench-page bench-copy flood slow lists scale timing screenshots setup

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

run: setup-run ## build, serve at http://127.0.0.1:3000 and rebuild on every change
	cargo leptos watch --split

test: setup-test fmt lint deny unit e2e interop examples openapi ## everything that must pass: the next eight targets

# cargo fmt does not find the pages: a macro names their files.
fmt: setup-rust ## check the format of the code
	cargo fmt --check
	rustfmt --check --edition 2024 src/app/pages/*.rs src/app/pages/*/*.rs

# The server and the browser's part are two programs with different features. Never use --all-features.
lint: setup-rust ## clippy, once for the server and once for the browser
	cargo clippy --locked --all-targets --features ssr -- -D warnings
	cargo clippy --locked --lib --target wasm32-unknown-unknown --features hydrate -- -D warnings

# The advisories are a git repository on github.com, which some machines cannot reach. In that case this target prints
# a message and does not fail. An advisory or a yanked version does make it fail. If a firewall drops packets, git would
# wait for minutes, so the alarm ends it after 60 seconds.
deny: setup-deny ## licences and sources of the dependencies; their advisories too, if those can be fetched
	cargo deny --locked check licenses bans sources
	@if perl -e 'alarm 60; exec @ARGV' cargo deny --log-level off fetch db; then \
		set -x; cargo deny --frozen check advisories; \
	else \
		echo 'Advisories and yanked versions were NOT CHECKED: github.com/RustSec/advisory-db could not be fetched.'; \
	fi

# The second run is on PostgreSQL, with the tests that need it and without those of SQLite's file.
unit: setup-rust setup-postgres ## unit, HTTP and process tests, on SQLite and on PostgreSQL
	cargo test --locked --features ssr
	scripts/postgres.sh cargo test --locked --features ssr --test http --test program -- --include-ignored --skip sqlite::

e2e: setup-test build ## browser tests against the release build
	cd end2end && npx tsc && CLOAKROOM_BIN=target/release/cloakroom npx playwright test

interop: setup-python build ## tokens and hashes, exchanged with PyJWT and pwdlib; and FastAPI's own tests of its tutorial
	tests/interop/interop.sh

examples: setup-python build ## docs/api.md: every example prints the output below it
	cargo build --locked --features ssr --example client
	CLOAKROOM_EXAMPLE=target/debug/examples/client tests/examples/examples.sh

openapi: setup-python build ## the OpenAPI document is valid, and TypeScript types can be generated from it
	tests/openapi/openapi.sh

schemathesis: setup-python build ## random requests, which the OpenAPI document allows or forbids
	tests/openapi/schemathesis.sh

soak: setup-soak build ## full disks, locks, clocks that jump, clients that leave or are slow; two minutes, Linux only
	tests/soak/soak.sh
	bench/slow.sh
	bench/flood.sh

failover: setup-failover build ## three servers behind HAProxy, PostgreSQL with Patroni: each part killed under load; six minutes, Linux only
	tests/failover/failover.sh

build: setup-build ## build the release: target/release/cloakroom and target/site, precompressed
	cargo leptos build --release -P --split

sbom: setup-sbom ## list the parts of the release, as CycloneDX: target/sbom/server.cdx.json and browser.cdx.json
	mkdir -p target/sbom
	cargo cyclonedx --quiet --format json --spec-version 1.5 --features ssr --override-filename server.cdx
	cargo cyclonedx --quiet --format json --spec-version 1.5 --features hydrate --target wasm32-unknown-unknown \
		--override-filename browser.cdx
	mv server.cdx.json browser.cdx.json target/sbom

bench: setup-test setup-bench build ## the server beside bare axum and FastAPI, and the pages; 15 minutes; writes bench/RESULTS.md
	cargo build --locked --release --features ssr --example bare
	bench/run.sh

bench-page: setup-test build ## how long a person waits for the pages on a slow phone; five minutes
	cd end2end && CLOAKROOM_BIN=target/release/cloakroom npx playwright test --config bench.config.ts

bench-copy: setup-postgres build ## 100,000 users and 1,000,000 items from SQLite to PostgreSQL and back; five minutes
	bench/copy.sh

flood: build ## 1000 logins at once: answers, memory, and the latency of /users/me meanwhile
	bench/flood.sh

slow: build ## 1000 slow clients, and the latency of /users/me meanwhile
	bench/slow.sh

lists: build ## pages and searches of 100,000 items and 1,000,000 users; two minutes
	bench/lists.sh

scale: setup-python setup-bench setup-postgres build ## what a login and a request cost, and 10,000,000 users; 20 minutes; writes docs/scale.md
	bench/scale.sh

timing: build ## whether login times reveal which names exist; three minutes
	bench/timing.sh

screenshots: setup-test build ## pictures of every page and dialog in end2end/screenshots, and those of the README; four minutes
	cd end2end && CLOAKROOM_BIN=target/release/cloakroom npx playwright test --config screenshot.config.ts

setup: setup-test ## install what run and test need, and nothing else

setup-%:
	@scripts/setup.sh $*
