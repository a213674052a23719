//! A session ends, or a token by itself (RFC 7009).

use crate::{
    error::ApiError,
    model::ClientName,
    server::{
        clock,
        security::{client_request::ClientRequest, refresh_token::RefreshToken},
        state::AppState,
        store::EndedBy,
    },
};

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
