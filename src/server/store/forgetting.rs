//! What is over is removed: sessions, tokens and keys that open nothing any more.

use super::{connection::Connection, error::StoreError, handle::Store, sql::Sql};

/// How many rows are removed at once.
const AT_ONCE: i64 = 1000;

/// For each table, the statement up to the present time, and what is taken from that.
const TABLES: [(&str, &str); 4] = [
    ("DELETE FROM sessions WHERE session_id IN (SELECT session_id FROM sessions WHERE expires_at < ", ""),
    ("DELETE FROM api_keys WHERE key_id IN (SELECT key_id FROM api_keys WHERE expires_at < ", ""),
    (
        "DELETE FROM revoked_tokens WHERE digest IN (SELECT digest FROM revoked_tokens WHERE expires_at < ",
        // Another server's clock may be behind.
        " / 1000 - 3600",
    ),
    (
        "DELETE FROM used_refresh_tokens WHERE token IN (SELECT token FROM used_refresh_tokens WHERE used_at < ",
        " - 60000",
    ),
];

impl Store {
    /// Removes what is over, and has nothing to tell. `now` is this server's time, in Unix milliseconds. On PostgreSQL the database's time
    /// counts. Returns whether there may be more.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn forget(&self, now: i64) -> Result<bool, StoreError> {
        let mut write = self.write().await?;
        let mut connection = write.connection();
        let on_postgres = matches!(connection, Connection::Postgres(_));
        let mut more = false;
        for (forget, unit) in TABLES {
            let mut sql = Sql::new(forget);
            if on_postgres {
                sql.push("CAST(EXTRACT(EPOCH FROM statement_timestamp()) * 1000 AS BIGINT)");
            } else {
                sql.push_value(now);
            }
            sql.push(unit).push(" LIMIT ").push_value(AT_ONCE).push(" + 0");
            // Another server may be doing the same.
            sql.push(if on_postgres { " FOR UPDATE SKIP LOCKED)" } else { ")" });
            more |= connection.run(sql).await? == AT_ONCE.unsigned_abs();
        }
        write.commit().await?;
        Ok(more)
    }
}
