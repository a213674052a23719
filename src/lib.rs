//! # Cloakroom
//!
//! The OAuth2 password flow of the FastAPI security tutorial, end to end: a server and a web UI, both in Rust. A person
//! logs in with a password once, gets a token, and reads their items with it. Start here. ARCHITECTURE.md has the
//! details.
//!
//! - `app` draws the UI and calls the API.
//! - `oauth2` and `server::routes` translate between HTTP and Rust.
//! - `server::{accounts, clients, items, keys}` decide.
//! - `server::store` reads and writes the database.
//! - `model` and `error` hold the types that the others share.
//!
//! | module | what it contains |
//! | --- | --- |
//! | [`app`] | the Leptos UI: pages, the session in browser storage, the client that sends the bearer token |
//! | [`browser`] | what the UI asks of the browser: `fetch`, JSON, the clock, the address bar |
//! | [`oauth2`] | the server function `POST /token`: it takes OAuth2's form and returns a token |
//! | [`model`] | the types on the wire, and the rules for their values |
//! | [`files`] | the UI's files, as a page names them |
//! | [`form`] | how a posted form is read |
//! | [`error`] | the error answers, and the only table of statuses |
//! | `server` | settings, routes, security, decisions and the database; compiled for the server only |
//!
//! Only this file and the macros of libraries check which side is compiled, browser or server.

// The type of a page's view contains the types of all its parts.
#![recursion_limit = "256"]

pub mod app;
pub mod browser;
pub mod error;
pub mod files;
pub mod form;
pub mod model;
pub mod oauth2;
#[cfg(feature = "ssr")]
pub mod server;

/// Hydrates the server-rendered page in the browser. `app/start.js` calls this.
///
/// # Errors
/// A part of the program could not be fetched. A later call tries again.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub async fn hydrate() -> Result<(), wasm_bindgen::JsError> {
    // The texts of panics are for developers. They would make the WASM of a release heavier.
    if cfg!(debug_assertions) {
        console_error_panic_hook::set_once();
    }
    if let Some((element, properties)) = app::rendered().await? {
        leptos::mount::hydrate_from(element, || app::App(properties)).forget();
    }
    Ok(())
}

/// Room for `cargo leptos --split`. It sorts the program's constants into the two WASM files, within the space that
/// they had together. Constants that overlap need more space then. If it is too small, all constants stay in the main
/// WASM: 35 KB that the login page does not need. This makes the space larger. No code refers to it, so it is in
/// neither file. Without it, the size budget in `end2end/tests/size.spec.ts` is not kept.
#[cfg(feature = "hydrate")]
#[used]
static ROOM_FOR_SPLITTING: [u8; 8192] = [1; 8192];
