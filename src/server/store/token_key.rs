//! The key that servers agree on at their first start, where several share a database. It signs tokens until another one takes its
//! place (see `token_keys`). If the operator has set `token.secret-key`, only its fingerprint is here: so a server with another one
//! is noticed. A file of SQLite belongs to one server, and the key is beside it: see `server::keys`.

use sha2::{Digest, Sha256};

use super::{connection::Connection, engine::Engine, error::StoreError, handle::Store, sql::Sql};

/// What is kept of the key that servers share.
pub struct SharedKey {
    /// The key. `None` if the operator has set `token.secret-key`.
    pub secret: Option<String>,
    /// Of the key.
    pub fingerprint: String,
}

impl SharedKey {
    /// Whether it is this key.
    pub fn is(&self, key: &str) -> bool {
        self.fingerprint == fingerprint(key)
    }
}

/// What a server knows of the key, before it has asked the others.
pub struct OwnKeys<'a> {
    /// `token.secret-key`, if tokens are signed with it.
    pub set: Option<&'a str>,
    /// `token.previous-secret-keys`.
    pub previous: &'a [String],
    /// Whether the server signs with a key that it shares. Otherwise any is right.
    pub signs: bool,
    /// A new key, if there is none yet.
    pub new: &'a str,
}

impl Store {
    /// What is kept of the key. SQLite has nothing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn shared_key(&self) -> Result<Option<SharedKey>, StoreError> {
        match &self.engine {
            Engine::Sqlite(_) => Ok(None),
            Engine::Postgres(_) => kept(self.read().await?.connection()).await,
        }
    }

    /// The key that this server and the others share from now on: the one that is kept, or else this server's own. One that this
    /// server knows as a previous key gives way to its own. `None` if the others use another key.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn agree_on_key(&self, own: &OwnKeys<'_>) -> Result<Option<SharedKey>, StoreError> {
        let (secret, key) = (if own.set.is_some() { None } else { Some(own.new) }, own.set.unwrap_or(own.new));
        let mut write = self.write().await?;
        keep(write.connection(), secret, key).await?;
        // Locked: another server may be agreeing on its own at this moment.
        let locked = Sql::new("SELECT secret, fingerprint FROM token_key FOR UPDATE");
        let (secret_there, fingerprint_there) =
            write.connection().optional(locked).await?.ok_or(StoreError::Missing)?;
        let there = SharedKey { secret: secret_there, fingerprint: fingerprint_there };
        let is_own = match own.set {
            Some(set) => there.is(set),
            None => there.secret.is_some() || !own.signs,
        };
        let agreed = if is_own {
            Some(there)
        } else if own.previous.iter().any(|key| there.is(key)) {
            replace(write.connection(), secret, key).await?;
            Some(SharedKey { secret: secret.map(str::to_owned), fingerprint: fingerprint(key) })
        } else {
            None
        };
        write.commit().await?;
        Ok(agreed)
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

/// Keeps another key instead: as `secret`, or only its fingerprint.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub(super) async fn replace(mut connection: Connection<'_>, secret: Option<&str>, key: &str) -> Result<(), StoreError> {
    let change = Sql::new("UPDATE token_key SET secret = $1, fingerprint = $2");
    connection.run(change.bind(secret).bind(fingerprint(key))).await?;
    Ok(())
}

/// What is kept.
pub(super) async fn kept(mut connection: Connection<'_>) -> Result<Option<SharedKey>, StoreError> {
    let row = connection.optional(Sql::new("SELECT secret, fingerprint FROM token_key")).await?;
    Ok(row.map(|(secret, fingerprint)| SharedKey { secret, fingerprint }))
}

/// What is kept of a key that the operator has set, so that the key itself is not.
fn fingerprint(key: &str) -> String {
    let digest = Sha256::new().chain_update("Cloakroom's token key\n").chain_update(key).finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
