//! A fresh token for the person who is signed in: after the password was typed again, and after it was changed. The session goes on.

use leptos::prelude::*;

use super::{
    flow::LoginExchange,
    session::{Session, StoredSession},
    who,
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
    let token = untrack(|| session.token());
    let mut form = PasswordForm {
        scope: token.as_ref().map(|token| token.scope.clone()).filter(|scope| !scope.is_empty()),
        session_id: token.as_ref().and_then(who::session_id),
        ..PasswordForm::for_a_browser(username, password, session.is_kept_on_device())
    };
    let mut answer = oauth2::token(Grant::Password(form.clone())).await;
    if matches!(&answer, Err(refusal) if refusal.is_invalid_scope()) {
        // The user has fewer scopes by now.
        form.scope = None;
        answer = oauth2::token(Grant::Password(form.clone())).await;
    }
    let login = LoginExchange::new(&form, browser::since(started));
    session.renew(StoredSession::new(answer?, &login).begun_now());
    Ok(())
}
