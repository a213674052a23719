//! The token endpoint's answer.

use serde::{Deserialize, Serialize};

/// A successful answer of `POST /token` (RFC 6749 §5.1; the tutorial's `Token`).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// The JWT to send as `Authorization: Bearer …`.
    pub access_token: String,
    /// Always `bearer`.
    pub token_type: String,
    /// How long the token is good for, in seconds from now.
    pub expires_in: u32,
    /// What the token opens: scope names separated by spaces.
    pub scope: String,
}
