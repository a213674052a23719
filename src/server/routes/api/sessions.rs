//! Sessions: where a user is signed in. A user reads and ends their own, an administrator those of others.

use axum::{Json, extract::State, http::StatusCode};

use super::path::InPath;
use crate::{
    error::ApiError,
    model::{ADMIN, EndedSession, ME, ME_WRITE, Session},
    server::{
        accounts::log_change,
        clock::{self, rfc_3339},
        openapi::Unknown,
        security::caller::{ActiveUser, SignedIn},
        state::AppState,
        store::SessionRow,
    },
};

type MayRead = SignedIn<ME>;
type MayWrite = SignedIn<ME_WRITE>;
type Administrator = SignedIn<ADMIN>;

/// Read the current user's sessions
///
/// Returns the sessions that can go on, the latest used first. A login without the scope `offline_access` has none.
#[utoipa::path(
    get,
    path = "/users/me/sessions",
    tag = "sessions",
    responses((status = 200, description = "The sessions", body = Vec<Session>), MayRead)
)]
pub async fn read_own_sessions(
    SignedIn(caller): MayRead,
    State(state): State<AppState>,
) -> Result<Json<Vec<Session>>, ApiError> {
    sessions(&state, &caller.user.id, &caller).await
}

/// End the current user's other sessions
///
/// Ends all sessions but that of the token that is sent. Their tokens are refused from now on.
#[utoipa::path(
    delete,
    path = "/users/me/sessions",
    tag = "sessions",
    responses((status = 204, description = "The other sessions are ended"), MayWrite)
)]
pub async fn end_own_other_sessions(
    SignedIn(caller): MayWrite,
    State(state): State<AppState>,
) -> Result<StatusCode, ApiError> {
    state.store.end_sessions(&caller.user.id, caller.session_id(), &caller.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End a session of the current user
///
/// Its tokens are refused from now on, also the one that is sent, if it is that session's. Of a session that an old refresh token
/// has ended, this removes the notice.
#[utoipa::path(
    delete,
    path = "/users/me/sessions/{session_id}",
    tag = "sessions",
    params(("session_id" = String, Path, description = "The session's id")),
    responses((status = 204, description = "The session is ended"), MayWrite, Unknown)
)]
pub async fn end_own_session(
    SignedIn(caller): MayWrite,
    State(state): State<AppState>,
    InPath(session_id): InPath,
) -> Result<StatusCode, ApiError> {
    state.store.end_session(&caller.user.id, &session_id, &caller.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Read the current user's sessions that may have been stolen
///
/// Returns the sessions of the last 30 days that were ended because an old refresh token was used, the latest first.
#[utoipa::path(
    get,
    path = "/users/me/ended-sessions",
    tag = "sessions",
    responses((status = 200, description = "The sessions", body = Vec<EndedSession>), MayRead)
)]
pub async fn read_own_ended_sessions(
    SignedIn(caller): MayRead,
    State(state): State<AppState>,
) -> Result<Json<Vec<EndedSession>>, ApiError> {
    let rows = state.store.ended_sessions_of(&caller.user.id).await?;
    Ok(Json(rows.into_iter().map(EndedSession::from).collect()))
}

/// Read a user's sessions
///
/// Returns the sessions of somebody that can go on, the latest used first.
#[utoipa::path(
    get,
    path = "/users/{username}/sessions",
    tag = "sessions",
    params(("username" = String, Path, description = "The username")),
    responses((status = 200, description = "The sessions", body = Vec<Session>), Administrator, Unknown)
)]
pub async fn read_user_sessions(
    SignedIn(caller): Administrator,
    State(state): State<AppState>,
    InPath(username): InPath,
) -> Result<Json<Vec<Session>>, ApiError> {
    let user = state.store.find_account(&username).await?.user;
    sessions(&state, &user.id, &caller).await
}

/// End a user's sessions
///
/// Ends all sessions of somebody. Their tokens are refused from now on.
#[utoipa::path(
    delete,
    path = "/users/{username}/sessions",
    tag = "sessions",
    params(("username" = String, Path, description = "The username")),
    responses((status = 204, description = "The sessions are ended"), Administrator, Unknown)
)]
pub async fn end_user_sessions(
    SignedIn(caller): Administrator,
    State(state): State<AppState>,
    InPath(username): InPath,
) -> Result<StatusCode, ApiError> {
    let user = state.store.find_account(&username).await?.user;
    state.store.end_sessions(&user.id, None, &caller.actor()).await?;
    log_change("signed out everywhere", &username, &caller.user.username);
    Ok(StatusCode::NO_CONTENT)
}

/// The sessions of a user, as the caller sees them.
async fn sessions(state: &AppState, user_id: &str, caller: &ActiveUser) -> Result<Json<Vec<Session>>, ApiError> {
    let rows = state.store.sessions_of(user_id, clock::unix_milliseconds()).await?;
    let session = |row: SessionRow| Session {
        current: caller.session_id() == Some(&*row.session_id),
        session_id: row.session_id,
        started_at: rfc_3339(row.started_at),
        last_used_at: rfc_3339(row.last_used_at),
        expires_at: rfc_3339(row.expires_at),
        address: row.address,
        user_agent: row.user_agent,
    };
    Ok(Json(rows.into_iter().map(session).collect()))
}

impl From<SessionRow> for EndedSession {
    fn from(row: SessionRow) -> Self {
        Self {
            session_id: row.session_id,
            started_at: rfc_3339(row.started_at),
            ended_at: rfc_3339(row.ended_at.unwrap_or_default()),
            address: row.address,
            user_agent: row.user_agent,
        }
    }
}
