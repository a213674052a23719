//! Each refresh token is good for one renewal: which one it is that was sent, and the one that takes its place.

use crate::{
    error::ApiError,
    server::{
        operations::{metrics::RenewalOutcome, request_id::current},
        security::{client_request::ClientRequest, refresh_token::RefreshToken},
        state::AppState,
        store::LockedSession,
    },
};

/// How long a refresh token that was used gets the same successor again, in milliseconds: two tabs may use it, or an answer may
/// be lost.
pub const GRACE: i64 = 10_000;

/// A refresh token of a session.
pub enum Known {
    /// It is the present one.
    Present,
    /// It was used a moment ago, and this one took its place.
    Used(RefreshToken),
    /// It was used earlier.
    Old,
}

/// Looks what a refresh token of this session is.
///
/// # Errors
/// [`ApiError::unavailable`].
pub async fn known(locked: &mut LockedSession, sent: &RefreshToken) -> Result<Known, ApiError> {
    let (digest, now) = (sent.digest(), locked.now);
    if locked.session.token == digest {
        return Ok(Known::Present);
    }
    let used = locked.used(&digest, now.saturating_sub(GRACE)).await?;
    // If the clock was set back, a time in the future tells nothing.
    let used = used.filter(|used| used.used_at <= now.saturating_add(GRACE));
    Ok(used.and_then(|used| sent.decrypt(&used.next_token)).map_or(Known::Old, Known::Used))
}

/// Ends a session whose old refresh token was used. Returns the answer.
///
/// # Errors
/// [`ApiError::unavailable`].
pub async fn end_of_reused(
    state: &AppState,
    locked: LockedSession,
    request: &ClientRequest,
) -> Result<ApiError, ApiError> {
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

/// The next token, encrypted for who has this one.
///
/// # Errors
/// [`ApiError::internal`].
pub fn encrypt(sent: &RefreshToken, next: &RefreshToken) -> Result<String, ApiError> {
    sent.encrypt(next).map_err(|error| {
        tracing::error!(request = current().map(display), %error, "a refresh token was not encrypted");
        ApiError::internal()
    })
}

/// A token could not be made.
pub fn no_randomness(error: getrandom::Error) -> ApiError {
    tracing::error!(request = current().map(display), %error, "the system provides no randomness");
    ApiError::internal()
}
