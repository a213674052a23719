//! Decodes a JSON Web Token (RFC 7519) so that a person can look at it. Nothing is verified here: that needs the key,
//! which only the server has. See `server::security::jwt`.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

/// The two readable parts of a compact JWS.
#[derive(Clone, Debug, PartialEq)]
pub struct Jwt {
    /// How the token is signed: `alg` and `typ`.
    pub header: Map<String, Value>,
    /// What the token states: `sub`, `exp`, `iat`, `jti`, `scope`, and anything that another service added.
    pub claims: Map<String, Value>,
}

/// The text is not a JWT: three parts, the first two of them JSON objects in base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedJwt;

impl Jwt {
    /// Decodes a compact token.
    ///
    /// # Errors
    /// [`MalformedJwt`] if `token` is not a JWT.
    pub fn read(token: &str) -> Result<Self, MalformedJwt> {
        match token.split('.').collect::<Vec<_>>()[..] {
            [header, claims, _signature] => Ok(Self { header: object(header)?, claims: object(claims)? }),
            _ => Err(MalformedJwt),
        }
    }

    /// A short number for people to name the token by: four digits, computed from its session's id, so that it stays the same when
    /// the session is renewed. Without a session, its `jti` is used, and without that its `sub`. Two tokens may have the same number.
    /// It proves nothing.
    pub fn ticket_number(&self) -> u16 {
        let id = ["sid", "jti", "sub"]
            .into_iter()
            .find_map(|name| self.claims.get(name))
            .and_then(Value::as_str)
            .unwrap_or_default();
        // FNV-1a: spreads the few differing bits of similar ids over all four digits.
        let hash = id.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        u16::try_from(hash % 10_000).unwrap_or_default()
    }
}

/// Decodes one part of the token into its JSON object.
fn object(part: &str) -> Result<Map<String, Value>, MalformedJwt> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| MalformedJwt)?;
    serde_json::from_slice(&bytes).map_err(|_| MalformedJwt)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7519 §3.1.
    const RFC_7519: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9\
        .eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ\
        .dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    #[test]
    fn the_example_of_the_rfc_is_taken_apart() {
        let jwt = Jwt::read(RFC_7519).expect("the RFC's example");
        assert_eq!(jwt.header["alg"], "HS256");
        assert_eq!(jwt.claims["iss"], "joe");
        assert_eq!(jwt.claims["exp"], 1_300_819_380);
    }

    #[test]
    fn anything_else_is_malformed_and_never_a_panic() {
        for text in ["", ".", "..", "a.b.c", "e30.e30", "e30.e30.x.y", "W10.e30.x", "e30.bnVsbA.x", "é.é.é"] {
            assert_eq!(Jwt::read(text), Err(MalformedJwt), "{text:?}");
        }
    }

    #[test]
    fn a_ticket_number_has_four_digits_at_most_and_differs_between_similar_ids() {
        let number = |jti: &str| {
            let claims = Map::from_iter([("jti".to_owned(), Value::from(jti))]);
            Jwt { header: Map::new(), claims }.ticket_number()
        };
        assert!(number("3f2c") < 10_000);
        assert_ne!(number("3f2c"), number("3f2d"));
        assert_eq!(number("3f2c"), number("3f2c"));
    }
}
