//! Health checks, metrics and request ids, for the people who run the server.

use std::{pin::pin, sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Method, Request},
};
use cloakroom::{model::Scopes, server::operations::metrics};

use super::support::{Client, TestApp};

/// The metrics, from the router that is served at their own address.
pub async fn metrics_of(app: &TestApp) -> String {
    Client::of(metrics::router(Arc::clone(&app.state.metrics))).get("/metrics").await.text()
}

#[tokio::test]
async fn a_server_that_lives_and_can_work_says_so() {
    let app = TestApp::start().await;
    for path in ["/health/live", "/health/live/", "/health/ready"] {
        let answer = app.anonymous().get(path).await;
        assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, r#"{"status":"ok"}"#), "{path}");
    }
    app.anonymous().get("/health").await.assert_refused(404, "Not Found");
}

#[tokio::test]
async fn without_its_database_a_server_lives_and_cannot_work() {
    let app = TestApp::start().await;
    app.state.store.close().await;
    assert_eq!(app.anonymous().get("/health/live").await.status, 200);
    let answer = app.anonymous().get("/health/ready").await;
    answer.assert_refused(503, "The database is not answering: try again shortly");
    assert_eq!(answer.header("retry-after"), "1");
}

#[tokio::test]
async fn with_a_full_hashing_queue_a_server_can_still_work() {
    let app = TestApp::start_with(&["password.threads=1", "password.queue=0", "password.memory-kib=65536"]).await;
    let mut hash = pin!(app.state.passwords.get_password_hash("held".to_owned()));
    assert!(futures::poll!(hash.as_mut()).is_pending());
    app.anonymous()
        .post_form("/token", "username=ada&password=wrong")
        .await
        .assert_oauth2(503, "temporarily_unavailable");
    assert_eq!(app.anonymous().get("/health/ready").await.status, 200);
}

#[tokio::test]
async fn a_database_that_takes_no_write_makes_the_server_unready() {
    let app = TestApp::start().await;
    let [break_it, mend_it] = if app.database.is_postgres() {
        [
            "ALTER TABLE write_proofs ADD CONSTRAINT broken CHECK (FALSE) NOT VALID",
            "ALTER TABLE write_proofs DROP CONSTRAINT broken",
        ]
    } else {
        [
            "CREATE TRIGGER broken BEFORE UPDATE ON write_proofs BEGIN SELECT RAISE(ABORT, 'no'); END",
            "DROP TRIGGER broken",
        ]
    };
    app.execute(break_it).await;
    app.anonymous().get("/health/ready").await.assert_refused(503, "The database is not answering: try again shortly");
    app.execute(mend_it).await;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(app.anonymous().get("/health/ready").await.status, 200);
}

#[tokio::test]
async fn requests_and_logins_are_counted_under_names_that_no_client_chooses() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let ada = app.log_in("ada").await;
    for _ in 0..3 {
        assert_eq!(ada.get("/users/me").await.status, 200);
    }
    app.anonymous().get("/users/me/").await.assert_refused(401, "Not authenticated");
    for _ in 0..6 {
        app.anonymous().post_form("/token", "username=nobody&password=wrong").await;
    }
    for (method, path) in [("GET", "/chosen-by-a-client"), ("BREW", "/users/me")] {
        let method: Method = method.parse().expect("a method");
        app.anonymous().send(Request::builder().method(method).uri(path).body(Body::empty()).expect("a request")).await;
    }
    let broken = Request::get("/users/me").header("host", "<>").body(Body::empty()).expect("a request");
    app.anonymous().send(broken).await.assert_refused(400, "Send one Host header, with a valid host");
    let metrics = metrics_of(&app).await;
    for line in [
        r#"cloakroom_http_request_duration_seconds_count{method="GET",route="/users/me",status="400"} 1"#,
        r#"cloakroom_http_request_duration_seconds_count{method="GET",route="/users/me",status="200"} 3"#,
        r#"cloakroom_http_request_duration_seconds_count{method="GET",route="/users/me",status="401"} 1"#,
        r#"cloakroom_http_request_duration_seconds_count{method="POST",route="/token",status="200"} 1"#,
        r#"cloakroom_http_request_duration_seconds_count{method="GET",route="none",status="404"} 1"#,
        r#"cloakroom_http_request_duration_seconds_count{method="other",route="/users/me",status="405"} 1"#,
        r#"cloakroom_logins_total{outcome="succeeded"} 1"#,
        r#"cloakroom_logins_total{outcome="failed"} 4"#,
        r#"cloakroom_logins_total{outcome="throttled"} 2"#,
        // One for the new user, and one for each login whose password was checked.
        "cloakroom_hash_duration_seconds_count 6",
        "cloakroom_hashing_queue 0",
        // Nothing of PostgreSQL is cached.
        ["cloakroom_user_cache_hits_total 2", "cloakroom_user_cache_hits_total 0"]
            [usize::from(app.database.is_postgres())],
        ["cloakroom_user_cache_misses_total 1", "cloakroom_user_cache_misses_total 0"]
            [usize::from(app.database.is_postgres())],
        "cloakroom_connections 0",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line}\n{metrics}");
    }
    assert!(!metrics.contains("chosen") && !metrics.contains("BREW") && !metrics.contains("ada"), "{metrics}");
}

#[tokio::test]
async fn the_metrics_are_not_for_everybody() {
    let app = TestApp::start().await;
    app.anonymous().get("/metrics").await.assert_refused(404, "Not Found");
}

#[tokio::test]
async fn each_request_has_a_name_of_its_own_whatever_the_client_calls_it() {
    let app = TestApp::start().await;
    let mut names = std::collections::HashSet::new();
    for path in ["/users/me", "/nowhere", "/login", "/token"] {
        let request = Request::get(path).header("x-request-id", "mine").body(Body::empty()).expect("a request");
        let name = app.anonymous().send(request).await.header("x-request-id").to_owned();
        assert!(name.len() == 16 && name != "mine", "{path}: {name}");
        assert!(names.insert(name), "{path}");
    }
}
