# `make run` and `make test` are all one needs to know; `make help` lists the rest. Each target can be run alone: it
# first has scripts/setup.sh install what it lacks, which is silent and takes a moment when nothing is missing.

# Named, so that make runs every line through the shell: macOS's make otherwise looks commands up on the PATH that it
# was started with, not on the one below.
SHELL := bash

# wasm-opt comes with the npm packages, and wasm-bindgen has to be of the very version in Cargo.lock.
export PATH := $(shell bash scripts/setup.sh path)

# The order of `test` is from quick to slow, and two cargos would only wait for each other.
.NOTPARALLEL:
.PHONY: help run test fmt lint deny unit e2e interop examples openapi schemathesis soak
.PHONY: build sbom bench flood slow timing screenshot setup

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

run: setup-run ## build, serve at http://127.0.0.1:3000 and rebuild on every change
	cargo leptos watch

test: setup-test fmt lint deny unit e2e interop examples openapi ## everything that must pass: the eight that follow

fmt: setup-rust ## is the code formatted?
	cargo fmt --check

# Server and browser are two programs: never --all-features.
lint: setup-rust ## clippy, once for the server and once for the browser
	cargo clippy --locked --all-targets --features ssr -- -D warnings
	cargo clippy --locked --lib --target wasm32-unknown-unknown --features hydrate -- -D warnings

# The advisories are a git repository on github.com, which not every machine reaches: that is said, and fails nothing,
# but what they say does. A firewall that answers nothing would keep git for minutes: hence the alarm.
deny: setup-deny ## licences and sources of the dependencies, and advisories about them if those can be fetched
	cargo deny --locked check licenses bans sources
	@if perl -e 'alarm 60; exec @ARGV' cargo deny --log-level off fetch db; then \
		set -x; cargo deny --frozen check advisories; \
	else \
		echo 'Advisories and yanked versions: NOT CHECKED, as github.com/RustSec/advisory-db could not be fetched.'; \
	fi

unit: setup-rust ## unit and HTTP tests
	cargo test --locked --features ssr

e2e: setup-test build ## browser tests against the release build
	cd end2end && npx tsc && CLOAKROOM_BIN=target/release/cloakroom npx playwright test

interop: setup-python build ## tokens and hashes, exchanged with PyJWT and pwdlib
	tests/interop/interop.sh

examples: setup-python build ## docs/api.md: every example prints what is below it
	cargo build --locked --features ssr --example client
	CLOAKROOM_EXAMPLE=target/debug/examples/client tests/examples/examples.sh

openapi: setup-python build ## the OpenAPI document is valid, and TypeScript can be made of it
	tests/openapi/openapi.sh

schemathesis: setup-python build ## what the OpenAPI document allows and forbids, tried out at random
	tests/openapi/schemathesis.sh

soak: setup-soak build ## full disks, locks, clocks that jump, clients that leave or are slow; two minutes, Linux only
	tests/soak/soak.sh
	bench/slow.sh
	bench/flood.sh

build: setup-build ## the release: target/release/cloakroom and target/site, precompressed
	cargo leptos build --release -P

sbom: setup-sbom ## what the release is made of, as CycloneDX: target/sbom/server.cdx.json and browser.cdx.json
	mkdir -p target/sbom
	cargo cyclonedx --quiet --format json --spec-version 1.5 --features ssr --override-filename server.cdx
	cargo cyclonedx --quiet --format json --spec-version 1.5 --features hydrate --target wasm32-unknown-unknown \
		--override-filename browser.cdx
	mv server.cdx.json browser.cdx.json target/sbom

bench: setup-bench build ## requests per second, beside the FastAPI tutorial's program
	bench/run.sh

flood: build ## 1000 logins at once: answers, memory, and how /users/me fares meanwhile
	bench/flood.sh

slow: build ## 1000 slow clients, and how /users/me fares meanwhile
	bench/slow.sh

timing: build ## whether the time of a login tells which names exist; two minutes
	bench/timing.sh

screenshot: setup-test build ## the picture in the README
	cd end2end && CLOAKROOM_BIN=target/release/cloakroom npx playwright test --config screenshot.config.ts

setup: setup-test ## only install what run and test need

setup-%:
	@scripts/setup.sh $*
