//! The address of a request's client. It is the socket's address. Behind trusted proxies it is the address in
//! `X-Forwarded-For` or `Forwarded`; the settings name one of the two. These headers are ignored if they come from
//! anybody else.

use std::{
    convert::Infallible,
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, FromRef, FromRequestParts},
    http::{HeaderMap, request::Parts},
};

use crate::server::settings::{ProxyHeader, ServerSettings};

/// The address of a client, for the rate limit: an IPv4 address, or the /64 of an IPv6 address. One machine or
/// household has at least a /64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

/// A network for which failures are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Network {
    /// One client address.
    Address(ClientAddress),
    /// The first 56 bits of an IPv6 address.
    Household(u64),
    /// The first 48 bits of an IPv6 address.
    Site(u64),
}

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

    /// The networks that this address is in, the smallest first: itself and, for IPv6, its /56 and its /48.
    pub fn networks(self) -> impl Iterator<Item = Network> {
        let larger = match self.0 {
            IpAddr::V6(prefix) => {
                let [a, b, c, d, ..] = prefix.segments().map(u64::from);
                let prefix = a << 48 | b << 32 | c << 16 | d;
                Some([Network::Household(prefix >> 8), Network::Site(prefix >> 16)])
            }
            IpAddr::V4(_) => None,
        };
        std::iter::once(Network::Address(self)).chain(larger.into_iter().flatten())
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

impl<S: Sync> FromRequestParts<S> for ClientAddress
where
    Arc<ServerSettings>: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let socket = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        // Only tests call the router without a socket.
        let socket = socket.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(address)| address.ip());
        Ok(Self::new(client(socket, &parts.headers, &Arc::from_ref(state))))
    }
}

/// The client behind `socket`. It is the first address, counted from this server, that is not a trusted proxy's.
fn client(socket: IpAddr, headers: &HeaderMap, settings: &ServerSettings) -> IpAddr {
    let trusted = |address: IpAddr| settings.trusted_proxies.iter().any(|net| net.contains(&address.to_canonical()));
    let read = match settings.proxy_header {
        ProxyHeader::XForwardedFor => address,
        ProxyHeader::Forwarded => forwarded,
    };
    let mut client = socket;
    // Each proxy appends the address of its client, so the entries are read from the end. The first address that is not
    // trusted is the client. The client wrote all entries before it. An entry that is not an address also comes from
    // that client, so the search ends there.
    for line in headers.get_all(settings.proxy_header.name()).iter().rev() {
        // Bytes that are not UTF-8 make only their own entry invalid.
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

/// The parts of `text` between the delimiters, last part first. Delimiters inside quotes do not count (RFC 9110
/// §5.6.4). A proxy may quote text that a client chose. The proxy writes the end of the line. The text is read from the
/// end, so a quote that a client leaves open affects only the parts before it.
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

    /// The client's address for the rate limit, of a request from `socket` with these lines of `header`.
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
        assert_eq!(x_forwarded_for("127.0.0.1", &["1.1.1.1, 192.0.2.1"]), "192.0.2.1", "the client made up the first");
        assert_eq!(x_forwarded_for("127.0.0.1", &["1.1.1.1,192.0.2.1,10.1.2.3"]), "192.0.2.1");
        assert_eq!(x_forwarded_for("127.0.0.1", &["1.1.1.1", "192.0.2.1, 10.1.2.3"]), "192.0.2.1");
        assert_eq!(x_forwarded_for("127.0.0.1", &["10.1.2.3"]), "10.1.2.3", "no client in front of the proxies");
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
