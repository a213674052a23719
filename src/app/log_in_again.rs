//! A fresh token for the person who is signed in: after the password was typed again, and after it was changed.

use leptos::prelude::*;

use super::{
    flow::LoginExchange,
    session::{Session, StoredSession},
};
use crate::{
    browser,
    error::ApiError,
    oauth2::{self, Grant, PasswordForm},
};

/// Gets a fresh token with the scopes of the present one, and goes on with it.
///
/// # Errors
/// What the token endpoint answers. The session stays as it is.
pub async fn log_in_again(session: Session, username: String, password: String) -> Result<(), ApiError> {
    let started = browser::stopwatch();
    let scope = untrack(|| session.token()).map(|token| token.scope).filter(|scope| !scope.is_empty());
    let mut form = PasswordForm { username, password, scope, keep_signed_in: None };
    let mut answer = oauth2::token(Grant::Password(form.clone())).await;
    if matches!(&answer, Err(refusal) if refusal.is_invalid_scope()) {
        // The user has fewer scopes by now.
        form.scope = None;
        answer = oauth2::token(Grant::Password(form.clone())).await;
    }
    let login = LoginExchange::new(&form, browser::since(started));
    session.renew(StoredSession::new(answer?, &login));
    Ok(())
}
