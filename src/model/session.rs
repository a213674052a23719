//! Sessions: where a user is signed in.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A session: it began with a login for the scope `offline_access`, and goes on by its refresh tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "session_id": "0198c0de-5e55-7000-8000-000000000001",
    "started_at": "2026-11-25T09:30:00.000Z",
    "last_used_at": "2026-11-25T10:00:00.000Z",
    "expires_at": "2026-12-09T10:00:00.000Z",
    "address": "192.0.2.7",
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "current": true,
}))]
pub struct Session {
    /// The session's id: the `sid` of its access tokens.
    pub session_id: String,
    /// When the user logged in (RFC 3339, UTC).
    #[schema(format = DateTime)]
    pub started_at: String,
    /// When it was last renewed (RFC 3339, UTC).
    #[schema(format = DateTime)]
    pub last_used_at: String,
    /// When it ends, unless it is renewed before then (RFC 3339, UTC).
    #[schema(format = DateTime)]
    pub expires_at: String,
    /// From where the user logged in: an IPv4 address, or an IPv6 /64.
    pub address: String,
    /// What the client called itself, if it did.
    #[schema(required)]
    pub user_agent: Option<String>,
    /// Whether it is the session of the token that was sent.
    pub current: bool,
}

/// A session that was ended because an old refresh token was used: somebody may have stolen it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "session_id": "0198c0de-5e55-7000-8000-000000000001",
    "started_at": "2026-11-25T09:30:00.000Z",
    "ended_at": "2026-11-25T10:00:00.000Z",
    "address": "192.0.2.7",
    "user_agent": null,
}))]
pub struct EndedSession {
    /// The session's id.
    pub session_id: String,
    /// When the user logged in (RFC 3339, UTC).
    #[schema(format = DateTime)]
    pub started_at: String,
    /// When the old refresh token was used (RFC 3339, UTC).
    #[schema(format = DateTime)]
    pub ended_at: String,
    /// From where the user logged in: an IPv4 address, or an IPv6 /64.
    pub address: String,
    /// What the client called itself, if it did.
    #[schema(required)]
    pub user_agent: Option<String>,
}
