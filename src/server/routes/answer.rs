//! Turns internal errors into an [`ApiError`], and an [`ApiError`] into an answer.

use axum::{
    Json,
    http::{
        HeaderValue, StatusCode,
        header::{RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};

use crate::{
    error::{ApiError, FieldError},
    server::{
        accounts::UserError,
        operations::request_id::current,
        security::{
            password::HashError,
            throttle::{Refused, whole_seconds},
        },
        store::{NotAllowed, StoreError, Unique},
    },
};

/// How long a client should wait if the queue is full, in seconds. Two threads empty the default queue of 64 in about
/// this time.
const BUSY_RETRY_AFTER: u32 = 5;

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self.body)).into_response();
        let headers = response.headers_mut();
        if let Some(challenge) = self.challenge.and_then(|text| HeaderValue::try_from(text).ok()) {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl From<HashError> for ApiError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::busy(BUSY_RETRY_AFTER),
            HashError::Failed => {
                tracing::error!(request = current().map(display), %error, "a password was not hashed");
                Self::internal()
            }
        }
    }
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::TooManyFailures(wait) => Self::too_many_failures(whole_seconds(wait)),
            Refused::TooManyWaiting => HashError::Busy.into(),
            Refused::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken(Unique::Username) => Self::username_taken(),
            StoreError::Taken(Unique::Email) => Self::email_taken(),
            StoreError::Missing => Self::not_found(),
            StoreError::Outdated => Self::outdated(),
            StoreError::PasswordChanged => Self::incorrect_password(),
            StoreError::NotAllowed(NotAllowed::Gone) => Self::invalid_token(),
            StoreError::NotAllowed(NotAllowed::Disabled) => Self::inactive_user(),
            StoreError::NotAllowed(NotAllowed::Lacks(needed)) => Self::insufficient_scope(needed),
            StoreError::NotAllowed(NotAllowed::KeyEnded) => Self::invalid_api_key(),
            StoreError::NotAllowed(NotAllowed::OtherSecret) => Self::invalid_client(),
            StoreError::LastAdministrator => Self::last_administrator(),
            StoreError::TooManyKeys => Self::too_many_api_keys(),
            StoreError::Taken(Unique::Id) => {
                tracing::error!(request = current().map(display), %error, "a request failed");
                Self::internal()
            }
            StoreError::Replaced(_) | StoreError::Unseen | StoreError::Shared(_) | StoreError::Unavailable(_) => {
                tracing::error!(request = current().map(display), %error, "a request failed");
                Self::unavailable()
            }
        }
    }
}

impl From<UserError> for ApiError {
    fn from(error: UserError) -> Self {
        match error {
            UserError::Rule(broken) => Self::unprocessable(vec![FieldError::in_body(broken)]),
            UserError::Hash(error) => error.into(),
            UserError::Store(error) => error.into(),
        }
    }
}
