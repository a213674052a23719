//! All rows of a database, as texts that are the same on both engines.

use std::thread;

use super::database::Other;

/// The rows of the users, the items, the addresses of logins and the deleted names.
#[derive(PartialEq, Debug)]
pub struct Rows([Vec<String>; 4]);

/// Each joins all columns of a table. NULL is another text than none.
const TABLES: [&str; 4] = [
    "SELECT id || '|' || username || '|' || COALESCE(email, '∅') || '|' || COALESCE(full_name, '∅') || '|' || hashed_password \
     || '|' || CASE WHEN disabled THEN 'disabled' ELSE 'enabled' END || '|' || scopes || '|' || tokens_valid_from || '|' || \
     created_at || '|' || failed_logins || '|' || version || '|' || search_text || '|' || item_count || '|' || \
     COALESCE(CAST(last_login_at AS TEXT), '∅') || '|' || (SELECT count FROM user_count) FROM users ORDER BY id",
    "SELECT item_id || '|' || owner_id || '|' || COALESCE(title, '∅') || '|' || COALESCE(description, '∅') || '|' || \
     created_at || '|' || version || '|' || search_text FROM items ORDER BY item_id",
    "SELECT user_id || '|' || address || '|' || last_login_at FROM login_addresses ORDER BY user_id, address",
    "SELECT digest || '|' || tokens_valid_from FROM deleted_usernames ORDER BY digest",
];

impl Rows {
    /// The rows of the database at `url`.
    pub fn of(url: &str) -> Self {
        on_a_runtime(async {
            let mut connection = Other::to(url).await;
            let mut rows = [const { Vec::new() }; 4];
            for (table, rows) in TABLES.iter().zip(&mut rows) {
                *rows = texts(&mut connection, table).await;
            }
            Self(rows)
        })
    }

    pub fn counts(&self) -> [usize; 4] {
        self.0.each_ref().map(Vec::len)
    }

    /// What a query returns from the database at `url`.
    pub fn texts(url: &str, sql: &'static str) -> Vec<String> {
        on_a_runtime(async { texts(&mut Other::to(url).await, sql).await })
    }

    /// Runs SQL on the database at `url`.
    pub fn execute(url: &str, sql: &'static str) {
        on_a_runtime(async { Other::to(url).await.execute(sql).await });
    }
}

async fn texts(connection: &mut Other, sql: &'static str) -> Vec<String> {
    match connection {
        Other::Sqlite(connection) => sqlx::query_scalar(sql).fetch_all(connection).await,
        Other::Postgres(connection) => sqlx::query_scalar(sql).fetch_all(connection).await,
    }
    .expect("texts")
}

fn on_a_runtime<T: Send>(work: impl Future<Output = T> + Send) -> T {
    let run = || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work);
    thread::scope(|scope| scope.spawn(run).join().expect("what the database said"))
}
