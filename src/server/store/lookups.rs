//! Looks up the users of tokens, many with one query. Requests that ask while a query runs share the next one. So a
//! lookup costs little when many clients ask at once, which is when it matters.

use std::{collections::HashMap, sync::Arc};

use sqlx::{FromRow, Row, SqliteConnection, sqlite::SqliteRow};
use tokio::sync::{mpsc, oneshot};

use super::{error::StoreError, rows::UserRow};

/// How many lookups can wait, and how many users one query reads.
const WAITING: usize = 1024;

/// A handle to the task that looks users up.
#[derive(Clone)]
pub struct Lookups {
    ask: mpsc::Sender<Question>,
}

/// The answer to one lookup. Lookups that shared a query share its error.
type Found = Result<Option<Arc<UserRow>>, Arc<StoreError>>;

/// A question to the task that owns the connection.
enum Question {
    User(String, oneshot::Sender<Found>),
    Close(oneshot::Sender<()>),
}

impl Lookups {
    /// Looks users up through `connection`.
    pub fn start(connection: SqliteConnection) -> Self {
        let (ask, questions) = mpsc::channel(WAITING);
        tokio::spawn(answer(connection, questions));
        Self { ask }
    }

    /// The user with exactly this name. Reads what is committed at the time of the call or later.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], shared with other requests.
    pub async fn find(&self, username: &str) -> Result<Option<Arc<UserRow>>, StoreError> {
        let closed = || StoreError::Unavailable(sqlx::Error::PoolClosed);
        let (reply, found) = oneshot::channel();
        self.ask.send(Question::User(username.to_owned(), reply)).await.map_err(|_| closed())?;
        found.await.map_err(|_| closed())?.map_err(StoreError::Shared)
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
async fn answer(mut connection: SqliteConnection, mut questions: mpsc::Receiver<Question>) {
    let mut asked = Vec::new();
    while questions.recv_many(&mut asked, WAITING).await > 0 {
        let mut waiting: HashMap<String, Vec<oneshot::Sender<Found>>> = HashMap::new();
        let mut closing = None;
        for question in asked.drain(..) {
            match question {
                Question::User(name, reply) => waiting.entry(name).or_default().push(reply),
                Question::Close(reply) => closing = Some(reply),
            }
        }
        if !waiting.is_empty() {
            let users = find_all(&mut connection, waiting.keys()).await.map_err(Arc::new);
            for (name, replies) in waiting {
                let found = match &users {
                    Ok(users) => users.get(&name).cloned().transpose(),
                    Err(error) => Err(Arc::clone(error)),
                };
                for reply in replies {
                    // The request may have ended meanwhile.
                    let _ = reply.send(found.clone());
                }
            }
        }
        if let Some(reply) = closing {
            if let Err(error) = sqlx::Connection::close(connection).await {
                tracing::warn!(%error, "the database could not be closed");
            }
            let _ = reply.send(());
            return;
        }
    }
}

/// The users with these names. A row that cannot be read is an error for its own name only.
async fn find_all(
    connection: &mut SqliteConnection,
    names: impl Iterator<Item = &String>,
) -> Result<HashMap<String, Result<Arc<UserRow>, Arc<StoreError>>>, StoreError> {
    let names = serde_json::Value::from_iter(names.map(String::as_str)).to_string();
    // One statement for any number of names.
    let rows = sqlx::query(
        "SELECT id, username, email, full_name, disabled, scopes, tokens_valid_from, version FROM users \
         WHERE username IN (SELECT value FROM json_each($1))",
    )
    .bind(names)
    .fetch_all(connection)
    .await?;
    let user = |row: &SqliteRow| UserRow::from_row(row).map(Arc::new).map_err(|error| Arc::new(error.into()));
    rows.iter().map(|row| Ok((row.try_get("username")?, user(row)))).collect()
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;

    use super::*;
    use crate::{
        model::Scopes,
        server::store::{NewUser, Store},
    };

    #[tokio::test]
    async fn many_lookups_at_once_each_get_their_own_user_or_none() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite://{}", folder.path().join("cloakroom.db").display());
        let store = Store::open(&url).await.expect("a new database");
        for number in 0..20 {
            let user = NewUser {
                id: format!("id-{number}"),
                username: format!("user-{number}"),
                email: None,
                full_name: None,
                hashed_password: String::new(),
                disabled: false,
                scopes: Scopes::AT_SIGN_UP,
                created_at: 0,
            };
            store.insert_user(&user, None).await.expect("a new user");
        }
        let names: Vec<_> = (0..500).map(|number| format!("user-{}", number % 25)).collect();
        let others = ["", "USER-1", "user-1\0", "user-1 ", "\"", "[\"user-1\"]", "\u{10ffff}", "a' OR 1 --"];
        let asked: Vec<_> = names.iter().map(String::as_str).chain(others).collect();
        let found = join_all(asked.iter().map(|name| store.lookups.find(name))).await;
        for (name, found) in asked.iter().zip(found) {
            let is_there = (0..20).any(|number| *name == format!("user-{number}"));
            let found = found.expect("a database").map(|user| user.username.clone());
            assert_eq!(found.as_deref(), is_there.then_some(*name), "{name}");
        }
        // A row that cannot be read is nobody else's error.
        let mut write = store.write().await.expect("a write");
        let broken = "UPDATE users SET tokens_valid_from = 'x' WHERE username = 'user-1'";
        sqlx::query(broken).execute(&mut *write).await.expect("a write");
        write.commit().await.expect("a commit");
        let found = join_all([store.lookups.find("user-1"), store.lookups.find("user-2")]).await;
        assert!(matches!(found[..], [Err(_), Ok(Some(_))]));
        store.close().await;
        assert!(matches!(store.lookups.find("user-1").await, Err(StoreError::Unavailable(_))));
    }
}
