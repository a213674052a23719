//! What is remembered of SQLite's rows until anything is written. With PostgreSQL nothing is: another server may have written.

use std::{hash::Hash, sync::Arc};

use quick_cache::sync::Cache;

use super::{
    error::StoreError,
    handle::Store,
    sqlite::{DatabaseState, Sqlite},
};

impl Store {
    /// What was found for `asked`, if nothing was written since. Otherwise what `find` finds now.
    ///
    /// # Errors
    /// Those of `find`, [`StoreError::Replaced`].
    pub(super) async fn remembered<K: Clone + Eq + Hash, V>(
        &self,
        sqlite: &Sqlite,
        cache: &Cache<K, (DatabaseState, Arc<V>)>,
        asked: &K,
        find: impl Future<Output = Result<Option<Arc<V>>, StoreError>>,
    ) -> Result<Option<Arc<V>>, StoreError> {
        sqlite.file.check_each_second().await?;
        // Read before the row. A write in between makes the cached row look older than it is, which is safe.
        let state = sqlite.wal_index.state();
        if let Some((of, found)) = cache.get(asked)
            && Some(of) == state
        {
            self.cache.hits.inc();
            return Ok(Some(found));
        }
        self.cache.misses.inc();
        let found = find.await?;
        if let (Some(state), Some(found)) = (state, &found) {
            cache.insert(asked.clone(), (state, Arc::clone(found)));
        }
        Ok(found)
    }
}
