//! The rate limit's counts, where several servers share them. The rate limit decides (`security::throttle`); this keeps.

use super::{engine::Write, error::StoreError, handle::Store, sql::Sql};

/// The counts of some keys. Nobody else reads or changes them until this ends. Unless it is committed, nothing is changed.
pub struct LockedCounts {
    write: Write,
    /// The database's time, in Unix milliseconds: all servers measure by it.
    pub now: i64,
    /// One for each key, in the order of the keys.
    pub each: Vec<Count>,
}

/// What is known of one key.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Count {
    /// How many failures there were at `counted_at`.
    pub count: f64,
    /// In Unix milliseconds.
    pub counted_at: i64,
    /// Until then every guess is refused, in Unix milliseconds.
    pub until: Option<i64>,
    /// How many guesses are in progress.
    pub in_progress: i64,
    /// How many guesses have expired. They count as failures from now on.
    pub expired: i64,
}

/// How many counts are forgotten at once.
const AT_ONCE: i64 = 1000;

impl Store {
    /// Waits until nobody else looks at the counts of these keys, and reads them. `keys` are digests, as texts. A guess expires
    /// `lease` milliseconds after it began.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn lock_counts(&self, keys: &[String], lease: i64) -> Result<LockedCounts, StoreError> {
        let mut write = self.write().await?;
        let mut locks: Vec<i64> = keys.iter().map(|key| lock(key)).collect();
        // Always in the same order: so no two servers wait for each other.
        locks.sort_unstable();
        let mut take = Sql::new("SELECT pg_advisory_xact_lock(number) FROM (VALUES ");
        for (position, lock) in locks.iter().enumerate() {
            take.push(if position == 0 { "(" } else { ", (" }).push_value(*lock).push(")");
        }
        take.push(") AS locks (number)");
        write.connection().run(take).await?;
        let mut read = Sql::new(
            "SELECT keys.position, clock.now, count, counted_at, until, \
             (SELECT COUNT(*) FROM guesses WHERE guesses.key = keys.key), \
             (SELECT COUNT(*) FROM guesses WHERE guesses.key = keys.key \
             AND NOT (expires_at > clock.now AND expires_at <= clock.now + lease)) \
             FROM (SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS now, CAST(",
        );
        read.push_value(lease).push(" AS BIGINT) AS lease) AS clock, (VALUES ");
        for (position, key) in keys.iter().enumerate() {
            read.push(if position == 0 { "(" } else { ", (" });
            read.push_value(i64::try_from(position).unwrap_or(i64::MAX)).push(", ").push_value(&**key).push(")");
        }
        read.push(") AS keys (position, key) LEFT JOIN failures ON failures.key = keys.key ORDER BY keys.position");
        let rows: Vec<Read> = write.connection().all(read).await?;
        let now = rows.first().map_or(0, |row| row.1);
        let each = rows.into_iter().map(|(_, _, count, counted_at, until, guesses, expired)| Count {
            count: count.unwrap_or_default(),
            counted_at: counted_at.unwrap_or_default(),
            until,
            in_progress: guesses - expired,
            expired,
        });
        Ok(LockedCounts { each: each.collect(), now, write })
    }

    /// Removes counts of which too little is left, and guesses that expired a day ago.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn forget_counts(&self) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        for forget in [
            "DELETE FROM failures WHERE key IN (SELECT key FROM failures \
             WHERE forget_at < CAST(EXTRACT(EPOCH FROM statement_timestamp()) * 1000 AS BIGINT) \
             ORDER BY forget_at LIMIT $1 FOR UPDATE SKIP LOCKED)",
            "DELETE FROM guesses WHERE (key, id) IN (SELECT key, id FROM guesses \
             WHERE expires_at < CAST(EXTRACT(EPOCH FROM statement_timestamp()) * 1000 AS BIGINT) - 86400000 \
             ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)",
        ] {
            write.connection().run(Sql::new(forget).bind(AT_ONCE)).await?;
        }
        write.commit().await
    }
}

/// Position, time, count, when it was counted, until when to wait, guesses, and those of them that have expired.
type Read = (i64, i64, Option<f64>, Option<i64>, Option<i64>, i64, i64);

impl LockedCounts {
    /// A guess with these keys is in progress until it ends, or expires.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn begin_guess(&mut self, keys: &[String], id: &str, expires_at: i64) -> Result<(), StoreError> {
        let mut insert = Sql::new("INSERT INTO guesses (key, id, expires_at) VALUES ");
        for (position, key) in keys.iter().enumerate() {
            insert.push(if position == 0 { "(" } else { ", (" }).push_value(&**key).push(", ");
            insert.push_value(id).push(", ").push_value(expires_at).push(")");
        }
        self.write.connection().run(insert).await?;
        Ok(())
    }

    /// A guess has ended for this key. Returns whether it had not expired before.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn end_guess(&mut self, key: &str, id: &str) -> Result<bool, StoreError> {
        let end = Sql::new("DELETE FROM guesses WHERE key = $1 AND id = $2").bind(key).bind(id);
        Ok(self.write.connection().run(end).await? > 0)
    }

    /// Removes the guesses of this key that have expired.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn end_expired(&mut self, key: &str, lease: i64) -> Result<(), StoreError> {
        let end = Sql::new("DELETE FROM guesses WHERE key = $1 AND NOT (expires_at > $2 AND expires_at <= $2 + $3)");
        let end = end.bind(key).bind(self.now).bind(lease);
        self.write.connection().run(end).await?;
        Ok(())
    }

    /// Sets the count of this key, as it is now. `until` and `forget_at` are in Unix milliseconds.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn set(&mut self, key: &str, count: f64, until: Option<i64>, forget_at: i64) -> Result<(), StoreError> {
        let set = Sql::new(
            "INSERT INTO failures (key, count, counted_at, until, forget_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (key) DO UPDATE SET count = excluded.count, counted_at = excluded.counted_at, \
             until = excluded.until, forget_at = excluded.forget_at",
        );
        let set = set.bind(key).bind(count).bind(self.now).bind(until).bind(forget_at);
        self.write.connection().run(set).await?;
        Ok(())
    }

    /// Forgets the count of this key.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn clear(&mut self, key: &str) -> Result<(), StoreError> {
        self.write.connection().run(Sql::new("DELETE FROM failures WHERE key = $1").bind(key)).await?;
        Ok(())
    }

    /// Keeps the changes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn commit(self) -> Result<(), StoreError> {
        self.write.commit().await
    }
}

/// The number of a key's lock: its first eight characters. If two keys have the same, they only wait for each other.
fn lock(key: &str) -> i64 {
    key.bytes().take(8).fold(0, |number, byte| number << 8 | i64::from(byte))
}
