//! HTTP-level tests: the whole router with production's own state, a fresh database each. One test tells one story.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod armour;
mod bearer;
mod cors;
mod errors;
mod me;
mod openapi;
mod operations;
mod pages;
mod revocation;
mod storage;
mod support;
mod throttle;
mod token;
