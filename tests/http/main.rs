//! HTTP tests of the whole router. Each test has the production state and a fresh database, and tests one behaviour.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod armour;
mod assets;
mod bearer;
mod cors;
mod errors;
mod item_lists;
mod item_searches;
mod item_values;
mod item_versions;
mod items;
mod json;
mod me;
mod openapi;
mod operations;
mod pages;
mod revocation;
mod storage;
mod support;
mod throttle;
mod token;
