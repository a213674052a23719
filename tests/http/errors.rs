//! All errors have the same form, wherever they come from.

use std::{future::pending, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request as AxumRequest,
    http::{Request, header},
    middleware::{Next, from_fn},
    routing::{get, post},
};
use cloakroom::server::routes::around::guard::guard;
use futures::stream;

use super::support::{Answer, BROWSER, Client, TestApp};

const FORM: &str = "application/x-www-form-urlencoded";
const API: [&str; 6] =
    ["/token", "/users/me", "/users/me/items", "/status", "/openapi.json", "/.well-known/oauth-authorization-server"];

async fn send(client: &Client, method: &str, path: &str, body: impl Into<Body>) -> Answer {
    client.call_with(method, path, &[("accept", BROWSER)], body).await
}

#[tokio::test]
async fn head_works_where_get_does_with_the_same_headers_and_no_body() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let pages = ["/", "/account", "/login", "/docs", "/docs/swagger-ui.css"];
    for client in [&ada, &app.anonymous()] {
        for path in API[1..].iter().chain(&pages) {
            let get = send(client, "GET", path, "").await;
            let head = send(client, "HEAD", path, "").await;
            assert_eq!(head.status, get.status, "{path}");
            assert!(head.body.is_empty() && !get.body.is_empty(), "{path}");
            for name in ["content-type", "cache-control", "www-authenticate"] {
                assert_eq!(head.header(name), get.header(name), "{path} {name}");
            }
        }
    }
    assert_eq!(send(&ada, "HEAD", "/token", "").await.status, 405);
}

#[tokio::test]
async fn options_and_unknown_methods_are_answered_with_405_and_the_ones_to_use() {
    let app = TestApp::start().await;
    for method in ["OPTIONS", "TRACE", "PROPFIND", "get", "BREW"] {
        for path in API {
            let answer = send(&app.anonymous(), method, path, "").await;
            answer.assert_refused(405, "Method Not Allowed");
            let allowed = match path {
                "/token" => "POST",
                "/users/me" => "GET,HEAD,PATCH,DELETE",
                _ => "GET,HEAD",
            };
            assert_eq!(answer.header("allow"), allowed, "{method} {path}");
        }
        send(&app.anonymous(), method, "/login", "").await.assert_refused(405, "Method Not Allowed");
        send(&app.anonymous(), method, "/nowhere", "").await.assert_refused(404, "Not Found");
    }
}

#[tokio::test]
async fn a_file_is_not_posted_to_and_gives_only_the_parts_that_it_has() {
    let app = TestApp::start().await;
    let site = app.folder.path().join("site");
    std::fs::create_dir_all(&site).expect("a folder");
    std::fs::write(site.join("robots.txt"), "0123456789").expect("a file");
    for method in ["POST", "DELETE", "OPTIONS"] {
        let answer = send(&app.anonymous(), method, "/robots.txt", "").await;
        answer.assert_refused(405, "Method Not Allowed");
        assert_eq!(answer.header("allow"), "GET,HEAD");
    }
    let on_condition = async |name: &'static str, value: &'static str| {
        let request = Request::get("/robots.txt").header(name, value);
        app.anonymous().send(request.body(Body::empty()).expect("a request")).await
    };
    let part = on_condition("range", "bytes=2-4").await;
    assert_eq!((part.status.as_u16(), part.text().as_str()), (206, "234"));
    let beyond = on_condition("range", "bytes=99-").await;
    beyond.assert_refused(416, "The file has no such part: ask for less, or for all of it");
    assert_eq!(beyond.header("content-range"), "bytes */10");
    let changed = on_condition("if-unmodified-since", "Thu, 01 Jan 1970 00:00:00 GMT").await;
    changed.assert_refused(412, "The file was changed since: ask for it again without the condition");
}

#[tokio::test]
async fn a_browser_that_asks_for_an_api_path_gets_json() {
    let app = TestApp::start().await;
    for path in ["/users/me", "/status", "/users/me/items", "/items", "/items/Foo", "/users", "/users/ada"] {
        send(&app.anonymous(), "GET", path, "").await.assert_refused(401, "Not authenticated");
    }
    for path in ["/token/x", "/users/me/x", "/status/x", "/openapi.json/x", "/.well-known/x", "/items/Foo/x"] {
        send(&app.anonymous(), "GET", path, "").await.assert_refused(404, "Not Found");
    }
    for path in ["/openapi.json", "/.well-known/oauth-authorization-server"] {
        let answer = send(&app.anonymous(), "GET", path, "").await;
        assert_eq!(answer.status, 200);
        answer.json();
    }
}

#[tokio::test]
async fn broken_percent_encoding_and_bytes_that_are_not_utf8_are_refused_in_json() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    for path in ["/users/%zz", "/users/%ff", "/%", "/%00", "/docs/%ff", "/items/%c3"] {
        let answer = ada.get(path).await;
        assert!([400, 404].contains(&answer.status.as_u16()), "{path} {}", answer.status);
        assert!(answer.json()["detail"].is_string(), "{path}");
    }
    for query in ["limit=%zz", "limit=%ff", "skip=%c3", "limit=%00"] {
        let answer = ada.get(&format!("/users/me/items?{query}")).await;
        assert_eq!(answer.status, 422, "{query}");
        assert!(answer.json()["detail"][0]["loc"].is_array(), "{query}");
    }
}

#[tokio::test]
async fn a_body_that_nobody_asked_for_is_not_waited_for() {
    let app = TestApp::start().await;
    let endless = || Body::from_stream(stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[0; 1024]))));
    let never = || Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
    for body in [endless(), never()] {
        send(&app.anonymous(), "GET", "/status", body).await.assert_refused(401, "Not authenticated");
    }
    for body in [endless(), never()] {
        send(&app.anonymous(), "POST", "/users/me", body).await.assert_refused(405, "Method Not Allowed");
    }
    for body in [endless(), never()] {
        send(&app.anonymous(), "POST", "/nowhere", body).await.assert_refused(404, "Not Found");
    }
}

#[tokio::test]
async fn a_body_that_never_ends_is_waited_for_only_so_long() {
    let app = TestApp::start_with(&["limits.body-timeout=1"]).await;
    let begun = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"username=ada&pass"))]);
    let body = Body::from_stream(futures::StreamExt::chain(begun, stream::pending()));
    let request = Request::post("/token").header(header::CONTENT_TYPE, FORM).body(body).expect("a request");
    app.anonymous().send(request).await.assert_oauth2(408, "invalid_request");
}

/// The real server's guard, around handlers that exist only in this test.
fn guarded() -> Client {
    async fn panics() {
        panic!("as a test wants it");
    }
    let limit = Duration::from_secs(1);
    let router = Router::new()
        .route("/panic", get(panics))
        .route("/token", post(panics))
        .route("/never", get(pending::<()>))
        .route("/well", get(async || "well"))
        .layer(from_fn(move |request: AxumRequest, next: Next| async move {
            let uri = request.uri().clone();
            guard(limit, &uri, next.run(request)).await
        }));
    Client::of(router)
}

#[tokio::test]
async fn a_panicking_handler_is_a_500_and_the_server_goes_on() {
    let client = guarded();
    let answer = client.get("/panic").await;
    answer.assert_refused(500, "Internal server error");
    assert!(!answer.text().contains("as a test wants it"), "the answer shows internals");
    let token = client.post_form("/token", "").await;
    assert_eq!((token.status.as_u16(), &token.json()["error"]), (500, &"server_error".into()));
    assert_eq!(client.get("/well").await.text(), "well");
}

#[tokio::test]
async fn a_handler_that_never_answers_is_a_503() {
    let answer = guarded().get("/never").await;
    answer.assert_refused(503, "The server took too long to answer: try again shortly");
    assert_eq!(answer.header("retry-after"), "1");
}
