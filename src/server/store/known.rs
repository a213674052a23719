//! Tokens and API keys, as far as the database knows them.

use std::sync::Arc;

use sqlx::{ColumnIndex, Decode, FromRow, Row, Type};

use super::rows::UserRow;
use crate::model::Scopes;

/// A token: whose it is, and what may have ended it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KnownToken {
    /// The username of its user.
    pub username: String,
    /// What ends it.
    pub ended_by: EndedBy,
}

/// What ends a token before it expires, besides its user's password.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum EndedBy {
    /// The end of the session with this id.
    Session(String),
    /// A revocation of the token with this digest. It has no session.
    Revocation(String),
}

impl EndedBy {
    /// The id of the session, if there is one.
    pub fn session_id(&self) -> Option<&str> {
        match self {
            Self::Session(id) => Some(id),
            Self::Revocation(_) => None,
        }
    }

    /// The digest of a token without a session.
    pub fn digest(&self) -> Option<&str> {
        match self {
            Self::Session(_) => None,
            Self::Revocation(digest) => Some(digest),
        }
    }
}

/// The columns of a [`KeyWithUser`] beside those of its user.
macro_rules! known_key_columns {
    () => {
        "key_id, granted, expires_at, last_used_at"
    };
}

pub(super) use known_key_columns;

/// An API key that somebody sends, and its user. Times are in Unix milliseconds.
#[derive(Debug)]
pub struct KeyWithUser {
    /// The key's id.
    pub key_id: String,
    /// Its user.
    pub user: Arc<UserRow>,
    /// What it opens at most.
    pub granted: Scopes,
    /// When it ends by itself.
    pub expires_at: Option<i64>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<i64>,
}

impl<'r, R: Row> FromRow<'r, R> for KeyWithUser
where
    &'static str: ColumnIndex<R>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    Option<i64>: Decode<'r, R::Database> + Type<R::Database>,
    UserRow: FromRow<'r, R>,
{
    fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
        Ok(Self {
            key_id: row.try_get("key_id")?,
            user: Arc::new(UserRow::from_row(row)?),
            granted: Scopes::from(row.try_get::<String, _>("granted")?),
            expires_at: row.try_get("expires_at")?,
            last_used_at: row.try_get("last_used_at")?,
        })
    }
}
