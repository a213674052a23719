//! Properties of all headers, from any sender.

use axum::http::{HeaderValue, Request};
use proptest::{collection::vec, prelude::*, sample::select};

use super::*;
use crate::server::{
    clock,
    security::jwt::NewClaims,
    settings::{DatabaseSettings, DemoSettings, Settings},
};

/// Arbitrary bytes that a header may hold, often a scheme and a token: `token` or another one.
fn header(token: String) -> impl Strategy<Value = HeaderValue> {
    let any_bytes = || vec(any::<u8>(), 0..8);
    let one_of = |parts: &'static [&'static str]| select(parts).prop_map(|part| part.as_bytes().to_vec());
    let scheme = prop_oneof![4 => one_of(&["Bearer", "bearer", "Basic", ""]), 1 => any_bytes()];
    let gap = prop_oneof![4 => one_of(&[" ", "  ", "\t", "", ", ", "="]), 1 => any_bytes()];
    let token = prop_oneof![4 => Just(token.into_bytes()), 1 => one_of(&["e30.e30.", "..", "."]), 1 => any_bytes()];
    let end = prop_oneof![4 => one_of(&["", "", " ", ".", "=", ",Bearer"]), 1 => any_bytes()];
    (scheme, gap, token, end).prop_filter_map("no header", |(scheme, gap, token, end)| {
        HeaderValue::from_bytes(&[scheme, gap, token, end].concat()).ok()
    })
}

/// Whether the header is `Bearer` in any case of letters, one or more spaces, and `token`.
fn is_right(header: &HeaderValue, token: &str) -> bool {
    let text = header.to_str().unwrap_or_default();
    let (scheme, rest) = text.split_once(' ').unwrap_or_default();
    scheme.eq_ignore_ascii_case("bearer") && rest.trim_start_matches(' ') == token
}

#[test]
fn no_header_lets_anybody_in_but_bearer_and_a_token_of_ours() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let settings = Settings {
        database: DatabaseSettings::at(format!("sqlite://{}", folder.path().join("cloakroom.db").display())),
        demo: DemoSettings { enabled: true },
        ..Settings::default()
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let state = runtime.block_on(AppState::open(&settings)).expect("a server that starts");
    let johndoe = runtime.block_on(state.store.find_account("johndoe")).expect("a demo user").user;
    let now = clock::unix_seconds();
    let claims = NewClaims {
        sub: "johndoe",
        exp: now + 3600,
        iat: now,
        jti: "a-b-c",
        scope: "me",
        auth_time: 0,
        user_id: &johndoe.id,
        password_version: 0,
        sid: None,
    };
    let token = state.keys.create_access_token(&claims, claims.iat).expect("a token");
    proptest!(|(headers in vec(header(token.clone()), 1..3))| {
        let mut request = Request::new(());
        request.headers_mut().extend(headers.iter().map(|header| (AUTHORIZATION, header.clone())));
        let (mut parts, ()) = request.into_parts();
        let user = runtime.block_on(ValidToken::from_request_parts(&mut parts, &state));
        let right = matches!(&headers[..], [header] if is_right(header, &token));
        prop_assert_eq!(user.is_ok(), right);
    });
}
