//! `Accept-Encoding` (RFC 9110 §12.5.3): which content codings a client accepts.

use axum::{
    extract::Request,
    http::{HeaderMap, header::ACCEPT_ENCODING},
};

/// Removes an `Accept-Encoding` that refuses every coding of this server, `identity` included. An answer in another
/// coding is more useful than a 406. RFC 9110 leaves the choice to the server.
pub fn without_the_impossible(mut request: Request) -> Request {
    if !["br", "gzip", "identity"].iter().any(|coding| accepts(request.headers(), coding)) {
        request.headers_mut().remove(ACCEPT_ENCODING);
    }
    request
}

/// Whether the client accepts gzip, with at least the weight of no coding (`identity`).
pub fn prefers_gzip(headers: &HeaderMap) -> bool {
    accepts(headers, "gzip") && weight(headers, "gzip") >= weight(headers, "identity")
}

fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    // A coding that is not listed is not accepted, except `identity`.
    weight(headers, coding).map_or(coding == "identity", |weight| weight > 0.0)
}

/// The weight (`q`) of a coding, its own or that of `*`; `None` if the header has neither.
fn weight(headers: &HeaderMap, coding: &str) -> Option<f32> {
    let lines = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    let mut of_all = None;
    for entry in lines.flat_map(|line| line.split(',')) {
        let (name, weight) = entry.split_once(';').map_or((entry, "q=1"), |(name, weight)| (name, weight.trim()));
        // A malformed entry counts as not sent.
        let Some(weight) = read_weight(weight) else { continue };
        match name.trim() {
            name if name.eq_ignore_ascii_case(coding) => return Some(weight),
            "*" => of_all = of_all.or(Some(weight)),
            _ => {}
        }
    }
    of_all
}

/// The number of `q=0.5`: 0 to 1, with three decimals at most (RFC 9110 §12.4.2).
fn read_weight(text: &str) -> Option<f32> {
    let number = text.strip_prefix("q=").or_else(|| text.strip_prefix("Q="))?;
    let is_number = number.len() <= 5 && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    number.parse().ok().filter(|weight| is_number && *weight <= 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(accept_encoding: &str) -> HeaderMap {
        HeaderMap::from_iter([(ACCEPT_ENCODING, accept_encoding.parse().expect("a header value"))])
    }

    #[test]
    fn a_client_prefers_gzip_unless_it_refuses_it_or_likes_none_better() {
        for header in ["gzip", "br, gzip", "GZIP;q=0.1", "*", "identity;q=0.5, gzip", "gzip;q=0.5, identity;q=0.5"] {
            assert!(prefers_gzip(&headers(header)), "{header}");
        }
        for header in ["", "br", "identity", "gzip;q=0", "*;q=0", "gzip;q=0, *", "gzip;q=0.5, identity", "gzip;q=x"] {
            assert!(!prefers_gzip(&headers(header)), "{header}");
        }
        assert!(!prefers_gzip(&HeaderMap::new()));
    }

    #[test]
    fn only_a_header_that_refuses_all_there_is_is_removed() {
        for (header, kept) in [
            ("identity;q=0", false),
            ("*;q=0", false),
            ("identity;q=0, zstd", false),
            ("br;q=0, gzip;q=0.0, identity;q=0.000", false),
            ("identity;q=0, br;q=0.0001, gzip;q=2, gzip;q=x", false),
            ("identity;q=0, br", true),
            ("*;q=0, gzip", true),
            ("zstd", true),
            ("gzip, br", true),
        ] {
            let mut request = Request::default();
            *request.headers_mut() = headers(header);
            let request = without_the_impossible(request);
            assert_eq!(request.headers().contains_key(ACCEPT_ENCODING), kept, "{header}");
        }
    }
}
