//! Sessions that begin by a confidential client: they belong to it (RFC 6749 §6, RFC 7009 §2.1).

use axum::body::Body;
use cloakroom::{model::Scopes, server::clients};
use futures::future::{join, join_all};
use serde_json::json;

use super::{
    machines::{Machine, name},
    signed_in::{Tokens, assert_over, ids},
    support::{PASSWORD, TestApp},
};

async fn with_two() -> (TestApp, Machine, Machine) {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let (machine, other) = (app.add_client("portal", "").await, app.add_client("other", "").await);
    (app, machine, other)
}

/// Checks that a session of a client is over, also for the client.
async fn assert_ended(app: &TestApp, machine: &Machine, tokens: &Tokens) {
    assert_over(app, tokens).await;
    app.refresh_by(machine, &tokens.refresh).await.assert_oauth2(400, "invalid_grant");
}

#[tokio::test]
async fn only_the_client_that_a_session_began_by_goes_on_with_it() {
    let (app, machine, other) = with_two().await;
    let tokens = app.sign_in_by(&machine, "ada").await;
    assert_eq!(app.with(&tokens).get("/users/me").await.status, 200);
    app.refresh(&tokens.refresh).await.assert_oauth2(400, "invalid_grant");
    app.refresh_by(&other, &tokens.refresh).await.assert_oauth2(400, "invalid_grant");
    // What was refused has used nothing, and ends nothing.
    let next = Tokens::of(&app.refresh_by(&machine, &tokens.refresh).await);
    assert_eq!(app.with(&next).get("/users/me").await.status, 200);
    // An old one in the hands of somebody else does not end the session either.
    app.let_the_grace_pass().await;
    app.refresh(&tokens.refresh).await.assert_oauth2(400, "invalid_grant");
    app.refresh_by(&other, &tokens.refresh).await.assert_oauth2(400, "invalid_grant");
    assert_eq!(app.with(&next).get("/users/me").await.status, 200);
    app.refresh_by(&machine, &tokens.refresh).await.assert_oauth2(400, "invalid_grant");
    assert_ended(&app, &machine, &next).await;
}

#[tokio::test]
async fn only_the_client_that_a_session_began_by_revokes_it() {
    let (app, machine, other) = with_two().await;
    for by_refresh_token in [true, false] {
        let tokens = app.sign_in_by(&machine, "ada").await;
        let token = if by_refresh_token { &tokens.refresh } else { &tokens.access };
        let form = format!("token={token}");
        app.anonymous().post_form("/revoke", &form).await.assert_oauth2(400, "unauthorized_client");
        app.post_as(&other, "/revoke", &form).await.assert_oauth2(400, "unauthorized_client");
        assert_eq!(app.with(&tokens).get("/users/me").await.status, 200);
        let answer = app.post_as(&machine, "/revoke", &form).await;
        assert_eq!((answer.status.as_u16(), &*answer.text()), (200, ""));
        assert_ended(&app, &machine, &tokens).await;
    }
}

#[tokio::test]
async fn a_session_of_nobody_goes_on_as_before_also_if_some_client_authenticates() {
    let (app, machine, other) = with_two().await;
    let tokens = app.sign_in("ada").await;
    let tokens = Tokens::of(&app.refresh_by(&machine, &tokens.refresh).await);
    let tokens = Tokens::of(&app.refresh(&tokens.refresh).await);
    assert_eq!(app.post_as(&other, "/revoke", &format!("token={}", tokens.access)).await.status, 200);
    assert_over(&app, &tokens).await;
}

#[tokio::test]
async fn the_person_and_an_administrator_see_and_end_the_sessions_of_clients_too() {
    let (app, machine, _) = with_two().await;
    let (first, second) = (app.sign_in_by(&machine, "ada").await, app.sign_in_by(&machine, "ada").await);
    let ada = app.log_in("ada").await;
    assert_eq!(ids(&ada.get("/users/me/sessions").await.json()).len(), 2);
    assert_eq!(ada.delete(&format!("/users/me/sessions/{}", first.session_id())).await.status, 204);
    assert_ended(&app, &machine, &first).await;
    assert_eq!(app.admin().await.delete("/users/ada/sessions").await.status, 204);
    assert_ended(&app, &machine, &second).await;
}

#[tokio::test]
async fn a_new_secret_or_the_end_of_a_client_ends_its_sessions_and_no_others() {
    for is_removed in [false, true] {
        let (app, machine, other) = with_two().await;
        let beside = app.beside().await;
        let (first, second) = (app.sign_in_by(&machine, "ada").await, beside.sign_in_by(&machine, "ada").await);
        let (others, nobodys) = (app.sign_in_by(&other, "ada").await, app.sign_in("ada").await);
        if is_removed {
            app.remove_client("portal").await;
        } else {
            let new = app.change_client_secret("portal").await;
            assert_ended(&beside, &new, &first).await;
        }
        assert_over(&beside, &first).await;
        assert_over(&app, &second).await;
        assert_eq!(beside.with(&nobodys).get("/users/me").await.status, 200);
        assert_eq!(app.refresh(&nobodys.refresh).await.status, 200);
        assert_eq!(app.refresh_by(&other, &others.refresh).await.status, 200);
    }
}

#[tokio::test]
async fn a_login_at_the_moment_of_a_new_secret_leaves_no_session_that_goes_on() {
    let app = TestApp::start_with(&["password.queue=1000"]).await;
    let beside = app.beside().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let mut machine = app.add_client("portal", "").await;
    let form = format!("username=ada&password={PASSWORD}&scope=me offline_access");
    for _ in 0..10 {
        let logins = join_all((0..4).map(|_| app.post_as(&machine, "/token", &form)));
        let (answers, new) = join(logins, beside.change_client_secret("portal")).await;
        for answer in answers {
            match answer.status.as_u16() {
                200 => assert_ended(&app, &new, &Tokens::of(&answer)).await,
                // Refused, because the secret or the session came too late. Refusals add up to a wait.
                429 => answer.assert_oauth2(429, "temporarily_unavailable"),
                _ => answer.assert_oauth2(401, "invalid_client"),
            }
        }
        machine = new;
    }
    let sessions = app.texts_of("sessions").await;
    assert_eq!(sessions, "");
}

#[tokio::test]
async fn a_client_whose_secret_is_replaced_during_a_login_is_told_that_and_not_that_the_password_is_wrong() {
    for is_removed in [false, true] {
        let (app, machine, _) = with_two().await;
        let store = app.state.store.clone();
        let body = futures::stream::once(async move {
            // The client was checked before the body is read.
            if is_removed {
                clients::remove(&store, &name("portal")).await.expect("a client");
            } else {
                clients::change_secret(&store, &name("portal")).await.expect("a client");
            }
            Ok::<_, std::io::Error>(
                format!("username=ada&password={PASSWORD}&scope=me offline_access").replace(' ', "+"),
            )
        });
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("authorization", &*machine.basic())];
        let answer = app.anonymous().call("POST", "/token", &headers, Body::from_stream(body)).await;
        answer.assert_oauth2(401, "invalid_client");
        assert_eq!(answer.header("www-authenticate"), r#"Basic realm="cloakroom""#);
        assert_eq!(app.texts_of("sessions").await, "");
    }
}

#[tokio::test]
async fn a_browsers_fields_are_not_for_clients_that_authenticate() {
    let (app, machine, _) = with_two().await;
    for keep in ["true", "false"] {
        let form = format!("username=ada&password={PASSWORD}&keep_signed_in={keep}");
        app.post_as(&machine, "/token", &form).await.assert_oauth2(400, "invalid_request");
    }
    let tokens = app.sign_in_by(&machine, "ada").await;
    let form = format!("grant_type=refresh_token&session_id={}", tokens.session_id());
    app.post_as(&machine, "/token", &form).await.assert_oauth2(400, "invalid_request");
}

#[tokio::test]
async fn the_refresh_token_of_a_clients_session_in_a_cookie_opens_and_ends_nothing() {
    let (app, machine, _) = with_two().await;
    let tokens = app.sign_in_by(&machine, "ada").await;
    let session_id = tokens.session_id();
    let others = (0..12).map(|_| uuid::Uuid::new_v4().to_string());
    let names = std::iter::once(session_id.clone()).chain(others);
    let cookies: Vec<_> = names.map(|id| format!("cloakroom-{id}={}", tokens.refresh)).collect();
    let all = cookies.join("; ");
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("cookie", &*all)];
    let login = format!("username=ada&password={PASSWORD}&keep_signed_in=true&session_id={session_id}");
    let answer = app.anonymous().call("POST", "/token", &headers, login.replace(' ', "+")).await;
    assert_eq!(answer.status, 200);
    let another = cloakroom::model::Jwt::read(answer.json()["access_token"].as_str().expect("a token"));
    assert_ne!(another.expect("a JWT").claims["sid"], json!(session_id));
    let renewal = format!("grant_type=refresh_token&session_id={session_id}");
    app.anonymous().call("POST", "/token", &headers, renewal).await.assert_oauth2(400, "invalid_grant");
    assert_eq!(app.refresh_by(&machine, &tokens.refresh).await.status, 200);
}

#[tokio::test]
async fn what_the_database_keeps_of_a_session_names_its_client() {
    let (app, machine, _) = with_two().await;
    app.sign_in_by(&machine, "ada").await;
    assert!(app.texts_of("sessions").await.contains("client/portal"));
}
