//! The key that signs tokens, where several servers have to agree on it. A file of SQLite belongs to one server, and the key is
//! beside it: see `security::secret`.

use sha2::{Digest, Sha256};

use super::{connection::Connection, engine::Engine, error::StoreError, handle::Store, sql::Sql};

/// What is kept of the key that servers share.
pub struct KeptKey {
    /// The key. `None` if the operator has set `token.secret-key`.
    pub secret: Option<String>,
    fingerprint: String,
}

impl KeptKey {
    /// Whether it is this key.
    pub fn is(&self, key: &str) -> bool {
        self.fingerprint == fingerprint(key)
    }
}

impl Store {
    /// What is kept of the key. SQLite has nothing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn kept_key(&self) -> Result<Option<KeptKey>, StoreError> {
        match &self.engine {
            Engine::Sqlite(_) => Ok(None),
            Engine::Postgres(_) => kept(self.read().await?.connection()).await,
        }
    }

    /// The key that this server and the others use: `set` from the settings, or else the one that the first server made, which
    /// may be `new`. `None` if the others use another key.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn agree_on_key(&self, set: Option<&str>, new: &str) -> Result<Option<String>, StoreError> {
        let mut write = self.write().await?;
        keep(write.connection(), if set.is_some() { None } else { Some(new) }, set.unwrap_or(new)).await?;
        let kept = kept(write.connection()).await?.ok_or(StoreError::Missing)?;
        write.commit().await?;
        Ok(match set {
            Some(set) => kept.is(set).then(|| set.to_owned()),
            None => kept.secret,
        })
    }
}

/// Keeps a key: as `secret`, or only its fingerprint. Returns false if there is a key already: it stays.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub(super) async fn keep(mut connection: Connection<'_>, secret: Option<&str>, key: &str) -> Result<bool, StoreError> {
    let first = "INSERT INTO token_key (secret, fingerprint) VALUES ($1, $2) ON CONFLICT (one) DO NOTHING";
    Ok(connection.run(Sql::new(first).bind(secret).bind(fingerprint(key))).await? > 0)
}

/// What is kept.
async fn kept(mut connection: Connection<'_>) -> Result<Option<KeptKey>, StoreError> {
    let row = connection.optional(Sql::new("SELECT secret, fingerprint FROM token_key")).await?;
    Ok(row.map(|(secret, fingerprint)| KeptKey { secret, fingerprint }))
}

/// What is kept of a key that the operator has set, so that the key itself is not.
fn fingerprint(key: &str) -> String {
    let digest = Sha256::new().chain_update("Cloakroom's token key\n").chain_update(key).finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
