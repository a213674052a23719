//! API keys: how a person makes, sees and ends them, and what a key opens.

use axum::{body::Body, http::Request};
use cloakroom::model::{ITEMS, ME, ME_WRITE, Scopes, UserUpdate};
use futures::future::join_all;
use serde_json::{Value, json};

use super::{
    calls::{of_each, person},
    support::{Answer, Client, PASSWORD, TestApp},
};

/// What a call says that takes no key.
pub const LOG_IN: &str = "An API key cannot do this: log in";

/// A key that was made.
pub struct Made {
    pub id: String,
    pub key: String,
}

impl Client {
    /// Makes a key with these scopes, which never expires.
    pub async fn make_key(&self, scopes: &[&str]) -> Made {
        Made::of(&self.post_json("/users/me/api-keys", json!({"name": "Backup", "scopes": scopes})).await)
    }
}

impl Made {
    /// Of a successful answer.
    #[track_caller]
    pub fn of(answer: &Answer) -> Self {
        let json = answer.json();
        assert_eq!(answer.status, 201, "{json}");
        let text = |name: &str| json[name].as_str().unwrap_or_else(|| panic!("no {name}")).to_owned();
        Self { id: text("key_id"), key: text("api_key") }
    }
}

/// Checks that a key opens nothing.
#[track_caller]
pub fn assert_invalid_key(answer: &Answer) {
    answer.assert_refused(401, "Could not validate credentials");
    assert_eq!(answer.header("www-authenticate"), "APIKey", "as FastAPI's APIKeyHeader says");
    answer.assert_not_stored();
}

/// The members of an object.
fn members(object: &Value) -> Vec<&String> {
    object.as_object().expect("an object").keys().collect()
}

#[tokio::test]
async fn a_person_makes_keys_which_are_shown_once_and_sees_them_the_newest_first() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    app.create("eve", Scopes::AT_SIGN_UP).await;
    app.log_in("eve").await.make_key(&["me"]).await;
    assert_eq!(ada.get("/users/me/api-keys").await.json(), json!([]));
    let first = ada.make_key(&["me"]).await;
    let body = json!({"name": " Büro 鍵 ", "scopes": ["items:write", "items"], "expires_in": 3600});
    let answer = ada.post_json("/users/me/api-keys", body).await;
    answer.assert_not_stored();
    let (second, made) = (Made::of(&answer), answer.json());
    let listed = ["created_at", "expires_at", "key_id", "last_used_at", "name", "scopes"];
    let mut shown = listed.to_vec();
    shown.insert(0, "api_key");
    assert_eq!(members(&made), shown);
    assert_eq!((&made["name"], &made["scopes"]), (&json!("Büro 鍵"), &json!(["items", "items:write"])));
    let list = ada.get("/users/me/api-keys").await;
    list.assert_not_stored();
    let list = list.json();
    assert_eq!(of_each(&list, "key_id"), [&*second.id, &first.id]);
    for key in list.as_array().expect("a list") {
        assert_eq!(members(key), listed);
        assert_eq!(key["last_used_at"], json!(null));
    }
    assert_eq!((&list[0]["created_at"], &list[0]["expires_at"]), (&made["created_at"], &made["expires_at"]));
    let [created, expires] = ["created_at", "expires_at"].map(|name| list[0][name].as_str().expect("a time"));
    assert!(created < expires && created.ends_with('Z'), "{created} {expires}");
    assert_eq!(list[1]["expires_at"], json!(null));
    // 43 characters of randomness and six of a checksum.
    let secret = second.key.strip_prefix("cloakroom_key_").expect("a key");
    assert!(secret.len() == 49 && secret.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{secret}");
    assert_ne!(first.key, second.key);
}

#[tokio::test]
async fn a_key_opens_what_its_scopes_open_and_nothing_else() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let (me, items) = (ada.make_key(&["me"]).await, ada.make_key(&["items", "items:write"]).await);
    let (me, items) = (app.with_key(&me.key), app.with_key(&items.key));
    assert_eq!(me.get("/users/me").await.json()["username"], "ada");
    assert_eq!(me.get("/users/me/").await.status, 200);
    let answer = me.get("/users/me/items").await;
    answer.assert_refused(403, "Not enough permissions");
    assert_eq!(answer.header("www-authenticate"), r#"Bearer error="insufficient_scope", scope="me items""#);
    let umbrella = items.leave("Umbrella").await;
    assert_eq!(items.get("/items").await.json()["count"], 1);
    assert_eq!(items.patch_json(&umbrella, json!({"title": "Hat"})).await.status, 200);
    assert_eq!(ada.get(&umbrella).await.json()["owner"], "ada");
    assert_eq!(items.delete(&umbrella).await.status, 204);
    for path in ["/users/me", "/users"] {
        items.get(path).await.assert_refused(403, "Not enough permissions");
    }
    for key in [&me, &items] {
        assert_eq!(key.get("/status").await.status, 200);
    }
    let write = app.with_key(&ada.make_key(&["me:write"]).await.key);
    assert_eq!(write.patch_json("/users/me", json!({"full_name": "Ada L."})).await.json()["full_name"], "Ada L.");
}

#[tokio::test]
async fn of_many_tokens_and_keys_that_are_sent_at_once_each_opens_its_own_users_account() {
    let app = TestApp::start().await;
    let mut clients = Vec::new();
    for number in 0..10 {
        let username = format!("ada-{number}");
        app.create(&username, Scopes::AT_SIGN_UP).await;
        let client = app.log_in(&username).await;
        let keys = [client.make_key(&["me"]).await, client.make_key(&["me", "items"]).await];
        clients.extend([(username.clone(), client)]);
        clients.extend(keys.map(|made| (username.clone(), app.with_key(&made.key))));
    }
    for _ in 0..3 {
        let answers = join_all(clients.iter().cycle().take(150).map(|(_, client)| client.get("/users/me"))).await;
        for ((username, _), answer) in clients.iter().cycle().zip(&answers) {
            assert_eq!(answer.json()["username"], **username);
        }
        // What is remembered is looked up anew.
        app.execute("UPDATE users SET full_name = 'A'").await;
    }
}

#[tokio::test]
async fn a_key_never_outranks_its_user() {
    let app = TestApp::start().await;
    let grace = app.admin().await;
    app.create("hedy", Scopes::ALL).await;
    let hedy = app.log_in("hedy").await;
    let key = app.with_key(&hedy.make_key(&["items", "admin"]).await.key);
    assert_eq!(key.get("/users").await.status, 200);
    assert_eq!(key.patch_json("/users/hedy", json!({"full_name": "H."})).await.status, 200);
    let demote = json!({"scopes": ["me", "items"]});
    assert_eq!(grace.patch_json("/users/hedy", demote).await.status, 200);
    key.get("/users").await.assert_refused(403, "Not enough permissions");
    assert_eq!(key.get("/items").await.status, 200);
    // What its user never gave it, it does not get later.
    key.get("/users/me").await.assert_refused(403, "Not enough permissions");
    app.execute("UPDATE users SET scopes = '' WHERE username = 'hedy'").await;
    key.get("/items").await.assert_refused(403, "Not enough permissions");
    assert_eq!(key.get("/status").await.status, 200);
    let scopes = Some(Scopes::ALL);
    app.change("hedy", UserUpdate { scopes, ..UserUpdate::default() }).await;
    assert_eq!(key.get("/users").await.status, 200);
}

#[tokio::test]
async fn the_keys_of_a_disabled_user_stop_and_those_of_a_deleted_user_are_gone() {
    let app = TestApp::start().await;
    let grace = app.admin().await;
    let ada = app.user().await;
    let made = ada.make_key(&["me", "items:write"]).await;
    let key = app.with_key(&made.key);
    for _ in 0..10 {
        assert_eq!(key.get("/users/me").await.status, 200);
        app.set_disabled("ada", true).await;
        for path in ["/users/me", "/status", "/users/me/items"] {
            let answer = key.get(path).await;
            answer.assert_refused(400, "Inactive user");
            assert_eq!(answer.header("www-authenticate"), "");
        }
        key.post_json("/items", json!({"title": "Hat"})).await.assert_refused(400, "Inactive user");
        app.set_disabled("ada", false).await;
    }
    assert_eq!(key.get("/users/me").await.status, 200);
    assert_eq!(grace.delete("/users/ada").await.status, 204);
    assert_invalid_key(&key.get("/users/me").await);
    assert_eq!(app.texts_of("api_keys").await, "");
    // Another user of the name is somebody else.
    app.user().await;
    assert_invalid_key(&key.get("/users/me").await);
}

#[tokio::test]
async fn a_new_password_ends_no_key() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let key = app.with_key(&ada.make_key(&["me", "items:write"]).await.key);
    app.set_password("ada", PASSWORD).await;
    ada.get("/users/me").await.assert_refused(401, "Could not validate credentials");
    assert_eq!(key.get("/users/me").await.status, 200);
    assert_eq!(key.post_json("/items", json!({"title": "Hat"})).await.status, 201);
}

#[tokio::test]
async fn what_is_no_key_of_ours_is_invalid() {
    let app = TestApp::start().await;
    let key = app.user().await.make_key(&["me"]).await.key;
    let last = if key.ends_with('0') { "1" } else { "0" };
    let wrong_checksum = format!("{}{last}", &key[..key.len() - 1]);
    // The right checksum of a key that nobody has made.
    let unknown = format!("cloakroom_key_{}0CuBH7", "0".repeat(43));
    let (shorter, longer, prefix) = (&key[1..], format!("{key}0"), key.replace("_key_", "_refresh_"));
    let spaced = format!("{key} {key}");
    let others = ["", "x", "cloakroom_key_", &wrong_checksum, &unknown, shorter, &longer, &prefix, &spaced, "é"];
    for path in ["/users/me", "/users/me/items", "/status", "/items"] {
        for other in others {
            assert_invalid_key(&app.with_key(other).get(path).await);
        }
    }
    assert_eq!(app.with_key(&key).get("/users/me").await.status, 200);
}

#[tokio::test]
async fn a_key_in_the_query_or_in_another_header_is_not_read() {
    let app = TestApp::start().await;
    let key = app.user().await.make_key(&["me"]).await.key;
    for path in [format!("/users/me?api_key={key}"), format!("/users/me?X-API-Key={key}&x-api-key={key}")] {
        let answer = app.anonymous().get(&path).await;
        answer.assert_refused(401, "Not authenticated");
        assert_eq!(answer.header("www-authenticate"), "Bearer", "as without a key");
    }
    for (name, value) in [("authorization", format!("APIKey {key}")), ("cookie", format!("X-API-Key={key}"))] {
        let answer = app.anonymous().call_with("GET", "/users/me", &[(name, &value)], "").await;
        answer.assert_refused(401, "Not authenticated");
    }
    let answer = app.with_token(&key).get("/users/me").await;
    answer.assert_refused(401, "Could not validate credentials");
    assert_eq!(answer.header("www-authenticate"), r#"Bearer error="invalid_token""#);
}

#[tokio::test]
async fn a_token_and_a_key_or_two_keys_are_a_bad_request() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let key = ada.make_key(&["me", "items"]).await.key;
    let both = "Send an Authorization header or an X-API-Key header, not both";
    for path in ["/users/me", "/users/me/items", "/status", "/items", "/users/me/sessions", "/users/me/api-keys"] {
        ada.and_key(&key).get(path).await.assert_refused(400, both);
        ada.and_key("x").get(path).await.assert_refused(400, both);
    }
    ada.and_key(&key).post_json("/users", person("eve")).await.assert_refused(400, both);
    for path in ["/users/me", "/users/me/items", "/status", "/items"] {
        let request = Request::get(path).header("x-api-key", &key).header("X-API-Key", &key);
        let answer = app.anonymous().send(request.body(Body::empty()).expect("a request")).await;
        answer.assert_refused(400, "Send one X-API-Key header, not several");
    }
}

#[tokio::test]
async fn no_key_opens_the_token_endpoint_passwords_sessions_or_keys() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    app.create("grace", Scopes::ALL).await;
    let grace = app.log_in("grace").await;
    let all: Vec<_> = Scopes::ALL.names().collect();
    let made = grace.make_key(&all).await;
    let new_password = json!({"current_password": PASSWORD, "new_password": "purple umbrella stand"});
    let new_key = json!({"name": "Another", "scopes": ["me"]});
    let end = format!("/users/me/api-keys/{}", made.id);
    // The key is not even looked up.
    for key in [&*made.key, "x"] {
        let key = app.with_key(key);
        for (method, path, body) in [
            ("PUT", "/users/me/password", new_password.clone()),
            ("DELETE", "/users/me", json!({})),
            ("GET", "/users/me/sessions", json!({})),
            ("DELETE", "/users/me/sessions", json!({})),
            ("DELETE", "/users/me/sessions/x", json!({})),
            ("GET", "/users/me/ended-sessions", json!({})),
            ("GET", "/users/ada/sessions", json!({})),
            ("DELETE", "/users/ada/sessions", json!({})),
            ("GET", "/users/me/api-keys", json!({})),
            ("POST", "/users/me/api-keys", new_key.clone()),
            ("DELETE", &end, json!({})),
            ("POST", "/users", person("eve")),
        ] {
            let answer = key.call(method, path, &[], body.to_string()).await;
            answer.assert_refused(403, LOG_IN);
        }
        for path in ["/token", "/revoke", "/introspect"] {
            let answer = key.post_form(path, &format!("username=ada&password={PASSWORD}&token=x")).await;
            assert_eq!((answer.status.as_u16(), &answer.json()["detail"]), (403, &json!(LOG_IN)), "{path}");
        }
    }
    // An administrator's key changes others, but gives nobody a way in: no password, and no administrator's scope.
    let key = app.with_key(&made.key);
    for path in ["/users/ada", "/users/grace"] {
        let answer = key.patch_json(path, json!({"password": "purple umbrella stand"})).await;
        answer.assert_refused(403, LOG_IN);
        key.patch_json(path, json!({"scopes": ["me", "admin"]})).await.assert_refused(403, LOG_IN);
        assert_eq!(key.patch_json(path, json!({"full_name": "A"})).await.status, 200);
    }
    key.delete("/users/grace").await.assert_refused(403, LOG_IN);
    assert_eq!(app.try_to_log_in("ada", PASSWORD).await.status, 200);
    assert_eq!(grace.get("/users").await.json()["count"], 2);
    assert_eq!(key.get("/users/me").await.status, 200);
}

#[tokio::test]
async fn a_key_that_is_ended_is_refused_on_the_very_next_request_and_nobody_ends_anothers() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    app.create("eve", Scopes::ALL).await;
    let eves = app.log_in("eve").await.make_key(&["me"]).await;
    for _ in 0..10 {
        let (made, other) = (ada.make_key(&["me"]).await, ada.make_key(&["me"]).await);
        let (key, path) = (app.with_key(&made.key), format!("/users/me/api-keys/{}", made.id));
        assert_eq!(key.get("/users/me").await.status, 200);
        assert_eq!(ada.delete(&path).await.status, 204);
        assert_invalid_key(&key.get("/users/me").await);
        ada.delete(&path).await.assert_refused(404, "Not Found");
        assert_eq!(app.with_key(&other.key).get("/users/me").await.status, 200);
    }
    for id in [&eves.id, "nowhere", "%00", "%ff"] {
        ada.delete(&format!("/users/me/api-keys/{id}")).await.assert_refused(404, "Not Found");
    }
    assert_eq!(app.with_key(&eves.key).get("/users/me").await.status, 200);
    assert_eq!(ada.get("/users/me/api-keys").await.json().as_array().map(Vec::len), Some(10));
}

#[tokio::test]
async fn a_change_that_was_begun_before_the_key_ended_is_refused() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    for (end, status) in [
        ("DELETE FROM api_keys", 401),
        ("UPDATE users SET disabled = TRUE", 400),
        ("UPDATE users SET scopes = 'me'", 403),
    ] {
        let key = app.with_key(&ada.make_key(&["items:write"]).await.key);
        let mut meanwhile = app.database.connect().await;
        let body = futures::stream::once(async move {
            // The key was checked before the body is read.
            meanwhile.execute(end).await;
            Ok::<_, std::io::Error>(json!({"title": "Umbrella"}).to_string())
        });
        let answer = key.call("POST", "/items", &[], Body::from_stream(body)).await;
        assert_eq!(answer.status, status, "{end}");
        assert_eq!(answer.header("www-authenticate") == "APIKey", status == 401, "{end}");
        app.execute("UPDATE users SET disabled = FALSE, scopes = 'me items me:write items:write'").await;
    }
    assert_eq!(ada.get("/items").await.json()["count"], 0);
}

#[tokio::test]
async fn reading_wants_me_and_ending_wants_me_write() {
    let app = TestApp::start().await;
    for (scopes, list, end) in [(ME, 200, 403), (ME_WRITE, 403, 404), (ITEMS, 403, 403)] {
        let username = format!("ada-{scopes}");
        app.create(&username, Scopes::new(scopes)).await;
        let ada = app.log_in(&username).await;
        assert_eq!(ada.get("/users/me/api-keys").await.status, list);
        assert_eq!(ada.delete("/users/me/api-keys/x").await.status, end);
    }
    app.anonymous().get("/users/me/api-keys").await.assert_refused(401, "Not authenticated");
}
