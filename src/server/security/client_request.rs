//! What a login or a renewal needs to know of its request: where it comes from, what the browser sends along by itself, and which
//! client has proved who it is.

use axum::{
    extract::FromRequestParts,
    http::{
        HeaderMap,
        header::{HOST, ORIGIN, USER_AGENT},
        request::Parts,
    },
};

use super::{address::ClientAddress, browser_cookie};
use crate::{
    error::ApiError,
    server::{state::AppState, store::ClientRow},
};

/// The longest name of a client that is kept, in characters.
const LONGEST_USER_AGENT: usize = 255;

/// Where a request comes from.
#[derive(Clone)]
pub struct ClientRequest {
    /// The client's address.
    pub address: ClientAddress,
    /// What the client calls itself (RFC 9110 §10.1.5).
    pub user_agent: Option<String>,
    /// The sessions that the browser has cookies of, the oldest cookie first, and each cookie's value.
    pub cookies: Vec<(String, String)>,
    /// The confidential client that has proved who it is. The handlers of OAuth2's endpoints fill it in.
    pub client: Option<ClientRow>,
    /// Whether a page of this server sent it, as far as a browser tells. Other clients tell nothing, and have no cookies of ours.
    is_same_origin: bool,
}

impl FromRequestParts<AppState> for ClientRequest {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let Ok(address) = ClientAddress::from_request_parts(parts, state).await;
        let user_agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
        Ok(Self {
            address,
            user_agent: user_agent.map(|text| text.chars().take(LONGEST_USER_AGENT).collect()),
            cookies: browser_cookie::read(&parts.headers, state.is_reached_by_https),
            client: None,
            is_same_origin: is_same_origin(&parts.headers),
        })
    }
}

impl ClientRequest {
    /// Refuses what another site's page sent, and what a confidential client sent: only our own pages use the browser's cookies.
    ///
    /// # Errors
    /// [`ApiError::invalid_request`].
    pub fn check_own_page(&self) -> Result<(), ApiError> {
        if self.client.is_some() {
            return Err(ApiError::invalid_request("A client that authenticates has no cookie: send no such field"));
        }
        if self.is_same_origin {
            Ok(())
        } else {
            Err(ApiError::invalid_request("Only pages of this server may do this"))
        }
    }

    /// Whether this request may use what belongs to `owner`, the id of a client. What belongs to nobody is everybody's.
    pub fn may_use(&self, owner: Option<&str>) -> bool {
        owner.is_none_or(|owner| self.client.as_ref().is_some_and(|client| client.client_id == owner))
    }

    /// The refresh token in the cookie of this session.
    pub fn cookie_of(&self, session_id: &str) -> Option<&str> {
        self.cookies.iter().find(|(of, _)| of == session_id).map(|(_, value)| &**value)
    }
}

/// Whether the browser says that one of our own pages sent the request: by `Sec-Fetch-Site`, or in an older browser by `Origin`.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    let Some(origin) = text(ORIGIN.as_str()) else { return true };
    origin.split_once("://").is_some_and(|(_, authority)| text(HOST.as_str()) == Some(authority))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_of_our_own_pages_unless_the_browser_says_otherwise() {
        let is_ours = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, value.parse().expect("a header"));
            }
            is_same_origin(&headers)
        };
        assert!(is_ours(&[("host", "a.example")]));
        assert!(is_ours(&[("host", "a.example"), ("origin", "https://a.example")]));
        assert!(is_ours(&[("host", "a.example"), ("sec-fetch-site", "same-origin"), ("origin", "null")]));
        for site in ["cross-site", "same-site", "none", ""] {
            assert!(!is_ours(&[("host", "a.example"), ("sec-fetch-site", site)]), "{site}");
        }
        for origin in ["https://b.example", "https://a.example:444", "https://a.example.b", "null", ""] {
            assert!(!is_ours(&[("host", "a.example"), ("origin", origin)]), "{origin}");
        }
    }
}
