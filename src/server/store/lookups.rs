//! Looks up the users of tokens and of API keys, many with one query. Requests that ask while a query runs share the next one. So a
//! lookup costs little when many clients ask at once, which is when it matters.

mod keys;
mod tokens;

use std::{collections::HashMap, hash::Hash, sync::Arc, time::Duration};

use serde_json::Value;
use sqlx::SqliteConnection;
use tokio::{
    sync::{mpsc, oneshot},
    task::yield_now,
    time::timeout,
};

use super::{
    connection::{Connection, Row},
    error::StoreError,
    known::{KeyWithUser, KnownToken},
    postgres::connections::Connections,
    rows::UserRow,
    sql::Sql,
};

/// How many lookups can wait. One query answers twice as many at most: it is filled twice.
const WAITING: usize = 1024;

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
    // How many asked the last time.
    let mut before = 0;
    while questions.recv_many(&mut asked, WAITING).await > 0 {
        // If many ask at once, those that are ready to ask do it first. So one query answers more of them. A client that asks alone
        // does not wait.
        if before.max(asked.len()) > 1 {
            yield_now().await;
            if !questions.is_empty() {
                questions.recv_many(&mut asked, WAITING).await;
            }
        }
        before = asked.len();
        let (mut tokens, mut keys) = (Waiting::new(), Waiting::new());
        let mut closing = None;
        for question in asked.drain(..) {
            match question {
                Question::Token(token, reply) => wait(&mut tokens, token, reply),
                Question::Key(digest, reply) => wait(&mut keys, digest, reply),
                Question::Close(reply) => closing = Some(reply),
            }
        }
        tokens::answer(&mut source, tokens).await;
        keys::answer(&mut source, keys).await;
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

/// Tells those who wait what was found, or why nothing could be.
fn tell<K, T, F>(waiting: Waiting<K, T>, found: &Result<F, Arc<StoreError>>, of: impl Fn(&F, &K) -> Found<T>) {
    for (asked, replies) in waiting {
        let found = match found {
            Ok(found) => of(found, &asked),
            Err(error) => Err(Arc::clone(error)),
        };
        for reply in replies {
            // The request may have ended meanwhile.
            let _ = reply.send(found.clone());
        }
    }
}

impl Source {
    /// Adds the condition that the column before it is one of these texts. No name, no id and no digest has a space or a NUL. A text
    /// with one is left out, and finds nothing.
    fn push_any_of<'t>(&self, sql: &mut Sql, texts: impl Iterator<Item = &'t str>) {
        let texts: Vec<_> = texts.filter(|text| !text.contains([' ', '\0'])).collect();
        match self {
            Self::Sqlite(_) => {
                sql.push(" IN (SELECT value FROM json_each(").push_value(Value::from(texts).to_string()).push("))");
            }
            // The inner SELECT hides from the planner how many texts there are. So it keeps one plan, for any number of them.
            Self::Postgres(_) => {
                sql.push(" = ANY (CAST((SELECT string_to_array(").push_value(texts.join(" "));
                sql.push(", ' ')) AS text[]))");
            }
        }
    }

    /// The rows that a statement returns.
    async fn all<R: Row>(&mut self, sql: Sql) -> Result<Vec<R>, Arc<StoreError>> {
        let rows = match self {
            Self::Sqlite(connection) => Connection::Sqlite(connection).all(sql).await,
            Self::Postgres(connections) => match ask(connections, sql.clone()).await {
                // PostgreSQL may have been restarted a moment ago. Another connection tells.
                Err(_) => ask(connections, sql).await,
                rows => rows,
            },
        };
        rows.map_err(Arc::new)
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
        // The user has no such session.
        for id in ["none", "", " ", "none none", "none\0"] {
            let token = KnownToken { username: "user-1".to_owned(), ended_by: EndedBy::Session(id.to_owned()) };
            assert_eq!(lookups.find_user(&token).await.expect("a database"), None, "{id:?}");
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
