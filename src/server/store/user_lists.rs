//! Users: lists, searches, and all of them for an export.

use super::{
    error::StoreError,
    handle::Store,
    listing::{List, Listed, Listing},
    rows::{AccountRow, UserInDb, account_columns, user_columns, user_in_db_columns},
    sql::Sql,
};

/// All users by username. A place is a username in lower case. The text that is searched begins with it. The separator after
/// it comes before every character of a username: so the order of the texts is that of the usernames, and a search needs
/// one index only.
const BY_USERNAME: List<AccountRow, String> = List {
    columns: account_columns!(),
    table: "users",
    total: "SELECT count FROM user_count",
    order: ["search_text", "search_text DESC"],
    order_of_few: ["search_text || ''", "search_text || '' DESC"],
    after: |query, username| {
        // The character after the separator.
        query.push("search_text >= ").push_value(format!("{username} "));
    },
    place: |row| row.user.username.to_ascii_lowercase(),
};

/// How many users are read at once.
const AT_ONCE: i64 = 1000;

impl Store {
    /// The next users after a username in lower case, by username, with their hashes. None after the last one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn users_after(&self, username: &str) -> Result<Vec<UserInDb>, StoreError> {
        let sql = Sql::new(concat!(
            "SELECT ",
            user_in_db_columns!(),
            " FROM users WHERE lower(username) > $1 ORDER BY lower(username) LIMIT $2 + 0"
        ));
        self.read().await?.connection().all(sql.bind(username).bind(AT_ONCE)).await
    }

    /// Users by username, in any case of letters. A place is a username in lower case.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn list_users(&self, listing: &Listing<String>) -> Result<Listed<AccountRow, String>, StoreError> {
        BY_USERNAME.read(self.read().await?.connection(), None, listing).await
    }
}
