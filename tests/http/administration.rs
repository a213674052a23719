//! What administrators do with the accounts of others.

use cloakroom::{model::Scopes, server::clock};
use serde_json::{Value, json};

use super::{
    calls::{person, with},
    support::{Answer, Client, PASSWORD, TestApp},
};

/// Each call that only an administrator may make of a user, with a body that it can use.
const CALLS: [(&str, &str); 4] =
    [("GET", "/users/{}"), ("PATCH", "/users/{}"), ("DELETE", "/users/{}"), ("GET", "/users/{}/items")];

async fn each_call(client: &Client, username: &str) -> Vec<Answer> {
    let mut answers = Vec::new();
    for (method, path) in CALLS {
        for slash in ["", "/"] {
            answers.push(client.call(method, &(path.replace("{}", username) + slash), &[], "{}").await);
        }
    }
    answers
}

/// Whether this is a time since `before`, in RFC 3339 and UTC.
fn is_since(before: i64, value: &Value) -> bool {
    let text = value.as_str().expect("a time");
    (before..=clock::unix_milliseconds()).any(|at| clock::rfc_3339(at) == text)
}

#[tokio::test]
async fn an_administrator_creates_an_account_with_scopes_and_disabled() {
    let app = TestApp::start().await;
    let grace = app.admin().await;
    let before = clock::unix_milliseconds();
    let body = json!({
        "username": "ada", "password": PASSWORD, "email": "ada@example.com", "full_name": "Ada Lovelace",
        "scopes": ["items", "me"], "disabled": true,
    });
    let answer = grace.post_json("/users/", body).await;
    let mut account = answer.json();
    assert_eq!(answer.status, 201);
    assert!(is_since(before, &account["created_at"]), "{account}");
    account["created_at"] = "then".into();
    let expected = json!({
        "username": "ada", "email": "ada@example.com", "full_name": "Ada Lovelace", "disabled": true,
        "scopes": ["me", "items"], "created_at": "then", "last_login_at": null,
    });
    assert_eq!(account, expected);
    let read = grace.get("/users/ada").await;
    assert_eq!((read.json(), read.etag()), (answer.json(), answer.etag()));
    assert_eq!(app.try_to_log_in("ada", PASSWORD).await.json()["scope"], "me items");
    app.log_in("ada").await.get("/users/me").await.assert_refused(400, "Inactive user");
}

#[tokio::test]
async fn without_scopes_and_disabled_it_is_an_account_as_after_a_sign_up() {
    let app = TestApp::start().await;
    let account = app.admin().await.post_json("/users", person("ada")).await.json();
    assert_eq!(account["scopes"], json!(["me", "items", "me:write", "items:write"]));
    assert_eq!((&account["disabled"], &account["email"]), (&json!(false), &Value::Null));
}

#[tokio::test]
async fn the_last_login_is_null_until_there_is_one() {
    let app = TestApp::start().await;
    let grace = app.admin().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    app.try_to_log_in("ada", "wrong").await;
    assert_eq!(grace.get("/users/ada").await.json()["last_login_at"], Value::Null);
    let before = clock::unix_milliseconds();
    app.log_in("ada").await;
    assert!(is_since(before, &grace.get("/users/ada").await.json()["last_login_at"]));
}

#[tokio::test]
async fn scopes_and_disabled_of_another_type_or_name_are_refused() {
    let app = TestApp::start().await;
    let (_, grace) = (app.user().await, app.admin().await);
    for (name, value, loc, kind) in [
        ("scopes", json!("me"), "body.scopes", "list_type"),
        ("scopes", json!(null), "body.scopes", "list_type"),
        ("scopes", json!({"me": true}), "body.scopes", "list_type"),
        ("scopes", json!(["me", "root"]), "body.scopes.1", "enum"),
        ("scopes", json!(["me items"]), "body.scopes.0", "enum"),
        ("scopes", json!(["ME"]), "body.scopes.0", "enum"),
        ("scopes", json!([1]), "body.scopes.0", "enum"),
        ("disabled", json!("true"), "body.disabled", "bool_type"),
        ("disabled", json!(1), "body.disabled", "bool_type"),
        ("disabled", json!(null), "body.disabled", "bool_type"),
    ] {
        let body = with(person("eve"), name, value.clone());
        grace.post_json("/users", body).await.assert_broken(&[(loc, kind)]);
        let body = with(json!({"full_name": "Eve"}), name, value);
        grace.patch_json("/users/ada", body).await.assert_broken(&[(loc, kind)]);
    }
    assert_eq!(app.count_users().await, 2);
    assert_eq!(grace.get("/users/ada").await.json()["full_name"], Value::Null);
}

#[tokio::test]
async fn an_administrator_reads_changes_and_deletes_an_account() {
    let app = TestApp::start().await;
    let grace = app.admin().await;
    // These signs mean something else in a query or a form.
    for username in ["ada", "ada+test@example.com", "...a"] {
        app.create(username, Scopes::AT_SIGN_UP).await;
        let path = format!("/users/{username}");
        let mut expected = grace.get(&path).await.json();
        assert_eq!(expected.as_object().map(serde_json::Map::len), Some(7));
        for body in [
            json!({"email": "ada@example.com", "full_name": "Ada"}),
            json!({"scopes": ["me", "admin"]}),
            json!({"disabled": true}),
            json!({"email": null, "full_name": null, "scopes": [], "disabled": false}),
            json!({}),
        ] {
            for (name, value) in body.as_object().expect("members") {
                expected[name] = value.clone();
            }
            assert_eq!(grace.patch_json(&path, body).await.json(), expected);
            assert_eq!(grace.get(&(path.clone() + "/")).await.json(), expected);
        }
        let answer = grace.delete(&path).await;
        assert_eq!((answer.status.as_u16(), answer.text().as_str()), (204, ""));
        grace.get(&path).await.assert_refused(404, "Not Found");
    }
}

#[tokio::test]
async fn an_unknown_user_is_a_404_for_each_call_and_so_is_a_name_in_other_letters() {
    let app = TestApp::start().await;
    let (_, grace) = (app.user().await, app.admin().await);
    for username in ["nobody", "Ada", "ADA", "a%00", "%61da%2fitems", "-"] {
        for answer in each_call(&grace, username).await {
            answer.assert_refused(404, "Not Found");
        }
    }
    assert_eq!(app.count_users().await, 2);
}

#[tokio::test]
async fn a_user_who_is_no_administrator_learns_not_even_whether_somebody_exists() {
    let app = TestApp::start().await;
    let (ada, _) = (app.user().await, app.admin().await);
    for username in ["ada", "grace", "nobody"] {
        for answer in each_call(&ada, username).await {
            answer.assert_refused(403, "Not enough permissions");
            assert_eq!(answer.header("www-authenticate"), r#"Bearer error="insufficient_scope", scope="admin""#);
        }
    }
    ada.get("/users").await.assert_refused(403, "Not enough permissions");
}

#[tokio::test]
async fn a_disabled_user_makes_no_call_and_neither_does_one_without_a_token() {
    let app = TestApp::start().await;
    app.admin().await;
    app.create("ada", Scopes::ALL).await;
    let ada = app.log_in("ada").await;
    app.set_disabled("ada", true).await;
    let mine = [
        ("GET", "/users"),
        ("GET", "/users/me"),
        ("PATCH", "/users/me"),
        ("PUT", "/users/me/password"),
        ("DELETE", "/users/me"),
    ];
    for (method, path) in CALLS.into_iter().chain(mine).chain([("POST", "/users")]) {
        let path = path.replace("{}", "grace");
        let answer = ada.call(method, &path, &[], person("bob").to_string()).await;
        answer.assert_refused(400, "Inactive user");
        if method != "POST" {
            let answer = app.anonymous().call(method, &path, &[], "{}").await;
            answer.assert_refused(401, "Not authenticated");
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
    }
    assert_eq!(app.count_users().await, 2);
}

#[tokio::test]
async fn what_an_administrator_changes_holds_on_the_users_very_next_request() {
    let app = TestApp::start().await;
    let (ada, grace) = (app.user().await, app.admin().await);
    let change = async |body: Value| assert_eq!(grace.patch_json("/users/ada", body).await.status, 200);
    for _ in 0..10 {
        assert_eq!(ada.get("/users/me").await.status, 200);
        change(json!({"disabled": true})).await;
        ada.get("/users/me").await.assert_refused(400, "Inactive user");
        change(json!({"disabled": false, "scopes": ["items"]})).await;
        ada.get("/users/me").await.assert_refused(403, "Not enough permissions");
        change(json!({"scopes": ["me"]})).await;
    }
    change(json!({"password": "another horse battery"})).await;
    ada.get("/users/me").await.assert_refused(401, "Could not validate credentials");
    app.try_to_log_in("ada", PASSWORD).await.assert_oauth2(401, "invalid_grant");
    assert_eq!(app.try_to_log_in("ada", "another horse battery").await.status, 200);
}

#[tokio::test]
async fn a_scope_that_is_given_is_not_in_a_token_that_was_issued_before() {
    let app = TestApp::start().await;
    let (ada, grace) = (app.user().await, app.admin().await);
    grace.patch_json("/users/ada", json!({"scopes": ["me", "admin"]})).await;
    ada.get("/users").await.assert_refused(403, "Not enough permissions");
    assert_eq!(app.log_in("ada").await.get("/users").await.status, 200);
}

#[tokio::test]
async fn a_member_that_an_administrator_may_not_set_is_refused_and_nothing_of_the_body_is_applied() {
    let app = TestApp::start().await;
    let (_, grace) = (app.user().await, app.admin().await);
    for name in ["username", "owner", "item_id", "hashed_password", "created_at", "last_login_at", "id", "version"] {
        let body = with(json!({"disabled": true}), name, "eve");
        grace.patch_json("/users/ada", body).await.assert_broken(&[(&format!("body.{name}"), "extra_forbidden")]);
    }
    for (name, value) in
        [("password", json!(null)), ("password", json!(1)), ("email", json!([])), ("full_name", json!(0))]
    {
        let body = with(json!({"disabled": true}), name, value);
        grace.patch_json("/users/ada", body).await.assert_broken(&[(&format!("body.{name}"), "string_type")]);
    }
    assert_eq!(grace.get("/users/ada").await.json()["disabled"], false);
}

#[tokio::test]
async fn an_address_that_somebody_has_is_not_given_to_another() {
    let app = TestApp::start().await;
    let (_, grace) = (app.user().await, app.admin().await);
    grace.patch_json("/users/grace", json!({"email": "Grace@example.com"})).await;
    let answer = grace.patch_json("/users/ada", json!({"email": "grace@EXAMPLE.com", "disabled": true})).await;
    answer.assert_refused(409, "The e-mail address is taken: use another, or log in");
    assert_eq!(grace.get("/users/ada").await.json()["disabled"], false);
}
