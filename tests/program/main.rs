//! The program as the person who runs it meets it: a process with arguments, an environment and signals.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod command_line;
mod connections;
mod durability;
mod https;
mod operations;
mod serving;
mod support;
