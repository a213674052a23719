//! Error answers, and the only table of their statuses. The server creates an [`ApiError`], and `server::routes` turns
//! it into an HTTP answer. The browser reads that answer back into an [`ApiError`].

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::{BrokenRule, Scopes};

/// A refusal: an HTTP status, a body and the headers that belong to it. The wire form of the body is [`ErrorBody`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// The HTTP status, or [`ApiError::UNREACHABLE`] if no answer came.
    pub status: u16,
    /// The JSON that is sent.
    pub body: ErrorBody,
    /// The value of `WWW-Authenticate` (RFC 6750 §3).
    pub challenge: Option<String>,
    /// The value of `Retry-After`, in seconds (RFC 9110 §10.2.3).
    pub retry_after: Option<u32>,
}

/// The JSON of every error: FastAPI's `detail`. The token endpoint adds the two members of RFC 6749 §5.2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// What went wrong.
    pub detail: Detail,
    /// RFC 6749's error code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Cow<'static, str>>,
    /// The text of `detail` again, where RFC 6749 §5.2 puts it. It is ASCII without quotes, and never repeats
    /// what the caller sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_description: Option<Cow<'static, str>>,
}

/// FastAPI's `detail`: a sentence. For a 422 it is the list of values that break a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Detail {
    /// A sentence.
    Text(Cow<'static, str>),
    /// One entry for each value that breaks a rule.
    Fields(Vec<FieldError>),
}

/// One value that breaks a rule, as FastAPI reports it (its `ValidationError`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ValidationError)]
pub struct FieldError {
    /// Where the value is: `["query", "limit"]`.
    #[schema(value_type = Vec<String>)]
    pub loc: Vec<Cow<'static, str>>,
    /// The rule, as a sentence.
    #[schema(value_type = String)]
    pub msg: Cow<'static, str>,
    /// Pydantic's name of the rule.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub kind: Cow<'static, str>,
}

impl FieldError {
    /// A member of the body that breaks a rule.
    pub fn in_body(broken: BrokenRule) -> Self {
        let BrokenRule { field, kind, sentence } = broken;
        Self { loc: vec!["body".into(), field.into()], msg: sentence, kind: kind.into() }
    }
}

/// The table of error answers. Each has a status, a text, and sometimes further headers or members.
impl ApiError {
    /// The status of a request that got no answer. The server never sends it; only the browser's side uses it.
    pub const UNREACHABLE: u16 = 0;
    /// How long a token counts as fresh after its user typed the password, in seconds.
    pub const FRESH_SECONDS: u32 = 300;
    /// The tutorial's text for a disabled user.
    pub const INACTIVE_USER: &str = "Inactive user";

    /// No token was sent.
    pub fn not_authenticated() -> Self {
        Self::text(401, "Not authenticated").with_challenge("Bearer".to_owned())
    }

    /// A token was sent but is not valid: it is malformed, forged, expired or revoked, or its user is gone.
    pub fn invalid_token() -> Self {
        Self::text(401, "Could not validate credentials").with_challenge(r#"Bearer error="invalid_token""#.to_owned())
    }

    /// An API key was sent but is not valid: it is malformed, unknown or expired, or it has ended. The challenge is that of FastAPI's
    /// `APIKeyHeader`: HTTP has no scheme for keys.
    pub fn invalid_api_key() -> Self {
        Self::text(401, "Could not validate credentials").with_challenge("APIKey".to_owned())
    }

    /// The token or the key is valid but lacks a scope that this call needs.
    pub fn insufficient_scope(needed: Scopes) -> Self {
        Self::text(403, "Not enough permissions")
            .with_challenge(format!(r#"Bearer error="insufficient_scope", scope="{needed}""#))
    }

    /// A key was sent to a call that takes none: a password, a session, a key, or one that needs a fresh token.
    pub fn not_by_api_key() -> Self {
        Self::text(403, "An API key cannot do this: log in")
    }

    /// The token or the key is valid but its user is disabled.
    pub fn inactive_user() -> Self {
        Self::text(400, Self::INACTIVE_USER)
    }

    /// The token is valid, but its user typed the password too long ago for this call (RFC 9470).
    pub fn insufficient_user_authentication() -> Self {
        let max_age = Self::FRESH_SECONDS;
        Self::text(401, "Log in again, and repeat this within five minutes")
            .with_challenge(format!(r#"Bearer error="insufficient_user_authentication", max_age="{max_age}""#))
    }

    /// More than one `Authorization` header.
    pub fn repeated_authorization() -> Self {
        Self::text(400, "Send one Authorization header, not several")
    }

    /// More than one `X-API-Key` header.
    pub fn repeated_api_key() -> Self {
        Self::text(400, "Send one X-API-Key header, not several")
    }

    /// A token and a key: they may be of two people.
    pub fn token_and_api_key() -> Self {
        Self::text(400, "Send an Authorization header or an X-API-Key header, not both")
    }

    /// The token endpoint: wrong password or unknown user. The answer does not tell which.
    pub fn incorrect_credentials() -> Self {
        Self::oauth2(401, "invalid_grant", "Incorrect username or password").with_challenge("Bearer".to_owned())
    }

    /// The token endpoint: the form is not valid. `sentence` says what to do about it.
    pub fn invalid_request(sentence: &'static str) -> Self {
        Self::oauth2(400, "invalid_request", sentence)
    }

    /// The token endpoint: a refresh token that is not good, whatever the reason is.
    pub fn invalid_refresh_token() -> Self {
        Self::oauth2(400, "invalid_grant", "The refresh token is not valid: log in again")
    }

    /// OAuth2's endpoints: a client that is unknown, or whose secret is wrong, or that has to say who it is and does not.
    pub fn invalid_client() -> Self {
        Self::oauth2(401, "invalid_client", "Authenticate by HTTP Basic, with a client_id and its present secret")
            .with_challenge(r#"Basic realm="cloakroom""#.to_owned())
    }

    /// The token endpoint: a client without scopes asks for a token of its own.
    pub fn client_without_scopes() -> Self {
        Self::oauth2(400, "unauthorized_client", "This client has no scopes, so there is no token of its own for it")
    }

    /// The revocation endpoint: the token belongs to another client, or to a client that did not say who it is.
    pub fn token_of_another_client() -> Self {
        Self::oauth2(400, "unauthorized_client", "The token belongs to another client: only that one can revoke it")
    }

    /// The token endpoint: a `grant_type` that is not known.
    pub fn unsupported_grant_type() -> Self {
        let sentence = "The grant types here are password, refresh_token and client_credentials";
        Self::oauth2(400, "unsupported_grant_type", sentence)
    }

    /// The token endpoint: an unknown, malformed or ungranted scope.
    pub fn invalid_scope() -> Self {
        Self::oauth2(400, "invalid_scope", "A scope was asked for that does not exist or is not granted here")
    }

    /// A login or a change of the password: too many failed before, for this name or from this address. `retry_after` is in seconds.
    pub fn too_many_failures(retry_after: u32) -> Self {
        Self::text(429, "Too many failed logins: try again later").with_retry_after(retry_after)
    }

    /// A call with a password: the hashing queue is full. `retry_after` is in seconds.
    pub fn busy(retry_after: u32) -> Self {
        Self::text(503, "Too many logins at once: try again shortly").with_retry_after(retry_after)
    }

    /// A change of the password: the current one is wrong.
    pub fn incorrect_password() -> Self {
        Self::text(400, "The current password is incorrect")
    }

    /// Nobody can sign up: `accounts.sign-up` is false.
    pub fn sign_up_off() -> Self {
        Self::text(403, "Sign-up is switched off: ask an administrator for an account")
    }

    /// Too many sign-ups from this address. `retry_after` is in seconds.
    pub fn too_many_sign_ups(retry_after: u32) -> Self {
        Self::text(429, "Too many sign-ups from this address: try again later").with_retry_after(retry_after)
    }

    /// The body broke off.
    pub fn broken_off() -> Self {
        Self::text(400, "The body broke off: send it again")
    }

    /// HTTP/1.1 requires one valid `Host` (RFC 9112 §3.2).
    pub fn invalid_host() -> Self {
        Self::text(400, "Send one Host header, with a valid host")
    }

    /// The body's framing is malformed (RFC 9112 §6.1).
    pub fn invalid_transfer_encoding() -> Self {
        Self::text(400, "Send Transfer-Encoding: chunked once, or Content-Length")
    }

    /// The body is in a transfer coding that this server does not know (RFC 9112 §6.1).
    pub fn unknown_transfer_encoding() -> Self {
        Self::text(501, "The only Transfer-Encoding here is chunked")
    }

    /// No such resource.
    pub fn not_found() -> Self {
        Self::text(404, "Not Found")
    }

    /// The resource exists, but not for this method.
    pub fn method_not_allowed() -> Self {
        Self::text(405, "Method Not Allowed")
    }

    /// The body did not arrive in time.
    pub fn request_timeout() -> Self {
        Self::text(408, "The body took too long to arrive: send it again")
    }

    /// A username that somebody has.
    pub fn username_taken() -> Self {
        Self::text(409, "The username is taken: choose another")
    }

    /// An e-mail address that somebody has.
    pub fn email_taken() -> Self {
        Self::text(409, "The e-mail address is taken: use another, or log in")
    }

    /// The change would leave no administrator who is enabled.
    pub fn last_administrator() -> Self {
        Self::text(
            409,
            "This is the last administrator who is not disabled: grant the scope admin to another user first",
        )
    }

    /// The user has as many API keys as there can be.
    pub fn too_many_api_keys() -> Self {
        Self::text(409, "You have 100 API keys, and there cannot be more: end one of them first")
    }

    /// The condition of a change does not hold (RFC 9110 §13.1.1).
    pub fn outdated() -> Self {
        Self::text(412, "It was changed since: read it again, and repeat the change")
    }

    /// The condition of a conditional request for a file does not hold (RFC 9110 §13.1).
    pub fn precondition_failed() -> Self {
        Self::text(412, "The file was changed since: ask for it again without the condition")
    }

    /// The body is over the route's limit.
    pub fn payload_too_large() -> Self {
        Self::text(413, "The body is too large: send less")
    }

    /// A body that is not JSON by its media type.
    pub fn unsupported_media_type() -> Self {
        Self::text(415, "Send JSON, with Content-Type: application/json")
    }

    /// The file does not have the requested range (RFC 9110 §14.2).
    pub fn range_not_satisfiable() -> Self {
        Self::text(416, "The file has no such part: ask for less, or for all of it")
    }

    /// The request has values that break a rule.
    pub fn unprocessable(fields: Vec<FieldError>) -> Self {
        Self::new(422, Detail::Fields(fields))
    }

    /// An internal fault. The code that finds it logs it.
    pub fn internal() -> Self {
        Self::text(500, "Internal server error")
    }

    /// The database does not answer. The code that notices it logs it.
    pub fn unavailable() -> Self {
        Self::text(503, "The database is not answering: try again shortly").with_retry_after(1)
    }

    /// The answer took longer than the server's own time limit. The code that notices it logs it.
    pub fn too_slow() -> Self {
        Self::text(503, "The server took too long to answer: try again shortly").with_retry_after(1)
    }

    /// The browser's side: no answer came, or the answer is not one of this API.
    pub fn unreachable() -> Self {
        Self::text(Self::UNREACHABLE, "The server cannot be reached")
    }
}

impl ApiError {
    fn new(status: u16, detail: Detail) -> Self {
        let body = ErrorBody { detail, error: None, error_description: None };
        Self { status, body, challenge: None, retry_after: None }
    }

    fn text(status: u16, sentence: &'static str) -> Self {
        Self::new(status, Detail::Text(sentence.into()))
    }

    fn oauth2(status: u16, error: &'static str, sentence: &'static str) -> Self {
        let mut refusal = Self::text(status, sentence);
        refusal.body.error = Some(error.into());
        refusal.body.error_description = Some(sentence.into());
        refusal
    }

    fn with_challenge(mut self, challenge: String) -> Self {
        self.challenge = Some(challenge);
        self
    }

    fn with_retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The same refusal in the token endpoint's form: with the members of RFC 6749. Any part of the server may have
    /// made the refusal.
    pub fn in_oauth2_words(mut self) -> Self {
        if let (Detail::Text(sentence), None) = (&self.body.detail, &self.body.error) {
            let error = match self.status {
                429 | 503 => "temporarily_unavailable",
                500.. => "server_error",
                _ => "invalid_request",
            };
            self.body.error_description = Some(sentence.clone());
            self.body.error = Some(error.into());
        }
        self
    }

    /// Whether the token is good, but its user has to type the password again (RFC 9470 §3).
    pub fn is_stale_token(&self) -> bool {
        self.challenge.as_ref().is_some_and(|challenge| challenge.contains("insufficient_user_authentication"))
    }

    /// The field that a conflict is about, or a wrong password. A form shows the sentence there.
    pub fn field(&self) -> Option<&'static str> {
        [
            (Self::username_taken(), "username"),
            (Self::email_taken(), "email"),
            (Self::incorrect_password(), "current_password"),
        ]
        .into_iter()
        .find(|(refusal, _)| (self.status, &self.body) == (refusal.status, &refusal.body))
        .map(|(_, field)| field)
    }

    /// Whether a scope was asked for that the user does not have.
    pub fn is_invalid_scope(&self) -> bool {
        let Self { status, body, .. } = Self::invalid_scope();
        (self.status, &self.body.detail) == (status, &body.detail)
    }

    /// Whether this is the refusal of a disabled user.
    pub fn is_inactive_user(&self) -> bool {
        self.status == 400 && self.body.detail == Detail::Text(Self::INACTIVE_USER.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_endpoints_refusals_carry_oauth2_members() {
        let body = |refusal: ApiError| serde_json::to_value(refusal.body).expect("a body is JSON");
        assert_eq!(body(ApiError::not_found()), serde_json::json!({"detail": "Not Found"}));
        assert_eq!(
            body(ApiError::incorrect_credentials()),
            serde_json::json!({
                "detail": "Incorrect username or password",
                "error": "invalid_grant",
                "error_description": "Incorrect username or password",
            })
        );
    }

    #[test]
    fn an_error_description_has_only_the_characters_that_rfc_6749_allows() {
        for refusal in [
            ApiError::incorrect_credentials(),
            ApiError::invalid_refresh_token(),
            ApiError::invalid_client(),
            ApiError::client_without_scopes(),
            ApiError::token_of_another_client(),
            ApiError::unsupported_grant_type(),
            ApiError::invalid_scope(),
            ApiError::too_many_failures(30),
            ApiError::not_by_api_key(),
            ApiError::busy(5),
            ApiError::payload_too_large(),
            ApiError::method_not_allowed(),
            ApiError::request_timeout(),
            ApiError::internal(),
            ApiError::unavailable(),
            ApiError::too_slow(),
        ] {
            let description = refusal.in_oauth2_words().body.error_description.expect("a refusal in words");
            assert!(description.chars().all(|c| matches!(c, ' ' | '!' | '#'..='[' | ']'..='~')), "{description}");
        }
    }
}
