//! The end of a token or a key at one server, and what is being done with it at another at that moment. Run as `postgres` is.

use std::time::Duration;

use cloakroom::model::Scopes;
use futures::future::{join, join_all};
use serde_json::json;

use super::{
    api_keys::assert_invalid_key,
    support::{Client, TestApp},
};

/// Waits until so many requests wait for a lock.
async fn until_locked_out(app: &TestApp, requests: i64) {
    // Within a transaction PostgreSQL would tell the same again and again.
    let wait = async { app.database.connect().await.until_locked_out(requests).await };
    tokio::time::timeout(Duration::from_secs(30), wait).await.expect("a request that waits");
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_key_that_ends_at_one_server_is_refused_by_the_next_request_at_every_other() {
    let servers = TestApp::start_several(3, &[]).await;
    let ada = servers[0].user().await;
    for round in 0..20 {
        let made = ada.make_key(&["me", "items:write"]).await;
        let keys: Vec<_> = servers.iter().map(|server| server.with_key(&made.key)).collect();
        for key in &keys {
            assert_eq!(key.get("/users/me").await.status, 200);
        }
        let there = servers[round % 3].with_token(ada.token());
        assert_eq!(there.delete(&format!("/users/me/api-keys/{}", made.id)).await.status, 204);
        for key in keys.iter().rev() {
            assert_invalid_key(&key.get("/users/me").await);
            assert_invalid_key(&key.post_json("/items", json!({"title": "Hat"})).await);
        }
    }
    let key = servers[1].with_key(&ada.make_key(&["me"]).await.key);
    servers[2].set_disabled("ada", true).await;
    key.get("/users/me").await.assert_refused(400, "Inactive user");
}

/// Begins to leave an item, which has to wait for the row of its owner. Returns the status.
async fn leave_meanwhile(app: &TestApp, client: Client, end: &'static str) -> u16 {
    let mut other = app.database.connect().await;
    other.execute("BEGIN; SELECT id FROM users FOR UPDATE").await;
    let leaving =
        tokio::spawn(async move { client.post_json("/items", json!({"title": "Hat"})).await.status.as_u16() });
    until_locked_out(app, 1).await;
    other.execute(end).await;
    other.execute("COMMIT").await;
    leaving.await.expect("an answer")
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_change_that_has_waited_while_its_session_or_its_key_ended_is_refused() {
    let app = TestApp::start().await;
    let plain = app.user().await;
    let key = app.with_key(&plain.make_key(&["items:write"]).await.key);
    assert_eq!(leave_meanwhile(&app, key.clone(), "SELECT 1").await, 201);
    assert_eq!(leave_meanwhile(&app, key, "DELETE FROM api_keys").await, 401);
    let session = app.with(&app.sign_in("ada").await);
    assert_eq!(leave_meanwhile(&app, session.clone(), "SELECT 1").await, 201);
    assert_eq!(leave_meanwhile(&app, session, "DELETE FROM sessions").await, 401);
    assert_eq!(plain.get("/items").await.json()["count"], 2);
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn the_end_of_a_session_or_a_key_comes_after_the_changes_that_were_begun_with_it() {
    let app = TestApp::start().await;
    let plain = app.user().await;
    let hat = plain.leave("Hat").await;
    for round in 0..4 {
        let (session, made) = (app.sign_in("ada").await, plain.make_key(&["items:write"]).await);
        let sessionless = app.log_in("ada").await;
        let client = match round {
            0 | 1 => app.with(&session),
            2 => sessionless.clone(),
            _ => app.with_key(&made.key),
        };
        let mut other = app.database.connect().await;
        other.execute("BEGIN; SELECT item_id FROM items FOR UPDATE").await;
        let (path, changing) = (hat.clone(), client.clone());
        let change = tokio::spawn(async move { changing.patch_json(&path, json!({"title": "Coat"})).await.status });
        until_locked_out(&app, 1).await;
        let end = async {
            match round {
                0 => app.revoke(&session.access).await,
                1 => app.revoke(&session.refresh).await,
                2 => app.revoke(sessionless.token()).await,
                _ => {
                    let ended = plain.delete(&format!("/users/me/api-keys/{}", made.id)).await;
                    assert_eq!(ended.status, 204);
                }
            }
        };
        tokio::pin!(end);
        tokio::select! {
            () = &mut end => panic!("round {round}: it waits for the change"),
            () = until_locked_out(&app, 2) => {}
        }
        other.execute("COMMIT").await;
        end.await;
        assert_eq!(change.await.expect("an answer"), 200, "round {round}");
        assert_eq!(client.get("/items").await.status, 401, "round {round}");
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn so_does_the_end_of_an_administrators_session() {
    let app = TestApp::start().await;
    let grace = app.admin().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let session = app.sign_in_for("grace", "admin offline_access").await;
    let path = format!("/users/me/sessions/{}", session.session_id());
    let mut other = app.database.connect().await;
    other.execute("BEGIN; SELECT id FROM users WHERE username = 'ada' FOR UPDATE").await;
    let there = app.with(&session);
    let change = tokio::spawn(async move { there.patch_json("/users/ada", json!({"full_name": "A"})).await.status });
    until_locked_out(&app, 1).await;
    let end = grace.delete(&path);
    tokio::pin!(end);
    tokio::select! {
        _ = &mut end => panic!("it waits for the change"),
        () = until_locked_out(&app, 2) => {}
    }
    other.execute("COMMIT").await;
    assert_eq!(end.await.status, 204);
    assert_eq!(change.await.expect("an answer"), 200);
    assert_eq!(app.with(&session).get("/users").await.status, 401);
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_token_does_not_wait_for_a_key_that_is_looked_up() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let key = app.with_key(&ada.make_key(&["me"]).await.key);
    let mut other = app.database.connect().await;
    other.execute("BEGIN; LOCK TABLE api_keys").await;
    let waits = tokio::spawn(async move { key.get("/users/me").await.status });
    until_locked_out(&app, 1).await;
    assert_eq!(ada.get("/users/me").await.status, 200);
    assert!(!waits.is_finished());
    other.execute("COMMIT").await;
    assert_eq!(waits.await.expect("an answer"), 200);
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn changes_that_wait_for_each_other_leave_a_connection_for_tokens() {
    let app = TestApp::start_with(&["database.connections=4"]).await;
    let ada = app.user().await;
    let mut other = app.database.connect().await;
    other.execute("BEGIN; SELECT id FROM users WHERE username = 'ada' FOR UPDATE").await;
    let changes = join_all((0..6).map(|_| ada.patch_json("/users/me", json!({"full_name": "Ada"}))));
    let meanwhile = async {
        // All connections but one.
        until_locked_out(&app, 3).await;
        for _ in 0..20 {
            assert_eq!(ada.get("/users/me").await.status, 200);
        }
        other.execute("COMMIT").await;
    };
    let (changes, ()) = join(changes, meanwhile).await;
    assert!(changes.iter().all(|answer| answer.status == 200));
}
