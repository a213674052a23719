//! HTTP/1.1's rules for a request's header that hyper leaves to the application. A server and a proxy in front of it
//! must not read one request in two ways.

use std::net::Ipv6Addr;

use axum::{
    extract::Request,
    http::{
        HeaderValue, Version,
        header::{CONNECTION, HOST, TRANSFER_ENCODING},
    },
    response::{IntoResponse, Response},
};

use crate::error::ApiError;

/// Checks `Host` (RFC 9112 §3.2) and `Transfer-Encoding` (RFC 9112 §6.1).
///
/// # Errors
/// [`ApiError::invalid_host`], [`ApiError::invalid_transfer_encoding`], [`ApiError::unknown_transfer_encoding`].
pub fn check(request: &Request) -> Result<(), ApiError> {
    let headers = request.headers();
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) if is_host(host) => {}
        // HTTP/1.0 does not require `Host`.
        (None, None) if request.version() == Version::HTTP_10 => {}
        _ => return Err(ApiError::invalid_host()),
    }
    let mut encodings = headers.get_all(TRANSFER_ENCODING).iter();
    let Some(first) = encodings.next() else { return Ok(()) };
    if first.as_bytes().eq_ignore_ascii_case(b"chunked") && encodings.next().is_none() {
        return Ok(());
    }
    let is_chunked = |line: &HeaderValue| {
        let codings = line.to_str().unwrap_or_default().split(',');
        codings.map(str::trim).all(|coding| coding.is_empty() || coding.eq_ignore_ascii_case("chunked"))
    };
    // `chunked` twice is malformed. This server knows no other coding.
    let chunked_only = headers.get_all(TRANSFER_ENCODING).iter().all(is_chunked);
    Err(if chunked_only { ApiError::invalid_transfer_encoding() } else { ApiError::unknown_transfer_encoding() })
}

/// Answers a request that breaks these rules. The connection is closed: a proxy may have read another end of this
/// request, and so another begin of the next.
pub fn refuse(error: ApiError) -> Response {
    ([(CONNECTION, "close")], error).into_response()
}

/// Whether this is a host, with a port or without (RFC 3986 §3.2.2, §3.2.3). Every request asks: so nothing is
/// allocated.
fn is_host(value: &HeaderValue) -> bool {
    let Ok(text) = value.to_str() else { return false };
    let is_in_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=".contains(&byte);
    let (is_host, port) = match text.strip_prefix('[').map(|rest| rest.split_once(']')) {
        Some(Some((address, port))) => (address.parse::<Ipv6Addr>().is_ok(), port),
        Some(None) => return false,
        None => {
            let (name, port) = text.split_at(text.find(':').unwrap_or(text.len()));
            (!name.is_empty() && name.bytes().all(is_in_name), port)
        }
    };
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_port = |digits: &str| digits.is_empty() || is_number(digits) && digits.parse::<u16>().is_ok();
    is_host && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_with_a_port_or_without() {
        for host in ["localhost", "a.example", "a_b.example", "127.0.0.1:3000", "[::1]", "[::1]:443", "a.example:"] {
            assert!(is_host(&HeaderValue::from_static(host)), "{host}");
        }
        for host in [
            "", "a b", "a/b", "a b/<>", "<>", "a@b", "a:b", "a:99999", "a:+1", "[::1", "::1", "[zz]", "a[b]", "[]",
            "a?b", "a#b", ":80",
        ] {
            assert!(!is_host(&HeaderValue::from_static(host)), "{host}");
        }
        assert!(!is_host(&HeaderValue::from_bytes(b"\xff").expect("a header value")));
    }
}
