//! What every handler may ask for.

use std::sync::Arc;

use axum::extract::FromRef;
use leptos::config::LeptosOptions;

use super::{
    clock, demo,
    security::{
        jwt::Keys,
        password::{HashError, Passwords},
        secret::{SecretError, kept_secret_key},
    },
    settings::Settings,
    store::{self, OpenError, Store, StoreError},
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

/// Why the server cannot start: one line.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key to sign tokens with cannot be kept.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The threads that hash cannot be started.
    #[error("the hashing threads cannot be started: {0}")]
    Hashing(#[from] HashError),
}

impl AppState {
    /// Opens and starts everything that these settings ask for.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn open(settings: &Settings) -> Result<Self, StartError> {
        let store = Store::open(&settings.database.url).await?;
        let secret_key = match &settings.token.secret_key {
            Some(key) => key.clone(),
            None => kept_secret_key(&store::path(&settings.database.url)?)?,
        };
        if settings.demo.enabled {
            demo::insert(&store, clock::unix_milliseconds()).await?;
        }
        Ok(Self {
            store,
            passwords: Arc::new(Passwords::start(&settings.password)?),
            keys: Arc::new(Keys::new(&secret_key)),
            token_expires_in: settings.token.expires_in,
            leptos_options: settings.leptos.options(),
        })
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos_options.clone()
    }
}
