//! `POST /introspect` (RFC 7662).

use axum::body::Body;
use cloakroom::{
    model::{Jwt, Scopes, UserUpdate},
    server::{clients, clock},
};
use serde_json::{Value, json};

use super::{
    machines::{Machine, name},
    signed_in::Tokens,
    support::{PASSWORD, TestApp, sign},
};

/// A server with Ada, and a client that asks.
async fn start() -> (TestApp, Machine) {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let machine = app.add_client("asker", "").await;
    (app, machine)
}

fn claims(token: &str) -> serde_json::Map<String, Value> {
    Jwt::read(token).expect("a JWT").claims
}

/// Checks that the answer tells nothing but that.
#[track_caller]
fn assert_inactive(answer: &Value) {
    assert_eq!(answer, &json!({"active": false}));
}

#[tokio::test]
async fn an_access_token_is_told_with_what_it_has() {
    let (app, machine) = start().await;
    let plain = app.log_in_for("ada", "me items").await;
    let told = claims(plain.token());
    let expected = json!({
        "active": true, "scope": "me items", "username": "ada", "sub": "ada", "token_type": "bearer",
        "exp": told["exp"], "iat": told["iat"], "jti": told["jti"],
    });
    assert_eq!(app.introspect(&machine, plain.token()).await, expected);
    let tokens = app.sign_in_for("ada", "me offline_access").await;
    let answer = app.introspect(&machine, &tokens.access).await;
    assert_eq!((&answer["sid"], &answer["scope"]), (&json!(tokens.session_id()), &json!("me")));
}

#[tokio::test]
async fn the_present_refresh_token_of_a_session_is_told_and_not_used() {
    let (app, machine) = start().await;
    let tokens = app.sign_in_for("ada", "me items offline_access").await;
    let answer = app.introspect(&machine, &tokens.refresh).await;
    let exp = answer["exp"].as_i64().expect("a time");
    assert!((13 * 86_400..=14 * 86_400).contains(&(exp - clock::unix_seconds())), "{exp}");
    let expected = json!({
        "active": true, "scope": "me items offline_access", "username": "ada", "sub": "ada", "exp": exp,
        "sid": tokens.session_id(),
    });
    assert_eq!(answer, expected);
    assert_eq!(app.introspect(&machine, &tokens.refresh).await, expected);
    let next = Tokens::of(&app.refresh(&tokens.refresh).await);
    assert_inactive(&app.introspect(&machine, &tokens.refresh).await);
    assert_eq!(app.introspect(&machine, &next.refresh).await["active"], true);
    app.let_the_grace_pass().await;
    // To ask about an old one ends nothing.
    assert_inactive(&app.introspect(&machine, &tokens.refresh).await);
    assert_eq!(app.refresh(&next.refresh).await.status, 200);
}

#[tokio::test]
async fn a_session_of_a_client_and_a_clients_own_token_name_the_client() {
    let (app, machine) = start().await;
    let portal = app.add_client("portal", "me items").await;
    let tokens = app.sign_in_by(&portal, "ada").await;
    assert_eq!(app.introspect(&machine, &tokens.refresh).await["client_id"], "client/portal");
    let own = app.client_token(&portal).await;
    let told = claims(&own);
    let expected = json!({
        "active": true, "scope": "me items", "client_id": "client/portal", "sub": "client/portal",
        "token_type": "bearer", "exp": told["exp"], "iat": told["iat"], "jti": told["jti"],
    });
    assert_eq!(app.introspect(&machine, &own).await, expected);
}

#[tokio::test]
async fn what_users_me_would_refuse_is_not_active() {
    let (app, machine) = start().await;
    let is_active = async |tokens: &Tokens| {
        let answers = [app.introspect(&machine, &tokens.access).await, app.introspect(&machine, &tokens.refresh).await];
        let opens = app.with(tokens).get("/users/me").await.status == 200;
        assert_eq!(answers[0]["active"], opens);
        if !opens {
            answers.iter().for_each(assert_inactive);
        }
        opens
    };
    let tokens = app.sign_in("ada").await;
    assert!(is_active(&tokens).await);
    app.revoke(&tokens.access).await;
    assert!(!is_active(&tokens).await, "revoked");
    let tokens = app.sign_in("ada").await;
    app.set_disabled("ada", true).await;
    assert!(!is_active(&tokens).await, "disabled");
    app.set_disabled("ada", false).await;
    let tokens = app.sign_in("ada").await;
    app.set_password("ada", PASSWORD).await;
    assert!(!is_active(&tokens).await, "another password");
    let tokens = app.sign_in("ada").await;
    let other = app.sign_in("ada").await;
    assert_eq!(app.with(&other).delete("/users/me/sessions").await.status, 204);
    assert!(!is_active(&tokens).await, "ended elsewhere");
    let plain = app.log_in("ada").await;
    app.revoke(plain.token()).await;
    assert_inactive(&app.introspect(&machine, plain.token()).await);
    assert_eq!(app.with(&other).delete("/users/me").await.status, 204);
    app.create("ada", Scopes::AT_SIGN_UP).await;
    assert!(!is_active(&other).await, "of a user who was deleted");
}

#[tokio::test]
async fn scopes_are_cut_down_to_those_that_the_user_has_now() {
    let (app, machine) = start().await;
    let (tokens, plain) = (app.sign_in("ada").await, app.log_in_for("ada", "items").await);
    app.change("ada", UserUpdate { scopes: Scopes::parse("me").ok(), ..UserUpdate::default() }).await;
    assert_eq!(app.introspect(&machine, &tokens.access).await["scope"], "me");
    assert_eq!(app.introspect(&machine, &tokens.refresh).await["scope"], "me offline_access");
    let without = app.introspect(&machine, plain.token()).await;
    assert_eq!((&without["active"], without.get("scope")), (&json!(true), None));
}

#[tokio::test]
async fn a_token_of_another_service_counts_as_it_does_elsewhere() {
    let (app, machine) = start().await;
    let now = clock::unix_seconds();
    let tutorials = sign(&json!({"sub": "ada", "exp": now + 60}));
    let expected = json!({
        "active": true, "scope": "me items me:write items:write", "username": "ada", "sub": "ada",
        "token_type": "bearer", "exp": now + 60,
    });
    assert_eq!(app.introspect(&machine, &tutorials).await, expected);
    let in_part = |seconds: i64| serde_json::from_str::<Value>(&format!("{seconds}.5")).expect("a number");
    let fractions = sign(&json!({"sub": "ada", "exp": in_part(now + 60), "iat": in_part(now - 1), "jti": 7}));
    let answer = app.introspect(&machine, &fractions).await;
    assert_eq!((&answer["exp"], &answer["iat"]), (&json!(now + 60), &json!(now - 1)));
    for claims in [
        json!({"sub": "ada", "exp": now - 1}),
        json!({"sub": "ada"}),
        json!({"sub": "nobody", "exp": now + 60}),
        json!({"sub": "ada", "exp": now + 60, "iat": now + 60}),
        json!({"sub": "client/asker", "exp": now + 60}),
    ] {
        assert_inactive(&app.introspect(&machine, &sign(&claims)).await);
    }
}

#[tokio::test]
async fn what_is_no_token_is_not_active() {
    let (app, machine) = start().await;
    let tokens = app.sign_in("ada").await;
    let (message, _) = tokens.access.rsplit_once('.').expect("a signature");
    let forged = format!("{message}.AAAA");
    let longer = format!("{}A", tokens.refresh);
    for token in ["x", "%00", &forged, &longer, &tokens.session_id(), "cloakroom_refresh_AAAA", &machine.secret] {
        assert_inactive(&app.introspect(&machine, token).await);
    }
    let made = app.log_in("ada").await.make_key(&["me"]).await;
    assert_eq!(app.with_key(&made.key).get("/users/me").await.status, 200);
    assert_inactive(&app.introspect(&machine, &made.key).await);
}

#[tokio::test]
async fn only_a_client_may_ask() {
    let (app, machine) = start().await;
    let ada = app.log_in("ada").await;
    let form = format!("token={}", ada.token());
    for client in [&app.anonymous(), &ada] {
        let answer = client.post_form("/introspect", &form).await;
        answer.assert_oauth2(401, "invalid_client");
        assert_eq!(answer.header("www-authenticate"), r#"Basic realm="cloakroom""#);
    }
    let in_the_form = format!("{form}&client_id={}&client_secret={}", machine.client_id, machine.secret);
    app.anonymous().post_form("/introspect", &in_the_form).await.assert_oauth2(401, "invalid_client");
    let hinted = format!("{form}&token_type_hint=refresh_token");
    assert_eq!(app.post_as(&machine, "/introspect", &hinted).await.json()["active"], true, "a hint may be wrong");
}

#[tokio::test]
async fn a_client_whose_secret_is_replaced_while_it_asks_is_told_nothing() {
    let (app, machine) = start().await;
    let token = app.log_in("ada").await.token().to_owned();
    let store = app.state.store.clone();
    let body = futures::stream::once(async move {
        clients::change_secret(&store, &name("asker")).await.expect("a client");
        Ok::<_, std::io::Error>(format!("token={token}"))
    });
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("authorization", &*machine.basic())];
    let answer = app.anonymous().call("POST", "/introspect", &headers, Body::from_stream(body)).await;
    answer.assert_oauth2(401, "invalid_client");
}

#[tokio::test]
async fn a_form_that_is_none_is_refused() {
    let (app, machine) = start().await;
    for form in ["", "token=", "token=a&token=b", "token=%zz", "token_type_hint=access_token"] {
        app.post_as(&machine, "/introspect", form).await.assert_oauth2(400, "invalid_request");
    }
    let headers = [("content-type", "application/json"), ("authorization", &*machine.basic())];
    app.anonymous().call("POST", "/introspect", &headers, "{}").await.assert_oauth2(400, "invalid_request");
    let long = format!("token={}", "a".repeat(16 * 1024));
    app.post_as(&machine, "/introspect", &long).await.assert_oauth2(413, "invalid_request");
    app.anonymous().get("/introspect").await.assert_oauth2(405, "invalid_request");
}

#[tokio::test]
async fn what_ends_at_one_server_is_not_active_at_another_on_the_next_request() {
    let (one, machine) = start().await;
    let other = one.beside().await;
    for _ in 0..5 {
        let (tokens, plain) = (one.sign_in("ada").await, one.log_in("ada").await);
        for token in [&tokens.access, &tokens.refresh, plain.token()] {
            assert_eq!(other.introspect(&machine, token).await["active"], true);
        }
        one.revoke(&tokens.refresh).await;
        one.revoke(plain.token()).await;
        for token in [&tokens.access, &tokens.refresh, plain.token()] {
            assert_inactive(&other.introspect(&machine, token).await);
        }
    }
}
