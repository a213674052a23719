//! API keys, and their users.

use std::{collections::HashMap, sync::Arc};

use sqlx::{ColumnIndex, Decode, FromRow, Row, Type};

use super::{Found, Source, Waiting, tell};
use crate::server::store::{
    known::{KeyWithUser, known_key_columns},
    rows::user_columns,
    sql::Sql,
};

/// Keys, by their digests.
const KEYS: &str = concat!(
    "SELECT digest, ",
    known_key_columns!(),
    ", ",
    user_columns!(),
    " FROM api_keys JOIN users ON users.id = user_id WHERE digest"
);

/// A key. One that cannot be read is an error for its own requests only.
struct Key {
    digest: String,
    found: Found<KeyWithUser>,
}

/// Answers those who wait for the keys with these digests.
pub(super) async fn answer(source: &mut Source, waiting: Waiting<String, KeyWithUser>) {
    if waiting.is_empty() {
        return;
    }
    let mut sql = Sql::new(KEYS);
    source.push_any_of(&mut sql, waiting.keys().map(String::as_str));
    let keys = source
        .all(sql)
        .await
        .map(|keys| keys.into_iter().map(|Key { digest, found }| (digest, found)).collect::<HashMap<_, _>>());
    tell(waiting, &keys, |keys, digest| keys.get(digest).cloned().unwrap_or(Ok(None)));
}

impl<'r, R: Row> FromRow<'r, R> for Key
where
    &'static str: ColumnIndex<R>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    KeyWithUser: FromRow<'r, R>,
{
    fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
        let found = KeyWithUser::from_row(row).map(|key| Some(Arc::new(key))).map_err(|error| Arc::new(error.into()));
        Ok(Self { digest: row.try_get("digest")?, found })
    }
}
