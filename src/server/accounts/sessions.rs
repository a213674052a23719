//! Sessions: how they begin, go on by refresh tokens (RFC 6749 §6, RFC 9700 §4.14), and end.

use uuid::Uuid;

use super::access_token::{Authentication, Issued, access_token};
use crate::{
    error::ApiError,
    model::Scopes,
    server::{
        clock,
        operations::{metrics::RenewalOutcome, request_id::current},
        security::{browser_cookie, client_request::ClientRequest, refresh_token::RefreshToken},
        state::AppState,
        store::{EndedBy, LockedSession, NewSession, StoreError, UserRow},
    },
};

/// How long a refresh token that was used gets the same successor again, in milliseconds: two tabs may use it, or an answer may
/// be lost.
const GRACE: i64 = 10_000;
/// How many sessions a browser can have cookies of. If one more begins, the oldest one ends: the header stays short.
const MOST_COOKIES: usize = 10;

/// What a client sends to go on.
pub struct Renewal {
    /// The refresh token. `None` for the one in a cookie.
    pub refresh_token: Option<String>,
    /// The session whose cookie has the refresh token.
    pub session_id: Option<String>,
    /// The requested scopes, separated by spaces. `None` means all scopes of the session.
    pub scope: Option<String>,
}

/// Begins a session: the first access token, and the first refresh token. `cookie_lasts` says whether the session's cookie outlives
/// the browser; without it the refresh token is a part of the answer.
///
/// # Errors
/// [`ApiError::incorrect_credentials`] if the user's password was changed meanwhile, [`ApiError::unavailable`].
pub(super) async fn begin(
    state: &AppState,
    user: &UserRow,
    granted: Scopes,
    cookie_lasts: Option<bool>,
    request: &ClientRequest,
) -> Result<Issued, ApiError> {
    let (now, auth_time) = (clock::unix_milliseconds(), clock::unix_seconds());
    let granted = granted.union(Scopes::OFFLINE_ACCESS);
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
    if cookie_lasts.is_some() {
        let surplus = (request.cookies.len() + 1).saturating_sub(MOST_COOKIES);
        for (session_id, value) in request.cookies.iter().take(surplus) {
            revoke(state, value).await?;
            issued.cookies.push(browser_cookie::clear(session_id, state.is_reached_by_https));
        }
    }
    Ok(issued)
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
    let renewed = match (renewal.refresh_token, renewal.session_id) {
        (Some(token), _) => renew(state, &token, asked, request).await,
        (None, Some(session_id)) => {
            request.check_same_origin()?;
            match request.cookie_of(&session_id) {
                Some(token) => renew(state, token, asked, request).await,
                None => Err(ApiError::invalid_refresh_token()),
            }
        }
        (None, None) => Err(ApiError::invalid_refresh_token()),
    };
    let renewed = renewed.inspect_err(|error| {
        if error.status == 400 {
            state.metrics.renewal(RenewalOutcome::refused);
        }
    });
    renewed
}

async fn renew(
    state: &AppState,
    token: &str,
    asked: Option<Scopes>,
    request: &ClientRequest,
) -> Result<Issued, ApiError> {
    let sent = RefreshToken::parse(token).ok_or_else(ApiError::invalid_refresh_token)?;
    let locked = state.store.lock_session(&sent.family_digest(), clock::unix_milliseconds()).await?;
    let mut locked = locked.ok_or_else(ApiError::invalid_refresh_token)?;
    if is_over(&locked) {
        locked.leave().await?;
        return Err(ApiError::invalid_refresh_token());
    }
    let (now, granted) = (locked.now, locked.session.granted);
    if asked.is_some_and(|asked| !granted.contains(asked)) {
        locked.leave().await?;
        return Err(ApiError::invalid_scope());
    }
    let digest = sent.digest();
    let next = if locked.session.token == digest {
        None
    } else {
        let used = locked.used(&digest, now.saturating_sub(GRACE)).await?;
        // If the clock was set back, a time in the future tells nothing.
        let used = used.filter(|used| used.used_at <= now.saturating_add(GRACE));
        let Some(next) = used.and_then(|used| sent.decrypt(&used.next_token)) else {
            return Err(end_of_reused(state, locked, request).await?);
        };
        Some(next)
    };
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
            locked.rotate(&next.digest(), &sent.encrypt(&next), expires_at, now.saturating_sub(GRACE)).await?;
            state.metrics.renewal(RenewalOutcome::succeeded);
            (expires_at, next)
        }
    };
    let going = Going { user: &user, scopes, auth_time, session_id: &session_id, expires_at, now, cookie_lasts };
    going.issue(state, &next)
}

/// Whether a session cannot go on, whatever the refresh token is.
fn is_over(locked: &LockedSession) -> bool {
    let LockedSession { now, session, user, .. } = locked;
    session.ended_at.is_some()
        || session.expires_at <= *now
        || user.disabled
        || user.tokens_valid_from != session.password_version
}

/// Ends a session whose old refresh token was used.
async fn end_of_reused(state: &AppState, locked: LockedSession, request: &ClientRequest) -> Result<ApiError, ApiError> {
    tracing::warn!(
        request = current().map(tracing::field::display),
        user = locked.user.username,
        session = locked.session.session_id,
        address = %request.address,
        "an old refresh token was used: it may be stolen, so its session is ended"
    );
    locked.end().await?;
    state.metrics.renewal(RenewalOutcome::reused);
    Ok(ApiError::invalid_refresh_token())
}

/// A session that goes on. Times are in Unix milliseconds.
struct Going<'a> {
    user: &'a UserRow,
    scopes: Scopes,
    /// In Unix seconds.
    auth_time: i64,
    session_id: &'a str,
    expires_at: i64,
    now: i64,
    cookie_lasts: Option<bool>,
}

impl Going<'_> {
    /// The answer with both tokens.
    fn issue(self, state: &AppState, refresh_token: &RefreshToken) -> Result<Issued, ApiError> {
        let Self { user, scopes, auth_time, session_id, expires_at, now, cookie_lasts } = self;
        let authentication = Authentication { time: auth_time, session: Some((session_id, expires_at / 1000)) };
        let mut token = access_token(state, user, scopes, &authentication)?;
        let Some(lasts) = cookie_lasts else {
            token.refresh_token = Some(refresh_token.text());
            return Ok(Issued { token, cookies: Vec::new() });
        };
        let max_age = lasts.then_some((expires_at - now) / 1000);
        let cookie = browser_cookie::set(session_id, refresh_token, state.is_reached_by_https, max_age);
        Ok(Issued { token, cookies: vec![cookie] })
    }
}

/// Revokes a token (RFC 7009): its session ends. An access token without a session ends alone. Returns the id of the session, if
/// the token names one. A token that is none, or has expired, is good for nothing anyway.
///
/// # Errors
/// [`ApiError::unavailable`].
pub async fn revoke(state: &AppState, token: &str) -> Result<Option<String>, ApiError> {
    if let Some(token) = RefreshToken::parse(token) {
        let locked = state.store.lock_session(&token.family_digest(), clock::unix_milliseconds()).await?;
        let Some(locked) = locked else { return Ok(None) };
        let session_id = locked.session.session_id.clone();
        if locked.session.ended_at.is_some() {
            // The person should still learn how it ended.
            locked.leave().await?;
        } else {
            locked.remove().await?;
        }
        return Ok(Some(session_id));
    }
    let Ok(data) = state.keys.decode(token, clock::unix_seconds()) else { return Ok(None) };
    match &data.known.ended_by {
        EndedBy::Session(session_id) => {
            state.store.revoke_session(session_id).await?;
            Ok(Some(session_id.clone()))
        }
        EndedBy::Revocation(digest) => {
            // A time that does not fit is as good as never.
            #[expect(clippy::cast_possible_truncation, reason = "it saturates")]
            state.store.revoke_token(digest, data.expires_at.ceil() as i64).await?;
            Ok(None)
        }
    }
}

fn no_randomness(error: getrandom::Error) -> ApiError {
    tracing::error!(request = current().map(tracing::field::display), %error, "the system provides no randomness");
    ApiError::internal()
}
