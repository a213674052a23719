//! # Cloakroom
//!
//! Hand over your password once, get a token, collect your items: the OAuth2 password flow of the FastAPI security
//! tutorial, end to end in Rust and in a real browser. Start here; ARCHITECTURE.md tells the same story at length.
//!
//! **`app` draws and calls, `oauth2` and `server::routes` translate, `server::{users, items}` decide, `server::store`
//! keeps; `model` and `error` are the words they share.**
//!
//! | room | what happens there |
//! | --- | --- |
//! | [`app`] | the Leptos UI: pages, the session in browser storage, the client that carries the bearer token |
//! | [`oauth2`] | the server function `POST /token`: OAuth2's form goes in, a token comes out |
//! | [`model`] | the words on the wire, and the rules a value obeys |
//! | [`error`] | what a caller is told when something is refused: the only table of statuses |
//! | `server` | settings, routes, security, decisions and the database; compiled for the server only |
//!
//! This file and the macros it calls are the only place that asks which side is being compiled.

pub mod app;
pub mod error;
pub mod model;
pub mod oauth2;
#[cfg(feature = "ssr")]
pub mod server;

/// Wakes the server-rendered page up in the browser. Called by the script that [`app::shell`] puts on the page.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::App);
}
