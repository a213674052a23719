//! HTTP tests of the whole router. Each test has the production state and a fresh database, and tests one behaviour.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod account_lists;
mod administration;
mod api_key_limits;
mod api_key_uses;
mod api_keys;
mod armour;
mod assets;
mod bearer;
mod bodies;
mod calls;
mod client_sessions;
mod clients;
mod cors;
#[path = "../shared/database.rs"]
mod database;
mod errors;
mod imported_hashes;
mod introspection;
mod item_lists;
mod item_searches;
mod item_values;
mod item_versions;
mod items;
mod last_administrator;
mod machines;
mod me;
mod names_given_away;
mod openapi;
mod operations;
mod pages;
mod passwords;
mod postgres;
mod postgres_ends;
mod postgres_tables;
mod profile;
mod refresh_tokens;
mod revocation;
mod session_cookies;
mod sessions;
mod sign_up;
mod signed_in;
mod signing_keys;
mod slow_bodies;
mod sqlite;
mod support;
mod throttle;
mod token;
mod token_revocation;
mod values;
mod versions;
