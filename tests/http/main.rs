//! HTTP tests of the whole router. Each test has the production state and a fresh database, and tests one behaviour.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod armour;
mod assets;
mod bearer;
mod cors;
mod errors;
mod imported_hashes;
mod me;
mod openapi;
mod operations;
mod pages;
mod revocation;
mod storage;
mod support;
mod throttle;
mod token;
