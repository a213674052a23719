//! The rows of users. They are never sent to clients: what is sent is made of them.

use sqlx::FromRow;

use crate::{
    model::{Account, Scopes, User},
    server::clock::rfc_3339,
};

/// The columns of a [`UserRow`]. Each statement names its columns: PostgreSQL refuses a prepared statement with `*` after a
/// column was added, and a newer server may add one at any time.
macro_rules! user_columns {
    () => {
        "users.id, username, email, full_name, disabled, scopes, tokens_valid_from, users.version"
    };
}

/// The columns of an [`AccountRow`].
macro_rules! account_columns {
    () => {
        concat!(user_columns!(), ", users.created_at, last_login_at")
    };
}

/// The columns of a [`UserInDb`].
macro_rules! user_in_db_columns {
    () => {
        concat!(user_columns!(), ", hashed_password, failed_logins")
    };
}

pub(super) use {account_columns, user_columns, user_in_db_columns};

/// A user, without the password's hash.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct UserRow {
    /// UUID v7.
    pub id: String,
    /// The name the user logs in with.
    pub username: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// The full name.
    pub full_name: Option<String>,
    /// Whether the account is disabled.
    pub disabled: bool,
    /// What the user may do.
    #[sqlx(try_from = "String")]
    pub scopes: Scopes,
    /// Tokens issued before this time are refused, in Unix seconds. Each password of a user has a different value, so
    /// the value is also the password's version.
    pub tokens_valid_from: i64,
    /// It grows with each change by the user, an administrator or the operator: the ETag. A login does not change it.
    pub version: i64,
}

/// A user, and what an administrator sees besides.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct AccountRow {
    /// The user.
    #[sqlx(flatten)]
    pub user: UserRow,
    /// The time of creation, in Unix milliseconds.
    pub created_at: i64,
    /// The time of the last login, in Unix milliseconds.
    pub last_login_at: Option<i64>,
}

/// A user with the password's hash (the tutorial's `UserInDB`). There is no `Debug`: no log line can show the hash.
#[derive(FromRow)]
pub struct UserInDb {
    /// The user.
    #[sqlx(flatten)]
    pub user: UserRow,
    /// The hash: a PHC string, or a bcrypt hash that came from elsewhere.
    pub hashed_password: String,
    /// Failed logins since the last successful one. A login counts as failed until its password is checked.
    pub failed_logins: i64,
}

/// A user to be created.
pub struct NewUser {
    /// UUID v7.
    pub id: String,
    /// The name to log in with.
    pub username: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// The full name.
    pub full_name: Option<String>,
    /// The hash: a PHC string, or a bcrypt hash that came from elsewhere.
    pub hashed_password: String,
    /// Whether the account starts disabled.
    pub disabled: bool,
    /// What the user may do.
    pub scopes: Scopes,
    /// The time of creation, in Unix milliseconds.
    pub created_at: i64,
}

impl From<&UserRow> for User {
    fn from(row: &UserRow) -> Self {
        let UserRow { username, email, full_name, disabled, .. } = row;
        Self { username: username.clone(), email: email.clone(), full_name: full_name.clone(), disabled: *disabled }
    }
}

impl From<AccountRow> for Account {
    fn from(row: AccountRow) -> Self {
        let AccountRow { user: UserRow { username, email, full_name, disabled, scopes, .. }, .. } = row;
        Self {
            username,
            email,
            full_name,
            disabled,
            scopes: scopes.names().map(str::to_owned).collect(),
            created_at: rfc_3339(row.created_at),
            last_login_at: row.last_login_at.map(rfc_3339),
        }
    }
}
