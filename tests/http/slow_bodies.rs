//! A request whose body comes slowly. Its caller was checked before. What the caller has lost meanwhile counts.

use axum::body::Body;
use cloakroom::model::{ITEMS_WRITE, Scopes, UserUpdate};
use futures::{FutureExt, stream};
use serde_json::{Value, json};

use super::{
    calls::person,
    support::{Answer, Client, TestApp},
};

const INVALID: &str = "Could not validate credentials";

/// Sends the first byte of a body, lets something happen, and sends the rest.
async fn call_slowly(
    client: &Client,
    (method, path): (&str, &str),
    body: Value,
    happens: impl AsyncFnOnce(),
) -> Answer {
    let (go_on, waits) = futures::channel::oneshot::channel::<()>();
    let text = body.to_string();
    let (first, rest) = (text[..1].to_owned(), text[1..].to_owned());
    let first = stream::once(async move { Ok::<_, std::io::Error>(first) });
    let rest = waits.map(move |_| Ok(rest)).into_stream();
    let body = Body::from_stream(futures::StreamExt::chain(first, rest));
    let (client, method, path) = (client.clone(), method.to_owned(), path.to_owned());
    let answer = tokio::spawn(async move { client.call(&method, &path, &[], body).await });
    // Long enough for the caller to be checked.
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    happens().await;
    go_on.send(()).expect("a request");
    answer.await.expect("an answer")
}

fn demotion() -> UserUpdate {
    UserUpdate { scopes: Some(Scopes::AT_SIGN_UP), ..UserUpdate::default() }
}

#[tokio::test]
async fn an_administrator_who_was_demoted_meanwhile_does_not_promote_anybody() {
    let app = TestApp::start().await;
    app.create("root", Scopes::ALL).await;
    let grace = app.admin().await;
    let promotion = json!({"scopes": ["me", "admin"], "disabled": false});
    let demoted = async || app.change("grace", demotion()).await;
    let answer = call_slowly(&grace, ("PATCH", "/users/grace"), promotion, demoted).await;
    answer.assert_refused(403, "Not enough permissions");
    let grace = app.state.store.find_account("grace").await.expect("grace").user;
    assert_eq!(grace.scopes, Scopes::AT_SIGN_UP);
}

#[tokio::test]
async fn an_administrator_who_was_disabled_or_deleted_meanwhile_creates_and_deletes_nobody() {
    for (path, method, body) in [
        ("/users", "POST", json!({"username": "eve", "password": super::support::PASSWORD, "scopes": ["admin"]})),
        ("/users/ada", "PATCH", json!({"disabled": true})),
    ] {
        let app = TestApp::start().await;
        app.create("root", Scopes::ALL).await;
        app.user().await;
        let grace = app.admin().await;
        let disabled = async || app.set_disabled("grace", true).await;
        call_slowly(&grace, (method, path), body.clone(), disabled).await.assert_refused(400, "Inactive user");
        app.set_disabled("grace", false).await;
        let deleted = async || app.execute("DELETE FROM users WHERE username = 'grace'").await;
        call_slowly(&grace, (method, path), body, deleted).await.assert_refused(401, INVALID);
        assert!(app.state.store.find_account("eve").await.is_err());
        assert!(!app.state.store.find_account("ada").await.expect("ada").user.disabled);
    }
}

#[tokio::test]
async fn a_token_that_was_ended_by_a_new_password_does_not_set_another_one() {
    let app = TestApp::start().await;
    let grace = app.admin().await;
    let thiefs = json!({"password": "the thief was here"});
    let reset = async || app.set_password("grace", "the owner was quicker").await;
    call_slowly(&grace, ("PATCH", "/users/grace"), thiefs, reset).await.assert_refused(401, INVALID);
    assert_eq!(app.try_to_log_in("grace", "the owner was quicker").await.status, 200);
}

#[tokio::test]
async fn items_are_neither_made_nor_changed_by_who_may_not_any_more() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let path = ada.leave("Umbrella").await;
    for (method, path) in [("POST", "/items"), ("PATCH", path.as_str())] {
        let scopes = Some(Scopes::AT_SIGN_UP.intersection(Scopes::new(!ITEMS_WRITE)));
        let lost = async || app.change("ada", UserUpdate { scopes, ..UserUpdate::default() }).await;
        let answer = call_slowly(&ada, (method, path), json!({"title": "Hat"}), lost).await;
        answer.assert_refused(403, "Not enough permissions");
        app.change("ada", demotion()).await;
        let disabled = async || app.set_disabled("ada", true).await;
        call_slowly(&ada, (method, path), json!({"title": "Hat"}), disabled).await.assert_refused(400, "Inactive user");
        app.set_disabled("ada", false).await;
    }
    let items = ada.get("/items").await.json();
    assert_eq!((&items["count"], &items["data"][0]["title"]), (&json!(1), &json!("Umbrella")));
}

#[tokio::test]
async fn a_slow_request_of_a_deleted_user_does_not_change_the_next_user_of_the_name() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let again = async || {
        assert_eq!(ada.delete("/users/me").await.status, 204);
        assert_eq!(app.anonymous().post_json("/users", person("ada")).await.status, 201);
    };
    let change = json!({"email": "old@example.com"});
    call_slowly(&ada, ("PATCH", "/users/me"), change, again).await.assert_refused(401, INVALID);
    assert_eq!(app.log_in("ada").await.get("/users/me").await.json()["email"], Value::Null);
}

#[tokio::test]
async fn a_request_of_a_session_that_ended_meanwhile_changes_nothing() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let tokens = app.sign_in("ada").await;
    let ada = app.with(&tokens);
    let revoked = async || app.revoke(&tokens.refresh).await;
    call_slowly(&ada, ("POST", "/items"), json!({"title": "Hat"}), revoked).await.assert_refused(401, INVALID);
    // The same for a token without a session.
    let ada = app.log_in("ada").await;
    let revoked = async || app.revoke(ada.token()).await;
    call_slowly(&ada, ("POST", "/items"), json!({"title": "Hat"}), revoked).await.assert_refused(401, INVALID);
    assert_eq!(app.log_in("ada").await.get("/items").await.json()["count"], 0);
}
