//! A session begins with a login. Or it goes on, if the password was typed again.

use uuid::Uuid;

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
        operations::request_id::current,
        security::{browser_cookie, client_request::ClientRequest, refresh_token::RefreshToken},
        state::AppState,
        store::{LoginAgain, NewSession, Next, StoreError, UserRow},
    },
};

/// How many sessions a browser can have cookies of. If one more begins, the oldest one ends: the header stays short.
const MOST_COOKIES: usize = 10;

/// Somebody who has just logged in, to stay signed in.
pub struct LoggedIn<'a> {
    pub user: &'a UserRow,
    /// What the session's tokens may do.
    pub granted: Scopes,
    /// Whether the session's cookie outlives the browser. Without it, the refresh token is a part of the answer.
    pub cookie_lasts: Option<bool>,
}

/// Begins a session: the first access token, and the first refresh token. If the password was typed again in a session that has a
/// cookie, that session goes on.
///
/// # Errors
/// [`ApiError::incorrect_credentials`] if the user's password was changed meanwhile, [`ApiError::invalid_client`] if the client's secret
/// was, [`ApiError::unavailable`].
pub async fn begin_or_go_on(
    state: &AppState,
    login: &LoggedIn<'_>,
    session_id: Option<&str>,
    request: &ClientRequest,
) -> Result<Issued, ApiError> {
    let granted = login.granted.union(Scopes::OFFLINE_ACCESS);
    let login = LoggedIn { granted, ..*login };
    let cookie = session_id.filter(|_| login.cookie_lasts.is_some()).and_then(|id| request.cookie_of(id));
    if let Some(sent) = cookie.and_then(RefreshToken::parse)
        && let Some(issued) = go_on(state, &login, &sent, request).await?
    {
        return Ok(issued);
    }
    begin(state, &login, request).await
}

async fn begin(state: &AppState, login: &LoggedIn<'_>, request: &ClientRequest) -> Result<Issued, ApiError> {
    let LoggedIn { user, granted, cookie_lasts } = *login;
    let (now, auth_time) = (clock::unix_milliseconds(), clock::unix_seconds());
    let refresh_token = RefreshToken::new().map_err(no_randomness)?;
    let session_id = Uuid::now_v7().to_string();
    let last_possible_at = now.saturating_add(state.session.lifetime_ms());
    let expires_at = last_possible_at.min(now.saturating_add(state.session.idle_timeout_ms()));
    let session = NewSession {
        session_id: &session_id,
        user_id: &user.id,
        family: &refresh_token.family_digest(),
        token: &refresh_token.digest(),
        granted,
        password_version: user.tokens_valid_from,
        auth_time,
        cookie_lasts,
        client: request.client.as_ref(),
        address: &request.address.to_string(),
        user_agent: request.user_agent.as_deref(),
        started_at: now,
        expires_at,
        last_possible_at,
    };
    match state.store.begin_session(&session).await {
        // The password was changed, or the user disabled or deleted, since the password was checked.
        Err(StoreError::Missing) => return Err(ApiError::incorrect_credentials()),
        begun => begun?,
    }
    let going = Going { user, scopes: granted, auth_time, session_id: &session_id, expires_at, now, cookie_lasts };
    let mut issued = going.issue(state, &refresh_token)?;
    if cookie_lasts.is_some() && request.cookies.len() >= MOST_COOKIES {
        match clear_cookies(state, request).await {
            Ok(cleared) => issued.cookies.extend(cleared),
            // The next login tries again.
            Err(error) => tracing::warn!(request = current().map(display), %error, "old cookies were not cleared"),
        }
    }
    Ok(issued)
}

/// Makes room for one more cookie: removes those whose session is over, and then ends the sessions that are unused for longest.
async fn clear_cookies(state: &AppState, request: &ClientRequest) -> Result<Vec<String>, StoreError> {
    let mut cookies = Vec::new();
    for (name, value) in &request.cookies {
        let going = match RefreshToken::parse(value) {
            Some(token) => state.store.last_use(&token.family_digest(), clock::unix_milliseconds()).await?,
            None => None,
        };
        cookies.push((going, name));
    }
    // Those of no session come first.
    cookies.sort();
    let over = cookies.iter().filter(|(going, _)| going.is_none()).count();
    let surplus = over + (cookies.len() - over + 1).saturating_sub(MOST_COOKIES);
    let mut cleared = Vec::new();
    for (going, name) in cookies.into_iter().take(surplus) {
        // Not the session that the cookie's name has: a client may write any name.
        if let Some((_, session_id)) = going {
            state.store.revoke_session(&session_id).await?;
        }
        cleared.push(browser_cookie::clear(name, state.is_reached_by_https));
    }
    Ok(cleared)
}

/// Goes on with the session of this refresh token, as if it began now. `None` if that session is over, or is another user's.
async fn go_on(
    state: &AppState,
    login: &LoggedIn<'_>,
    sent: &RefreshToken,
    request: &ClientRequest,
) -> Result<Option<Issued>, ApiError> {
    let LoggedIn { user, granted, cookie_lasts } = *login;
    let locked = state.store.lock_session(&sent.family_digest(), clock::unix_milliseconds()).await?;
    let Some(mut locked) = locked else { return Ok(None) };
    // A session of a client has no cookie: its token was put there by hand.
    if is_over(&locked) || locked.user.id != user.id || !request.may_use(locked.session.client_id.as_deref()) {
        locked.leave().await?;
        return Ok(None);
    }
    let sent = match known(&mut locked, sent).await? {
        Known::Present => sent.clone(),
        Known::Used(next) if next.digest() == locked.session.token => next,
        Known::Used(_) => {
            locked.leave().await?;
            return Ok(None);
        }
        Known::Old => {
            end_of_reused(state, locked, request).await?;
            return Ok(None);
        }
    };
    let (now, auth_time) = (locked.now, clock::unix_seconds());
    let session_id = locked.session.session_id.clone();
    let last_possible_at = now.saturating_add(state.session.lifetime_ms());
    let expires_at = last_possible_at.min(now.saturating_add(state.session.idle_timeout_ms()));
    let next = sent.next().map_err(no_randomness)?;
    let rotation = Next {
        token: &next.digest(),
        encrypted: &encrypt(&sent, &next)?,
        expires_at,
        used_since: now.saturating_sub(GRACE),
        login: Some(LoginAgain { granted, auth_time, last_possible_at, cookie_lasts }),
    };
    locked.rotate(&rotation).await?;
    let going = Going { user, scopes: granted, auth_time, session_id: &session_id, expires_at, now, cookie_lasts };
    Ok(Some(going.issue(state, &next)?))
}
