//! `PATCH /users/me` and `DELETE /users/me`: what users do with their own accounts.

use cloakroom::{
    model::Scopes,
    server::{clock, security::jwt::NewClaims},
};
use serde_json::{Value, json};

use super::{
    calls::{person, with},
    support::{Answer, Client, PASSWORD, SECRET_KEY, TestApp},
};

#[tokio::test]
async fn a_user_changes_the_address_and_the_name_and_what_is_left_out_stays() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let mut expected = json!({"username": "ada", "email": null, "full_name": null, "disabled": false});
    for (path, body) in [
        ("/users/me", json!({"email": "ada@example.com"})),
        ("/users/me/", json!({"full_name": "Ada Lovelace"})),
        ("/users/me", json!({})),
        ("/users/me", json!({"email": "ada@example.org", "full_name": "Ada King"})),
        ("/users/me", json!({"email": null})),
        ("/users/me/", json!({"full_name": null})),
        ("/users/me", json!({"full_name": null, "email": null})),
    ] {
        for (name, value) in body.as_object().expect("members") {
            expected[name] = value.clone();
        }
        let answer = ada.patch_json(path, body).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (200, expected.clone()));
        answer.assert_not_stored();
        assert_eq!(ada.get("/users/me").await.json(), expected, "and it is kept");
    }
}

#[tokio::test]
async fn what_users_may_not_set_of_themselves_is_refused_and_nothing_of_the_body_is_applied() {
    let app = TestApp::start().await;
    let (ada, grace) = (app.user().await, app.admin().await);
    for (client, username) in [(&ada, "ada"), (&grace, "grace")] {
        let before = grace.get(&format!("/users/{username}")).await;
        for (name, value) in [
            ("scopes", json!(["admin"])),
            ("disabled", json!(true)),
            ("password", json!("another horse battery")),
            ("username", json!("eve")),
            ("owner", json!("eve")),
            ("item_id", json!("x")),
            ("hashed_password", json!("$argon2id$")),
            ("nickname", json!(null)),
        ] {
            let answer = client.patch_json("/users/me", with(json!({"full_name": "Eve"}), name, value)).await;
            answer.assert_broken(&[(&format!("body.{name}"), "extra_forbidden")]);
        }
        let after = grace.get(&format!("/users/{username}")).await;
        assert_eq!((after.json(), after.etag()), (before.json(), before.etag()));
    }
}

#[tokio::test]
async fn a_broken_value_changes_nothing_not_even_the_good_ones_beside_it() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let body = json!({"email": 1, "full_name": "Ada"});
    ada.patch_json("/users/me", body).await.assert_broken(&[("body.email", "string_type")]);
    let body = json!({"email": "ada@example.com", "full_name": ["Ada"]});
    ada.patch_json("/users/me", body).await.assert_broken(&[("body.full_name", "string_type")]);
    let user = ada.get("/users/me").await.json();
    assert_eq!((&user["email"], &user["full_name"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn somebody_elses_address_is_a_409_in_any_case_of_letters_and_ones_own_is_not() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    app.anonymous().post_json("/users", with(person("bob"), "email", "Bob@example.com")).await;
    for email in ["Bob@example.com", "bob@EXAMPLE.com"] {
        let answer = ada.patch_json("/users/me", json!({"email": email, "full_name": "Bob"})).await;
        answer.assert_refused(409, "The e-mail address is taken: use another, or log in");
    }
    assert_eq!(ada.get("/users/me").await.json()["full_name"], Value::Null);
    for email in ["ada@example.com", "Ada@Example.com", "Ada@Example.com"] {
        assert_eq!(ada.patch_json("/users/me", json!({"email": email})).await.json()["email"], email);
    }
}

#[tokio::test]
async fn an_address_that_was_given_up_is_free_for_others() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    ada.patch_json("/users/me", json!({"email": "ada@example.com"})).await;
    ada.patch_json("/users/me", json!({"email": null})).await;
    let answer = app.anonymous().post_json("/users", with(person("bob"), "email", "ada@example.com")).await;
    assert_eq!(answer.status, 201);
}

/// A client with a token of this user. Its password was typed so many seconds ago.
pub async fn typed(app: &TestApp, username: &str, seconds_ago: i64) -> Client {
    let user = app.state.store.find_user(username).await.expect("a database").expect("a user").user;
    let now = clock::unix_seconds();
    let claims = NewClaims {
        sub: username,
        exp: now + 600,
        iat: now,
        jti: "a test's",
        scope: &Scopes::ALL.to_string(),
        auth_time: now - seconds_ago,
        user_id: &user.id,
        password_version: user.tokens_valid_from,
        sid: None,
    };
    app.with_token(&app.state.keys.create_access_token(&claims, claims.iat).expect("a token"))
}

/// Checks that the token is not fresh enough.
#[track_caller]
pub fn assert_not_fresh(answer: &Answer) {
    answer.assert_refused(401, "Log in again, and repeat this within five minutes");
    let challenge = r#"Bearer error="insufficient_user_authentication", max_age="300""#;
    assert_eq!(answer.header("www-authenticate"), challenge);
}

#[tokio::test]
async fn a_token_older_than_300_seconds_does_not_delete_its_user_and_is_told_to_log_in_again() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    for seconds_ago in [301, 1000, 1_000_000_000] {
        let ada = typed(&app, "ada", seconds_ago).await;
        for path in ["/users/me", "/users/me/"] {
            assert_not_fresh(&ada.delete(path).await);
        }
        assert_eq!(ada.patch_json("/users/me", json!({"full_name": "Ada"})).await.status, 200, "it is a good token");
    }
    assert_eq!(app.log_in("ada").await.delete("/users/me").await.status, 204, "and that helps");
}

#[tokio::test]
async fn a_token_of_exactly_300_seconds_is_fresh() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    loop {
        let now = clock::unix_seconds();
        let answer = typed(&app, "ada", 300).await.delete("/users/me").await;
        if answer.status == 204 {
            break;
        }
        assert_ne!(clock::unix_seconds(), now, "refused within the same second");
    }
    assert_eq!(app.count_users().await, 0);
}

#[tokio::test]
async fn a_password_typed_in_the_future_is_not_fresh() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    for seconds in [60, 1_000_000] {
        assert_not_fresh(&typed(&app, "ada", -seconds).await.delete("/users/me").await);
    }
}

#[tokio::test]
async fn a_token_of_another_service_does_not_tell_when_the_password_was_typed() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let now = clock::unix_seconds();
    let key = jsonwebtoken::EncodingKey::from_secret(SECRET_KEY.as_bytes());
    for claims in [
        json!({"sub": "ada", "exp": now + 60}),
        json!({"sub": "ada", "exp": now + 60, "iat": now}),
        json!({"sub": "ada", "exp": now + 60, "iat": now, "scope": "me:write"}),
    ] {
        let token = jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).expect("a token");
        assert_not_fresh(&app.with_token(&token).delete("/users/me").await);
    }
    assert_eq!(app.count_users().await, 1);
}

#[tokio::test]
async fn a_token_that_is_neither_fresh_nor_has_the_scope_lacks_the_scope() {
    let app = TestApp::start().await;
    app.create("ada", "me".to_owned().into()).await;
    let answer = typed(&app, "ada", 301).await.delete("/users/me").await;
    answer.assert_refused(403, "Not enough permissions");
}

#[tokio::test]
async fn a_user_who_deletes_the_account_is_gone_with_the_items_and_the_token_is_dead() {
    let app = TestApp::start().await;
    let (ada, grace) = (app.user().await, app.admin().await);
    app.leave_items("ada", &["coat", "hat"]).await;
    app.leave_items("grace", &["scarf"]).await;
    assert_eq!(grace.get("/items/coat").await.status, 200);
    let answer = ada.delete("/users/me").await;
    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (204, ""));
    let calls = [("GET", "/users/me"), ("PATCH", "/users/me"), ("DELETE", "/users/me"), ("GET", "/status")];
    for (method, path) in calls {
        ada.call(method, path, &[], "{}").await.assert_refused(401, "Could not validate credentials");
    }
    app.try_to_log_in("ada", PASSWORD).await.assert_oauth2(401, "invalid_grant");
    for path in ["/users/ada", "/users/ada/items", "/items/coat", "/items/hat"] {
        grace.get(path).await.assert_refused(404, "Not Found");
    }
    assert_eq!(grace.get("/items/scarf").await.status, 200, "somebody else's stays");
    assert_eq!(app.anonymous().post_json("/users", person("ada")).await.status, 201, "the name is free");
}
