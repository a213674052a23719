//! Looks up the users of tokens and of API keys, many with one query. Requests that ask while a query runs share the next one. So a
//! lookup costs little when many clients ask at once, which is when it matters.

use std::{collections::HashMap, hash::Hash, sync::Arc, time::Duration};

use serde_json::{Value, json};
use sqlx::{ColumnIndex, Decode, FromRow, SqliteConnection, Type};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use super::{
    connection::{Connection, Row},
    error::StoreError,
    known::{KeyWithUser, KnownToken, known_key_columns},
    postgres::connections::Connections,
    rows::{UserRow, user_columns},
    sql::Sql,
};

/// How many lookups can wait, and how many rows one query reads.
const WAITING: usize = 1024;

/// That neither has ended an entry's token. The user of a disabled account is found all the same: it has an answer of its own.
macro_rules! is_not_ended {
    () => {
        "(disabled OR CASE WHEN asked.value ->> 1 IS NULL \
         THEN NOT EXISTS (SELECT 1 FROM revoked_tokens WHERE digest = asked.value ->> 2) \
         ELSE EXISTS (SELECT 1 FROM sessions WHERE session_id = asked.value ->> 1 AND user_id = users.id AND ended_at IS NULL) END)"
    };
}

/// A statement for any number of lookups, in SQLite's words and in PostgreSQL's. `$1` is a JSON array of what is asked for.
struct Statement {
    sqlite: &'static str,
    postgres: &'static str,
}

/// Each entry has a username, and the id of a session or the digest of a token without one.
const OF_TOKENS: Statement = Statement {
    sqlite: concat!(
        "SELECT asked.key AS position, ",
        user_columns!(),
        " FROM json_each($1) AS asked JOIN users ON username = asked.value ->> 0 WHERE ",
        is_not_ended!()
    ),
    postgres: concat!(
        "SELECT asked.position - 1 AS position, ",
        user_columns!(),
        " FROM json_array_elements(CAST($1 AS json)) WITH ORDINALITY AS asked (value, position) \
         JOIN users ON username = asked.value ->> 0 WHERE ",
        is_not_ended!()
    ),
};

/// Each entry is the digest of a key.
const OF_KEYS: Statement = Statement {
    sqlite: concat!(
        "SELECT asked.key AS position, ",
        known_key_columns!(),
        ", ",
        user_columns!(),
        " FROM json_each($1) AS asked JOIN api_keys ON digest = asked.value JOIN users ON users.id = user_id"
    ),
    postgres: concat!(
        "SELECT asked.position - 1 AS position, ",
        known_key_columns!(),
        ", ",
        user_columns!(),
        " FROM json_array_elements_text(CAST($1 AS json)) WITH ORDINALITY AS asked (value, position) \
         JOIN api_keys ON digest = asked.value JOIN users ON users.id = user_id"
    ),
};

/// A handle to the task that looks users up.
#[derive(Clone)]
pub struct Lookups {
    ask: mpsc::Sender<Question>,
    /// How long a lookup may take. SQLite has limits of its own.
    patience: Option<Duration>,
}

/// The connection of the task.
pub enum Source {
    /// One to SQLite, for good.
    Sqlite(SqliteConnection),
    /// One to PostgreSQL, for each query.
    Postgres(Connections),
}

/// The answer to one lookup. Lookups that shared a query share its error.
type Found<T> = Result<Option<Arc<T>>, Arc<StoreError>>;

/// Where an answer goes.
type Reply<T> = oneshot::Sender<Found<T>>;

/// Those who wait for an answer, by what they asked for.
type Waiting<K, T> = HashMap<K, Vec<Reply<T>>>;

/// A question to the task that owns the connection.
enum Question {
    Token(KnownToken, Reply<UserRow>),
    Key(String, Reply<KeyWithUser>),
    Close(oneshot::Sender<()>),
}

impl Lookups {
    /// Looks users up in `source`.
    pub fn start(source: Source) -> Self {
        let (ask, questions) = mpsc::channel(WAITING);
        let patience = match &source {
            Source::Sqlite(_) => None,
            Source::Postgres(connections) => Some(connections.patience()),
        };
        tokio::spawn(answer(source, questions));
        Self { ask, patience }
    }

    /// The user of this token: the one with exactly its name, unless something has ended the token. Reads what is committed at
    /// the time of the call or later.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], shared with other requests.
    pub async fn find_user(&self, token: &KnownToken) -> Result<Option<Arc<UserRow>>, StoreError> {
        self.find(|reply| Question::Token(token.clone(), reply)).await
    }

    /// The key with this digest, and its user. Reads what is committed at the time of the call or later.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], shared with other requests.
    pub async fn find_key(&self, digest: &str) -> Result<Option<Arc<KeyWithUser>>, StoreError> {
        self.find(|reply| Question::Key(digest.to_owned(), reply)).await
    }

    async fn find<T>(&self, question: impl FnOnce(Reply<T>) -> Question) -> Result<Option<Arc<T>>, StoreError> {
        let closed = || StoreError::Unavailable(sqlx::Error::PoolClosed);
        let (reply, found) = oneshot::channel();
        let ask = async {
            self.ask.send(question(reply)).await.map_err(|_| closed())?;
            found.await.map_err(|_| closed())?.map_err(StoreError::Shared)
        };
        match self.patience {
            None => ask.await,
            Some(patience) => timeout(patience, ask).await.map_err(|_| StoreError::timed_out())?,
        }
    }

    /// Closes the connection.
    pub async fn close(&self) {
        let (reply, closed) = oneshot::channel();
        if self.ask.send(Question::Close(reply)).await.is_ok() {
            // An error means that the connection was already closed.
            let _ = closed.await;
        }
    }
}

/// Answers questions until it is told to close, or until all senders are gone.
async fn answer(mut source: Source, mut questions: mpsc::Receiver<Question>) {
    let mut asked = Vec::new();
    while questions.recv_many(&mut asked, WAITING).await > 0 {
        let (mut tokens, mut keys) = (Waiting::new(), Waiting::new());
        let mut closing = None;
        for question in asked.drain(..) {
            match question {
                Question::Token(token, reply) => wait(&mut tokens, token, reply),
                Question::Key(digest, reply) => wait(&mut keys, digest, reply),
                Question::Close(reply) => closing = Some(reply),
            }
        }
        source.answer(&OF_TOKENS, tokens, of_token).await;
        source.answer(&OF_KEYS, keys, |digest| json!(digest)).await;
        if let Some(reply) = closing {
            source.close().await;
            let _ = reply.send(());
            return;
        }
    }
}

/// Notes who waits for an answer, unless nobody does any more.
fn wait<K: Eq + Hash, T>(waiting: &mut Waiting<K, T>, asked: K, reply: Reply<T>) {
    if !reply.is_closed() {
        waiting.entry(asked).or_default().push(reply);
    }
}

/// The entry of a token. No name and no id has a NUL, and PostgreSQL takes none in JSON.
fn of_token(KnownToken { username, ended_by }: &KnownToken) -> Value {
    let entry = [Some(&**username), ended_by.session_id(), ended_by.digest()];
    if entry.iter().flatten().any(|text| text.contains('\0')) { json!([]) } else { json!(entry) }
}

impl Source {
    /// Answers those who wait, if there are any. `entry` is how the statement reads what they asked for.
    async fn answer<K, T>(&mut self, statement: &Statement, waiting: Waiting<K, T>, entry: impl Fn(&K) -> Value)
    where
        RowFound<T>: Row,
    {
        if waiting.is_empty() {
            return;
        }
        let (asked, replies): (Vec<_>, Vec<_>) = waiting.into_iter().unzip();
        let entries = asked.iter().map(entry).collect::<Value>().to_string();
        let found = self.find_all(statement, entries).await.map_err(Arc::new);
        for (position, replies) in (0..).zip(replies) {
            let found = match &found {
                Ok(rows) => rows.get(&position).cloned().transpose(),
                Err(error) => Err(Arc::clone(error)),
            };
            for reply in replies {
                // The request may have ended meanwhile.
                let _ = reply.send(found.clone());
            }
        }
    }

    /// The rows that were asked for, each with its entry's position. A row that cannot be read is an error for its own entry only.
    async fn find_all<T>(
        &mut self,
        statement: &Statement,
        entries: String,
    ) -> Result<HashMap<i64, Result<Arc<T>, Arc<StoreError>>>, StoreError>
    where
        RowFound<T>: Row,
    {
        let rows: Vec<RowFound<T>> = match self {
            Self::Sqlite(connection) => {
                Connection::Sqlite(connection).all(Sql::new(statement.sqlite).bind(entries)).await?
            }
            Self::Postgres(connections) => {
                let sql = Sql::new(statement.postgres).bind(entries);
                match ask(connections, sql.clone()).await {
                    // PostgreSQL may have been restarted a moment ago. Another connection tells.
                    Err(_) => ask(connections, sql).await?,
                    Ok(rows) => rows,
                }
            }
        };
        Ok(rows.into_iter().map(|RowFound { position, row }| (position, row)).collect())
    }

    async fn close(self) {
        if let Self::Sqlite(connection) = self
            && let Err(error) = sqlx::Connection::close(connection).await
        {
            tracing::warn!(%error, "the database could not be closed");
        }
    }
}

/// Asks PostgreSQL. A part of the time that a lookup may take has to do: the rest is for a second attempt.
async fn ask<R: Row>(connections: &Connections, sql: Sql) -> Result<Vec<R>, StoreError> {
    let mut lent = connections.lend().await?;
    lent.set_patience(connections.patience() / 3);
    Connection::Postgres(&mut lent).all(sql).await
}

/// A row, or why it cannot be read.
struct RowFound<T> {
    position: i64,
    row: Result<Arc<T>, Arc<StoreError>>,
}

impl<'r, R: sqlx::Row, T> FromRow<'r, R> for RowFound<T>
where
    &'static str: ColumnIndex<R>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    T: FromRow<'r, R>,
{
    fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
        let read = T::from_row(row).map(Arc::new).map_err(|error| Arc::new(error.into()));
        Ok(Self { position: row.try_get("position")?, row: read })
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;

    use super::*;
    use crate::server::store::{
        known::EndedBy,
        testing::{new_store, user},
    };

    async fn find(lookups: &Lookups, name: &str) -> Result<Option<Arc<UserRow>>, StoreError> {
        let ended_by = EndedBy::Revocation("none".to_owned());
        lookups.find_user(&KnownToken { username: name.to_owned(), ended_by }).await
    }

    #[tokio::test]
    async fn many_lookups_at_once_each_get_their_own_user_or_none() {
        let (_folder, store) = new_store().await;
        for number in 0..20 {
            store.insert_user(&user(number, ""), None).await.expect("a new user");
        }
        let lookups = &store.sqlite().lookups;
        let names: Vec<_> = (0..500).map(|number| format!("user-{}", number % 25)).collect();
        let others = ["", "USER-1", "user-1\0", "user-1 ", "\"", "[\"user-1\"]", "\u{10ffff}", "a' OR 1 --"];
        let asked: Vec<_> = names.iter().map(String::as_str).chain(others).collect();
        let found = join_all(asked.iter().map(|name| find(lookups, name))).await;
        for (name, found) in asked.iter().zip(found) {
            let is_there = (0..20).any(|number| *name == format!("user-{number}"));
            let found = found.expect("a database").map(|user| user.username.clone());
            assert_eq!(found.as_deref(), is_there.then_some(*name), "{name}");
        }
        // A row that cannot be read is nobody else's error.
        let mut write = store.write().await.expect("a write");
        let broken = "UPDATE users SET tokens_valid_from = 'x' WHERE username = 'user-1'";
        write.connection().run(Sql::new(broken)).await.expect("a write");
        write.commit().await.expect("a commit");
        let found = join_all([find(lookups, "user-1"), find(lookups, "user-2")]).await;
        assert!(matches!(found[..], [Err(_), Ok(Some(_))]));
        store.close().await;
        assert!(matches!(find(lookups, "user-1").await, Err(StoreError::Unavailable(_))));
    }
}
