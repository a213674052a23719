//! Properties of all headers, from any sender.

use axum::http::HeaderValue;
use proptest::{collection::vec, prelude::*, sample::select};

use super::*;

/// A server behind proxies in 10.0.0.0/8 and 2001:db8:1::/48.
fn settings() -> impl Strategy<Value = ServerSettings> {
    select(&[ProxyHeader::XForwardedFor, ProxyHeader::Forwarded][..]).prop_map(|proxy_header| ServerSettings {
        trusted_proxies: ["10.0.0.0/8", "2001:db8:1::/48"].map(|net| net.parse().expect("a network")).to_vec(),
        proxy_header,
        ..ServerSettings::default()
    })
}

/// Arbitrary bytes that a header may hold, often made of the parts of such a header.
fn line() -> impl Strategy<Value = HeaderValue> {
    let part = prop_oneof![
        4 => select(&[",", ", ", ";", "=", "\"", "[", "]", ":", "for=", "For=\"[", "proto=https", "unknown", ":80"][..])
            .prop_map(|part| part.as_bytes().to_vec()),
        2 => prop_oneof![any::<IpAddr>(), Just(IpAddr::from([10, 0, 0, 1]))]
            .prop_map(|address| address.to_string().into_bytes()),
        1 => vec(any::<u8>(), 0..8),
    ];
    vec(part, 0..10).prop_filter_map("no header", |parts| HeaderValue::from_bytes(&parts.concat()).ok())
}

/// The headers of a request with these lines in both headers.
fn headers(lines: &[HeaderValue]) -> HeaderMap {
    let both = |line: &HeaderValue| ["x-forwarded-for", "forwarded"].map(|name| (name, line.clone()));
    lines.iter().flat_map(both).map(|(name, line)| (name.parse().expect("a name"), line)).collect()
}

proptest! {
    #[test]
    fn who_is_no_trusted_proxy_has_their_own_address_whatever_they_send(
        socket in any::<IpAddr>(),
        lines in vec(line(), 0..4),
        settings in settings(),
    ) {
        prop_assume!(!settings.trusted_proxies.iter().any(|net| net.contains(&socket.to_canonical())));
        prop_assert_eq!(client(socket, &headers(&lines), &settings), socket);
    }

    #[test]
    fn what_a_client_sends_to_a_trusted_proxy_changes_nothing(
        address in any::<IpAddr>(),
        proxy in select(&["10.0.0.1", "::ffff:10.0.0.1", "2001:db8:1::1"][..]),
        lines in vec(line(), 0..4),
        settings in settings(),
    ) {
        prop_assume!(!settings.trusted_proxies.iter().any(|net| net.contains(&address.to_canonical())));
        let added = match settings.proxy_header {
            ProxyHeader::XForwardedFor => address.to_string(),
            ProxyHeader::Forwarded => format!("for=\"[{address}]\""),
        };
        let proxy = proxy.parse().expect("an address");
        let mut lines = lines;
        lines.push(added.parse().expect("a header"));
        prop_assert_eq!(client(proxy, &headers(&lines), &settings), address, "a line of its own");
        if let Some(line) = lines.iter().rev().nth(1) {
            let line = HeaderValue::from_bytes(&[line.as_bytes(), b", ", added.as_bytes()].concat()).expect("a header");
            prop_assert_eq!(client(proxy, &headers(&[line]), &settings), address, "on the client's line");
        }
    }

    #[test]
    fn every_address_is_read_in_each_of_its_forms(ip in any::<IpAddr>(), port in any::<u16>()) {
        let with_port = SocketAddr::new(ip, port);
        for text in [ip.to_string(), with_port.to_string(), format!("[{ip}]")] {
            prop_assert_eq!(address(&text), Some(ip), "{}", text);
            prop_assert_eq!(forwarded(&format!("proto=https;FOR=\"{text}\"")), Some(ip), "{}", text);
        }
    }

    #[test]
    fn no_text_makes_the_readers_panic(text in vec(any::<char>(), 0..40).prop_map(String::from_iter), line in line()) {
        for text in [&text, line.to_str().unwrap_or_default()] {
            let _ = (address(text), forwarded(text));
        }
    }
}
