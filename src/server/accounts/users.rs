//! Users: how they are authenticated, created and changed.

use icu_normalizer::ComposingNormalizerBorrowed;
use uuid::Uuid;

use crate::{
    error::ApiError,
    model::{Scopes, check_email, check_full_name, check_new_password, check_username},
    server::{
        security::{
            password::{HashError, Passwords, Turn},
            throttle::MOST_FAILURES,
        },
        store::{NewUser, Store, StoreError, UserRow},
    },
};

/// A user to be created.
pub struct SignUp {
    /// The name to log in with.
    pub username: String,
    /// The password, in plain text.
    pub password: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// The full name.
    pub full_name: Option<String>,
    /// What the user may do.
    pub scopes: Scopes,
}

/// Why a user was not created or changed.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// A value breaks a rule of `model`.
    #[error("{0}")]
    Rule(&'static str),
    /// There is no such user.
    #[error("there is no user {0:?}")]
    Unknown(String),
    /// The password could not be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The database refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The user with this name and password (the tutorial's function of the same name). An unknown user takes as long as a
/// wrong password. A hash with other parameters than today's is renewed.
///
/// # Errors
/// [`ApiError::unavailable`], [`ApiError::internal`].
pub async fn authenticate_user(
    store: &Store,
    turn: &mut Turn<'_>,
    username: &str,
    password: String,
) -> Result<Option<UserRow>, ApiError> {
    let found = store.find_user(username).await?;
    let hashed_password = found.as_ref().map(|user| user.hashed_password.clone());
    // Count a failure first; success clears it. The write and the hash run at the same time: the time of the write does
    // not tell whether the user exists.
    let (right, failures) = tokio::try_join!(
        async { Ok::<_, ApiError>(verify_any_spelling(turn, &password, hashed_password).await?) },
        async { Ok(store.count_failed_login(username).await?) },
    )?;
    let Some(found) = found else { return Ok(None) };
    // A locked account refuses the right password like a wrong one: the lockout does not tell that the account exists.
    let locked = found.failed_logins >= MOST_FAILURES;
    if !right && !locked && failures >= Some(MOST_FAILURES) {
        tracing::warn!(
            user = found.user.username,
            "locked: {MOST_FAILURES} logins in a row failed; reset the password"
        );
    }
    if !right || locked {
        return Ok(None);
    }
    if turn.passwords().is_outdated(&found.hashed_password) {
        renew_hash(store, turn, &found.user.id, &found.hashed_password, password).await;
    }
    Ok(Some(found.user))
}

/// The password in the spelling that is stored. Keyboards write `é` as one character or as two (Unicode's NFC and NFD).
/// NIST SP 800-63B-4 §3.1.1.2 asks for one of them.
fn normalized(password: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc().normalize(password).into_owned()
}

/// Whether the password matches, either normalized or as typed. Other programs store the hash of the password as typed.
/// A password with more than one spelling always takes two hashes: the time tells nothing about the user.
async fn verify_any_spelling(turn: &mut Turn<'_>, password: &str, hash: Option<String>) -> Result<bool, HashError> {
    let stored = normalized(password);
    if stored == password {
        return turn.verify_password(stored, hash).await;
    }
    let as_stored = turn.verify_password(stored, hash.clone()).await?;
    let as_typed = turn.verify_password(password.to_owned(), hash).await?;
    Ok(as_stored || as_typed)
}

/// Renews a hash with old parameters. A failure does not fail the login: the next login tries again.
async fn renew_hash(store: &Store, turn: &mut Turn<'_>, id: &str, old: &str, password: String) {
    let renewed: Result<(), UserError> = async {
        let new = turn.get_password_hash(normalized(&password)).await?;
        Ok(store.renew_hash(id, old, &new).await?)
    }
    .await;
    if let Err(error) = renewed {
        tracing::warn!(%error, "a hash with old parameters was not renewed");
    }
}

/// Creates a user, at the time `now` in Unix milliseconds.
///
/// # Errors
/// [`UserError`].
pub async fn create_user(store: &Store, passwords: &Passwords, user: SignUp, now: i64) -> Result<(), UserError> {
    check_username(&user.username).map_err(UserError::Rule)?;
    check_new_password(&user.password).map_err(UserError::Rule)?;
    if let Some(email) = &user.email {
        check_email(email).map_err(UserError::Rule)?;
    }
    if let Some(full_name) = &user.full_name {
        check_full_name(full_name).map_err(UserError::Rule)?;
    }
    let new = NewUser {
        id: Uuid::now_v7().to_string(),
        username: user.username,
        email: user.email,
        full_name: user.full_name,
        hashed_password: passwords.get_password_hash(normalized(&user.password)).await?,
        disabled: false,
        scopes: user.scopes,
        created_at: now,
    };
    Ok(store.insert_user(&new).await?)
}

/// Gives a user a new password. Earlier tokens stop working. `unix_seconds` reads the clock.
///
/// # Errors
/// [`UserError`].
pub async fn set_password(
    store: &Store,
    passwords: &Passwords,
    username: &str,
    password: String,
    unix_seconds: fn() -> i64,
) -> Result<(), UserError> {
    check_new_password(&password).map_err(UserError::Rule)?;
    let hashed_password = passwords.get_password_hash(normalized(&password)).await?;
    // Read after the hash, which may have waited. `iat` counts whole seconds: a token of this second ends too.
    if store.set_password(username, &hashed_password, unix_seconds().saturating_add(1)).await? {
        Ok(())
    } else {
        Err(UserError::Unknown(username.to_owned()))
    }
}

/// Disables or enables an account. The user's next request sees the change.
///
/// # Errors
/// [`UserError`].
pub async fn set_disabled(store: &Store, username: &str, disabled: bool) -> Result<(), UserError> {
    if store.set_disabled(username, disabled).await? { Ok(()) } else { Err(UserError::Unknown(username.to_owned())) }
}
