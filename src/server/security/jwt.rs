//! Access tokens: JSON Web Tokens (RFC 7519, RFC 7515). `server::keys` has the keys, and `jsonwebtoken` signs and checks the
//! signature. This file reads and checks the rest (RFC 8725). `exp` must be in the future, without leeway. `nbf`, `typ`
//! and `crit` are checked. A token that contains a key is refused. A token with a repeated member is refused.

mod members;

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use quick_cache::sync::Cache;
use serde::Serialize;

pub use self::members::InvalidToken;
use self::members::Members;
use crate::{
    error::ApiError,
    model::Scopes,
    server::{
        digest::sha256,
        keys::{LiveRing, PublicKey},
        settings::Algorithm,
        store::{EndedBy, KnownToken},
    },
};

/// How many tokens are remembered as verified.
const VERIFIED: usize = 10_000;
/// The longest token that is remembered, in bytes. Our own have about 400.
const LONGEST_VERIFIED: usize = 1024;

/// The longest token that is good, in bytes. A form has room for one of this length, so each can be revoked.
const LONGEST: usize = 8 * 1024;

/// Signs and checks tokens.
pub struct Keys {
    ring: Arc<LiveRing>,
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

/// A token with a good signature, and when it is good, in Unix seconds.
#[derive(Clone)]
struct Verified {
    data: Arc<TokenData>,
    not_before: Option<f64>,
    /// Until when the key checks tokens.
    key_until: Option<i64>,
    /// Of the keys. After a change, the token has to be verified anew.
    generation: u64,
}

/// Why a token is not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unverified {
    /// Whatever the keys are.
    Invalid,
    /// It names a key that may be one of ours, and is not known yet.
    UnknownKey,
}

/// The token could not be signed.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// The key refuses.
    #[error("the token could not be signed: {0}")]
    Key(#[from] jsonwebtoken::errors::Error),
    /// No key signs.
    #[error("the token could not be signed: there is no key")]
    NoKey,
}

/// A public key that checks tokens.
pub struct Published {
    /// Its id.
    pub kid: String,
    /// The algorithm that it is for.
    pub algorithm: Algorithm,
    /// The key.
    pub key: PublicKey,
}

/// Header members that would make a reader fetch, trust or unpack something (RFC 7515 §4.1, RFC 7516 §4.1, RFC 7797).
const FORBIDDEN: [&str; 10] = ["b64", "crit", "enc", "jku", "jwk", "x5c", "x5t", "x5t#S256", "x5u", "zip"];

impl Keys {
    /// With these keys.
    pub fn new(ring: LiveRing) -> Self {
        Self { ring: Arc::new(ring), verified: Cache::new(VERIFIED) }
    }

    /// The keys themselves.
    pub fn ring(&self) -> &LiveRing {
        &self.ring
    }

    /// Signs a token (the tutorial's function of the same name).
    ///
    /// # Errors
    /// [`SigningError`].
    pub fn create_access_token(&self, claims: &impl Serialize, issued_at: i64) -> Result<String, SigningError> {
        let (ring, _) = self.ring.present();
        Ok(ring.signer(issued_at).ok_or(SigningError::NoKey)?.sign(claims)?)
    }

    /// The public keys that check tokens at the time `now`, in Unix seconds, and those that will.
    pub fn published(&self, now: i64) -> Vec<Published> {
        let (ring, _) = self.ring.present();
        let present = ring.keys().iter().filter(|key| key.checks_until.is_none_or(|until| until > now));
        let published = present.filter_map(|of| {
            let key = of.key.public()?.clone();
            Some(Published { kid: of.key.kid().to_owned(), algorithm: of.key.algorithm(), key })
        });
        published.collect()
    }

    /// Checks a token, at the time `now` in Unix seconds. If it names a key that is not known, it looks whether the key is new. `None`
    /// unless it is a compact JWS, signed with one of the keys, whose `exp` is in the future.
    ///
    /// # Errors
    /// [`ApiError::unavailable`] if it is not known what the keys are.
    pub async fn decode(&self, token: &str, now: i64) -> Result<Option<Arc<TokenData>>, ApiError> {
        let checked = match self.check(token, now) {
            Err(Unverified::UnknownKey) => {
                self.look_for_unknown().await?;
                self.check(token, now)
            }
            checked => checked,
        };
        Ok(checked.ok())
    }

    /// Looks whether there are new keys.
    async fn look_for_unknown(&self) -> Result<(), ApiError> {
        self.ring.look_for_unknown().await.map_err(|_| ApiError::unavailable())
    }

    /// Checks a token with the keys that are known.
    fn check(&self, token: &str, now: i64) -> Result<Arc<TokenData>, Unverified> {
        let known = self.verified.get(token).filter(|known| known.generation == self.ring.generation());
        let Verified { data, not_before, key_until, .. } = match known {
            Some(verified) => verified,
            None => {
                let verified = self.verify(token)?;
                if token.len() <= LONGEST_VERIFIED {
                    self.verified.insert(token.into(), verified.clone());
                }
                verified
            }
        };
        let is_checked = key_until.is_none_or(|until| until > now);
        #[expect(clippy::cast_precision_loss, reason = "a NumericDate is a JSON number, and seconds fit into 53 bits")]
        let now = now as f64;
        let is_current = data.expires_at > now && not_before.is_none_or(|not_before| not_before <= now);
        if is_checked && is_current { Ok(data) } else { Err(Unverified::Invalid) }
    }

    /// Reads a token whose signature is good, whatever its times are. It opens nothing: it may be revoked. `None` for any other.
    ///
    /// # Errors
    /// [`ApiError::unavailable`] if it is not known what the keys are.
    pub async fn read(&self, token: &str) -> Result<Option<Arc<TokenData>>, ApiError> {
        let verified = match self.verify(token) {
            Err(Unverified::UnknownKey) => {
                self.look_for_unknown().await?;
                self.verify(token)
            }
            verified => verified,
        };
        Ok(verified.ok().map(|verified| verified.data))
    }

    /// Forgets that a token was verified. What was revoked does not stay in the memory.
    pub fn forget(&self, token: &str) {
        self.verified.remove(token);
    }

    /// Checks everything of a token but its times, and reads it.
    fn verify(&self, token: &str) -> Result<Verified, Unverified> {
        if token.len() > LONGEST {
            return Err(Unverified::Invalid);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(InvalidToken)?;
        let (header, claims) = message.split_once('.').ok_or(InvalidToken)?;
        let header = decoded(header)?;
        let header = Members::read(&header)?;
        let algorithm = check_header(&header)?;
        let kid = header.text("kid")?;
        let (ring, generation) = self.ring.present();
        let Some(by) = ring.for_token(algorithm, kid).find(|by| by.key.verify(message, signature)) else {
            let is_unknown = kid.is_some_and(|kid| may_be_ours(kid) && ring.named(kid).is_none());
            return Err(if is_unknown { Unverified::UnknownKey } else { Unverified::Invalid });
        };
        let (data, not_before) = read_claims(message, claims)?;
        Ok(Verified { data: Arc::new(data), not_before, key_until: by.checks_until, generation })
    }
}

/// Reads the claims of a token whose signature is good, and from when on it is good.
fn read_claims(message: &str, claims: &str) -> Result<(TokenData, Option<f64>), InvalidToken> {
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
    Ok((data, claims.number("nbf")?))
}

/// Checks a token's header, and reads its algorithm.
fn check_header(header: &Members<'_>) -> Result<Algorithm, InvalidToken> {
    let algorithm = header.text("alg")?.and_then(Algorithm::of).ok_or(InvalidToken)?;
    let jwt = header.text("typ")?.is_none_or(|typ| typ.eq_ignore_ascii_case("JWT"));
    let forbidden = FORBIDDEN.iter().any(|name| header.contains(name));
    if jwt && !forbidden { Ok(algorithm) } else { Err(InvalidToken) }
}

/// Whether a key of this server, or of another one, could have this id: 16 or 32 bytes in base64url. Nobody has to look for another.
fn may_be_ours(kid: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    matches!(kid.len(), 22 | 43) && kid.bytes().all(is_digit)
}

impl From<InvalidToken> for Unverified {
    fn from(_: InvalidToken) -> Self {
        Self::Invalid
    }
}

/// Decodes a part of a token, which is base64.
fn decoded(part: &str) -> Result<Vec<u8>, InvalidToken> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| InvalidToken)
}

#[cfg(test)]
mod algorithms;

#[cfg(test)]
mod tests;

#[cfg(test)]
mod proptests;
