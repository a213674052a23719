//! Reads a client's id and secret from `Authorization: Basic …` (RFC 7617). Whether they are right is decided in `server::clients`.

use axum::http::{HeaderMap, header::AUTHORIZATION};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::client_secret::ClientSecret;
use crate::{error::ApiError, form, model::ClientName};

/// What a client has sent to say who it is.
#[derive(Debug)]
pub enum Sent {
    /// Nothing, or a header of another scheme.
    Nothing,
    /// A header that cannot be read, or whose id no client can have.
    Malformed,
    /// An id and a secret, unchecked.
    Credentials {
        /// The name in the client's id.
        client: ClientName,
        /// The client's secret.
        secret: ClientSecret,
    },
}

/// What these headers say. An id that no confidential client can have, without a secret, counts as nothing: so public clients say who
/// they are. oauthlib sends its `client_id` so at each login, and Swagger UI an empty one.
///
/// # Errors
/// [`ApiError::repeated_authorization`].
pub fn read(headers: &HeaderMap) -> Result<Sent, ApiError> {
    let mut headers = headers.get_all(AUTHORIZATION).iter();
    let Some(header) = headers.next() else { return Ok(Sent::Nothing) };
    if headers.next().is_some() {
        return Err(ApiError::repeated_authorization());
    }
    let header = header.as_bytes();
    let end_of_scheme = header.iter().position(|&byte| byte == b' ').unwrap_or(header.len());
    let (scheme, credentials) = header.split_at(end_of_scheme);
    if !scheme.eq_ignore_ascii_case(b"Basic") {
        return Ok(Sent::Nothing);
    }
    Ok(match decoded(credentials.trim_ascii()) {
        Some((client_id, secret)) => match ClientName::of_client_id(&client_id) {
            Some(client) => Sent::Credentials { client, secret: ClientSecret::sent(secret) },
            None if secret.is_empty() => Sent::Nothing,
            None => Sent::Malformed,
        },
        None => Sent::Malformed,
    })
}

/// The id and the secret. Each is encoded like a form's value before base64 (RFC 6749 §2.3.1). Many clients leave that out. Ours have
/// no character for which that would make a difference.
fn decoded(credentials: &[u8]) -> Option<(String, String)> {
    let pair = STANDARD.decode(credentials).ok()?;
    let colon = pair.iter().position(|&byte| byte == b':')?;
    let (client_id, secret) = (pair.get(..colon)?, pair.get(colon + 1..)?);
    Some((form::decode(client_id).ok()?, form::decode(secret).ok()?))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn sent(header: &[u8]) -> Sent {
        let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_bytes(header).expect("a header"))]);
        read(&headers).expect("one header")
    }

    fn basic(pair: impl AsRef<[u8]>) -> Vec<u8> {
        format!("Basic {}", STANDARD.encode(pair)).into_bytes()
    }

    #[test]
    fn an_id_and_a_secret_are_read_encoded_or_plain() {
        for pair in ["client/a:s_1-x", "client%2Fa:s_1-x", "client%2fa:s%5F1-x"] {
            let Sent::Credentials { client, secret } = sent(&basic(pair)) else { panic!("{pair}") };
            assert_eq!((client.as_str(), secret.text()), ("a", "s_1-x"), "{pair}");
        }
        let Sent::Credentials { secret, .. } = sent(&basic("client/a:b:c")) else { panic!("two colons") };
        assert_eq!(secret.text(), "b:c");
        let header = String::from_utf8(basic("client/a:b")).expect("text").replace("Basic ", "bAsIc   ");
        assert!(matches!(sent(header.as_bytes()), Sent::Credentials { .. }));
    }

    #[test]
    fn what_cannot_be_read_or_can_be_no_client_is_malformed() {
        let unreadable = [&b"client/a"[..], b"", b"client/a%:b", b"client/a:%zz", b"client/a:\xff", b"client/%ff:b"];
        let nobodys = ["a:b", "client:b", "client/:b", "client/a/b:c", ":b"].map(basic);
        let pairs = unreadable.map(basic).into_iter().chain(nobodys);
        let headers = [&b"Basic"[..], b"Basic ", b"Basic !", b"Basic YTpi YTpi", b"Basic YTpi=", b"Basic \xff"];
        for header in headers.into_iter().map(<[u8]>::to_vec).chain(pairs) {
            assert!(matches!(sent(&header), Sent::Malformed), "{:?}", String::from_utf8_lossy(&header));
        }
    }

    #[test]
    fn another_scheme_says_nothing_and_so_does_a_public_client_without_a_secret() {
        let public = [":", "my-app:", "client/:", "client:"].map(basic);
        let headers = [&b"Bearer YTpi"[..], b"", b"Basics YTpi", b"Basic Og==", b"\xff"];
        for header in headers.into_iter().map(<[u8]>::to_vec).chain(public) {
            assert!(matches!(sent(&header), Sent::Nothing), "{:?}", String::from_utf8_lossy(&header));
        }
        assert!(matches!(sent(&basic("client/a:")), Sent::Credentials { .. }));
        assert!(matches!(read(&HeaderMap::new()), Ok(Sent::Nothing)));
    }

    #[test]
    fn two_headers_are_refused() {
        let headers = [basic("a:b"), basic("a:b")]
            .map(|header| (AUTHORIZATION, HeaderValue::from_bytes(&header).expect("a header")));
        let mut both = HeaderMap::new();
        for (name, value) in headers {
            both.append(name, value);
        }
        assert!(read(&both).is_err());
    }
}

#[cfg(test)]
mod proptests;
