//! Where a request comes from. The address is the socket's; what `X-Forwarded-For` or `Forwarded` says counts only where
//! a trusted proxy says it, and only the one header that the proxy is known to set.

use std::{
    convert::Infallible,
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, request::Parts},
};

use crate::server::{
    settings::{ProxyHeader, ServerSettings},
    state::AppState,
};

/// The address of a client, as failures are counted: an IPv4 address, or the /64 of an IPv6 address, which is what one
/// household or machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    /// The client address that this address belongs to.
    pub fn new(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
            }
            address @ IpAddr::V4(_) => address,
        })
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(address) => write!(f, "{address}"),
            IpAddr::V6(prefix) => write!(f, "{prefix}/64"),
        }
    }
}

impl FromRequestParts<AppState> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let socket = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        // Only a router that is asked without a socket, as by a test, has none.
        let socket = socket.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(address)| address.ip());
        Ok(Self::new(client(socket, &parts.headers, &state.server)))
    }
}

/// The client behind `socket`: the first address, counted from this server, that is no trusted proxy's.
fn client(socket: IpAddr, headers: &HeaderMap, settings: &ServerSettings) -> IpAddr {
    let trusted = |address: IpAddr| settings.trusted_proxies.iter().any(|net| net.contains(&address.to_canonical()));
    let read = match settings.proxy_header {
        ProxyHeader::XForwardedFor => address,
        ProxyHeader::Forwarded => forwarded,
    };
    let mut client = socket;
    // Each proxy adds the address it was asked from at the end. What comes before the first that is not trusted was
    // written by whoever asked, and so was what is no address.
    for line in headers.get_all(settings.proxy_header.name()).iter().rev() {
        // Bytes that are not UTF-8 spoil the entry that they are in, and no other.
        for entry in split(&String::from_utf8_lossy(line.as_bytes()), b',') {
            if !trusted(client) {
                return client;
            }
            let Some(address) = read(entry.trim()) else { return client };
            client = address;
        }
    }
    client
}

/// The parts of `text` between the delimiters that are not within quotes (RFC 9110 §5.6.4), from the last to the first: a
/// client may have a say in what a proxy quotes. Read from the end, which is the proxy's, so that a quote that a client
/// leaves open spoils only what is before it.
fn split(text: &str, delimiter: u8) -> Vec<&str> {
    let bytes = text.as_bytes();
    let escaped = |position: usize| bytes[..position].iter().rev().take_while(|&&byte| byte == b'\\').count() % 2 == 1;
    let (mut quoted, mut end, mut parts) = (false, text.len(), Vec::new());
    for (position, &byte) in bytes.iter().enumerate().rev() {
        if byte == b'"' && !escaped(position) {
            quoted = !quoted;
        } else if byte == delimiter && !quoted {
            parts.push(&text[position + 1..end]);
            end = position;
        }
    }
    parts.push(&text[..end]);
    parts
}

/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:4711`.
fn address(text: &str) -> Option<IpAddr> {
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || text.parse::<SocketAddr>().map(|address| address.ip()).ok();
    text.parse().ok().or_else(with_port).or_else(bracketed)
}

/// The `for` of an element of `Forwarded` (RFC 7239 §4): `for=192.0.2.1;proto=https`, `for="[2001:db8::1]:4711"`.
fn forwarded(element: &str) -> Option<IpAddr> {
    let mut pairs = split(element, b';').into_iter().filter_map(|pair| pair.trim().split_once('='));
    let (_, node) = pairs.find(|(name, _)| name.eq_ignore_ascii_case("for"))?;
    address(node.trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The client's address, as it is counted, of a request from `socket` with these lines of `header`.
    fn seen(socket: &str, header: ProxyHeader, lines: &[&str]) -> String {
        let settings = ServerSettings {
            trusted_proxies: ["127.0.0.1/32", "10.0.0.0/8", "2001:db8:1::/48"].map(|net| net.parse().unwrap()).to_vec(),
            proxy_header: header,
            ..ServerSettings::default()
        };
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header.name(), line.parse().unwrap());
        }
        ClientAddress::new(client(socket.parse().unwrap(), &headers, &settings)).to_string()
    }

    fn x_forwarded_for(socket: &str, lines: &[&str]) -> String {
        seen(socket, ProxyHeader::XForwardedFor, lines)
    }

    #[test]
    fn an_ipv6_64_is_one_address_and_an_ipv4_in_ipv6_is_an_ipv4() {
        assert_eq!(x_forwarded_for("2001:db8::1", &[]), "2001:db8::/64");
        assert_eq!(x_forwarded_for("2001:db8::ffff:1", &[]), "2001:db8::/64");
        assert_eq!(x_forwarded_for("2001:db8:0:1::1", &[]), "2001:db8:0:1::/64");
        assert_eq!(x_forwarded_for("::ffff:192.0.2.1", &[]), "192.0.2.1");
    }

    #[test]
    fn who_is_no_trusted_proxy_speaks_for_itself_only() {
        assert_eq!(x_forwarded_for("192.0.2.1", &["198.51.100.1"]), "192.0.2.1");
        assert_eq!(seen("192.0.2.1", ProxyHeader::Forwarded, &["for=198.51.100.1"]), "192.0.2.1");
    }

    #[test]
    fn of_what_a_trusted_proxy_forwards_the_last_that_is_not_trusted_counts() {
        assert_eq!(x_forwarded_for("127.0.0.1", &["192.0.2.1"]), "192.0.2.1");
        assert_eq!(x_forwarded_for("::ffff:127.0.0.1", &["192.0.2.1"]), "192.0.2.1");
        assert_eq!(x_forwarded_for("127.0.0.1", &["1.1.1.1, 192.0.2.1"]), "192.0.2.1", "the first was made up");
        assert_eq!(x_forwarded_for("127.0.0.1", &["1.1.1.1,192.0.2.1,10.1.2.3"]), "192.0.2.1");
        assert_eq!(x_forwarded_for("127.0.0.1", &["1.1.1.1", "192.0.2.1, 10.1.2.3"]), "192.0.2.1");
        assert_eq!(x_forwarded_for("127.0.0.1", &["10.1.2.3"]), "10.1.2.3", "nobody in front of the proxies");
        assert_eq!(x_forwarded_for("127.0.0.1", &[]), "127.0.0.1");
    }

    #[test]
    fn what_is_no_address_is_passed_over_with_all_before_it() {
        for broken in ["", "unknown", "_hidden", "192.0.2", "1.1.1.1;", "\"", "192.0.2.1:x"] {
            assert_eq!(x_forwarded_for("127.0.0.1", &[&format!("192.0.2.1, {broken}")]), "127.0.0.1", "{broken:?}");
        }
    }

    #[test]
    fn addresses_are_read_with_ports_and_brackets_and_rfc_7239s_quotes() {
        for (text, expected) in
            [("192.0.2.1:4711", "192.0.2.1"), ("[2001:db8::1]:4711", "2001:db8::/64"), ("2001:db8::1", "2001:db8::/64")]
        {
            assert_eq!(x_forwarded_for("127.0.0.1", &[text]), expected);
        }
        let forwarded = |lines: &[&str]| seen("127.0.0.1", ProxyHeader::Forwarded, lines);
        assert_eq!(forwarded(&["for=192.0.2.1"]), "192.0.2.1");
        assert_eq!(forwarded(&["for=1.1.1.1, For=\"[2001:db8::1]:4711\";proto=https;by=10.0.0.1"]), "2001:db8::/64");
        assert_eq!(forwarded(&["proto=https"]), "127.0.0.1");
    }

    #[test]
    fn what_a_client_gets_a_proxy_to_quote_is_no_address() {
        let forwarded = |line: &str| seen("127.0.0.1", ProxyHeader::Forwarded, &[line]);
        assert_eq!(forwarded(r#"for=192.0.2.7;host="a,for=9.9.9.9""#), "192.0.2.7");
        assert_eq!(forwarded(r#"host="a;for=9.9.9.9;b";for=192.0.2.7"#), "192.0.2.7");
        assert_eq!(forwarded(r#"host="a\",for=9.9.9.9";for=192.0.2.7"#), "192.0.2.7");
    }

    #[test]
    fn a_byte_that_is_not_utf8_spoils_no_other_entry() {
        let settings =
            ServerSettings { trusted_proxies: vec!["127.0.0.1/32".parse().unwrap()], ..ServerSettings::default() };
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", axum::http::HeaderValue::from_bytes(b"\xff, 192.0.2.7").unwrap());
        assert_eq!(client("127.0.0.1".parse().unwrap(), &headers, &settings).to_string(), "192.0.2.7");
    }

    #[test]
    fn only_the_header_that_the_proxy_sets_is_read() {
        let settings = ServerSettings {
            trusted_proxies: vec!["127.0.0.1/32".parse().unwrap()],
            proxy_header: ProxyHeader::Forwarded,
            ..ServerSettings::default()
        };
        let headers = HeaderMap::from_iter([("x-forwarded-for".parse().unwrap(), "192.0.2.1".parse().unwrap())]);
        assert_eq!(client("127.0.0.1".parse().unwrap(), &headers, &settings).to_string(), "127.0.0.1");
    }
}

#[cfg(test)]
mod proptests;
