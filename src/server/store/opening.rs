//! Opening the database, whichever it is.

use std::{fs, path::PathBuf};

use super::{
    engine::Engine,
    handle::{CacheCounters, Store},
    open_error::OpenError,
    postgres::Postgres,
    search_texts,
    sqlite::{self, Sqlite},
};
use crate::server::settings::DatabaseSettings;

impl Store {
    /// Opens the database, which must exist.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open_existing(settings: &DatabaseSettings) -> Result<Self, OpenError> {
        match file(&settings.url)? {
            // A first start that was cut off may leave an empty file.
            Some(path) if fs::metadata(&path).map_or(0, |file| file.len()) == 0 => Err(OpenError::Missing(path)),
            _ => Self::open_or_create(settings, false).await,
        }
    }

    /// Opens the database. Creates what is missing: with SQLite the folder and the file, and the tables.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(settings: &DatabaseSettings) -> Result<Self, OpenError> {
        Self::open_or_create(settings, true).await
    }

    async fn open_or_create(settings: &DatabaseSettings, creates: bool) -> Result<Self, OpenError> {
        let engine = if is_postgres(&settings.url) {
            Engine::Postgres(Postgres::open(settings, creates).await?.into())
        } else {
            Engine::Sqlite(Sqlite::open(&settings.url).await?.into())
        };
        let store = Self { engine, cache: CacheCounters::default() };
        search_texts::fill(&store).await.map_err(OpenError::Unfilled)?;
        if let Engine::Sqlite(sqlite) = &store.engine {
            sqlite.checkpoint().await;
        }
        Ok(store)
    }
}

/// The file of the database, if it is one.
///
/// # Errors
/// [`OpenError::Url`].
pub fn file(url: &str) -> Result<Option<PathBuf>, OpenError> {
    if is_postgres(url) { Ok(None) } else { sqlite::path(url).map(Some) }
}

fn is_postgres(url: &str) -> bool {
    ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme))
}
