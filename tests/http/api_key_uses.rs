//! When a key was last used: `last_used_at`. The program writes it every few seconds. Here the tests do.

use serde_json::{Value, json};

use super::support::{Client, TestApp};

/// Writes the uses that a server has noted.
async fn write(app: &TestApp) {
    app.state.key_uses.write(&app.state.store).await.expect("a database");
}

/// When the user's only key was last used.
async fn last_use(ada: &Client) -> Value {
    let list = ada.get("/users/me/api-keys").await.json();
    assert_eq!(list.as_array().map(Vec::len), Some(1));
    list[0]["last_used_at"].clone()
}

#[tokio::test]
async fn a_use_is_written_once_in_a_minute_and_no_request_waits_for_it() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let key = app.with_key(&ada.make_key(&["items"]).await.key);
    write(&app).await;
    assert_eq!(last_use(&ada).await, json!(null));
    for _ in 0..3 {
        assert_eq!(key.get("/items").await.status, 200);
    }
    assert_eq!(last_use(&ada).await, json!(null), "it is only noted");
    write(&app).await;
    let first = last_use(&ada).await;
    assert!(first.as_str().is_some_and(|time| time.ends_with('Z')), "{first}");
    // What it does not open is a use too.
    app.execute("UPDATE api_keys SET last_used_at = last_used_at - 30000").await;
    let earlier = last_use(&ada).await;
    key.get("/users/me").await.assert_refused(403, "Not enough permissions");
    write(&app).await;
    assert_eq!(last_use(&ada).await, earlier, "less than a minute ago");
    app.execute("UPDATE api_keys SET last_used_at = last_used_at - 30001").await;
    key.get("/users/me").await.assert_refused(403, "Not enough permissions");
    write(&app).await;
    assert!(last_use(&ada).await.as_str() >= first.as_str());
}

#[tokio::test]
async fn several_servers_write_one_use_in_a_minute() {
    let app = TestApp::start().await;
    let other = app.beside().await;
    let ada = app.user().await;
    let made = ada.make_key(&["items"]).await;
    for server in [&app, &other] {
        assert_eq!(server.with_key(&made.key).get("/items").await.status, 200);
    }
    write(&app).await;
    app.execute("UPDATE api_keys SET last_used_at = last_used_at - 1000").await;
    let first = last_use(&ada).await;
    write(&other).await;
    assert_eq!(last_use(&ada).await, first);
}

#[tokio::test]
async fn a_server_that_writes_late_sets_no_time_back_but_one_of_a_clock_that_was_ahead_is_replaced() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let id = ada.make_key(&["items"]).await.id;
    let write = async |used_at: i64, now: i64| {
        app.state.store.write_key_uses(&[(id.clone(), used_at)], 60_000, now).await.expect("a database");
        last_use(&ada).await
    };
    assert_eq!(write(600_000, 600_000).await, "1970-01-01T00:10:00Z");
    assert_eq!(write(60_000, 600_000).await, "1970-01-01T00:10:00Z", "it is from nine minutes before");
    assert_eq!(write(660_000, 660_000).await, "1970-01-01T00:11:00Z");
    assert_eq!(write(600_001, 600_001).await, "1970-01-01T00:11:00Z", "another server's clock is a little ahead");
    assert_eq!(write(600_000, 600_000).await, "1970-01-01T00:10:00Z", "the clock was set back");
}

#[tokio::test]
async fn uses_that_cannot_be_written_fail_no_request_and_are_written_later() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let made = ada.make_key(&["items"]).await;
    assert_eq!(app.with_key(&made.key).get("/items").await.status, 200);
    let restarted = app.restarted().await;
    app.state.key_uses.write(&app.state.store).await.expect_err("the database is closed");
    let ada = restarted.log_in("ada").await;
    assert_eq!(last_use(&ada).await, json!(null));
    app.state.key_uses.write(&restarted.state.store).await.expect("a database");
    assert_ne!(last_use(&ada).await, json!(null));
}

#[tokio::test]
async fn a_use_of_a_key_that_has_ended_meanwhile_is_no_error_and_many_are_written_at_once() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let ended = ada.make_key(&["items"]).await;
    assert_eq!(app.with_key(&ended.key).get("/items").await.status, 200);
    assert_eq!(ada.delete(&format!("/users/me/api-keys/{}", ended.id)).await.status, 204);
    let made = ada.make_key(&["items"]).await;
    let nobodys = (0..1200).map(|number| (format!("key-{number}"), 1));
    let uses: Vec<_> = nobodys.chain([(made.id, 60_000)]).collect();
    app.state.store.write_key_uses(&uses, 60_000, 60_000).await.expect("a database");
    assert_eq!(last_use(&ada).await, "1970-01-01T00:01:00Z");
    write(&app).await;
}
