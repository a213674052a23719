//! Tests of the program as a process, with arguments, an environment and signals.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod api_keys;
mod clients;
mod command_line;
mod connections;
mod copies;
#[path = "../shared/database.rs"]
mod database;
mod durability;
mod https;
mod keys;
mod logging;
mod operations;
mod protocol;
mod renewals;
mod revocation;
mod rows;
mod secrets;
mod serving;
mod sqlite;
mod support;
mod user_files;
mod user_lines;
