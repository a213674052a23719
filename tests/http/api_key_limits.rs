//! What a person may not ask for when a key is made: the rules of its values, how many there are, and how long they last.

use cloakroom::{model::Scopes, server::clock};
use futures::future::join_all;
use serde_json::{Value, json};

use super::{
    api_keys::{Made, assert_invalid_key},
    calls::{of_each, with},
    profile::{assert_not_fresh, typed},
    support::{Answer, TestApp},
};

/// The keys of a user who has almost too many: 95.
const ALMOST_TOO_MANY: &str = "WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < 95) \
     INSERT INTO api_keys (key_id, user_id, digest, name, granted, created_at) \
     SELECT 'key-' || CAST(number AS TEXT), users.id, 'digest-' || CAST(number AS TEXT), 'Backup', 'me', 0 FROM numbers, users";

fn body() -> Value {
    json!({"name": "Backup", "scopes": ["me"]})
}

#[tokio::test]
async fn a_value_that_breaks_a_rule_is_named_and_no_key_is_made() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let refused = async |body: Value, expected: &[(&str, &str)]| {
        ada.post_json("/users/me/api-keys", body).await.assert_broken(expected);
    };
    refused(json!({}), &[("body.name", "missing"), ("body.scopes", "missing")]).await;
    for (name, kind) in [
        (json!(""), "string_too_short"),
        (json!(" \t "), "string_too_short"),
        (json!("a".repeat(101)), "string_too_long"),
        (json!("a\nb"), "value_error"),
        (json!(null), "string_type"),
        (json!(7), "string_type"),
    ] {
        refused(with(body(), "name", name), &[("body.name", kind)]).await;
    }
    for (scopes, place, kind) in [
        (json!([]), "body.scopes", "too_short"),
        (json!("me"), "body.scopes", "list_type"),
        (json!(null), "body.scopes", "list_type"),
        (json!(["me", "root"]), "body.scopes.1", "enum"),
        (json!(["offline_access"]), "body.scopes.0", "enum"),
        (json!([7]), "body.scopes.0", "enum"),
        (json!(["admin"]), "body.scopes", "value_error"),
    ] {
        refused(with(body(), "scopes", scopes), &[(place, kind)]).await;
    }
    for (expires_in, kind) in [
        (json!(59), "value_error"),
        (json!(0), "value_error"),
        (json!(-60), "value_error"),
        (json!(315_360_001), "value_error"),
        (json!(u64::MAX), "value_error"),
        (json!(60.5), "int_type"),
        (json!("60"), "int_type"),
        (json!(true), "int_type"),
    ] {
        refused(with(body(), "expires_in", expires_in), &[("body.expires_in", kind)]).await;
    }
    for member in ["key_id", "api_key", "expires_at", "user_id"] {
        refused(with(body(), member, "x"), &[(&format!("body.{member}"), "extra_forbidden")]).await;
    }
    assert_eq!(app.texts_of("api_keys").await, "");
    for expires_in in [json!(60), json!(60.0), json!(315_360_000), json!(null)] {
        Made::of(&ada.post_json("/users/me/api-keys", with(body(), "expires_in", expires_in)).await);
    }
}

#[tokio::test]
async fn a_key_gets_only_such_scopes_as_the_token_has_that_is_sent() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let ada = app.log_in_for("ada", "me me:write").await;
    let answer = ada.post_json("/users/me/api-keys", with(body(), "scopes", json!(["me", "items"]))).await;
    answer.assert_broken(&[("body.scopes", "value_error")]);
    assert!(answer.broken_rule().contains("items"));
    let key = app.with_key(&ada.make_key(&["me", "me:write"]).await.key);
    assert_eq!(key.get("/users/me").await.status, 200);
    // What the user has lost, the token has lost too.
    app.execute("UPDATE users SET scopes = 'me:write'").await;
    ada.post_json("/users/me/api-keys", body()).await.assert_broken(&[("body.scopes", "value_error")]);
}

#[tokio::test]
async fn a_key_is_made_with_a_fresh_token_of_me_write_only() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    assert_not_fresh(&typed(&app, "ada", 301).await.post_json("/users/me/api-keys", body()).await);
    let foreign = app.foreign(&json!({"sub": "ada", "exp": clock::unix_seconds() + 60}));
    assert_not_fresh(&foreign.post_json("/users/me/api-keys", body()).await);
    let me = app.log_in_for("ada", "me items").await;
    me.post_json("/users/me/api-keys", body()).await.assert_refused(403, "Not enough permissions");
    assert_eq!(app.texts_of("api_keys").await, "");
    typed(&app, "ada", 290).await.make_key(&["me"]).await;
}

#[tokio::test]
async fn a_key_whose_time_is_over_opens_nothing_is_not_listed_and_is_removed() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let made = Made::of(&ada.post_json("/users/me/api-keys", with(body(), "expires_in", 60)).await);
    let other = Made::of(&ada.post_json("/users/me/api-keys", with(body(), "expires_in", 600)).await);
    let for_ever = ada.make_key(&["me"]).await;
    let key = app.with_key(&made.key);
    assert_eq!(key.get("/users/me").await.status, 200);
    app.execute("UPDATE api_keys SET expires_at = expires_at - 60000").await;
    assert_invalid_key(&key.get("/users/me").await);
    assert_eq!(of_each(&ada.get("/users/me/api-keys").await.json(), "key_id"), [&*for_ever.id, &other.id]);
    assert_eq!(app.texts_of("api_keys").await.lines().count(), 3);
    while app.state.store.forget(clock::unix_milliseconds()).await.expect("a database") {}
    assert_eq!(app.texts_of("api_keys").await.lines().count(), 2);
    for made in [&other, &for_ever] {
        assert_eq!(app.with_key(&made.key).get("/users/me").await.status, 200);
    }
    ada.delete(&format!("/users/me/api-keys/{}", made.id)).await.assert_refused(404, "Not Found");
}

#[tokio::test]
async fn a_user_has_a_hundred_keys_at_most_and_those_whose_time_is_over_do_not_count() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    app.execute(ALMOST_TOO_MANY).await;
    let mut last = None;
    for _ in 0..5 {
        last = Some(Made::of(&ada.post_json("/users/me/api-keys", with(body(), "expires_in", 60)).await));
    }
    let answer = ada.post_json("/users/me/api-keys", body()).await;
    answer.assert_refused(409, "You have 100 API keys, and there cannot be more: end one of them first");
    // Others have their own.
    app.create("eve", Scopes::AT_SIGN_UP).await;
    app.log_in("eve").await.make_key(&["me"]).await;
    let path = format!("/users/me/api-keys/{}", last.expect("a key").id);
    assert_eq!(ada.delete(&path).await.status, 204);
    ada.make_key(&["me"]).await;
    assert_eq!(ada.post_json("/users/me/api-keys", body()).await.status, 409);
    app.execute("UPDATE api_keys SET expires_at = 1 WHERE expires_at IS NOT NULL").await;
    ada.make_key(&["me"]).await;
    assert_eq!(ada.get("/users/me/api-keys").await.json().as_array().map(Vec::len), Some(97));
}

#[tokio::test]
async fn keys_that_are_made_at_once_do_not_become_more_than_a_hundred() {
    let app = TestApp::start().await;
    let servers = [app.beside().await, app];
    let ada = servers[0].user().await;
    servers[0].execute(ALMOST_TOO_MANY).await;
    let makings = (0..20).map(|number| {
        let client = servers[number % 2].with_token(ada.token());
        async move { client.post_json("/users/me/api-keys", body()).await }
    });
    let answers = join_all(makings).await;
    Answer::assert_statuses(&answers, [vec![201; 5], vec![409; 15]].concat());
    assert_eq!(servers[1].texts_of("api_keys").await.lines().count(), 100);
}

#[tokio::test]
async fn only_a_digest_of_the_key_is_kept() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let made = ada.make_key(&["me", "items:write"]).await;
    let key = app.with_key(&made.key);
    assert_eq!(key.get("/users/me").await.status, 200);
    key.leave("Umbrella").await;
    let secret = made.key.strip_prefix("cloakroom_key_").expect("a key");
    let parts = [&secret[..16], &secret[16..32], &secret[32..]];
    let kept = app.kept_with("api_keys").await;
    assert!(kept.contains(&made.id));
    for part in parts {
        assert!(!kept.contains(part), "{part}");
    }
    // What is kept is no key.
    let digest = cloakroom::server::digest::sha256(&made.key);
    assert!(kept.contains(&digest));
    assert_invalid_key(&app.with_key(&digest).get("/users/me").await);
}
