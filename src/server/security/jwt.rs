//! Access tokens: JSON Web Tokens signed with HS256 (RFC 7519, RFC 7515). `jsonwebtoken` signs and checks the
//! signature. This file checks the rest (RFC 8725). `exp` must be in the future, without leeway. `nbf`, `typ` and
//! `crit` are checked. A token that contains a key is refused. A token with a repeated member is refused.

use std::{collections::BTreeMap, fmt};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;

use crate::model::Scopes;

/// The key for signing and checking tokens. The bytes of the secret are the key, as in the tutorial:
/// `openssl rand -hex 32` prints 64 bytes.
pub struct Keys {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
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
    /// The version of the password that the token was issued for. A private claim (RFC 7519 §4.3): other readers ignore
    /// it.
    pub password_version: i64,
}

/// The content of a valid token.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenData {
    /// The username of the token's user.
    pub username: String,
    /// When the token was issued, in Unix seconds. The tutorial's own tokens do not contain it.
    pub issued_at: Option<f64>,
    /// The version of the password that the token was issued for. Only tokens of this server contain it.
    pub password_version: Option<f64>,
    /// The scopes that the token has at most. `None` means all scopes of the user.
    pub scopes: Option<Scopes>,
}

/// The token is not valid. Every reason gets the same answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token is not valid")]
pub struct InvalidToken;

/// The token could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("the token could not be signed: {0}")]
pub struct SigningError(#[from] jsonwebtoken::errors::Error);

/// Header members that would make a reader fetch, trust or unpack something (RFC 7515 §4.1, RFC 7516 §4.1, RFC 7797).
const FORBIDDEN: [&str; 10] = ["b64", "crit", "enc", "jku", "jwk", "x5c", "x5t", "x5t#S256", "x5u", "zip"];

impl Keys {
    /// The key with the bytes of `secret`.
    pub fn new(secret: &str) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        // The times are compared below, with the caller's time and without leeway.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        Self {
            encoding: EncodingKey::from_secret(secret.as_bytes()),
            decoding: DecodingKey::from_secret(secret.as_bytes()),
            validation,
        }
    }

    /// Signs a token (the tutorial's function of the same name).
    ///
    /// # Errors
    /// [`SigningError`].
    pub fn create_access_token(&self, claims: &NewClaims<'_>) -> Result<String, SigningError> {
        Ok(jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &self.encoding)?)
    }

    /// Checks a token, at the time `now` in Unix seconds.
    ///
    /// # Errors
    /// [`InvalidToken`] unless it is a compact HS256 JWS, signed with this key, whose `exp` is in the future.
    pub fn decode(&self, token: &str, now: i64) -> Result<TokenData, InvalidToken> {
        check_header(token)?;
        let claims =
            jsonwebtoken::decode::<Members>(token, &self.decoding, &self.validation).map_err(|_| InvalidToken)?.claims;
        #[expect(clippy::cast_precision_loss, reason = "a NumericDate is a JSON number, and seconds fit into 53 bits")]
        let now = now as f64;
        if claims.number("exp")?.ok_or(InvalidToken)? <= now {
            return Err(InvalidToken);
        }
        if claims.number("nbf")?.is_some_and(|not_before| not_before > now) {
            return Err(InvalidToken);
        }
        // A token with an audience is not for this server: the server has no audience name (RFC 7519 §4.1.3).
        if claims.0.contains_key("aud") {
            return Err(InvalidToken);
        }
        Ok(TokenData {
            username: claims.text("sub")?.ok_or(InvalidToken)?.to_owned(),
            issued_at: claims.number("iat")?,
            password_version: claims.number("password_version")?,
            scopes: claims.text("scope")?.map(Scopes::parse_granted),
        })
    }
}

/// Checks that the token has three parts, and that its header asks for HS256 and nothing else.
fn check_header(token: &str) -> Result<(), InvalidToken> {
    let [header, _claims, _signature] = token.split('.').collect::<Vec<_>>()[..] else { return Err(InvalidToken) };
    let header = URL_SAFE_NO_PAD.decode(header).map_err(|_| InvalidToken)?;
    let header: Members = serde_json::from_slice(&header).map_err(|_| InvalidToken)?;
    let hs256 = header.text("alg")? == Some("HS256");
    let jwt = header.text("typ")?.is_none_or(|typ| typ.eq_ignore_ascii_case("JWT"));
    let forbidden = FORBIDDEN.iter().any(|name| header.0.contains_key(*name));
    if hs256 && jwt && !forbidden { Ok(()) } else { Err(InvalidToken) }
}

/// A JSON object without repeated members (RFC 7519 §4). Two readers could use different values of a repeated member.
struct Members(BTreeMap<String, Value>);

impl Members {
    fn text(&self, name: &str) -> Result<Option<&str>, InvalidToken> {
        self.0.get(name).map(|value| value.as_str().ok_or(InvalidToken)).transpose()
    }

    fn number(&self, name: &str) -> Result<Option<f64>, InvalidToken> {
        self.0.get(name).map(|value| value.as_f64().ok_or(InvalidToken)).transpose()
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object without repeated members")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if members.insert(name, value).is_some() {
                        return Err(de::Error::custom("a member is written twice"));
                    }
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Visitor)
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod proptests;
