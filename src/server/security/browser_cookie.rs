//! The cookie with which a browser keeps the refresh token of Cloakroom's own pages. No script can read it (`HttpOnly`), it goes to
//! the token endpoint only, and no other site's page can have it sent (`SameSite=Strict`, and see
//! [`ClientRequest::is_same_origin`](super::client_request::ClientRequest)). Each session has its own cookie: two tabs may be
//! signed in as two people.

use axum::http::{HeaderMap, header::COOKIE};
use cookie::{Cookie, SameSite, time::Duration};
use uuid::{Uuid, fmt::Hyphenated};

use super::refresh_token::RefreshToken;

/// Where the cookie goes.
const PATH: &str = "/token";
/// What each name begins with. A browser stores the first one only if the cookie came by HTTPS (RFC 6265bis §4.1.3.1).
const BY_HTTPS: &str = "__Secure-cloakroom-";
const BY_HTTP: &str = "cloakroom-";
/// How many cookies are read.
const MOST_READ: usize = 20;

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

/// The sessions of a request's cookies, each with its value. Other cookies are not read: cookies do not know ports, so another
/// program on the same host may have set them. Nor are more than a browser can have of ours.
pub fn read(headers: &HeaderMap, by_https: bool) -> Vec<(String, String)> {
    let texts = headers.get_all(COOKIE).iter().filter_map(|header| header.to_str().ok());
    let cookies = texts.flat_map(Cookie::split_parse).filter_map(Result::ok);
    let ours = cookies.filter_map(|cookie| {
        let session_id = cookie.name().strip_prefix(prefix(by_https)).filter(|id| is_session_id(id))?.to_owned();
        Some((session_id, cookie.value().to_owned()))
    });
    ours.take(MOST_READ).collect()
}

/// Whether this can be the id of a session. Only such an id becomes a part of a header.
pub fn is_session_id(id: &str) -> bool {
    id.len() == Hyphenated::LENGTH && Uuid::try_parse(id).is_ok()
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
    fn only_cookies_with_the_id_of_a_session_are_read() {
        let mut headers = HeaderMap::new();
        let id = |digit: char| format!("0198c0de-5e55-7000-8000-00000000000{digit}");
        let text = format!("theme=dark; cloakroom-{}=1; x; cloakroom-{}=2; cloakroom-a=3", id('a'), id('b'));
        headers.append(COOKIE, text.parse().expect("a header"));
        let text = format!("cloakroom-{}=3; __Secure-cloakroom-{}=4; cloakroom-{}x=5", id('c'), id('d'), id('e'));
        headers.append(COOKIE, text.parse().expect("a header"));
        let pairs = |pairs: &[(char, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(digit, value)| (id(*digit), (*value).to_owned())).collect()
        };
        assert_eq!(read(&headers, false), pairs(&[('a', "1"), ('b', "2"), ('c', "3")]));
        assert_eq!(read(&headers, true), pairs(&[('d', "4")]));
    }
}
