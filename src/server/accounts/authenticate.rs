//! Checks a username and a password.

use super::{error::UserError, new_password::normalized};
use crate::{
    error::ApiError,
    server::{
        security::{
            password::{HashError, Turn},
            throttle::MOST_FAILURES,
        },
        store::{Credentials, Store, UserRow},
    },
};

/// The user with this name and password (the tutorial's function of the same name). An unknown user takes as long as a
/// wrong password. A hash of another kind, or with other parameters, than today's is renewed.
///
/// # Errors
/// [`ApiError::unavailable`], [`ApiError::internal`].
pub async fn authenticate_user(
    store: &Store,
    turn: &mut Turn<'_>,
    username: &str,
    password: String,
) -> Result<Option<UserRow>, ApiError> {
    let Credentials { user: found, top_bcrypt } = store.credentials(username).await?;
    let hashed_password = found.as_ref().map(|user| user.hashed_password.clone());
    // Count a failure first; success clears it. The write and the hash run at the same time: the time of the write does
    // not tell whether the user exists.
    let (right, failures) = tokio::try_join!(
        async { Ok::<_, ApiError>(verify_any_spelling(turn, &password, hashed_password, top_bcrypt).await?) },
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

/// Whether the password matches, either normalized or as typed. Other programs store the hash of the password as typed.
/// A password with more than one spelling is always checked twice: the time tells nothing about the user.
async fn verify_any_spelling(
    turn: &mut Turn<'_>,
    password: &str,
    hash: Option<String>,
    top_bcrypt: Option<u32>,
) -> Result<bool, HashError> {
    let stored = normalized(password);
    if stored == password {
        return turn.verify_password(stored, hash, top_bcrypt).await;
    }
    let as_stored = turn.verify_password(stored, hash.clone(), top_bcrypt).await?;
    let as_typed = turn.verify_password(password.to_owned(), hash, top_bcrypt).await?;
    Ok(as_stored || as_typed)
}

/// Renews an outdated hash. A failure does not fail the login: the next login tries again.
async fn renew_hash(store: &Store, turn: &mut Turn<'_>, id: &str, old: &str, password: String) {
    let renewed: Result<(), UserError> = async {
        let new = turn.get_password_hash(normalized(&password)).await?;
        Ok(store.renew_hash(id, old, &new).await?)
    }
    .await;
    if let Err(error) = renewed {
        tracing::warn!(%error, "an outdated hash was not renewed");
    }
}
