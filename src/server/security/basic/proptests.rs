//! Properties of all headers, from any sender.

use axum::http::HeaderValue;
use proptest::{collection::vec, prelude::*, sample::select};

use super::*;

/// Arbitrary bytes that a header may hold, often a scheme and base64.
fn header() -> impl Strategy<Value = HeaderValue> {
    let any_bytes = || vec(any::<u8>(), 0..12);
    let one_of = |parts: &'static [&'static str]| select(parts).prop_map(|part| part.as_bytes().to_vec());
    let scheme = prop_oneof![4 => one_of(&["Basic", "basic", "Bearer", ""]), 1 => any_bytes()];
    let gap = prop_oneof![4 => one_of(&[" ", "  ", "\t", ""]), 1 => any_bytes()];
    let pair = any_bytes().prop_map(|pair| STANDARD.encode(pair).into_bytes());
    let credentials = prop_oneof![2 => pair, 1 => one_of(&["Og==", "YTpi", "YTpi=", "JTpi"]), 1 => any_bytes()];
    (scheme, gap, credentials)
        .prop_filter_map("no header", |parts| HeaderValue::from_bytes(&[parts.0, parts.1, parts.2].concat()).ok())
}

fn sent(header: HeaderValue) -> Sent {
    read(&HeaderMap::from_iter([(AUTHORIZATION, header)])).expect("one header")
}

proptest! {
    #[test]
    fn only_a_header_of_the_scheme_basic_has_credentials(header in header()) {
        let is_basic = header.as_bytes().get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"basic"));
        match sent(header) {
            Sent::Credentials { .. } | Sent::Malformed => prop_assert!(is_basic),
            Sent::Nothing => {}
        }
    }

    #[test]
    fn a_clients_id_and_a_secret_of_any_characters_are_read_back_if_they_are_encoded(
        name in "[A-Za-z0-9._-]{1,64}",
        secret in ".{1,40}",
    ) {
        let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let pair = STANDARD.encode(format!("{}:{}", encoded(&format!("client/{name}")), encoded(&secret)));
        let header = HeaderValue::try_from(format!("Basic {pair}")).expect("a header");
        let Sent::Credentials { client, secret: read } = sent(header) else {
            return Err(TestCaseError::fail("no credentials"));
        };
        prop_assert_eq!((client.as_str(), read.text()), (&*name, &*secret));
    }
}
