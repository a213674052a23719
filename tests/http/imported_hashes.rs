//! Users who bring the hashes of another service along.

use std::sync::Arc;

use cloakroom::server::{accounts, clock, operations::metrics, store::Imported};
use serde_json::json;

use super::support::{Client, PASSWORD, TestApp};

/// A hash of [`PASSWORD`], made by Python's bcrypt.
const BCRYPT: &str = "$2b$05$cMQ2Oll.pnL6vjTYDavCtecoCIT0grIvkOHYdnID9qKfyYxKFXJE6";
/// One of `café au lait noir` with the accent as a character of its own.
const BCRYPT_NFD: &str = "$2b$04$onMIqCqOB5/vu7bqQD7up.V.q.Xzc0SsSKRWOUHXwXjbXjXD3KegW";

/// A server with these users, who were imported with these hashes.
async fn app_with(users: &[(&str, &str)]) -> TestApp {
    let app = TestApp::start().await;
    let lines = users.iter().map(|(username, hash)| json!({"username": username, "hashed_password": hash}).to_string());
    let lines = lines.collect::<Vec<_>>().join("\n");
    let now = clock::unix_milliseconds();
    let imported = accounts::import(&app.state.store, lines.as_bytes(), false, now).await.expect("good lines");
    assert_eq!(imported, Imported { created: users.len() as u64, present: 0 });
    app
}

/// The status of a login with this password.
async fn log_in(app: &TestApp, username: &str, password: &str) -> u16 {
    app.try_to_log_in(username, password).await.status.as_u16()
}

/// How many jobs the hashing threads have done.
async fn jobs(app: &TestApp) -> u64 {
    let metrics = Client::of(metrics::router(Arc::clone(&app.state.metrics))).get("/metrics").await.text();
    let count = metrics.lines().find_map(|line| line.strip_prefix("cloakroom_hash_duration_seconds_count "));
    count.expect("a count").parse().expect("a number")
}

#[tokio::test]
async fn a_bcrypt_hash_becomes_an_argon2id_hash_of_the_same_password_at_the_first_login() {
    let app = app_with(&[("ada", BCRYPT)]).await;
    assert_eq!(log_in(&app, "ada", PASSWORD).await, 200);
    let renewed = app.hash_of("ada").await;
    assert!(renewed.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{renewed}");
    assert_eq!(log_in(&app, "ada", PASSWORD).await, 200);
    assert_eq!(log_in(&app, "ada", "wrong").await, 401);
    assert_eq!(app.hash_of("ada").await, renewed);
}

#[tokio::test]
async fn a_wrong_password_leaves_a_bcrypt_hash_as_it_is() {
    let app = app_with(&[("ada", BCRYPT)]).await;
    for wrong in ["wrong", "correct horse batter", "correct horse battery\0correct horse battery"] {
        assert_eq!(log_in(&app, "ada", wrong).await, 401, "{wrong:?}");
    }
    assert_eq!(app.hash_of("ada").await, BCRYPT);
}

#[tokio::test]
async fn a_locked_account_refuses_the_right_password_and_keeps_its_bcrypt_hash() {
    let app = app_with(&[("ada", BCRYPT)]).await;
    app.execute("UPDATE users SET failed_logins = 100").await;
    assert_eq!(log_in(&app, "ada", PASSWORD).await, 401);
    assert_eq!(app.hash_of("ada").await, BCRYPT);
}

#[tokio::test]
async fn a_disabled_user_with_a_bcrypt_hash_gets_a_token_that_is_good_for_nothing() {
    let app = app_with(&[("ada", BCRYPT)]).await;
    app.set_disabled("ada", true).await;
    app.log_in("ada").await.get("/users/me").await.assert_refused(400, "Inactive user");
}

#[tokio::test]
async fn a_bcrypt_hash_of_the_other_spelling_works_and_after_it_both_spellings_do() {
    let app = app_with(&[("ada", BCRYPT_NFD)]).await;
    let (nfc, nfd) = ("caf\u{e9} au lait noir", "cafe\u{301} au lait noir");
    assert_eq!(log_in(&app, "ada", nfc).await, 401, "only the spelling that was hashed");
    assert_eq!(log_in(&app, "ada", nfd).await, 200);
    assert_eq!(log_in(&app, "ada", nfc).await, 200);
}

#[tokio::test]
async fn while_anybody_has_a_bcrypt_hash_every_login_computes_bcrypt_and_afterwards_none_does() {
    let app = app_with(&[("ada", BCRYPT), ("mary", BCRYPT_NFD)]).await;
    let hash = app.state.passwords.get_password_hash("correct horse of grace".to_owned()).await.expect("a hash");
    app.create("grace", cloakroom::model::Scopes::AT_SIGN_UP).await;
    app.set_hash("grace", &hash, 0).await;
    let cost = async |username: &str| {
        let before = jobs(&app).await;
        assert_eq!(log_in(&app, username, "wrong").await, 401);
        jobs(&app).await - before
    };
    // An argon2 hash, and bcrypt.
    for username in ["nobody", "grace", "ada", "mary"] {
        assert_eq!(cost(username).await, 2, "{username}");
    }
    assert_eq!(log_in(&app, "ada", PASSWORD).await, 200);
    assert_eq!(cost("nobody").await, 2, "mary still has one");
    app.set_hash("mary", &hash, 0).await;
    for username in ["nobody", "grace", "ada", "mary"] {
        assert_eq!(cost(username).await, 1, "{username}");
    }
}

#[tokio::test]
async fn a_hash_that_no_login_could_check_is_not_imported() {
    let app = TestApp::start().await;
    for hash in ["secret", &BCRYPT.replace("$2b$", "$2x$"), &BCRYPT.replace("$05$", "$16$"), &BCRYPT[..59]] {
        let line = json!({"username": "ada", "hashed_password": hash}).to_string();
        let refused =
            accounts::import(&app.state.store, line.as_bytes(), false, 0).await.expect_err("a hash to refuse");
        assert!(refused.to_string().contains("hashed_password"), "{refused}");
    }
    assert!(app.state.store.find_user("ada").await.expect("a database").is_none());
}
