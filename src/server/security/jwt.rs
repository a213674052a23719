//! Access tokens: JSON Web Tokens signed with HS256 (RFC 7519, RFC 7515). `jsonwebtoken` signs and checks the
//! signature. This file reads and checks the rest (RFC 8725). `exp` must be in the future, without leeway. `nbf`, `typ`
//! and `crit` are checked. A token that contains a key is refused. A token with a repeated member is refused.

mod members;

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, crypto};
use quick_cache::sync::Cache;
use serde::Serialize;

pub use self::members::InvalidToken;
use self::members::Members;
use crate::{
    model::Scopes,
    server::{
        digest::sha256,
        store::{EndedBy, KnownToken},
    },
};

/// How many tokens are remembered as verified.
const VERIFIED: usize = 10_000;
/// The longest token that is remembered, in bytes. Our own have about 400.
const LONGEST_VERIFIED: usize = 1024;

/// The key for signing and checking tokens. The bytes of the secret are the key, as in the tutorial:
/// `openssl rand -hex 32` prints 64 bytes.
pub struct Keys {
    encoding: EncodingKey,
    decoding: DecodingKey,
    /// Tokens that were verified, with their content. A client sends the same token again and again. The key is the whole
    /// token, with its signature: with a changed byte it is another token. Only tokens with a good signature get in. The
    /// times are compared each time.
    verified: Cache<Box<str>, Verified>,
}

/// The claims of a token to be issued.
#[derive(Serialize)]
pub struct NewClaims<'a> {
    /// The username of the token's user.
    pub sub: &'a str,
    /// When the token expires, in Unix seconds.
    pub exp: i64,
    /// When the token was issued, in Unix seconds.
    pub iat: i64,
    /// The token's unique id.
    pub jti: &'a str,
    /// The token's scopes: names separated by spaces.
    pub scope: &'a str,
    /// When the user typed the password, in Unix seconds (OpenID Connect Core §2).
    pub auth_time: i64,
    /// The id of the token's user. A private claim: another user of the same name is somebody else.
    pub user_id: &'a str,
    /// The version of the password that the token was issued for. A private claim (RFC 7519 §4.3): other readers ignore
    /// it.
    pub password_version: i64,
    /// The id of the session, if the token has one (OpenID Connect's claim, registered by its Front-Channel Logout).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<&'a str>,
}

/// The content of a valid token.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenData {
    /// The username of the token's user, and what ends the token.
    pub known: KnownToken,
    /// The token's id. The tutorial's own tokens do not contain it.
    pub jti: Option<String>,
    /// When the token expires, in Unix seconds.
    pub expires_at: f64,
    /// When the token was issued, in Unix seconds. The tutorial's own tokens do not contain it.
    pub issued_at: Option<f64>,
    /// When the user typed the password, in Unix seconds. Only tokens of this server contain it.
    pub authenticated_at: Option<f64>,
    /// The id of the token's user. Only tokens of this server contain it.
    pub user_id: Option<String>,
    /// The version of the password that the token was issued for. Only tokens of this server contain it.
    pub password_version: Option<f64>,
    /// The version of the client's secret that the token was issued for. Only clients' tokens contain it.
    pub client_version: Option<String>,
    /// The scopes that the token has at most. `None` means all scopes of the user.
    pub scopes: Option<Scopes>,
}

/// A token with a good signature, and from when on it is good, in Unix seconds.
#[derive(Clone)]
struct Verified {
    data: Arc<TokenData>,
    not_before: Option<f64>,
}

/// The token could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("the token could not be signed: {0}")]
pub struct SigningError(#[from] jsonwebtoken::errors::Error);

/// Header members that would make a reader fetch, trust or unpack something (RFC 7515 §4.1, RFC 7516 §4.1, RFC 7797).
const FORBIDDEN: [&str; 10] = ["b64", "crit", "enc", "jku", "jwk", "x5c", "x5t", "x5t#S256", "x5u", "zip"];

impl Keys {
    /// The key with the bytes of `secret`.
    pub fn new(secret: &str) -> Self {
        let secret = secret.as_bytes();
        Self {
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
            verified: Cache::new(VERIFIED),
        }
    }

    /// Signs a token (the tutorial's function of the same name).
    ///
    /// # Errors
    /// [`SigningError`].
    pub fn create_access_token(&self, claims: &impl Serialize) -> Result<String, SigningError> {
        Ok(jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &self.encoding)?)
    }

    /// Checks a token, at the time `now` in Unix seconds.
    ///
    /// # Errors
    /// [`InvalidToken`] unless it is a compact HS256 JWS, signed with this key, whose `exp` is in the future.
    pub fn decode(&self, token: &str, now: i64) -> Result<Arc<TokenData>, InvalidToken> {
        let Verified { data, not_before } = match self.verified.get(token) {
            Some(verified) => verified,
            None => {
                let verified = self.verify(token)?;
                if token.len() <= LONGEST_VERIFIED {
                    self.verified.insert(token.into(), verified.clone());
                }
                verified
            }
        };
        #[expect(clippy::cast_precision_loss, reason = "a NumericDate is a JSON number, and seconds fit into 53 bits")]
        let now = now as f64;
        let is_current = data.expires_at > now && not_before.is_none_or(|not_before| not_before <= now);
        if is_current { Ok(data) } else { Err(InvalidToken) }
    }

    /// Reads a token whose signature is good, whatever its times are. It opens nothing: it may be revoked.
    ///
    /// # Errors
    /// [`InvalidToken`].
    pub fn read(&self, token: &str) -> Result<Arc<TokenData>, InvalidToken> {
        self.verify(token).map(|verified| verified.data)
    }

    /// Forgets that a token was verified. What was revoked does not stay in the memory.
    pub fn forget(&self, token: &str) {
        self.verified.remove(token);
    }

    /// Checks everything of a token but its times, and reads it.
    fn verify(&self, token: &str) -> Result<Verified, InvalidToken> {
        let (message, signature) = token.rsplit_once('.').ok_or(InvalidToken)?;
        let (header, claims) = message.split_once('.').ok_or(InvalidToken)?;
        check_header(&Members::read(&decoded(header)?)?)?;
        let is_signed = crypto::verify(signature, message.as_bytes(), &self.decoding, Algorithm::HS256);
        if !is_signed.map_err(|_| InvalidToken)? {
            return Err(InvalidToken);
        }
        let claims = decoded(claims)?;
        let claims = Members::read(&claims)?;
        // A token with an audience is not for this server: the server has no audience name (RFC 7519 §4.1.3).
        if claims.contains("aud") {
            return Err(InvalidToken);
        }
        // A token of ours that names a session ends with it. Any other one can be revoked by itself. Its digest is that of the signed
        // part: a signature may be written in several ways. Another service may use `sid` for its own sessions.
        let user_id = claims.text("user_id")?.map(str::to_owned);
        let ended_by = match (&user_id, claims.text("sid")) {
            (Some(_), Ok(Some(session_id))) => EndedBy::Session(session_id.to_owned()),
            _ => EndedBy::Revocation(sha256(message)),
        };
        let data = TokenData {
            known: KnownToken { username: claims.text("sub")?.ok_or(InvalidToken)?.to_owned(), ended_by },
            jti: claims.text("jti").ok().flatten().map(str::to_owned),
            expires_at: claims.number("exp")?.ok_or(InvalidToken)?,
            issued_at: claims.number("iat")?,
            authenticated_at: claims.number("auth_time")?,
            user_id,
            password_version: claims.number("password_version")?,
            client_version: claims.text("client_version").ok().flatten().map(str::to_owned),
            scopes: claims.text("scope")?.map(Scopes::parse_granted),
        };
        Ok(Verified { data: Arc::new(data), not_before: claims.number("nbf")? })
    }
}

/// Checks that a token's header asks for HS256 and nothing else.
fn check_header(header: &Members<'_>) -> Result<(), InvalidToken> {
    let hs256 = header.text("alg")? == Some("HS256");
    let jwt = header.text("typ")?.is_none_or(|typ| typ.eq_ignore_ascii_case("JWT"));
    let forbidden = FORBIDDEN.iter().any(|name| header.contains(name));
    if hs256 && jwt && !forbidden { Ok(()) } else { Err(InvalidToken) }
}

/// Decodes a part of a token, which is base64.
fn decoded(part: &str) -> Result<Vec<u8>, InvalidToken> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| InvalidToken)
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod proptests;
