//! What is left of a deleted user: nothing. A name that is given away again opens nothing with its old tokens.

use cloakroom::{model::Scopes, server::clock};
use serde_json::{Value, json};

use super::{
    calls::{person, with},
    support::{Client, TestApp},
};

/// A client with a token of another service, with these claims and an `exp`.
fn foreign(app: &TestApp, claims: Value) -> Client {
    app.foreign(&with(claims, "exp", clock::unix_seconds() + 600))
}

/// Tokens of this name: from another service without and with `iat`.
fn foreign_tokens(app: &TestApp, username: &str) -> Vec<Client> {
    let now = clock::unix_seconds();
    let claims = [
        json!({"sub": username}),
        json!({"sub": username, "iat": now}),
        json!({"sub": username, "iat": now - 1000, "scope": "me items"}),
    ];
    claims.map(|claims| foreign(app, claims)).into()
}

/// Checks that none of these tokens opens anything.
async fn assert_dead(clients: &[Client]) {
    for client in clients {
        for path in ["/users/me", "/users/me/items", "/status", "/items"] {
            client.get(path).await.assert_refused(401, "Could not validate credentials");
        }
    }
}

/// Who deletes the user.
#[derive(Clone, Copy, Debug)]
enum By {
    User,
    Administrator,
}

#[tokio::test]
async fn a_name_that_is_given_away_again_opens_nothing_with_its_old_tokens() {
    for by in [By::User, By::Administrator] {
        let app = TestApp::start().await;
        let (ada, grace) = (app.user().await, app.admin().await);
        let mut old = foreign_tokens(&app, "ada");
        old.extend([ada.clone(), app.log_in("ada").await]);
        for client in &old {
            assert_eq!(client.get("/users/me").await.status, 200, "before: {by:?}");
        }
        let deleted = match by {
            By::User => ada.delete("/users/me").await,
            By::Administrator => grace.delete("/users/ada").await,
        };
        assert_eq!(deleted.status, 204);
        assert_dead(&old).await;
        assert_eq!(app.anonymous().post_json("/users", person("ada")).await.status, 201);
        assert_dead(&old).await;
        // Nor after a restart, when nothing is in memory.
        let app = app.restarted().await;
        let old: Vec<_> = old.iter().map(|client| app.with_token(client.token())).collect();
        assert_dead(&old).await;
        let again = app.log_in("ada").await;
        assert_eq!(again.get("/users/me").await.status, 200, "the new user's own token is good at once");
        let token = |iat: i64| foreign(&app, json!({"sub": "ada", "iat": iat}));
        token(clock::unix_seconds() + 60).get("/status").await.assert_refused(401, "Could not validate credentials");
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        assert_eq!(token(clock::unix_seconds()).get("/status").await.status, 200, "another service may make new ones");
    }
}

#[tokio::test]
async fn nor_does_it_in_other_letters_than_before() {
    let app = TestApp::start().await;
    app.create("Ada", Scopes::AT_SIGN_UP).await;
    let old = [app.log_in("Ada").await];
    assert_eq!(old[0].delete("/users/me").await.status, 204);
    for username in ["ada", "ADA", "Ada"] {
        assert_eq!(app.anonymous().post_json("/users", person(username)).await.status, 201);
        // Also what another service says in the new letters, from before there was such a user.
        let mut tokens = foreign_tokens(&app, username);
        tokens.extend(foreign_tokens(&app, "Ada"));
        tokens.extend(old.clone());
        assert_dead(&tokens).await;
        assert_eq!(app.log_in(username).await.delete("/users/me").await.status, 204);
    }
}

#[tokio::test]
async fn nor_does_it_when_an_administrator_creates_the_account_or_it_is_given_away_twice() {
    let app = TestApp::start().await;
    let (ada, grace) = (app.user().await, app.admin().await);
    let mut old = foreign_tokens(&app, "ada");
    old.push(ada);
    for _ in 0..3 {
        assert_eq!(grace.delete("/users/ada").await.status, 204);
        assert_eq!(grace.post_json("/users", person("ada")).await.status, 201);
        old.push(app.log_in("ada").await);
        let (current, earlier) = old.split_last().expect("tokens");
        assert_dead(earlier).await;
        assert_eq!(current.get("/users/me").await.status, 200);
    }
}

#[tokio::test]
async fn a_name_that_was_never_deleted_opens_with_a_token_of_only_sub_and_exp() {
    let app = TestApp::start().await;
    let (ada, _) = (app.user().await, app.admin().await);
    assert_eq!(ada.delete("/users/me").await.status, 204);
    assert_eq!(app.anonymous().post_json("/users", person("ad")).await.status, 201);
    for client in foreign_tokens(&app, "ad") {
        assert_eq!(client.get("/users/me").await.status, 200);
    }
}

#[tokio::test]
async fn the_items_of_a_deleted_user_do_not_come_back_with_the_name() {
    let app = TestApp::start().await;
    let (ada, grace) = (app.user().await, app.admin().await);
    app.leave_items("ada", &["coat"]).await;
    ada.delete("/users/me").await;
    app.anonymous().post_json("/users", person("ada")).await;
    assert_eq!(app.log_in("ada").await.get("/items").await.json(), json!({"data": [], "count": 0}));
    let account = grace.get("/users/ada").await.json();
    assert_ne!(account["last_login_at"], Value::Null, "the new user has logged in");
    grace.get("/items/coat").await.assert_refused(404, "Not Found");
}
