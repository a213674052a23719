//! The state that every handler can use.

use std::{
    ops::Deref,
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::extract::FromRef;
use leptos::config::{Env, LeptosOptions};

use super::{
    accounts::demo,
    clock,
    keys::{self, KeyError, Started, key_path, keys_path},
    operations::{
        key_uses::KeyUses,
        metrics::{self, Metrics},
        readiness::Readiness,
    },
    security::{
        jwt::Keys,
        password::{HashError, Passwords},
        secret::is_known_to_everybody,
        throttle::Throttle,
    },
    settings::{AccountSettings, LimitSettings, ServerSettings, SessionSettings, Settings},
    store::{self, OpenError, Store, StoreError},
    ui::{
        assets::Assets,
        site::{self, SiteError},
    },
};

/// The state of the server: a shared handle to its parts. axum clones it several times for each request.
#[derive(Clone)]
pub struct AppState(Arc<Parts>);

/// The server's parts.
pub struct Parts {
    /// The database.
    pub store: Store,
    /// The threads that hash passwords.
    pub passwords: Arc<Passwords>,
    /// The keys that sign and check tokens.
    pub keys: Keys,
    /// How long a new token is valid, in seconds.
    pub token_expires_in: u32,
    /// How long sessions last.
    pub session: SessionSettings,
    /// Whether clients reach the server by HTTPS.
    pub is_reached_by_https: bool,
    /// Where clients reach the server: an origin, such as `https://cloakroom.example.com`.
    pub public_url: String,
    /// How long a client may take.
    pub limits: LimitSettings,
    /// How accounts come about.
    pub accounts: AccountSettings,
    /// The fewest characters of a new password.
    pub password_min_length: usize,
    /// Whether there are the demo's users.
    pub is_demo: bool,
    /// How the server is reached.
    pub server: Arc<ServerSettings>,
    /// The metrics.
    pub metrics: Arc<Metrics>,
    /// The rate limit for logins.
    pub throttle: Throttle,
    /// When API keys were used.
    pub key_uses: Arc<KeyUses>,
    /// Whether the database can be written.
    pub readiness: Readiness,
    /// Where the UI's files are.
    pub leptos_options: LeptosOptions,
    /// The addresses of the UI's files.
    pub assets: Assets,
}

/// Why the server cannot start. The message is one line.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Every client could download a secret file.
    #[error(transparent)]
    Site(#[from] SiteError),
    /// The database cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key is public: anybody could sign tokens.
    #[error(
        "{0} is known to everybody, and leptos.env is PROD: anybody could sign tokens with it. Make a key with \
         `cloakroom secret`"
    )]
    KnownKey(&'static str),
    /// The keys for tokens cannot be made, kept or read.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The threads that hash cannot be started.
    #[error("the hashing threads cannot be started: {0}")]
    Hashing(#[from] HashError),
}

impl AppState {
    /// Opens the database and starts the other parts, as the settings say.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn open(settings: &Settings) -> Result<Self, StartError> {
        let file = store::file(&settings.database.url)?;
        site::check(Path::new(&settings.leptos.site_root), &secrets(settings, file.as_deref()))?;
        if let Some(key) = &settings.token.secret_key {
            check_key(key, "token.secret-key", settings)?;
        }
        for key in &settings.token.previous_secret_keys {
            check_key(key, "a key in token.previous-secret-keys", settings)?;
        }
        let store = Store::open(&settings.database).await?;
        store.check_that_changes_are_seen(clock::unix_milliseconds()).await?;
        let kept_in = if file.is_some() { "the key in the key file" } else { "the key in the database" };
        let Started { ring, secrets, shared } = keys::start(&settings.token, &store, file).await?;
        for key in &secrets {
            check_key(key, kept_in, settings)?;
        }
        if settings.demo.enabled {
            demo::insert(&store, clock::unix_milliseconds()).await?;
        }
        let hash_seconds = metrics::durations();
        let passwords = Arc::new(Passwords::start(&settings.password, hash_seconds.clone())?);
        Ok(Self(Arc::new(Parts {
            throttle: Throttle::new(&store, settings, &shared),
            metrics: Arc::new(Metrics::new(&store, Arc::clone(&passwords), hash_seconds)),
            store,
            passwords,
            keys: Keys::new(ring),
            token_expires_in: settings.token.expires_in,
            session: settings.session,
            is_reached_by_https: match &settings.server.public_url {
                Some(origin) => origin.as_str().starts_with("https:"),
                None => settings.tls.certificate.is_some() || settings.server.behind_proxy,
            },
            public_url: match &settings.server.public_url {
                Some(origin) => origin.as_str().to_owned(),
                None if settings.tls.certificate.is_some() => format!("https://{}", settings.leptos.site_addr),
                None => format!("http://{}", settings.leptos.site_addr),
            },
            limits: settings.limits,
            accounts: settings.accounts,
            password_min_length: settings.password.min_length,
            is_demo: settings.demo.enabled,
            server: Arc::new(settings.server.clone()),
            key_uses: Arc::default(),
            readiness: Readiness::default(),
            leptos_options: settings.leptos.options(),
            assets: Assets::read(&settings.leptos),
        })))
    }
}

/// Refuses a public key in production. Elsewhere it only logs a warning. `source` says where the key comes from.
fn check_key(key: &str, source: &'static str, settings: &Settings) -> Result<(), StartError> {
    if !is_known_to_everybody(key) {
        return Ok(());
    }
    if settings.leptos.env == Env::PROD {
        return Err(StartError::KnownKey(source));
    }
    tracing::warn!("{source} is known to everybody: do not use it in production");
    Ok(())
}

/// The files that no client may download, each with a description.
fn secrets(settings: &Settings, database: Option<&Path>) -> Vec<(&'static str, PathBuf)> {
    let mut secrets = vec![("the settings file", settings.file.clone())];
    if let Some(database) = database {
        secrets.push(("the database", database.to_owned()));
        secrets.push(("the key file", key_path(database)));
        secrets.push(("the key file", keys_path(database)));
        // SQLite keeps these beside the real file. They hold parts of the database.
        let real = database.canonicalize().unwrap_or_else(|_| database.to_owned());
        for ending in ["-wal", "-shm", "-journal"] {
            let mut path = real.clone().into_os_string();
            path.push(ending);
            secrets.push(("a part of the database", path.into()));
        }
    }
    secrets.extend(settings.tls.key.clone().map(|key| ("the TLS key", key)));
    secrets
}

impl FromRef<AppState> for Arc<ServerSettings> {
    fn from_ref(state: &AppState) -> Self {
        Arc::clone(&state.server)
    }
}

impl Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos_options.clone()
    }
}
