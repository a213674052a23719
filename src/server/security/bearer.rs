//! The extractors for a handler's signature. Each uses the one before it (FastAPI's chain of `Depends`):
//! [`BearerToken`] reads the header, [`CurrentUser`] checks the token and looks its user up, [`ActiveUser`] requires an
//! enabled user, [`Scoped`] requires scopes, and [`Fresh`] requires a password that was typed a moment ago. Only the last
//! three give a handler a user: a forgotten check does not compile.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::{header::AUTHORIZATION, request::Parts},
};

use super::jwt::{InvalidToken, TokenData};
use crate::{
    error::ApiError,
    model::Scopes,
    server::{
        clock,
        state::AppState,
        store::{Actor, UserRow},
    },
};

/// The token of `Authorization: Bearer …` (RFC 6750 §2.1), unchecked: the tutorial's `OAuth2PasswordBearer`.
pub struct BearerToken(String);

/// The token's user, enabled or not, and the token's scopes: the tutorial's `get_current_user`.
pub struct CurrentUser(ActiveUser);

/// The token's user, who is enabled: the tutorial's `get_current_active_user`.
pub struct ActiveUser {
    /// The user, as the database has it now.
    pub user: Arc<UserRow>,
    /// The token's scopes that the user has now.
    pub scopes: Scopes,
    /// What the token says.
    token: Arc<TokenData>,
    /// The scopes that the call needs.
    needed: Scopes,
}

/// The enabled user of a token that has all of these scopes: the tutorial's `Security(…, scopes=[…])`. The parameter is
/// made of the constants in [`crate::model`]: `Scoped<{ ME | ITEMS }>`. A handler names the type once, and uses it for its
/// signature and for the document.
pub struct Scoped<const NEEDED: u8>(pub ActiveUser);

/// The same, of a fresh token: its user typed the password a moment ago (RFC 9470).
pub struct Fresh<const NEEDED: u8>(pub ActiveUser);

impl<S: Send + Sync> FromRequestParts<S> for BearerToken {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let mut headers = parts.headers.get_all(AUTHORIZATION).iter();
        let header = headers.next().ok_or_else(ApiError::not_authenticated)?;
        if headers.next().is_some() {
            return Err(ApiError::repeated_authorization());
        }
        let header = header.as_bytes();
        let (scheme, token) = match header.iter().position(|&byte| byte == b' ') {
            Some(space) => (&header[..space], &header[space + 1..]),
            None => (header, &header[header.len()..]),
        };
        if !scheme.eq_ignore_ascii_case(b"Bearer") {
            return Err(ApiError::not_authenticated());
        }
        // RFC 9110 §11.4 allows several spaces between the scheme and the token.
        let token = str::from_utf8(token).map_err(|_| ApiError::invalid_token())?;
        Ok(Self(token.trim_start_matches(' ').to_owned()))
    }
}

impl FromRequestParts<AppState> for CurrentUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let BearerToken(token) = BearerToken::from_request_parts(parts, state).await?;
        let now = clock::unix_seconds();
        let token = state.keys.decode(&token, now)?;
        let user = state.store.user_behind_token(&token.known).await?.ok_or_else(ApiError::invalid_token)?;
        #[expect(clippy::cast_precision_loss, reason = "seconds fit into 53 bits")]
        let valid_from = user.tokens_valid_from as f64;
        // Another user may have had this name.
        if token.user_id.as_ref().is_some_and(|id| *id != user.id) {
            return Err(ApiError::invalid_token());
        }
        let is_current = match token.password_version {
            // Our own tokens name the version of the password that they were issued for. No clock is needed.
            Some(version) => version == valid_from,
            // A token without `iat` counts as issued at Unix time 0.
            // One that was issued in the future, as PyJWT refuses it, would outlive a change of the password.
            None => {
                let issued_at = token.issued_at.unwrap_or_default();
                #[expect(clippy::cast_precision_loss, reason = "seconds fit into 53 bits")]
                let now = now as f64;
                issued_at >= valid_from && issued_at < now + 1.0
            }
        };
        if !is_current {
            return Err(ApiError::invalid_token());
        }
        // If the user has lost a scope, the token has lost it too.
        let scopes = token.scopes.unwrap_or(user.scopes).intersection(user.scopes);
        Ok(Self(ActiveUser { user, scopes, token, needed: Scopes::default() }))
    }
}

impl FromRequestParts<AppState> for ActiveUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let CurrentUser(current) = CurrentUser::from_request_parts(parts, state).await?;
        if current.user.disabled { Err(ApiError::inactive_user()) } else { Ok(current) }
    }
}

/// For a call that nobody has to log in for. A token that is sent has to be good.
impl OptionalFromRequestParts<AppState> for ActiveUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Option<Self>, ApiError> {
        if !parts.headers.contains_key(AUTHORIZATION) {
            return Ok(None);
        }
        <Self as FromRequestParts<AppState>>::from_request_parts(parts, state).await.map(Some)
    }
}

impl<const NEEDED: u8> FromRequestParts<AppState> for Scoped<NEEDED> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        const { assert!(Scopes::ALL.contains(Scopes::new(NEEDED)), "a bit that is no scope") };
        let caller = <ActiveUser as FromRequestParts<AppState>>::from_request_parts(parts, state).await?;
        let needed = Scopes::new(NEEDED);
        if !caller.scopes.contains(needed) {
            return Err(ApiError::insufficient_scope(needed));
        }
        Ok(Self(ActiveUser { needed, ..caller }))
    }
}

impl<const NEEDED: u8> FromRequestParts<AppState> for Fresh<NEEDED> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let Scoped(caller) = Scoped::<NEEDED>::from_request_parts(parts, state).await?;
        if caller.is_fresh(clock::unix_seconds()) {
            Ok(Self(caller))
        } else {
            Err(ApiError::insufficient_user_authentication())
        }
    }
}

impl ActiveUser {
    /// Whether the caller may do what only administrators may.
    pub fn is_administrator(&self) -> bool {
        self.scopes.is_administrators()
    }

    /// The caller, for the transaction that makes a change: it looks again whether the caller may.
    pub fn actor(&self) -> Actor {
        self.actor_with(Scopes::default())
    }

    /// The same, for a change that needs these scopes too.
    pub fn actor_with(&self, more: Scopes) -> Actor {
        let UserRow { id, tokens_valid_from, .. } = &*self.user;
        Actor {
            id: id.clone(),
            tokens_valid_from: *tokens_valid_from,
            ended_by: self.token.known.ended_by.clone(),
            needed: self.needed.union(more),
        }
    }

    /// The id of the token's session, if it has one.
    pub fn session_id(&self) -> Option<&str> {
        self.token.known.ended_by.session_id()
    }

    /// Whether the user typed the password a moment ago. If the clock was set back since, the user did not.
    fn is_fresh(&self, now: i64) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "seconds fit into 53 bits")]
        let age = |time: f64| now as f64 - time;
        self.token.authenticated_at.is_some_and(|time| (0.0..=f64::from(ApiError::FRESH_SECONDS)).contains(&age(time)))
    }
}

impl From<InvalidToken> for ApiError {
    fn from(_: InvalidToken) -> Self {
        Self::invalid_token()
    }
}

#[cfg(test)]
mod proptests;
