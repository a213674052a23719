//! The users of tokens, and what has ended a token: one query reads both.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use sqlx::{ColumnIndex, Decode, FromRow, Row, Type};

use super::{Found, Source, Waiting, tell};
use crate::server::store::{
    known::{EndedBy, KnownToken},
    rows::{UserRow, user_columns},
    sql::Sql,
};

/// Users, by their names. The other two lists have as many columns: their id is the first one, and the rest is NULL.
const USERS: &str = concat!("SELECT ", user_columns!(), ", NULL AS user_id FROM users WHERE username");
/// Sessions that go on, by their ids.
const SESSIONS: &str = " UNION ALL SELECT session_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, user_id FROM sessions \
                        WHERE ended_at IS NULL AND session_id";
/// Revoked tokens, by their digests.
const REVOKED: &str =
    " UNION ALL SELECT digest, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM revoked_tokens WHERE digest";

/// What one row tells.
enum Fact {
    /// The user of this name. One that cannot be read is an error for its own tokens only.
    User(String, Found<UserRow>),
    /// A session that goes on.
    Session { id: String, user_id: String },
    /// The digest of a token that was revoked.
    Revoked(String),
}

/// What all rows tell.
#[derive(Default)]
struct Facts {
    users: HashMap<String, Found<UserRow>>,
    /// The users' ids, by the sessions' ids.
    sessions: HashMap<String, String>,
    revoked: HashSet<String>,
}

/// Answers those who wait for the users of tokens.
pub(super) async fn answer(source: &mut Source, waiting: Waiting<KnownToken, UserRow>) {
    if waiting.is_empty() {
        return;
    }
    let facts = source.all(statement(source, &waiting)).await.map(Facts::of);
    tell(waiting, &facts, Facts::user_behind);
}

fn statement(source: &Source, waiting: &Waiting<KnownToken, UserRow>) -> Sql {
    let mut sql = Sql::new(USERS);
    source.push_any_of(&mut sql, waiting.keys().map(|token| &*token.username));
    let sessions: Vec<_> = waiting.keys().filter_map(|token| token.ended_by.session_id()).collect();
    let digests: Vec<_> = waiting.keys().filter_map(|token| token.ended_by.digest()).collect();
    for (part, ids) in [(SESSIONS, sessions), (REVOKED, digests)] {
        if !ids.is_empty() {
            source.push_any_of(sql.push(part), ids.into_iter());
        }
    }
    sql
}

impl Facts {
    fn of(rows: Vec<Fact>) -> Self {
        let mut facts = Self::default();
        for row in rows {
            match row {
                Fact::User(name, user) => drop(facts.users.insert(name, user)),
                Fact::Session { id, user_id } => drop(facts.sessions.insert(id, user_id)),
                Fact::Revoked(digest) => drop(facts.revoked.insert(digest)),
            }
        }
        facts
    }

    /// The user of a token, unless something has ended it. The user of a disabled account is found all the same: it has an answer of
    /// its own.
    fn user_behind(&self, token: &KnownToken) -> Found<UserRow> {
        let Some(user) = self.users.get(&token.username).cloned().unwrap_or(Ok(None))? else { return Ok(None) };
        let goes_on = match &token.ended_by {
            EndedBy::Session(id) => self.sessions.get(id) == Some(&user.id),
            EndedBy::Revocation(digest) => !self.revoked.contains(digest),
        };
        Ok((goes_on || user.disabled).then_some(user))
    }
}

impl<'r, R: Row> FromRow<'r, R> for Fact
where
    &'static str: ColumnIndex<R>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    Option<String>: Decode<'r, R::Database> + Type<R::Database>,
    UserRow: FromRow<'r, R>,
{
    fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
        if let Some(name) = row.try_get::<Option<String>, _>("username")? {
            let user = UserRow::from_row(row).map(|user| Some(Arc::new(user))).map_err(|error| Arc::new(error.into()));
            return Ok(Self::User(name, user));
        }
        let id = row.try_get("id")?;
        Ok(match row.try_get("user_id")? {
            Some(user_id) => Self::Session { id, user_id },
            None => Self::Revoked(id),
        })
    }
}
