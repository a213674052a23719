//! A login: the rate limit, the password and the token's scopes. Each login writes one log line.

use std::fmt;

use super::{
    access_token::{Authentication, Issued, access_token},
    authenticate::authenticate_user,
    sessions,
};
use crate::{
    error::ApiError,
    model::Scopes,
    server::{
        clock,
        operations::{metrics::LoginOutcome, request_id::current},
        security::{
            address::ClientAddress,
            client_request::ClientRequest,
            password::HashError,
            throttle::{Guess, Guessed, Refused},
        },
        state::AppState,
        store::{StoreError, UserRow},
    },
};

/// What a client sends to log in.
pub struct Login {
    /// The name the user logs in with.
    pub username: String,
    /// The password, in plain text.
    pub password: String,
    /// The requested scopes, separated by spaces. `None` means all scopes of the user.
    pub scope: Option<String>,
    /// Whether the cookie of the session outlives the browser. `None` for a client that wants no cookie.
    pub keep_signed_in: Option<bool>,
    /// The session whose password is typed again. It goes on, if its cookie is there.
    pub session_id: Option<String>,
}

/// Hides the fields: no log line can show the password.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").finish_non_exhaustive()
    }
}

/// Checks the username and the password. Issues a token (the tutorial's function of the same name). If the client wants to stay
/// signed in, a session begins.
///
/// # Errors
/// [`ApiError::invalid_scope`], [`ApiError::incorrect_credentials`], [`ApiError::invalid_client`], [`ApiError::too_many_failures`],
/// [`ApiError::busy`], [`ApiError::unavailable`].
pub async fn login_for_access_token(
    state: &AppState,
    login: Login,
    request: &ClientRequest,
) -> Result<Issued, ApiError> {
    if login.keep_signed_in.is_some() {
        request.check_own_page()?;
    }
    // Checked before the password, because it costs nothing. A user's scopes are private: they are checked only after
    // the password.
    let asked = login.scope.as_deref().map(Scopes::parse).transpose().map_err(|_| ApiError::invalid_scope())?;
    let user = check_password(state, &login.username, login.password, request.address, Purpose::Login).await?;
    let mut granted = asked.unwrap_or(user.scopes);
    let stays = login.keep_signed_in.is_some() || granted.contains(Scopes::OFFLINE_ACCESS);
    granted = granted.without(Scopes::OFFLINE_ACCESS);
    if !user.scopes.contains(granted) {
        return Err(ApiError::invalid_scope());
    }
    let now = clock::unix_seconds();
    // Up to one second ahead is normal: a change of password ends the tokens of its own second.
    if user.tokens_valid_from > now.saturating_add(1) {
        tracing::warn!(
            request = current().map(display),
            user = user.username,
            ahead_s = user.tokens_valid_from.saturating_sub(now),
            "the clock is behind this user's last change of password: check the server's clock"
        );
    }
    // A disabled user's token is good for nothing, and so would a session be.
    if stays && !user.disabled {
        let began = sessions::LoggedIn { user: &user, granted, cookie_lasts: login.keep_signed_in };
        return sessions::begin_or_go_on(state, &began, login.session_id.as_deref(), request).await;
    }
    let token = access_token(state, &user, granted, &Authentication { time: now, session: None })?;
    Ok(Issued { token, cookies: Vec::new() })
}

/// What a password is typed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To log in. The address is remembered, and the time.
    Login,
    /// To choose another password. Only a failure counts as one of a login.
    PasswordChange,
}

impl Purpose {
    /// For the log.
    fn words(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::PasswordChange => "password check",
        }
    }
}

/// Checks the rate limit and then the password. Returns the user.
///
/// # Errors
/// Those of [`login_for_access_token`], except for the scopes.
pub(super) async fn check_password(
    state: &AppState,
    username: &str,
    password: String,
    address: ClientAddress,
    purpose: Purpose,
) -> Result<UserRow, ApiError> {
    let history = state.store.login_history(username, &address.to_string()).await?;
    let (password_version, known) = (history.password_version, history.known_address);
    let guess = Guess { at: Guessed::Password, username, password_version, address, known };
    let mut attempt = Attempt::new(state, username, address, purpose);
    // Before anything that waits.
    if let Err(refused) = state.throttle.check(&guess).await {
        return Err(attempt.refused(refused));
    }
    // Re-check: other guesses may have failed meanwhile, and guesses in progress count too. A guess that waits for them
    // takes no place in the hashing queue, so that one account cannot fill the queue.
    let mut in_progress = match state.throttle.begin(&guess).await {
        Ok(in_progress) => in_progress,
        Err(refused) => return Err(attempt.refused(refused)),
    };
    let Ok(place) = state.passwords.queue() else { return Err(attempt.busy()) };
    let mut turn = place.turn().await?;
    // From now on the password is looked at. A request that ends early counts as a failed login.
    in_progress.looks();
    attempt.outcome = LoginOutcome::failed;
    let checked = authenticate_user(&state.store, &mut turn, username, password).await;
    // The next login may hash while this one is counted and written to the disk.
    drop(turn);
    let found = match checked {
        Ok(Some(found)) => found,
        Ok(None) => {
            in_progress.failed().await;
            return Err(ApiError::incorrect_credentials());
        }
        Err(error) => {
            in_progress.void().await;
            attempt.outcome = LoginOutcome::error;
            return Err(error);
        }
    };
    attempt.outcome = LoginOutcome::error;
    in_progress.succeeded().await?;
    let remembered = match purpose {
        Purpose::Login => state.store.remember_login(&found.id, &address.to_string(), clock::unix_milliseconds()).await,
        Purpose::PasswordChange => state.store.clear_failed_logins(&found.id).await,
    };
    if matches!(remembered, Err(StoreError::Missing)) {
        // The user was deleted meanwhile.
        attempt.outcome = LoginOutcome::failed;
        return Err(ApiError::incorrect_credentials());
    }
    remembered?;
    attempt.outcome = LoginOutcome::succeeded;
    Ok(found)
}

/// A login. Drop guard: however it ends, it is counted and leaves one log line.
struct Attempt<'a> {
    state: &'a AppState,
    purpose: Purpose,
    /// The name, for the log.
    user: String,
    address: ClientAddress,
    outcome: LoginOutcome,
    /// How long the next login has to wait, in seconds.
    wait_s: Option<u64>,
}

impl<'a> Attempt<'a> {
    fn new(state: &'a AppState, username: &str, address: ClientAddress, purpose: Purpose) -> Self {
        // Shortened and escaped: a username cannot fill the log or forge a log line.
        let user = username.chars().take(64).flat_map(char::escape_debug).collect();
        Self { state, purpose, user, address, outcome: LoginOutcome::error, wait_s: None }
    }

    /// The rate limit has refused it.
    fn refused(&mut self, refused: Refused) -> ApiError {
        match &refused {
            Refused::TooManyFailures(wait) => {
                self.outcome = LoginOutcome::throttled;
                self.wait_s = Some(wait.as_secs());
            }
            Refused::TooManyWaiting => self.outcome = LoginOutcome::busy,
            Refused::Store(_) => {}
        }
        refused.into()
    }

    /// Too many logins wait.
    fn busy(&mut self) -> ApiError {
        self.outcome = LoginOutcome::busy;
        HashError::Busy.into()
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if self.purpose == Purpose::Login || self.outcome != LoginOutcome::succeeded {
            self.state.metrics.login(self.outcome);
        }
        let what = self.purpose.words();
        let Self { user, address, wait_s, .. } = &*self;
        let request = current().map(tracing::field::display);
        match self.outcome {
            LoginOutcome::succeeded => tracing::info!(request, user, %address, "{what} succeeded"),
            LoginOutcome::failed => tracing::info!(request, user, %address, "{what} failed"),
            LoginOutcome::throttled => tracing::warn!(request, user, %address, wait_s, "{what} throttled"),
            LoginOutcome::busy => tracing::warn!(request, user, %address, "{what} refused: too many at once"),
            LoginOutcome::error => tracing::warn!(request, user, %address, "{what} ended by a server error"),
        }
    }
}
