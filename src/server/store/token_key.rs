//! The key that signs tokens, where several servers have to agree on it. A file of SQLite belongs to one server, and the key is
//! beside it: see `security::secret`.

use sha2::{Digest, Sha256};

use super::{error::StoreError, handle::Store, sql::Sql};

impl Store {
    /// The key that this server and the others use: `set` from the settings, or else the one that the first server made, which
    /// may be `new`. `None` if the others use another key.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn agree_on_key(&self, set: Option<&str>, new: &str) -> Result<Option<String>, StoreError> {
        let mut write = self.write().await?;
        let first =
            Sql::new("INSERT INTO token_key (secret, fingerprint) VALUES ($1, $2) ON CONFLICT (one) DO NOTHING")
                .bind(if set.is_some() { None } else { Some(new) })
                .bind(fingerprint(set.unwrap_or(new)));
        write.connection().run(first).await?;
        let kept = Sql::new("SELECT secret, fingerprint FROM token_key");
        let (secret, agreed): (Option<String>, String) = write.connection().one(kept).await?;
        write.commit().await?;
        Ok(match set {
            Some(set) => (fingerprint(set) == agreed).then(|| set.to_owned()),
            None => secret,
        })
    }
}

/// What is kept of a key that the operator has set, so that the key itself is not.
fn fingerprint(key: &str) -> String {
    let digest = Sha256::new().chain_update("Cloakroom's token key\n").chain_update(key).finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
