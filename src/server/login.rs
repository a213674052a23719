//! What is decided at a login: whether it may be tried, who it is, what may be asked for, and from when on the token
//! counts. One log line for each says how it ended.

use std::time::Duration;

use uuid::Uuid;

use super::{
    clock,
    metrics::LoginOutcome,
    request_id::current,
    security::{address::ClientAddress, jwt::NewClaims, throttle::Guess},
    state::AppState,
    store::UserRow,
    users::authenticate_user,
};
use crate::{
    error::ApiError,
    model::{Scopes, Token},
    oauth2::PasswordForm,
};

/// Checks the username and password of the form, sent from `address`, and issues a token (the tutorial's function of
/// the same name).
///
/// # Errors
/// [`ApiError::invalid_scope`], [`ApiError::incorrect_credentials`], [`ApiError::too_many_failures`],
/// [`ApiError::busy`].
pub async fn login_for_access_token(
    state: &AppState,
    form: PasswordForm,
    address: ClientAddress,
) -> Result<Token, ApiError> {
    // Before the user is looked up: where the password is changed while it is being checked, the token counts as older
    // than the change.
    let asked_at = clock::unix_seconds();
    // Before the password, as it costs nothing; whether it is granted after it, as that is the user's own business.
    let asked = form.scope.as_deref().map(Scopes::parse).transpose().map_err(|_| ApiError::invalid_scope())?;
    let user = throttled(state, form.username, form.password, address).await?;
    let granted = asked.unwrap_or(user.scopes);
    if !user.scopes.contains(granted) {
        return Err(ApiError::invalid_scope());
    }
    let issued_at = issue_time(&user, asked_at).await;
    let scope = granted.to_string();
    let claims = NewClaims {
        sub: &user.username,
        exp: clock::unix_seconds().saturating_add(i64::from(state.token_expires_in)),
        iat: issued_at,
        jti: &Uuid::new_v4().to_string(),
        scope: &scope,
    };
    let access_token = state.keys.create_access_token(&claims).map_err(|error| {
        tracing::error!(request = current().map(display), %error, "a login failed");
        ApiError::internal()
    })?;
    Ok(Token { access_token, token_type: "bearer".to_owned(), expires_in: state.token_expires_in, scope })
}

/// The user whose name and password these are, unless too many guesses have failed before.
async fn throttled(
    state: &AppState,
    username: String,
    password: String,
    address: ClientAddress,
) -> Result<UserRow, ApiError> {
    // As it was typed, but with nothing in it that could begin a line of its own, or fill the log.
    let user: String = username.chars().take(64).flat_map(char::escape_debug).collect();
    let history = state.store.login_history(&username, &address.to_string()).await?;
    let guess = Guess {
        username: &username,
        password_version: history.password_version,
        address,
        known: history.known_address,
    };
    let check = || {
        state.throttle.check(&guess, clock::monotonic()).map_err(|wait| {
            state.metrics.login(LoginOutcome::throttled);
            tracing::warn!(request = current().map(display), user, %address, wait_s = wait.as_secs(), "login throttled");
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a quarter of an hour at most")]
            ApiError::too_many_failures(wait.as_secs_f64().ceil() as u32)
        })
    };
    check()?;
    let mut turn = state.passwords.turn().await.inspect_err(|_| {
        state.metrics.login(LoginOutcome::busy);
        tracing::warn!(request = current().map(display), user, %address, "login refused: too many at once");
    })?;
    // Again, as others may have failed while this one waited its turn, which ends once it is counted: so of many guesses
    // at the same time no more are looked at than of guesses one after the other, but for those on the other threads.
    check()?;
    let mut attempt = Attempt { state, guess: &guess, user: &user, open: true };
    let checked = authenticate_user(&state.store, &mut turn, &username, password).await;
    attempt.open = matches!(checked, Ok(None));
    drop(attempt);
    if matches!(checked, Ok(Some(_))) {
        state.throttle.succeeded(&guess);
    }
    drop(turn);
    let found = checked?.ok_or_else(ApiError::incorrect_credentials)?;
    state.store.remember_login(&found.id, &address.to_string(), clock::unix_milliseconds()).await?;
    state.metrics.login(LoginOutcome::succeeded);
    tracing::info!(request = current().map(display), user, %address, "login succeeded");
    Ok(found)
}

/// A guess that is being looked at. Unless it was closed, it counts as failed when it ends, also where the client goes
/// away in the middle: or guesses would cost nothing to whoever does not wait for the answer.
struct Attempt<'a> {
    state: &'a AppState,
    guess: &'a Guess<'a>,
    user: &'a str,
    open: bool,
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if self.open {
            self.state.throttle.failed(self.guess, clock::monotonic());
            self.state.metrics.login(LoginOutcome::failed);
            tracing::info!(
                request = current().map(display),
                user = self.user,
                address = %self.guess.address,
                "login failed"
            );
        }
    }
}

/// The `iat` of a token that `user` asked for at `asked_at`, in Unix seconds. Within the second in which the password
/// was changed no token is valid yet, so this waits for the next: other readers, PyJWT for one, refuse an `iat` that is
/// still to come.
async fn issue_time(user: &UserRow, asked_at: i64) -> i64 {
    let early = user.tokens_valid_from.saturating_mul(1000).saturating_sub(clock::unix_milliseconds());
    if early > 0 {
        // Never much longer than that second, even if the clock was set back since.
        tokio::time::sleep(Duration::from_millis(early.unsigned_abs().min(3000))).await;
    }
    asked_at.max(user.tokens_valid_from)
}
