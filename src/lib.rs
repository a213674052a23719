//! # Cloakroom
//!
//! The OAuth2 password flow of the FastAPI security tutorial, end to end: a server and a web UI, both in Rust. A person
//! logs in with a password once, gets a token, and reads their items with it. Start here. ARCHITECTURE.md has the
//! details.
//!
//! - `app` draws the UI and calls the API.
//! - `oauth2` and `server::routes` translate between HTTP and Rust.
//! - `server::{users, items}` decide.
//! - `server::store` reads and writes the database.
//! - `model` and `error` hold the types that the others share.
//!
//! | module | what it contains |
//! | --- | --- |
//! | [`app`] | the Leptos UI: pages, the session in browser storage, the client that sends the bearer token |
//! | [`oauth2`] | the server function `POST /token`: it takes OAuth2's form and returns a token |
//! | [`model`] | the types on the wire, and the rules for their values |
//! | [`error`] | the error answers, and the only table of statuses |
//! | `server` | settings, routes, security, decisions and the database; compiled for the server only |
//!
//! Only this file and the macros of libraries check which side is compiled, browser or server.

pub mod app;
pub mod error;
pub mod model;
pub mod oauth2;
#[cfg(feature = "ssr")]
pub mod server;

/// Hydrates the server-rendered page in the browser. The script that [`app::shell`] puts on the page calls this.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::App);
}
