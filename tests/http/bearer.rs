//! Each row of the bearer token's table, at every endpoint that requires a token.

use axum::{
    body::Body,
    http::{HeaderValue, Method, Request, header},
};
use cloakroom::{
    model::{ITEMS, ME, ME_WRITE, Scopes},
    server::clock,
};

use super::support::{Answer, Client, SECRET_KEY, TestApp};

const ENDPOINTS: [&str; 6] = ["/users/me", "/users/me/", "/users/me/items", "/users/me/items/", "/status", "/status/"];

/// `GET path` with these values of `Authorization`.
async fn authorized(client: &Client, path: &str, values: &[&[u8]]) -> Answer {
    let mut request = Request::get(path).body(Body::empty()).expect("a request");
    for value in values {
        let value = HeaderValue::from_bytes(value).expect("a header value");
        request.headers_mut().append(header::AUTHORIZATION, value);
    }
    client.send(request).await
}

#[track_caller]
fn assert_invalid_token(answer: &Answer) {
    answer.assert_refused(401, "Could not validate credentials");
    assert_eq!(answer.header("www-authenticate"), r#"Bearer error="invalid_token""#);
}

#[tokio::test]
async fn no_authorization_or_another_scheme_is_not_authenticated() {
    let app = TestApp::start().await;
    let others: [&[u8]; 5] = [b"Basic YWRhOnNlY3JldA==", b"", b"Bearerx y", b"Token x", b"\xff"];
    for path in ENDPOINTS {
        for values in others.iter().map(std::slice::from_ref).chain([&[][..]]) {
            let answer = authorized(&app.anonymous(), path, values).await;
            answer.assert_refused(401, "Not authenticated");
            assert_eq!(answer.header("www-authenticate"), "Bearer", "{path} {values:?}");
            answer.assert_not_stored();
        }
    }
}

#[tokio::test]
async fn a_malformed_forged_or_expired_token_is_invalid() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let expired = app.sign("ada", clock::unix_seconds());
    let mut forged = app.sign("ada", clock::unix_seconds() + 60);
    let last = if forged.pop() == Some('A') { 'E' } else { 'A' };
    forged.push(last);
    for path in ENDPOINTS {
        for token in ["", " ", "x", "a.b.c", "a b", "a, b", "\u{e9}", &"a".repeat(64 * 1024), &expired, &forged] {
            let answer = authorized(&app.anonymous(), path, &[format!("Bearer {token}").as_bytes()]).await;
            assert_invalid_token(&answer);
        }
        assert_invalid_token(&authorized(&app.anonymous(), path, &[b"Bearer"]).await);
        assert_invalid_token(&authorized(&app.anonymous(), path, &[b"Bearer \xff\xfe"]).await);
    }
}

#[tokio::test]
async fn a_token_whose_user_is_gone_or_never_was_is_invalid() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    assert_eq!(ada.get("/users/me").await.status, 200);
    app.execute("DELETE FROM users WHERE username = 'ada'").await;
    assert_invalid_token(&ada.get("/users/me").await);
    let nobody = app.with_token(&app.sign("nobody", clock::unix_seconds() + 60));
    assert_invalid_token(&nobody.get("/users/me").await);
}

#[tokio::test]
async fn a_valid_token_without_the_scope_is_forbidden_and_told_which_it_needs() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let with_scope = async |scope: &str| app.log_in_for("ada", scope).await;
    for (scope, path, needed) in [
        ("items", "/users/me", "me"),
        ("me:write", "/users/me/", "me"),
        ("me", "/users/me/items", "me items"),
        ("items", "/users/me/items/", "me items"),
    ] {
        let answer = with_scope(scope).await.get(path).await;
        answer.assert_refused(403, "Not enough permissions");
        let challenge = format!(r#"Bearer error="insufficient_scope", scope="{needed}""#);
        assert_eq!(answer.header("www-authenticate"), challenge);
    }
    assert_eq!(with_scope("me").await.get("/users/me").await.status, 200);
    assert_eq!(with_scope("me items").await.get("/users/me/items").await.status, 200);
    assert_eq!(with_scope("items:write").await.get("/status").await.status, 200, "any valid token");
}

#[tokio::test]
async fn a_valid_token_of_a_disabled_user_is_answered_with_inactive_user_whatever_its_scopes() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::new(ME_WRITE)).await;
    let ada = app.log_in("ada").await;
    app.set_disabled("ada", true).await;
    for path in ENDPOINTS {
        let answer = ada.get(path).await;
        answer.assert_refused(400, "Inactive user");
        assert_eq!(answer.header("www-authenticate"), "");
    }
}

#[tokio::test]
async fn two_authorization_headers_are_a_bad_request() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let token = format!("Bearer {}", app.sign("ada", clock::unix_seconds() + 60));
    for path in ENDPOINTS {
        for other in [token.as_bytes(), b"Basic x"] {
            let answer = authorized(&app.anonymous(), path, &[token.as_bytes(), other]).await;
            assert_eq!(answer.status, 400);
            assert!(answer.json()["detail"].is_string());
        }
    }
}

#[tokio::test]
async fn the_name_of_the_scheme_may_be_written_in_any_case() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let token = app.sign("ada", clock::unix_seconds() + 60);
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        let answer = authorized(&app.anonymous(), "/users/me", &[format!("{scheme} {token}").as_bytes()]).await;
        assert_eq!(answer.status, 200, "{scheme}");
    }
}

#[tokio::test]
async fn a_token_in_the_query_is_not_read() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let token = app.sign("ada", clock::unix_seconds() + 60);
    let answer = app.anonymous().get(&format!("/users/me?access_token={token}")).await;
    answer.assert_refused(401, "Not authenticated");
}

#[tokio::test]
async fn a_token_of_pyjwt_with_only_sub_and_exp_has_its_users_own_scopes() {
    // jwt.encode({"sub": "johndoe", "exp": 4102444800}, SECRET_KEY, algorithm="HS256")
    let token = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9\
        .eyJzdWIiOiJqb2huZG9lIiwiZXhwIjo0MTAyNDQ0ODAwfQ.4sh0Q1TUl-n_pM9DffzrC-WTE2hGuun7_RrAC6Ce1Rg";
    let app = TestApp::start().await;
    app.create("johndoe", Scopes::new(ME)).await;
    let johndoe = app.with_token(token);
    assert_eq!(johndoe.get("/users/me").await.status, 200);
    assert_eq!(johndoe.get("/users/me/items").await.status, 403);
}

#[tokio::test]
async fn an_address_in_a_token_is_never_called() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("a listener");
    let url = format!("http://{}/keys", listener.local_addr().expect("an address"));
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let key = jsonwebtoken::EncodingKey::from_secret(SECRET_KEY.as_bytes());
    let claims = serde_json::json!({"sub": "ada", "exp": clock::unix_seconds() + 60});
    for (jku, x5u) in [(Some(url.clone()), None), (None, Some(url))] {
        let header = jsonwebtoken::Header { jku, x5u, ..Default::default() };
        let token = jsonwebtoken::encode(&header, &claims, &key).expect("a token");
        assert_invalid_token(&app.with_token(&token).get("/users/me").await);
    }
    let called = listener.accept().expect_err("no connection");
    assert_eq!(called.kind(), std::io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn a_token_never_outranks_its_user() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::new(ME | ITEMS)).await;
    // The token's claim also lists admin, which the user was never granted.
    let ada = app.with_token(&app.sign("ada", clock::unix_seconds() + 60));
    assert_eq!(ada.get("/users/me/items").await.status, 200);
    app.execute("UPDATE users SET scopes = 'me' WHERE username = 'ada'").await;
    assert_eq!(ada.get("/users/me/items").await.status, 403);
    assert_eq!(ada.get("/users/me").await.status, 200);
}

#[tokio::test]
async fn another_method_is_answered_with_405_and_the_ones_to_use() {
    let app = TestApp::start().await;
    for path in ENDPOINTS {
        for method in [Method::POST, Method::PUT] {
            let request = Request::builder().method(&method).uri(path).body(Body::empty()).expect("a request");
            let answer = app.anonymous().send(request).await;
            answer.assert_refused(405, "Method Not Allowed");
            let allowed = if path.starts_with("/users/me") && !path.contains("items") {
                "GET,HEAD,PATCH,DELETE"
            } else {
                "GET,HEAD"
            };
            assert_eq!(answer.header("allow"), allowed, "{method} {path}");
        }
    }
}
