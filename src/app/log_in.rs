//! The way from a username and a password to an open session. The login page and the sign-up page use it.

use super::{entrance::Entrance, flow::LoginExchange, me::ME, next, session::StoredSession};
use crate::{
    browser::{self, fetch::Answer},
    error::ApiError,
    oauth2::{self, Grant, PasswordForm},
};

/// Logs in: posts the form to the token endpoint, begins what the next page loads first, and stores the token when
/// `/users/me` has answered. A disabled user's token is useless, so it is not stored.
pub async fn log_in(entrance: Entrance, form: PasswordForm, on_this_device: bool) -> Result<(), ApiError> {
    let started = browser::stopwatch();
    let token = oauth2::token(Grant::Password(form.clone())).await?;
    let login = LoginExchange::new(&form, browser::since(started));
    let stored = StoredSession::new(token.clone(), &login);
    // The next page's first requests go out beside the one that is needed here.
    let loads = next::page_after_login(browser::query_parameter("next")).loads;
    let prefetched = entrance.prefetched;
    prefetched.clear();
    for path in std::iter::once(&ME).chain(loads.iter().filter(|path| **path != ME)) {
        prefetched.begin(&token, path);
    }
    // Without an answer, the next page says what did not load, and offers a retry.
    if let Some(me) = prefetched.take(ME).await {
        if let Some(Err(refusal)) = me.answer.clone().map(Answer::into_body)
            && (refusal.status == 401 || refusal.is_inactive_user())
        {
            prefetched.clear();
            return Err(refusal);
        }
        if loads.contains(&ME) {
            prefetched.keep(ME, me);
        }
    }
    entrance.session.open(stored, on_this_device);
    Ok(())
}
