//! `POST /revoke` (RFC 7009).

use cloakroom::{
    model::{Jwt, Scopes},
    server::clock,
};
use futures::future::join_all;

use super::{
    signed_in::{Tokens, assert_over},
    support::{TestApp, sign},
};

#[tokio::test]
async fn either_token_ends_the_session_on_the_very_next_request() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let other = app.sign_in("ada").await;
    for by_refresh_token in [true, false] {
        for _ in 0..20 {
            let tokens = app.sign_in("ada").await;
            assert_eq!(app.with(&tokens).get("/users/me").await.status, 200);
            app.revoke(if by_refresh_token { &tokens.refresh } else { &tokens.access }).await;
            assert_over(&app, &tokens).await;
        }
    }
    assert_eq!(app.with(&other).get("/users/me").await.status, 200);
}

#[tokio::test]
async fn an_old_refresh_token_ends_its_session_too() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let first = app.sign_in("ada").await;
    let second = Tokens::of(&app.refresh(&first.refresh).await);
    app.revoke(&first.refresh).await;
    assert_over(&app, &second).await;
}

#[tokio::test]
async fn an_access_token_without_a_session_is_revoked_alone() {
    let app = TestApp::start().await;
    let (ada, other) = (app.user().await, app.log_in("ada").await);
    let tutorials = sign(&serde_json::json!({"sub": "ada", "exp": clock::unix_seconds() + 60}));
    let tutorials = app.with_token(&tutorials);
    for client in [&ada, &tutorials] {
        assert_eq!(client.get("/users/me").await.status, 200);
        app.revoke(client.token()).await;
        client.get("/users/me").await.assert_refused(401, "Could not validate credentials");
        // Again, and after a restart.
        app.revoke(client.token()).await;
        client.get("/users/me").await.assert_refused(401, "Could not validate credentials");
    }
    assert_eq!(other.get("/users/me").await.status, 200);
    let app = app.restarted().await;
    app.with_token(ada.token()).get("/users/me").await.assert_refused(401, "Could not validate credentials");
    assert_eq!(app.with_token(other.token()).get("/users/me").await.status, 200);
}

#[tokio::test]
async fn of_many_tokens_that_are_sent_at_once_only_those_that_were_ended_are_refused() {
    let app = TestApp::start().await;
    let mut sent = Vec::new();
    for number in 0..8 {
        let username = format!("ada-{number}");
        app.create(&username, Scopes::AT_SIGN_UP).await;
        let sessions = [app.sign_in(&username).await, app.sign_in(&username).await];
        let [goes_on, ended] = sessions.map(|tokens| app.with(&tokens));
        let (good, revoked) = (app.log_in(&username).await, app.log_in(&username).await);
        for client in [&ended, &revoked] {
            app.revoke(client.token()).await;
        }
        let is_disabled = number % 4 == 3;
        if is_disabled {
            app.set_disabled(&username, true).await;
        }
        for (client, is_over) in [(goes_on, false), (ended, true), (good, false), (revoked, true)] {
            let status = match (is_disabled, is_over) {
                (true, _) => 400,
                (false, true) => 401,
                (false, false) => 200,
            };
            sent.push((client, status, username.clone()));
        }
    }
    for _ in 0..5 {
        let answers = join_all(sent.iter().cycle().take(160).map(|(client, ..)| client.get("/users/me"))).await;
        for ((_, status, username), answer) in sent.iter().cycle().zip(&answers) {
            assert_eq!(answer.status, *status, "{username}");
            if *status == 200 {
                assert_eq!(answer.json()["username"], **username);
            }
        }
        // What is remembered is looked up anew.
        app.execute("UPDATE users SET full_name = 'A'").await;
    }
}

#[tokio::test]
async fn a_token_that_names_no_session_of_its_user_opens_nothing() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    app.create("grace", Scopes::AT_SIGN_UP).await;
    let (adas, graces) = (app.sign_in("ada").await, app.sign_in("grace").await);
    let mut claims = Jwt::read(&adas.access).expect("a JWT").claims;
    let good = app.with_token(&sign(&claims.clone().into()));
    for session in [&*graces.session_id(), &format!("{} ", adas.session_id()), " ", "", "\0"] {
        claims.insert("sid".to_owned(), session.into());
        let bad = app.with_token(&sign(&claims.clone().into()));
        let other = app.with(&graces);
        let all = [&good, &bad, &other].into_iter().cycle().take(30);
        let statuses =
            join_all(all.map(|client| client.get("/users/me"))).await.into_iter().map(|answer| answer.status);
        assert_eq!(statuses.collect::<Vec<_>>(), [200, 401, 200].repeat(10), "{session:?}");
    }
}

#[tokio::test]
async fn an_access_token_that_has_expired_still_ends_its_session() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let tokens = app.sign_in("ada").await;
    let mut claims = cloakroom::model::Jwt::read(&tokens.access).expect("a JWT").claims;
    claims.insert("exp".to_owned(), 1.into());
    app.revoke(&sign(&claims.into())).await;
    assert_over(&app, &tokens).await;
}

#[tokio::test]
async fn what_is_no_token_gets_the_same_answer_and_ends_nothing() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let tokens = app.sign_in("ada").await;
    let expired = app.sign("ada", 1);
    let (message, _) = tokens.access.rsplit_once('.').expect("a signature");
    let forged = format!("{message}.AAAA");
    let nul = sign(&serde_json::json!({"sub": "ada", "exp": 1, "user_id": "x", "sid": "\0"}));
    let headers = sign(&serde_json::json!({"sub": "ada", "exp": 1, "user_id": "x", "sid": "a; Domain=evil"}));
    for token in ["x", &tokens.session_id(), &forged, &expired, &nul, &headers, "cloakroom_refresh_AAAA", "%00"] {
        app.revoke(token).await;
    }
    assert_eq!(app.with(&tokens).get("/users/me").await.status, 200);
    assert_eq!(app.refresh(&tokens.refresh).await.status, 200);
}

#[tokio::test]
async fn a_form_that_is_none_is_refused() {
    let app = TestApp::start().await;
    for form in ["", "token=", "token=a&token=b", "token=%zz", "token_type_hint=access_token"] {
        app.anonymous().post_form("/revoke", form).await.assert_oauth2(400, "invalid_request");
    }
    let json = [("content-type", "application/json")];
    app.anonymous().call("POST", "/revoke", &json, "{}").await.assert_oauth2(400, "invalid_request");
    let long = format!("token={}", "a".repeat(16 * 1024));
    app.anonymous().post_form("/revoke", &long).await.assert_oauth2(413, "invalid_request");
    app.anonymous().get("/revoke").await.assert_oauth2(405, "invalid_request");
}
