//! A change to a user takes effect on the next request, whichever program made the change.

use std::time::Duration;

use cloakroom::{
    model::{Jwt, Scopes},
    server::clock,
};

use super::support::{PASSWORD, TestApp};

#[tokio::test]
async fn a_user_disabled_a_moment_ago_is_refused_on_the_very_next_request() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    for _ in 0..50 {
        assert_eq!(ada.get("/users/me").await.status, 200);
        app.set_disabled("ada", true).await;
        ada.get("/users/me").await.assert_refused(400, "Inactive user");
        app.set_disabled("ada", false).await;
    }
}

#[tokio::test]
async fn so_is_one_whom_another_program_disabled() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    assert_eq!(ada.get("/users/me").await.status, 200);
    app.execute("UPDATE users SET disabled = TRUE WHERE username = 'ada'").await;
    ada.get("/users/me").await.assert_refused(400, "Inactive user");
}

#[tokio::test]
async fn requests_that_race_with_a_change_never_bring_the_old_state_back() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    for _ in 0..20 {
        app.set_disabled("ada", false).await;
        let asking: Vec<_> = (0..8)
            .map(|_| {
                let ada = ada.clone();
                tokio::spawn(async move { ada.get("/users/me").await.status })
            })
            .collect();
        app.set_disabled("ada", true).await;
        ada.get("/users/me").await.assert_refused(400, "Inactive user");
        futures::future::join_all(asking).await;
        ada.get("/users/me").await.assert_refused(400, "Inactive user");
    }
}

#[tokio::test]
async fn a_new_password_ends_earlier_tokens_and_the_next_login_works_at_once() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    assert_eq!(ada.get("/users/me").await.status, 200);
    app.set_password("ada", PASSWORD).await;
    ada.get("/users/me").await.assert_refused(401, "Could not validate credentials");
    let again = app.log_in("ada").await;
    assert_eq!(again.get("/users/me").await.status, 200);
    let jwt = Jwt::read(again.token()).expect("a JWT");
    let issued = jwt.claims["iat"].as_i64().expect("a number");
    assert!(issued <= clock::unix_seconds(), "other services refuse a token from the future");
}

#[tokio::test]
async fn a_login_that_was_under_way_when_the_password_was_changed_gets_a_token_that_is_worth_nothing() {
    let app = TestApp::start_with(&["password.memory-kib=65536", "password.iterations=10"]).await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let client = app.anonymous();
    let login =
        tokio::spawn(async move { client.post_form("/token", &format!("username=ada&password={PASSWORD}")).await });
    // Once the login is counted, it has read the stored hash. Comparing then takes a while.
    let counted = async || app.state.store.find_user("ada").await.expect("a database").expect("ada").failed_logins;
    while counted().await == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let later = clock::unix_seconds() + 1;
    app.set_hash("ada", "$argon2id$another", later).await;
    let answer = login.await.expect("an answer");
    assert_eq!(answer.status, 200, "the password was right when the hash was read");
    let token = answer.json()["access_token"].as_str().expect("a token").to_owned();
    app.with_token(&token).get("/users/me").await.assert_refused(401, "Could not validate credentials");
}

#[tokio::test]
async fn two_changes_within_one_second_are_two() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let valid_from =
        async || app.state.store.find_user("ada").await.expect("a database").expect("ada").user.tokens_valid_from;
    app.set_hash("ada", "$argon2id$one", 1000).await;
    assert_eq!(valid_from().await, 1000);
    app.set_hash("ada", "$argon2id$two", 1000).await;
    assert_eq!(valid_from().await, 1001);
}

#[tokio::test]
async fn with_the_clock_set_back_after_a_change_of_password_new_tokens_are_good_here_and_elsewhere() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    // The change was made while the clock was an hour ahead.
    let ahead = clock::unix_seconds() + 3600;
    let hash = app.hash_of("ada").await;
    app.set_hash("ada", &hash, ahead).await;
    ada.get("/users/me").await.assert_refused(401, "Could not validate credentials");
    let again = app.log_in("ada").await;
    assert_eq!(again.get("/users/me").await.status, 200);
    let claims = Jwt::read(again.token()).expect("a JWT").claims;
    let [iat, exp] = ["iat", "exp"].map(|name| claims[name].as_i64().expect("a number"));
    assert!(iat <= clock::unix_seconds(), "PyJWT refuses a token from the future");
    assert_eq!(exp - iat, 1800, "and it lives as long as any other");
}

#[tokio::test]
async fn a_new_password_ends_the_tokens_of_other_services_by_when_they_were_issued() {
    let app = TestApp::start().await;
    app.user().await;
    let changed_at = clock::unix_seconds() - 100;
    let hash = app.hash_of("ada").await;
    let exp = clock::unix_seconds() + 600;
    let foreign = |iat: Option<i64>| {
        let claims = match iat {
            Some(iat) => serde_json::json!({"sub": "ada", "exp": exp, "iat": iat}),
            None => serde_json::json!({"sub": "ada", "exp": exp}),
        };
        app.foreign(&claims)
    };
    let times = [None, Some(changed_at - 1), Some(changed_at), Some(changed_at + 50)];
    for time in times {
        assert_eq!(foreign(time).get("/users/me").await.status, 200, "before the change: {time:?}");
    }
    app.set_hash("ada", &hash, changed_at).await;
    for (time, status) in times.into_iter().zip([401, 401, 200, 200]) {
        assert_eq!(foreign(time).get("/users/me").await.status, status, "after the change: {time:?}");
    }
}
