//! `PUT /users/me/password`.

use std::time::Duration;

use cloakroom::{model::Scopes, server::clock};
use futures::future::join_all;
use serde_json::{Value, json};

use super::{
    calls::with,
    support::{Answer, Client, PASSWORD, TestApp},
};

const NEW: &str = "purple umbrella stand";
const PATH: &str = "/users/me/password";
const WRONG: &str = "The current password is incorrect";

fn change(current_password: &str, new_password: &str) -> Value {
    json!({"current_password": current_password, "new_password": new_password})
}

/// A token of another service, from so many seconds ago.
fn foreign(app: &TestApp, seconds_ago: i64) -> Client {
    let now = clock::unix_seconds();
    app.foreign(&json!({"sub": "ada", "exp": now + 600, "iat": now - seconds_ago}))
}

async fn failed_logins(app: &TestApp) -> i64 {
    app.state.store.find_user("ada").await.expect("a database").expect("ada").failed_logins
}

#[tokio::test]
async fn a_new_password_replaces_the_old_one_and_ends_earlier_tokens() {
    for path in [PATH, "/users/me/password/"] {
        let app = TestApp::start().await;
        let (ada, other) = (app.user().await, app.log_in("ada").await);
        let foreign = [foreign(&app, 0), foreign(&app, 100)];
        let answer = ada.put_json(path, change(PASSWORD, NEW)).await;
        assert_eq!((answer.status.as_u16(), answer.text().as_str()), (204, ""));
        for client in [&ada, &other].into_iter().chain(&foreign) {
            client.get("/users/me").await.assert_refused(401, "Could not validate credentials");
        }
        app.try_to_log_in("ada", PASSWORD).await.assert_oauth2(401, "invalid_grant");
        let login = app.try_to_log_in("ada", NEW).await;
        let token = login.json()["access_token"].as_str().expect("a token").to_owned();
        assert_eq!(app.with_token(&token).get("/users/me").await.status, 200);
    }
}

#[tokio::test]
async fn a_wrong_current_password_changes_nothing_and_counts_as_a_failed_login() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    for guesses in 1..=2 {
        let answer = ada.put_json(PATH, change("wrong", NEW)).await;
        answer.assert_refused(400, WRONG);
        assert_eq!(answer.header("www-authenticate"), "");
        assert_eq!(failed_logins(&app).await, guesses);
    }
    assert_eq!(ada.get("/users/me").await.status, 200);
    app.try_to_log_in("ada", NEW).await.assert_oauth2(401, "invalid_grant");
    assert_eq!(app.try_to_log_in("ada", PASSWORD).await.status, 200);
    assert_eq!(failed_logins(&app).await, 0);
}

/// Guesses with `guess` until it is refused. Returns the refusal.
async fn guess_until_refused(guess: impl AsyncFn() -> Answer) -> Answer {
    for _ in 0..20 {
        let answer = guess().await;
        if answer.status == 429 {
            assert!((1..=60).contains(&answer.header("retry-after").parse::<u32>().expect("seconds")));
            return answer;
        }
    }
    unreachable!("never refused")
}

#[tokio::test]
async fn after_too_many_wrong_ones_the_right_one_has_to_wait_too_and_so_has_a_login() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let refused = guess_until_refused(async || ada.put_json(PATH, change("wrong", NEW)).await).await;
    refused.assert_refused(429, "Too many failed logins: try again later");
    // One more, so that the wait is long enough for what comes.
    let wait = refused.header("retry-after").parse().expect("seconds");
    tokio::time::sleep(Duration::from_secs(wait)).await;
    ada.put_json(PATH, change("wrong", NEW)).await.assert_refused(400, WRONG);
    let right = ada.put_json(PATH, change(PASSWORD, NEW)).await;
    right.assert_refused(429, "Too many failed logins: try again later");
    app.try_to_log_in("ada", PASSWORD).await.assert_oauth2(429, "temporarily_unavailable");
}

#[tokio::test]
async fn failed_logins_make_a_change_of_the_password_wait() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    guess_until_refused(async || app.try_to_log_in("ada", "wrong").await).await;
    let answer = ada.put_json(PATH, change(PASSWORD, NEW)).await;
    answer.assert_refused(429, "Too many failed logins: try again later");
}

#[tokio::test]
async fn a_new_password_that_breaks_a_rule_is_named_and_no_guess_is_counted() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    for _ in 0..10 {
        for (new, kind) in [("short", "string_too_short"), ("passwordpassword", "value_error")] {
            ada.put_json(PATH, change("wrong", new)).await.assert_broken(&[("body.new_password", kind)]);
        }
    }
    assert_eq!(failed_logins(&app).await, 0);
    assert_eq!(ada.put_json(PATH, change(PASSWORD, NEW)).await.status, 204);
}

#[tokio::test]
async fn each_member_has_to_be_a_text_and_there_is_no_other_one() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let other = |member: &str| -> Value { serde_json::from_str(member).expect("JSON") };
    for value in ["1", "true", "null", "[]", "{}"] {
        let body = json!({"current_password": other(value), "new_password": NEW});
        ada.put_json(PATH, body).await.assert_broken(&[("body.current_password", "string_type")]);
        let body = json!({"current_password": PASSWORD, "new_password": other(value)});
        ada.put_json(PATH, body).await.assert_broken(&[("body.new_password", "string_type")]);
    }
    let missing = [("body.current_password", "missing"), ("body.new_password", "missing")];
    ada.put_json(PATH, json!({})).await.assert_broken(&missing);
    for name in ["username", "password", "scopes", "email"] {
        let body = with(change(PASSWORD, NEW), name, "grace");
        ada.put_json(PATH, body).await.assert_broken(&[(&format!("body.{name}"), "extra_forbidden")]);
    }
    assert_eq!(failed_logins(&app).await, 0);
    assert_eq!(app.try_to_log_in("ada", PASSWORD).await.status, 200, "nothing was changed");
}

#[tokio::test]
async fn an_empty_or_very_long_current_password_is_not_looked_at() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    ada.put_json(PATH, change("", NEW)).await.assert_broken(&[("body.current_password", "string_too_short")]);
    let long = "a".repeat(1025);
    ada.put_json(PATH, change(&long, NEW)).await.assert_broken(&[("body.current_password", "string_too_long")]);
    assert_eq!(failed_logins(&app).await, 0);
}

#[tokio::test]
async fn the_current_password_follows_no_rules_of_today_and_may_be_in_either_spelling() {
    let app = TestApp::start().await;
    // Short, as an older setting allowed it.
    app.create_with_password("ada", "süß & kurz", Scopes::AT_SIGN_UP).await;
    let login = app.try_to_log_in("ada", "süß & kurz").await;
    let ada = app.with_token(login.json()["access_token"].as_str().expect("a token"));
    assert_eq!(ada.put_json(PATH, change("su\u{308}ß & kurz", NEW)).await.status, 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_changes_at_the_same_time_one_holds() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let changes = (0..3).map(|number| {
        let ada = ada.clone();
        tokio::spawn(async move { ada.put_json(PATH, change(PASSWORD, &format!("{NEW} {number}"))).await })
    });
    let answers: Vec<_> =
        join_all(changes.collect::<Vec<_>>()).await.into_iter().map(|answer| answer.expect("an answer")).collect();
    let held = answers.iter().filter(|answer| answer.status == 204).count();
    assert_eq!(held, 1, "{answers:?}");
    for (number, answer) in answers.iter().enumerate() {
        // The token of one that came too late may have ended before the password was looked at.
        assert!([204, 400, 401].contains(&answer.status.as_u16()), "{}", answer.status);
        let login = app.try_to_log_in("ada", &format!("{NEW} {number}")).await;
        assert_eq!(login.status == 200, answer.status == 204);
    }
}

#[tokio::test]
async fn an_account_that_is_locked_after_100_failures_is_not_opened_by_this_call() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    app.execute("UPDATE users SET failed_logins = 100").await;
    ada.put_json(PATH, change(PASSWORD, NEW)).await.assert_refused(400, WRONG);
    app.try_to_log_in("ada", NEW).await.assert_oauth2(401, "invalid_grant");
}

/// The answer to a call whose user is deleted `at` a time, with hashing that takes a while.
async fn deleted_meanwhile(path: &'static str, at: impl AsyncFn(&TestApp)) -> Answer {
    let app = TestApp::start_with(&["password.memory-kib=65536", "password.iterations=10"]).await;
    let ada = app.user().await;
    let under_way = tokio::spawn(async move {
        match path {
            PATH => ada.put_json(PATH, change(PASSWORD, NEW)).await,
            _ => ada.post_form(path, &format!("username=ada&password={PASSWORD}")).await,
        }
    });
    at(&app).await;
    app.execute("DELETE FROM users").await;
    under_way.await.expect("an answer")
}

async fn until_failed_logins_are(app: &TestApp, count: i64) {
    while failed_logins(app).await != count {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_user_who_is_deleted_meanwhile_gets_neither_a_token_nor_a_password() {
    // Once the failure is counted, the stored hash was read. Comparing then takes a while.
    let while_comparing = async |app: &TestApp| until_failed_logins_are(app, 1).await;
    deleted_meanwhile("/token", while_comparing).await.assert_oauth2(401, "invalid_grant");
    deleted_meanwhile(PATH, while_comparing).await.assert_refused(401, "Could not validate credentials");
    // The password was right. Hashing the new one takes a while too.
    let while_hashing = async |app: &TestApp| {
        until_failed_logins_are(app, 1).await;
        until_failed_logins_are(app, 0).await;
    };
    deleted_meanwhile(PATH, while_hashing).await.assert_refused(401, "Could not validate credentials");
}
