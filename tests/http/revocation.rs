//! What was decided a moment ago holds on the very next request, whoever wrote it down.

use cloakroom::server::{clock, users::set_password};

use super::support::{PASSWORD, TestApp};

#[tokio::test]
async fn a_user_disabled_a_moment_ago_is_refused_on_the_very_next_request() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    for _ in 0..50 {
        assert_eq!(ada.get("/users/me").await.status, 200);
        app.state.store.set_disabled("ada", true).await.expect("a database");
        ada.get("/users/me").await.assert_refused(400, "Inactive user");
        app.state.store.set_disabled("ada", false).await.expect("a database");
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
        app.state.store.set_disabled("ada", false).await.expect("a database");
        let asking: Vec<_> = (0..8)
            .map(|_| {
                let ada = ada.clone();
                tokio::spawn(async move { ada.get("/users/me").await.status })
            })
            .collect();
        app.state.store.set_disabled("ada", true).await.expect("a database");
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
    let now = clock::unix_seconds();
    set_password(&app.state.store, &app.state.passwords, "ada", PASSWORD.to_owned(), now)
        .await
        .expect("a new password");
    ada.get("/users/me").await.assert_refused(401, "Could not validate credentials");
    let again = app.log_in("ada").await;
    assert_eq!(again.get("/users/me").await.status, 200);
}
