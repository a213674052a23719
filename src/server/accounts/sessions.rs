//! Sessions: how they begin, go on by refresh tokens (RFC 6749 §6, RFC 9700 §4.14), and end.

use uuid::Uuid;

use super::access_token::{Authentication, Issued, access_token};
use crate::{
    error::ApiError,
    model::{ClientName, Scopes},
    server::{
        clock,
        operations::{metrics::RenewalOutcome, request_id::current},
        security::{browser_cookie, client_request::ClientRequest, refresh_token::RefreshToken},
        state::AppState,
        store::{EndedBy, LockedSession, LoginAgain, NewSession, Next, RenewableSession, StoreError, UserRow},
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

/// Somebody who has just logged in, to stay signed in.
pub(super) struct LoggedIn<'a> {
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
/// [`ApiError::incorrect_credentials`] if the user's password was changed meanwhile, [`ApiError::unavailable`].
pub(super) async fn begin_or_go_on(
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
        // The password was changed, or the user disabled or deleted, since the password was checked; or the client was removed.
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

/// A refresh token of a session.
enum Known {
    /// It is the present one.
    Present,
    /// It was used a moment ago, and this one took its place.
    Used(RefreshToken),
    /// It was used earlier.
    Old,
}

/// Looks what a refresh token of this session is.
async fn known(locked: &mut LockedSession, sent: &RefreshToken) -> Result<Known, ApiError> {
    let (digest, now) = (sent.digest(), locked.now);
    if locked.session.token == digest {
        return Ok(Known::Present);
    }
    let used = locked.used(&digest, now.saturating_sub(GRACE)).await?;
    // If the clock was set back, a time in the future tells nothing.
    let used = used.filter(|used| used.used_at <= now.saturating_add(GRACE));
    Ok(used.and_then(|used| sent.decrypt(&used.next_token)).map_or(Known::Old, Known::Used))
}

/// A refresh token that is not good.
fn refused(state: &AppState) -> ApiError {
    state.metrics.renewal(RenewalOutcome::refused);
    ApiError::invalid_refresh_token()
}

/// Whether a session cannot go on, whatever the refresh token is.
fn is_over(locked: &LockedSession) -> bool {
    is_over_at(locked.now, &locked.session, &locked.user)
}

/// The same, at the time `now` in Unix milliseconds.
fn is_over_at(now: i64, session: &RenewableSession, user: &UserRow) -> bool {
    session.ended_at.is_some()
        // A token of less than a second would be none.
        || session.expires_at < now.saturating_add(1000)
        || user.disabled
        || user.tokens_valid_from != session.password_version
}

/// A session that can go on.
pub struct LiveSession {
    /// The name of its user.
    pub username: String,
    /// What a renewal would get.
    pub scopes: Scopes,
    /// The session's id.
    pub session_id: String,
    /// The id of the client that it belongs to.
    pub client_id: Option<String>,
    /// When it ends, unless it is used before then, in Unix seconds.
    pub expires_at: i64,
}

/// The session that goes on by this refresh token, which is the present one. It is not used by this. `None` for any other text.
///
/// # Errors
/// [`ApiError::unavailable`].
pub async fn session_of_refresh_token(state: &AppState, token: &str) -> Result<Option<LiveSession>, ApiError> {
    let Some(token) = RefreshToken::parse(token) else { return Ok(None) };
    let found = state.store.session_of_family(&token.family_digest(), clock::unix_milliseconds()).await?;
    let Some((now, session, user)) = found else { return Ok(None) };
    let is_live = !is_over_at(now, &session, &user) && session.token == token.digest();
    Ok(is_live.then(|| LiveSession {
        scopes: session.granted.intersection(user.scopes.union(Scopes::OFFLINE_ACCESS)),
        username: user.username,
        session_id: session.session_id,
        client_id: session.client_id,
        expires_at: session.expires_at / 1000,
    }))
}

/// Ends a session whose old refresh token was used.
async fn end_of_reused(state: &AppState, locked: LockedSession, request: &ClientRequest) -> Result<ApiError, ApiError> {
    tracing::warn!(
        request = current().map(display),
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
/// the token names one. A token that is none, or has expired, is good for nothing anyway. What belongs to a client is revoked by that
/// client only.
///
/// # Errors
/// [`ApiError::token_of_another_client`], [`ApiError::unavailable`].
pub async fn revoke(state: &AppState, token: &str, request: &ClientRequest) -> Result<Option<String>, ApiError> {
    if let Some(token) = RefreshToken::parse(token) {
        let locked = state.store.lock_session(&token.family_digest(), clock::unix_milliseconds()).await?;
        let Some(locked) = locked else { return Ok(None) };
        if !request.may_use(locked.session.client_id.as_deref()) {
            locked.leave().await?;
            return Err(ApiError::token_of_another_client());
        }
        let session_id = locked.session.session_id.clone();
        if locked.session.ended_at.is_some() {
            // The person should still learn how it ended.
            locked.leave().await?;
        } else {
            locked.remove().await?;
        }
        return Ok(Some(session_id));
    }
    // A session is ended by an expired token too: whoever logs out after the computer has slept has no other.
    let Some(data) = state.keys.read(token).await? else { return Ok(None) };
    let owner = match &data.known.ended_by {
        // It never changes.
        EndedBy::Session(session_id) => state.store.client_of_session(session_id).await?,
        EndedBy::Revocation(_) => ClientName::of_client_id(&data.known.username).map(|client| client.client_id()),
    };
    if !request.may_use(owner.as_deref()) {
        return Err(ApiError::token_of_another_client());
    }
    state.keys.forget(token);
    match &data.known.ended_by {
        EndedBy::Session(session_id) => {
            state.store.revoke_session(session_id).await?;
            Ok(Some(session_id.clone()))
        }
        EndedBy::Revocation(digest) => {
            // A time that does not fit is as good as never.
            #[expect(clippy::cast_possible_truncation, reason = "it saturates")]
            let expires_at = data.expires_at.ceil() as i64;
            // It may be good still by another server's clock.
            if expires_at > clock::unix_seconds().saturating_sub(3600) {
                state.store.revoke_token(&data.known.username, digest, expires_at).await?;
            }
            Ok(None)
        }
    }
}

/// The next token, encrypted for who has this one.
fn encrypt(sent: &RefreshToken, next: &RefreshToken) -> Result<String, ApiError> {
    sent.encrypt(next).map_err(|error| {
        tracing::error!(request = current().map(display), %error, "a refresh token was not encrypted");
        ApiError::internal()
    })
}

fn no_randomness(error: getrandom::Error) -> ApiError {
    tracing::error!(request = current().map(display), %error, "the system provides no randomness");
    ApiError::internal()
}
