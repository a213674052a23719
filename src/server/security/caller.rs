//! Who calls: the extractors for a handler's signature. Each uses the one before it (FastAPI's chain of `Depends`):
//! [`CurrentUser`] checks the token or the API key, [`ActiveUser`] requires an enabled user, and [`Scoped`] requires scopes.
//! [`SignedIn`] takes no key, and [`Fresh`] requires a password that was typed a moment ago. Only the last four give a handler a
//! user: a forgotten check does not compile.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::{HeaderMap, header::AUTHORIZATION, request::Parts},
};

use super::{
    api_key_header::{API_KEY_HEADER, KeyUser},
    jwt::TokenData,
    valid_token::{UserToken, ValidToken},
};
use crate::{
    error::ApiError,
    model::Scopes,
    server::{
        clock,
        state::AppState,
        store::{Actor, KeyWithUser, Proof, UserRow},
    },
};

/// The user of the token or the key, enabled or not: the tutorial's `get_current_user`.
pub struct CurrentUser(ActiveUser);

/// The user of the token or the key, who is enabled: the tutorial's `get_current_active_user`.
pub struct ActiveUser {
    /// The user, as the database has it now.
    pub user: Arc<UserRow>,
    /// The scopes of the token or the key that the user has now.
    pub scopes: Scopes,
    /// What was sent.
    sent: Sent,
    /// The scopes that the call needs.
    needed: Scopes,
}

/// What a caller sent to prove who it is.
enum Sent {
    Token(Arc<TokenData>),
    Key(Arc<KeyWithUser>),
}

/// The enabled user of a token or a key that has all of these scopes: the tutorial's `Security(…, scopes=[…])`. The parameter is
/// made of the constants in [`crate::model`]: `Scoped<{ ME | ITEMS }>`. A handler names the type once, and uses it for its
/// signature and for the document.
pub struct Scoped<const NEEDED: u8>(pub ActiveUser);

/// The same, of a token only: a key opens no passwords, no sessions and no keys.
pub struct SignedIn<const NEEDED: u8>(pub ActiveUser);

/// The same, of a fresh token: its user typed the password a moment ago (RFC 9470).
pub struct Fresh<const NEEDED: u8>(pub ActiveUser);

impl FromRequestParts<AppState> for CurrentUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let needed = Scopes::default();
        if sends_a_key(&parts.headers)? {
            let KeyUser { user, scopes, key } = KeyUser::from_request_parts(parts, state).await?;
            return Ok(Self(ActiveUser { user, scopes, sent: Sent::Key(key), needed }));
        }
        match ValidToken::from_request_parts(parts, state).await? {
            ValidToken::OfUser(UserToken { user, scopes, data }) => {
                Ok(Self(ActiveUser { user, scopes, sent: Sent::Token(data), needed }))
            }
            ValidToken::OfClient(_) => Err(ApiError::invalid_token()),
        }
    }
}

impl FromRequestParts<AppState> for ActiveUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let CurrentUser(current) = CurrentUser::from_request_parts(parts, state).await?;
        if current.user.disabled { Err(ApiError::inactive_user()) } else { Ok(current) }
    }
}

impl<const NEEDED: u8> FromRequestParts<AppState> for Scoped<NEEDED> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        const { assert!(Scopes::ALL.contains(Scopes::new(NEEDED)), "a bit that is no scope") };
        let caller = ActiveUser::from_request_parts(parts, state).await?;
        let needed = Scopes::new(NEEDED);
        if !caller.scopes.contains(needed) {
            return Err(ApiError::insufficient_scope(needed));
        }
        Ok(Self(ActiveUser { needed, ..caller }))
    }
}

impl<const NEEDED: u8> FromRequestParts<AppState> for SignedIn<NEEDED> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        refuse_key(&parts.headers)?;
        let Scoped(caller) = Scoped::<NEEDED>::from_request_parts(parts, state).await?;
        Ok(Self(caller))
    }
}

/// For a call that nobody has to log in for. A token that is sent has to be good.
impl<const NEEDED: u8> OptionalFromRequestParts<AppState> for SignedIn<NEEDED> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Option<Self>, ApiError> {
        if ![AUTHORIZATION.as_str(), API_KEY_HEADER].iter().any(|name| parts.headers.contains_key(*name)) {
            return Ok(None);
        }
        <Self as FromRequestParts<AppState>>::from_request_parts(parts, state).await.map(Some)
    }
}

impl<const NEEDED: u8> FromRequestParts<AppState> for Fresh<NEEDED> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let SignedIn(caller) =
            <SignedIn<NEEDED> as FromRequestParts<AppState>>::from_request_parts(parts, state).await?;
        if caller.is_fresh(clock::unix_seconds()) {
            Ok(Self(caller))
        } else {
            Err(ApiError::insufficient_user_authentication())
        }
    }
}

/// Whether a request has a key. One that has a token too is refused: they may be of two people.
fn sends_a_key(headers: &HeaderMap) -> Result<bool, ApiError> {
    match (headers.contains_key(API_KEY_HEADER), headers.contains_key(AUTHORIZATION)) {
        (true, true) => Err(ApiError::token_and_api_key()),
        (has_key, _) => Ok(has_key),
    }
}

/// Refuses a request with a key, whichever it is.
///
/// # Errors
/// [`ApiError::not_by_api_key`], [`ApiError::token_and_api_key`].
pub fn refuse_key(headers: &HeaderMap) -> Result<(), ApiError> {
    if sends_a_key(headers)? { Err(ApiError::not_by_api_key()) } else { Ok(()) }
}

impl ActiveUser {
    /// Whether the caller may do what only administrators may.
    pub fn is_administrator(&self) -> bool {
        self.scopes.is_administrators()
    }

    /// Refuses a key: for a part of a call that otherwise takes one.
    ///
    /// # Errors
    /// [`ApiError::not_by_api_key`].
    pub fn check_signed_in(&self) -> Result<(), ApiError> {
        match self.sent {
            Sent::Token(_) => Ok(()),
            Sent::Key(_) => Err(ApiError::not_by_api_key()),
        }
    }

    /// The caller, for the transaction that makes a change: it looks again whether the caller may.
    pub fn actor(&self) -> Actor {
        self.actor_with(Scopes::default())
    }

    /// The same, for a change that needs these scopes too.
    pub fn actor_with(&self, more: Scopes) -> Actor {
        let UserRow { id, tokens_valid_from, .. } = &*self.user;
        let proof = match &self.sent {
            Sent::Token(token) => Proof::Token(token.known.ended_by.clone()),
            Sent::Key(key) => Proof::Key(key.key_id.clone()),
        };
        Actor { id: id.clone(), tokens_valid_from: *tokens_valid_from, proof, needed: self.needed.union(more) }
    }

    /// The id of the token's session, if it has one.
    pub fn session_id(&self) -> Option<&str> {
        match &self.sent {
            Sent::Token(token) => token.known.ended_by.session_id(),
            Sent::Key(_) => None,
        }
    }

    /// Whether the user typed the password a moment ago. If the clock was set back since, the user did not.
    fn is_fresh(&self, now: i64) -> bool {
        let Sent::Token(token) = &self.sent else { return false };
        #[expect(clippy::cast_precision_loss, reason = "seconds fit into 53 bits")]
        let age = |time: f64| now as f64 - time;
        token.authenticated_at.is_some_and(|time| (0.0..=f64::from(ApiError::FRESH_SECONDS)).contains(&age(time)))
    }
}
