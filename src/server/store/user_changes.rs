//! Users: how their rows are changed and deleted.

use super::{
    condition::Condition,
    connection::Connection,
    engine::Engine,
    error::StoreError,
    handle::Store,
    listing::search_text,
    rows::{AccountRow, account_columns, user_columns},
    sessions,
    sql::Sql,
    users::digest,
};
use crate::model::Scopes;

/// A change of a user. What is `None` stays as it is.
#[derive(Default)]
pub struct UserChange {
    /// The new e-mail address; `Some(None)` removes it.
    pub email: Option<Option<String>>,
    /// The new full name; `Some(None)` removes it.
    pub full_name: Option<Option<String>>,
    /// Whether the account is disabled.
    pub disabled: Option<bool>,
    /// What the user may do.
    pub scopes: Option<Scopes>,
    /// A new password.
    pub password: Option<NewHash>,
}

impl UserChange {
    /// Whether an administrator who is not disabled still is one afterwards.
    fn stays_administrator(&self) -> bool {
        self.disabled != Some(true) && self.scopes.is_none_or(Scopes::is_administrators)
    }

    /// Whether nothing is to be changed.
    fn is_empty(&self) -> bool {
        let Self { email, full_name, disabled, scopes, password } = self;
        email.is_none() && full_name.is_none() && disabled.is_none() && scopes.is_none() && password.is_none()
    }
}

/// A new password. It refuses earlier tokens, and clears the failed logins. The addresses of earlier logins stay: without
/// them, an attacker at another address could make the owner wait.
pub struct NewHash {
    /// The PHC string.
    pub hashed_password: String,
    /// Tokens issued before this time are refused, in Unix seconds.
    pub tokens_valid_from: i64,
    /// The version of the password that it replaces. `None` for any.
    pub replaces: Option<i64>,
}

/// That a row is not the last administrator who is enabled. The statement that takes an administrator away asks it.
macro_rules! not_the_last_administrator {
    () => {
        "(disabled OR ' ' || scopes || ' ' NOT LIKE '% admin %' OR EXISTS (SELECT 1 FROM users AS others \
          WHERE NOT others.disabled AND ' ' || others.scopes || ' ' LIKE '% admin %' AND others.id <> users.id))"
    };
}

impl Store {
    /// Changes a user, if the row fulfils the condition. Returns the row as it is then. A new password ends the user's sessions,
    /// and so does disabling.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Outdated`], [`StoreError::Taken`], [`StoreError::PasswordChanged`],
    /// [`StoreError::LastAdministrator`].
    pub async fn update_user(
        &self,
        username: &str,
        change: &UserChange,
        condition: &Condition,
    ) -> Result<AccountRow, StoreError> {
        let mut write = if change.stays_administrator() {
            self.write_for(condition.actor()).await?
        } else {
            self.write_to_administrators(condition.actor()).await?
        };
        let updated = update(write.connection(), username, change, condition).await;
        write.end(updated).await
    }

    /// Deletes a user with everything that is theirs, if the row fulfils the condition. The name's old tokens stay
    /// refused, should the name be given away again. `now` is in Unix seconds.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Outdated`], [`StoreError::LastAdministrator`].
    pub async fn delete_user(&self, username: &str, condition: &Condition, now: i64) -> Result<(), StoreError> {
        let mut write = self.write_to_administrators(condition.actor()).await?;
        let deleted = delete(write.connection(), username, condition, now).await;
        write.end(deleted).await?;
        if let Engine::Sqlite(sqlite) = &self.engine {
            sqlite.sweep().await;
        }
        Ok(())
    }

    /// Replaces a hash by a newer one of the same password, unless the password was changed meanwhile.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn renew_hash(&self, id: &str, old: &str, new: &str) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        let sql = Sql::new("UPDATE users SET hashed_password = $1 WHERE id = $2 AND hashed_password = $3");
        write.connection().run(sql.bind(new).bind(id).bind(old)).await?;
        write.commit().await
    }
}

async fn update(
    mut connection: Connection<'_>,
    username: &str,
    change: &UserChange,
    condition: &Condition,
) -> Result<AccountRow, StoreError> {
    let UserChange { email, full_name, disabled, scopes, password } = change;
    let sql = Sql::new(concat!(
        "UPDATE users SET email = CASE WHEN $1 THEN $2 ELSE email END, \
         full_name = CASE WHEN $3 THEN $4 ELSE full_name END, disabled = COALESCE($5, disabled), \
         scopes = COALESCE($6, scopes), hashed_password = COALESCE($7, hashed_password), \
         failed_logins = CASE WHEN $7 IS NULL THEN failed_logins ELSE 0 END, ",
        // Always later than the old value: two changes within one second have two values.
        "tokens_valid_from = CASE WHEN $7 IS NULL THEN tokens_valid_from WHEN tokens_valid_from < $8 THEN $8 \
         ELSE tokens_valid_from + 1 END, version = version + $13 \
         WHERE username = $9 AND ($10 IS NULL OR $10 LIKE '%,' || version || ',%') \
         AND ($11 IS NULL OR tokens_valid_from = $11) AND ($14 IS NULL OR id = $14) AND ($12 OR ",
        not_the_last_administrator!(),
        ") RETURNING ",
        account_columns!()
    ))
    .bind(email.is_some())
    .bind(email.as_ref().and_then(Option::as_deref))
    .bind(full_name.is_some())
    .bind(full_name.as_ref().and_then(Option::as_deref))
    .bind(*disabled)
    .bind(scopes.map(|scopes| scopes.to_string()))
    .bind(password.as_ref().map(|new| &*new.hashed_password))
    .bind(password.as_ref().map(|new| new.tokens_valid_from))
    .bind(username)
    .bind(condition.versions())
    .bind(password.as_ref().and_then(|new| new.replaces))
    .bind(change.stays_administrator())
    .bind(i64::from(!change.is_empty()))
    .bind(condition.user_id());
    let Some(row) = connection.optional::<AccountRow>(sql).await? else {
        let replaces = password.as_ref().and_then(|new| new.replaces);
        return Err(why_not(connection, username, condition, replaces).await);
    };
    if password.is_some() || *disabled == Some(true) {
        sessions::end_all(connection.again(), &row.user.id, None).await?;
    }
    if email.is_some() || full_name.is_some() {
        let text = search_text([Some(&row.user.username), row.user.full_name.as_deref(), row.user.email.as_deref()]);
        let sql = Sql::new("UPDATE users SET search_text = $1 WHERE id = $2").bind(text).bind(&*row.user.id);
        connection.run(sql).await?;
    }
    Ok(row)
}

async fn delete(
    mut connection: Connection<'_>,
    username: &str,
    condition: &Condition,
    now: i64,
) -> Result<(), StoreError> {
    let sql = Sql::new(concat!(
        "DELETE FROM users WHERE username = $1 AND ($2 IS NULL OR $2 LIKE '%,' || version || ',%') \
         AND ($3 IS NULL OR id = $3) AND ",
        not_the_last_administrator!(),
        " RETURNING tokens_valid_from"
    ))
    .bind(username)
    .bind(condition.versions())
    .bind(condition.user_id());
    let Some((tokens_valid_from,)) = connection.optional::<(i64,)>(sql).await? else {
        return Err(why_not(connection, username, condition, None).await);
    };
    let sql = Sql::new(
        "INSERT INTO deleted_usernames (digest, tokens_valid_from) VALUES ($1, $2) ON CONFLICT (digest) \
         DO UPDATE SET tokens_valid_from = excluded.tokens_valid_from",
    )
    .bind(digest(username))
    // `iat` counts whole seconds: a token of this second ends too.
    .bind(tokens_valid_from.max(now).saturating_add(1));
    connection.run(sql).await?;
    Ok(())
}

/// Why a statement changed no row. On PostgreSQL somebody may have changed the row since; then it counts as missing.
async fn why_not(
    mut connection: Connection<'_>,
    username: &str,
    condition: &Condition,
    replaces: Option<i64>,
) -> StoreError {
    let sql = Sql::new(concat!(
        "SELECT ($2 IS NULL OR $2 LIKE '%,' || version || ',%'), ($3 IS NULL OR tokens_valid_from = $3), ",
        not_the_last_administrator!(),
        " FROM users WHERE username = $1 AND ($4 IS NULL OR id = $4)"
    ))
    .bind(username)
    .bind(condition.versions())
    .bind(replaces)
    .bind(condition.user_id());
    match connection.optional::<(bool, bool, bool)>(sql).await {
        Err(error) => error,
        Ok(None) => StoreError::Missing,
        Ok(Some((false, ..))) => StoreError::Outdated,
        Ok(Some((_, false, _))) => StoreError::PasswordChanged,
        Ok(Some((true, true, false))) => StoreError::LastAdministrator,
        Ok(Some((true, true, true))) => StoreError::Missing,
    }
}
