//! CORS: requests by pages of other origins.

use axum::{
    body::Body,
    http::{Method, Request},
};

use super::support::{Answer, TestApp};

const APP: &str = "https://app.example.com";

/// The preflight request that a browser sends before a page of `origin` may send a bearer token.
async fn preflight(app: &TestApp, origin: &str, path: &str) -> Answer {
    let request = Request::builder()
        .method(Method::OPTIONS)
        .uri(path)
        .header("origin", origin)
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "authorization");
    app.anonymous().send(request.body(Body::empty()).expect("a request")).await
}

/// `GET path` by a page of `origin`.
async fn get_from(app: &TestApp, origin: &str, path: &str) -> Answer {
    let request = Request::get(path).header("origin", origin);
    app.anonymous().send(request.body(Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn by_default_no_other_origin_is_let_in() {
    let app = TestApp::start().await;
    preflight(&app, APP, "/users/me").await.assert_refused(405, "Method Not Allowed");
    let answer = get_from(&app, APP, "/users/me").await;
    assert!(!answer.headers.keys().any(|name| name.as_str().starts_with("access-control")));
}

#[tokio::test]
async fn a_listed_origin_may_call_with_a_bearer_or_a_key_and_read_every_answer() {
    let app = TestApp::start_with(&["server.allow-origins=https://app.example.com http://localhost:5173"]).await;
    for origin in [APP, "http://localhost:5173"] {
        let allowed = preflight(&app, origin, "/users/me").await;
        assert_eq!((allowed.status.as_u16(), allowed.header("access-control-allow-origin")), (200, origin));
        for header in ["authorization", "content-type", "if-match", "x-api-key"] {
            assert!(allowed.header("access-control-allow-headers").contains(header), "{header}");
        }
        assert!(allowed.header("access-control-allow-methods").contains("GET"));
        // The page may read errors too, and their headers.
        let public = ["/.well-known/oauth-authorization-server", "/.well-known/jwks.json"];
        for path in ["/users/me", "/users/me/", "/users/nowhere"].into_iter().chain(public) {
            let answer = get_from(&app, origin, path).await;
            assert_eq!(answer.header("access-control-allow-origin"), origin, "{path}");
            for header in ["www-authenticate", "etag", "link", "location", "retry-after"] {
                assert!(answer.header("access-control-expose-headers").contains(header), "{header}");
            }
            let vary: Vec<_> =
                answer.headers.get_all("vary").iter().map(|value| value.to_str().expect("text")).collect();
            assert!(vary.join(",").contains("origin"), "{path}");
            assert_eq!(answer.header("access-control-allow-credentials"), "", "a bearer token is not a cookie");
        }
    }
}

#[tokio::test]
async fn the_page_may_read_that_an_answer_took_too_long() {
    let slow = [
        "server.allow-origins=https://app.example.com",
        "limits.request-timeout=1",
        "limits.body-timeout=1",
        "password.threads=1",
    ];
    let app = TestApp::start_with(&slow).await;
    // The one hashing thread is taken.
    let _turn = app.state.passwords.queue().expect("a place").turn().await.expect("a thread");
    let request = Request::post("/token")
        .header("origin", APP)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from("username=ada&password=wrong"));
    let answer = app.anonymous().send(request.expect("a request")).await;
    assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (503, APP));
}

#[tokio::test]
async fn an_origin_that_is_not_listed_is_not_let_in() {
    let app = TestApp::start_with(&["server.allow-origins=https://app.example.com"]).await;
    for origin in ["https://evil.example", "https://app.example.com.evil.example", "http://app.example.com", "null"] {
        assert_eq!(preflight(&app, origin, "/users/me").await.header("access-control-allow-origin"), "", "{origin}");
        assert_eq!(get_from(&app, origin, "/status").await.header("access-control-allow-origin"), "", "{origin}");
    }
}

#[tokio::test]
async fn an_options_request_that_is_no_preflight_is_a_method_like_any_other() {
    let app = TestApp::start_with(&["server.allow-origins=https://app.example.com"]).await;
    let request = Request::builder().method(Method::OPTIONS).uri("/token").header("origin", APP);
    let answer = app.anonymous().send(request.body(Body::empty()).expect("a request")).await;
    answer.assert_oauth2(405, "invalid_request");
    assert_eq!(answer.header("allow"), "POST");
}
