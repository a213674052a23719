//! What is decided about users: who is who, and who may become what.

use icu_normalizer::ComposingNormalizerBorrowed;
use uuid::Uuid;

use super::{
    security::{
        password::{HashError, Passwords, Turn},
        throttle::MOST_FAILURES,
    },
    store::{NewUser, Store, StoreError, UserRow},
};
use crate::{
    error::ApiError,
    model::{Scopes, check_email, check_full_name, check_new_password, check_username},
};

/// What a new user is made of.
pub struct SignUp {
    /// The name to log in with.
    pub username: String,
    /// The password, in plain text.
    pub password: String,
    /// Where to reach the user.
    pub email: Option<String>,
    /// What to call the user.
    pub full_name: Option<String>,
    /// What the user may be let do.
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

/// The user whose name and password these are (the tutorial's function of the same name). An unknown user takes as
/// long as a wrong password, which is compared in this `turn`. A hash made with other parameters than today's is
/// replaced on the way.
///
/// # Errors
/// What the database reports.
pub async fn authenticate_user(
    store: &Store,
    turn: &mut Turn<'_>,
    username: &str,
    password: String,
) -> Result<Option<UserRow>, ApiError> {
    let found = store.find_user(username).await?;
    let hashed_password = found.as_ref().map(|user| user.hashed_password.clone());
    // Counted as failed while it is not known yet. So a guess that is cut off is a guess; and the time that writing
    // takes, for a user who exists, passes while the hash is computed.
    let (right, failures) = tokio::try_join!(
        async { Ok::<_, ApiError>(verify_any_spelling(turn, &password, hashed_password).await?) },
        async { Ok(store.count_failed_login(username).await?) },
    )?;
    let Some(found) = found else { return Ok(None) };
    // The right password of a locked account is refused like a wrong one: nobody is told that there is such an account.
    let locked = found.failed_logins >= MOST_FAILURES;
    if !right && failures == Some(MOST_FAILURES) {
        tracing::warn!(
            user = found.user.username,
            "locked: {MOST_FAILURES} logins in a row failed; reset the password"
        );
    }
    if !right || locked {
        return Ok(None);
    }
    if turn.passwords.is_outdated(&found.hashed_password) {
        renew_hash(store, turn, &found.user.id, &found.hashed_password, password).await;
    }
    Ok(Some(found.user))
}

/// The password in the one of its spellings that is kept: keyboards write `é` as one character or as two (Unicode's NFC
/// and NFD; NIST SP 800-63B-4 §3.1.1.2 asks for one).
fn normalized(password: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc().normalize(password).into_owned()
}

/// Whether the password fits in the spelling that is kept here, or as it was typed, which is what other programs keep.
/// Only for a password with more than one spelling does that take two hashes, and then always: how long it takes tells
/// nothing of the user or of whether one was right.
async fn verify_any_spelling(turn: &mut Turn<'_>, password: &str, hash: Option<String>) -> Result<bool, HashError> {
    let kept = normalized(password);
    if kept == password {
        return turn.verify_password(kept, hash).await;
    }
    let as_kept = turn.verify_password(kept, hash.clone()).await?;
    let as_typed = turn.verify_password(password.to_owned(), hash).await?;
    Ok(as_kept || as_typed)
}

/// Replaces a hash made with old parameters. Not worth failing a login for: the next one tries again.
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

/// Gives a user a new password. Tokens issued until then, by the clock `unix_seconds`, stop working.
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
    // Read after the hash, which may have waited its turn. A token counts whole seconds: one that was issued within
    // this second ends too.
    if store.set_password(username, &hashed_password, unix_seconds().saturating_add(1)).await? {
        Ok(())
    } else {
        Err(UserError::Unknown(username.to_owned()))
    }
}

/// Switches an account off or on. Takes effect on the user's very next request.
///
/// # Errors
/// [`UserError`].
pub async fn set_disabled(store: &Store, username: &str, disabled: bool) -> Result<(), UserError> {
    if store.set_disabled(username, disabled).await? { Ok(()) } else { Err(UserError::Unknown(username.to_owned())) }
}
