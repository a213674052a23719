//! A session goes on: the refresh token grant (RFC 6749 §6).

use super::{
    answer::Going,
    live::is_over,
    rotation::{GRACE, Known, encrypt, end_of_reused, known, no_randomness},
};
use crate::{
    error::ApiError,
    model::Scopes,
    server::{
        accounts::access_token::Issued,
        clock,
        operations::metrics::RenewalOutcome,
        security::{client_request::ClientRequest, refresh_token::RefreshToken},
        state::AppState,
        store::Next,
    },
};

/// What a client sends to go on.
pub struct Renewal {
    /// The refresh token. `None` for the one in a cookie.
    pub refresh_token: Option<String>,
    /// The session whose cookie has the refresh token.
    pub session_id: Option<String>,
    /// The requested scopes, separated by spaces. `None` means all scopes of the session.
    pub scope: Option<String>,
}

/// Goes on with a session: the next access token, and the next refresh token. The refresh token that was sent is good no more. Sent
/// again within the grace it gets the same successor. Sent again later it ends the session: somebody has stolen it, or the other
/// one.
///
/// # Errors
/// [`ApiError::invalid_refresh_token`], [`ApiError::invalid_scope`], [`ApiError::unavailable`].
pub async fn refresh_access_token(
    state: &AppState,
    renewal: Renewal,
    request: &ClientRequest,
) -> Result<Issued, ApiError> {
    let asked = renewal.scope.as_deref().map(Scopes::parse).transpose().map_err(|_| ApiError::invalid_scope())?;
    let sent = match (&renewal.refresh_token, &renewal.session_id) {
        (Some(token), _) => Some(&**token),
        (None, Some(session_id)) => {
            request.check_own_page()?;
            request.cookie_of(session_id)
        }
        (None, None) => None,
    };
    let sent = sent.and_then(RefreshToken::parse).ok_or_else(|| refused(state))?;
    renew(state, &sent, renewal.session_id.as_deref(), asked, request).await
}

async fn renew(
    state: &AppState,
    sent: &RefreshToken,
    of_cookie: Option<&str>,
    asked: Option<Scopes>,
    request: &ClientRequest,
) -> Result<Issued, ApiError> {
    let locked = state.store.lock_session(&sent.family_digest(), clock::unix_milliseconds()).await?;
    let mut locked = locked.ok_or_else(|| refused(state))?;
    // The token of a browser comes in the cookie of its own session, and in no other way: another site's page could send a form.
    let has_come_right = match locked.session.cookie_lasts {
        Some(_) => of_cookie == Some(&*locked.session.session_id),
        None => of_cookie.is_none(),
    };
    // A token that belongs to a client is of no use to anybody else (RFC 6749 §6).
    let is_allowed = request.may_use(locked.session.client_id.as_deref());
    if is_over(&locked) || !has_come_right || !is_allowed {
        locked.leave().await?;
        return Err(refused(state));
    }
    let (now, granted) = (locked.now, locked.session.granted);
    let next = match known(&mut locked, sent).await? {
        Known::Present => None,
        Known::Used(next) => Some(next),
        Known::Old => return Err(end_of_reused(state, locked, request).await?),
    };
    if asked.is_some_and(|asked| !granted.contains(asked)) {
        locked.leave().await?;
        return Err(ApiError::invalid_scope());
    }
    // If the user has lost a scope, the session has lost it too.
    let scopes = asked.unwrap_or(granted).intersection(locked.user.scopes.union(Scopes::OFFLINE_ACCESS));
    let (user, session_id) = (locked.user.clone(), locked.session.session_id.clone());
    let (auth_time, cookie_lasts) = (locked.session.auth_time, locked.session.cookie_lasts);
    let (expires_at, next) = match next {
        Some(next) => {
            let expires_at = locked.session.expires_at;
            locked.leave().await?;
            state.metrics.renewal(RenewalOutcome::repeated);
            (expires_at, next)
        }
        None => {
            let next = sent.next().map_err(no_randomness)?;
            let expires_at = locked.session.last_possible_at.min(now.saturating_add(state.session.idle_timeout_ms()));
            let rotation = Next {
                token: &next.digest(),
                encrypted: &encrypt(sent, &next)?,
                expires_at,
                used_since: now.saturating_sub(GRACE),
                login: None,
            };
            locked.rotate(&rotation).await?;
            state.metrics.renewal(RenewalOutcome::succeeded);
            (expires_at, next)
        }
    };
    let going = Going { user: &user, scopes, auth_time, session_id: &session_id, expires_at, now, cookie_lasts };
    going.issue(state, &next)
}

/// A refresh token that is not good.
fn refused(state: &AppState) -> ApiError {
    state.metrics.renewal(RenewalOutcome::refused);
    ApiError::invalid_refresh_token()
}
