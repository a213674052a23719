//! The cookie with which a browser keeps the refresh token of Cloakroom's own pages. No script can read it (`HttpOnly`), it goes to
//! the token endpoint only, and no other site's page can have it sent (`SameSite=Strict`, and see
//! [`ClientRequest::is_same_origin`](super::client_request::ClientRequest)). Each session has its own cookie: two tabs may be
//! signed in as two people.

use axum::http::{HeaderMap, header::COOKIE};
use cookie::{Cookie, SameSite, time::Duration};

use super::refresh_token::RefreshToken;

/// Where the cookie goes.
const PATH: &str = "/token";
/// What each name begins with. A browser stores the first one only if the cookie came by HTTPS (RFC 6265bis §4.1.3.1).
const BY_HTTPS: &str = "__Secure-cloakroom-";
const BY_HTTP: &str = "cloakroom-";

/// The cookie for a session's refresh token, as the value of `Set-Cookie`. With `max_age`, in seconds, it outlives the browser.
pub fn set(session_id: &str, token: &RefreshToken, by_https: bool, max_age: Option<i64>) -> String {
    let mut cookie = cookie(session_id, token.text(), by_https);
    cookie.set_max_age(max_age.map(Duration::seconds));
    cookie.to_string()
}

/// Removes a session's cookie, as the value of `Set-Cookie`.
pub fn clear(session_id: &str, by_https: bool) -> String {
    let mut cookie = cookie(session_id, String::new(), by_https);
    cookie.make_removal();
    cookie.to_string()
}

fn cookie(session_id: &str, value: String, by_https: bool) -> Cookie<'static> {
    let name = format!("{}{session_id}", prefix(by_https));
    Cookie::build((name, value)).http_only(true).same_site(SameSite::Strict).secure(by_https).path(PATH).build()
}

/// The sessions of a request's cookies, each with its value. A browser sends the oldest first (RFC 6265 §5.4).
pub fn read(headers: &HeaderMap, by_https: bool) -> Vec<(String, String)> {
    let texts = headers.get_all(COOKIE).iter().filter_map(|header| header.to_str().ok());
    let cookies = texts.flat_map(Cookie::split_parse).filter_map(Result::ok);
    let ours = cookies.filter_map(|cookie| {
        let session_id = cookie.name().strip_prefix(prefix(by_https))?.to_owned();
        Some((session_id, cookie.value().to_owned()))
    });
    ours.collect()
}

fn prefix(by_https: bool) -> &'static str {
    if by_https { BY_HTTPS } else { BY_HTTP }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_goes_to_the_token_endpoint_only_and_no_script_reads_it() {
        let token = RefreshToken::new().expect("randomness");
        let text = token.text();
        assert_eq!(
            set("a-b", &token, true, Some(60)),
            format!("__Secure-cloakroom-a-b={text}; HttpOnly; SameSite=Strict; Secure; Path=/token; Max-Age=60")
        );
        assert_eq!(
            set("a-b", &token, false, None),
            format!("cloakroom-a-b={text}; HttpOnly; SameSite=Strict; Path=/token")
        );
        assert!(
            clear("a-b", true)
                .starts_with("__Secure-cloakroom-a-b=; HttpOnly; SameSite=Strict; Secure; Path=/token; Max-Age=0")
        );
    }

    #[test]
    fn only_our_cookies_are_read_in_their_order() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "theme=dark; cloakroom-a=1; x; cloakroom-b=2".parse().expect("a header"));
        headers.append(COOKIE, "cloakroom-c=3; __Secure-cloakroom-d=4".parse().expect("a header"));
        let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        assert_eq!(read(&headers, false), pairs(&[("a", "1"), ("b", "2"), ("c", "3")]));
        assert_eq!(read(&headers, true), pairs(&[("d", "4")]));
    }
}
