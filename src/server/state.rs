//! What every handler may ask for.

use std::sync::Arc;

use axum::extract::FromRef;
use leptos::config::LeptosOptions;

use super::{
    security::{jwt::Keys, password::Passwords},
    store::Store,
};

/// The server's parts. Cheap to clone; the parts are shared.
#[derive(Clone)]
pub struct AppState {
    /// The database.
    pub store: Store,
    /// The threads that hash passwords.
    pub passwords: Arc<Passwords>,
    /// What signs and checks tokens.
    pub keys: Arc<Keys>,
    /// How long a new token is good for, in seconds.
    pub token_expires_in: u32,
    /// Where the UI's files are.
    pub leptos_options: LeptosOptions,
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos_options.clone()
    }
}
