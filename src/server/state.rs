//! What every handler may ask for.

use std::{
    hash::{DefaultHasher, Hasher},
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::extract::FromRef;
use leptos::config::LeptosOptions;

use super::{
    clock, demo,
    metrics::Metrics,
    security::{
        jwt::Keys,
        password::{HashError, Passwords},
        secret::{SecretError, kept_secret_key},
        throttle::Throttle,
    },
    settings::{LeptosSettings, LimitSettings, ServerSettings, Settings},
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
    /// Where clients reach the server: an origin, such as `https://cloakroom.example.com`.
    pub public_url: String,
    /// How long a client may take.
    pub limits: LimitSettings,
    /// How the server is reached.
    pub server: ServerSettings,
    /// What the server counts.
    pub metrics: Arc<Metrics>,
    /// Failed logins, counted.
    pub throttle: Arc<Throttle>,
    /// Where the UI's files are.
    pub leptos_options: LeptosOptions,
    /// Another one for each content of the files that a page is made of.
    pub site_version: Arc<str>,
}

/// Why the server cannot start: one line.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Everybody could download the database.
    #[error("the database {0} is inside leptos.site-root, which everybody may read: move one of them")]
    Exposed(PathBuf),
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
        let database = store::path(&settings.database.url)?;
        if is_inside(&database, Path::new(&settings.leptos.site_root)) {
            return Err(StartError::Exposed(database));
        }
        let store = Store::open(&settings.database.url).await?;
        let secret_key = match &settings.token.secret_key {
            Some(key) => key.clone(),
            None => kept_secret_key(&database)?,
        };
        if settings.demo.enabled {
            demo::insert(&store, clock::unix_milliseconds()).await?;
        }
        let passwords = Passwords::start(&settings.password)?;
        Ok(Self {
            metrics: Arc::new(Metrics::new(&store, &passwords)),
            store,
            passwords: Arc::new(passwords),
            keys: Arc::new(Keys::new(&secret_key)),
            token_expires_in: settings.token.expires_in,
            public_url: match &settings.server.public_url {
                Some(origin) => origin.as_str().to_owned(),
                None if settings.tls.certificate.is_some() => format!("https://{}", settings.leptos.site_addr),
                None => format!("http://{}", settings.leptos.site_addr),
            },
            limits: settings.limits,
            server: settings.server.clone(),
            throttle: Arc::default(),
            leptos_options: settings.leptos.options(),
            site_version: site_version(&settings.leptos).into(),
        })
    }
}

/// Whether `file`, there or not, is below `folder`. One of which neither the folder nor the file's own is there is not.
fn is_inside(file: &Path, folder: &Path) -> bool {
    let beside = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (beside.canonicalize(), folder.canonicalize()) {
        (Ok(beside), Ok(folder)) => beside.starts_with(folder),
        _ => false,
    }
}

/// A hash of the files that a page is made of. One that is not there counts as empty: `main` warns of it.
fn site_version(leptos: &LeptosSettings) -> String {
    let mut hasher = DefaultHasher::new();
    for ending in ["css", "js", "wasm"] {
        let path =
            Path::new(&leptos.site_root).join(&leptos.site_pkg_dir).join(format!("{}.{ending}", leptos.output_name));
        hasher.write(&std::fs::read(path).unwrap_or_default());
    }
    format!("{:016x}", hasher.finish())
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos_options.clone()
    }
}
