//! The refresh token grant (RFC 6749 §6, RFC 9700 §4.14).

use cloakroom::{
    model::{Jwt, Scopes, UserUpdate},
    server::clock,
};
use futures::future::join_all;
use serde_json::Value;

use super::{
    signed_in::{Tokens, assert_over},
    support::{PASSWORD, TestApp},
};

fn claims(token: &str) -> serde_json::Map<String, Value> {
    Jwt::read(token).expect("a JWT").claims
}

#[tokio::test]
async fn only_a_login_that_asks_for_it_gets_a_refresh_token() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    for scope in ["", "me", "me items"] {
        let form = format!("username=ada&password={PASSWORD}&scope={scope}");
        let answer = app.anonymous().post_form("/token", &form).await;
        let json = answer.json();
        let members: Vec<_> = json.as_object().expect("an object").keys().collect();
        assert_eq!(members, ["access_token", "expires_in", "scope", "token_type"]);
        assert!(!claims(json["access_token"].as_str().expect("a token")).contains_key("sid"));
        assert!(!answer.headers.contains_key("set-cookie"));
    }
    let form = format!("username=ada&password={PASSWORD}&scope=me offline_access");
    let answer = app.anonymous().post_form("/token", &form).await;
    assert_eq!(answer.json()["scope"], "me offline_access");
    answer.assert_not_stored();
    assert!(!answer.headers.contains_key("set-cookie"));
    let tokens = Tokens::of(&answer);
    assert_eq!(tokens.session_id(), claims(&tokens.access)["sid"]);
    assert_eq!(app.with(&tokens).get("/users/me").await.status, 200);
    app.with(&tokens).get("/items").await.assert_refused(403, "Not enough permissions");
}

#[tokio::test]
async fn each_refresh_token_gets_the_next_two_tokens() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let first = app.sign_in("ada").await;
    let mut tokens = first.clone();
    for _ in 0..5 {
        let answer = app.refresh(&tokens.refresh).await;
        assert_eq!(answer.json()["token_type"], "bearer");
        assert_eq!(answer.json()["expires_in"], 1800);
        assert_eq!(answer.json()["scope"], "me items me:write items:write offline_access");
        answer.assert_not_stored();
        let next = Tokens::of(&answer);
        assert_ne!(next.refresh, tokens.refresh);
        assert_ne!(claims(&next.access)["jti"], claims(&tokens.access)["jti"]);
        assert_eq!(next.session_id(), first.session_id());
        assert_eq!(app.with(&next).get("/users/me").await.json()["username"], "ada");
        tokens = next;
    }
    // What was issued before is good until it expires.
    assert_eq!(app.with(&first).get("/users/me").await.status, 200);
}

#[tokio::test]
async fn a_renewed_token_is_no_fresher_than_the_password() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let tokens = app.sign_in("ada").await;
    app.execute("UPDATE sessions SET auth_time = auth_time - 301").await;
    let next = Tokens::of(&app.refresh(&tokens.refresh).await);
    assert_eq!(
        claims(&next.access)["auth_time"].as_i64().map(|time| time + 301),
        claims(&tokens.access)["auth_time"].as_i64()
    );
    let answer = app.with(&next).delete("/users/me").await;
    assert!(answer.header("www-authenticate").contains("insufficient_user_authentication"));
}

#[tokio::test]
async fn a_token_that_is_used_again_within_ten_seconds_gets_the_same_successor() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let first = app.sign_in("ada").await;
    let second = Tokens::of(&app.refresh(&first.refresh).await);
    for _ in 0..3 {
        assert_eq!(Tokens::of(&app.refresh(&first.refresh).await).refresh, second.refresh);
    }
    // Also after the successor was used, and by another server.
    let third = Tokens::of(&app.refresh(&second.refresh).await);
    let app = app.restarted().await;
    assert_eq!(Tokens::of(&app.refresh(&first.refresh).await).refresh, second.refresh);
    assert_eq!(Tokens::of(&app.refresh(&second.refresh).await).refresh, third.refresh);
    app.execute("UPDATE used_refresh_tokens SET used_at = used_at - 5000").await;
    assert_eq!(Tokens::of(&app.refresh(&second.refresh).await).refresh, third.refresh);
}

#[tokio::test]
async fn a_token_that_is_used_again_later_ends_the_whole_session() {
    for newest_is_used in [false, true] {
        let app = TestApp::start().await;
        app.create("ada", Scopes::AT_SIGN_UP).await;
        let other = app.sign_in("ada").await;
        let first = app.sign_in("ada").await;
        let second = Tokens::of(&app.refresh(&first.refresh).await);
        let newest = if newest_is_used { Tokens::of(&app.refresh(&second.refresh).await) } else { second.clone() };
        app.let_the_grace_pass().await;
        app.refresh(&first.refresh).await.assert_oauth2(400, "invalid_grant");
        for tokens in [&first, &second, &newest] {
            assert_over(&app, tokens).await;
        }
        assert_eq!(app.with(&other).get("/users/me").await.status, 200);
        assert_eq!(app.refresh(&other.refresh).await.status, 200);
    }
}

#[tokio::test]
async fn the_oldest_token_of_a_session_still_ends_it_when_all_that_was_used_is_forgotten() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let first = app.sign_in("ada").await;
    let mut tokens = first.clone();
    for _ in 0..20 {
        tokens = Tokens::of(&app.refresh(&tokens.refresh).await);
    }
    app.execute("DELETE FROM used_refresh_tokens").await;
    app.refresh(&first.refresh).await.assert_oauth2(400, "invalid_grant");
    assert_over(&app, &tokens).await;
}

#[tokio::test]
async fn twenty_parallel_renewals_with_one_token_get_one_successor() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let mut tokens = app.sign_in("ada").await;
    for _ in 0..5 {
        let answers = join_all((0..20).map(|_| app.refresh(&tokens.refresh))).await;
        let all: Vec<_> = answers.iter().map(Tokens::of).collect();
        assert!(all.iter().all(|one| one.refresh == all[0].refresh));
        for one in &all {
            assert_eq!(app.with(one).get("/users/me").await.status, 200);
        }
        tokens = all[7].clone();
    }
    app.let_the_grace_pass().await;
    assert_eq!(app.refresh(&tokens.refresh).await.status, 200);
}

#[tokio::test]
async fn scopes_may_shrink_and_never_grow() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let tokens = app.sign_in_for("ada", "me items offline_access").await;
    for scope in ["me items:write", "admin", "root", "me  items"] {
        app.refresh_for(&tokens.refresh, scope).await.assert_oauth2(400, "invalid_scope");
    }
    // What was refused has used nothing.
    let answer = app.refresh_for(&tokens.refresh, "items").await;
    assert_eq!(answer.json()["scope"], "items");
    let narrow = Tokens::of(&answer);
    app.with(&narrow).get("/users/me").await.assert_refused(403, "Not enough permissions");
    // The session keeps what it was given (RFC 6749 §6).
    let answer = app.refresh(&narrow.refresh).await;
    assert_eq!(answer.json()["scope"], "me items offline_access");
    assert_eq!(app.with(&Tokens::of(&answer)).get("/users/me").await.status, 200);
}

#[tokio::test]
async fn what_the_user_has_lost_the_session_has_lost_too() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let tokens = app.sign_in("ada").await;
    app.change("ada", UserUpdate { scopes: Scopes::parse("me").ok(), ..UserUpdate::default() }).await;
    let answer = app.refresh(&tokens.refresh).await;
    assert_eq!(answer.json()["scope"], "me offline_access");
}

#[tokio::test]
async fn what_is_no_refresh_token_is_refused_and_ends_nothing() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let tokens = app.sign_in("ada").await;
    let elsewhere = TestApp::start().await;
    elsewhere.create("ada", Scopes::AT_SIGN_UP).await;
    let of_another_server = elsewhere.sign_in("ada").await.refresh;
    let longer = format!("{}A", tokens.refresh);
    for token in ["x", "cloakroom_refresh_", &tokens.access, &tokens.session_id(), &longer, &of_another_server, "%00"] {
        app.refresh(token).await.assert_oauth2(400, "invalid_grant");
    }
    app.refresh("").await.assert_oauth2(400, "invalid_request");
    assert_eq!(app.refresh(&tokens.refresh).await.status, 200);
}

#[tokio::test]
async fn a_session_ends_when_it_was_unused_for_two_weeks_and_after_thirty_days_at_the_latest() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let days_left = async || {
        let client = app.log_in("ada").await;
        let list = client.get("/users/me/sessions").await.json();
        let now = clock::unix_milliseconds();
        let time = list[0]["expires_at"].as_str().expect("a time");
        let near = |days: i64| {
            (-60..=60).any(|seconds| time[..16] == clock::rfc_3339(now + days * 86_400_000 + seconds * 1000)[..16])
        };
        (0..40).find(|days| near(*days)).expect("a number of days")
    };
    let tokens = app.sign_in("ada").await;
    assert_eq!(days_left().await, 14);
    let back = "UPDATE sessions SET started_at = started_at - 864000000, expires_at = expires_at - 864000000, \
                last_used_at = last_used_at - 864000000, last_possible_at = last_possible_at - 864000000";
    // Ten days later it is renewed for two weeks, and ten days after that for ten days only.
    app.execute(back).await;
    let tokens = Tokens::of(&app.refresh(&tokens.refresh).await);
    assert_eq!(days_left().await, 14);
    app.execute(back).await;
    let tokens = Tokens::of(&app.refresh(&tokens.refresh).await);
    assert_eq!(days_left().await, 10);
    app.execute(back).await;
    app.refresh(&tokens.refresh).await.assert_oauth2(400, "invalid_grant");
    // Another one is unused for too long.
    let tokens = app.sign_in("ada").await;
    app.execute("UPDATE sessions SET expires_at = expires_at - 1209600000").await;
    app.refresh(&tokens.refresh).await.assert_oauth2(400, "invalid_grant");
    let client = app.log_in("ada").await;
    assert_eq!(client.get("/users/me/sessions").await.json(), serde_json::json!([]));
}

#[tokio::test]
async fn an_access_token_never_outlives_its_session() {
    let app = TestApp::start_with(&["session.lifetime=100", "session.idle-timeout=60"]).await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let answer = app.refresh(&app.sign_in("ada").await.refresh).await;
    let left = answer.json()["expires_in"].as_i64().expect("a number");
    assert!((55..=60).contains(&left), "{left}");
    let claims = claims(&Tokens::of(&answer).access);
    assert_eq!(claims["exp"].as_i64(), claims["iat"].as_i64().map(|issued| issued + left));
}

#[tokio::test]
async fn a_new_password_ends_the_sessions_and_so_does_disabling_and_deleting() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let tokens = app.sign_in("ada").await;
    app.set_password("ada", PASSWORD).await;
    assert_over(&app, &tokens).await;
    let tokens = app.sign_in("ada").await;
    app.set_disabled("ada", true).await;
    app.refresh(&tokens.refresh).await.assert_oauth2(400, "invalid_grant");
    app.set_disabled("ada", false).await;
    assert_over(&app, &tokens).await;
    let tokens = app.sign_in("ada").await;
    let deleted = app.with(&tokens).delete("/users/me").await;
    assert_eq!(deleted.status, 204);
    app.create("ada", Scopes::AT_SIGN_UP).await;
    assert_over(&app, &tokens).await;
}

#[tokio::test]
async fn a_change_by_another_program_ends_the_sessions_too() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let tokens = app.sign_in("ada").await;
    app.execute("UPDATE users SET tokens_valid_from = tokens_valid_from + 1").await;
    assert_over(&app, &tokens).await;
    let tokens = app.sign_in("ada").await;
    app.execute("UPDATE users SET disabled = TRUE").await;
    app.refresh(&tokens.refresh).await.assert_oauth2(400, "invalid_grant");
}

#[tokio::test]
async fn a_disabled_user_gets_a_token_that_is_worth_nothing_and_no_session() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    app.set_disabled("ada", true).await;
    let form = format!("username=ada&password={PASSWORD}&scope=me offline_access");
    let answer = app.anonymous().post_form("/token", &form).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["scope"]), (200, &Value::from("me")));
    assert!(answer.json().get("refresh_token").is_none());
}

#[tokio::test]
async fn nothing_that_the_database_keeps_is_a_token() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let first = app.sign_in("ada").await;
    let second = Tokens::of(&app.refresh(&first.refresh).await);
    let kept = app.texts_of("sessions").await + &app.texts_of("used_refresh_tokens").await;
    assert!(kept.contains(&second.session_id()));
    for token in [&first.refresh, &second.refresh] {
        let secret = token.strip_prefix("cloakroom_refresh_").expect("a refresh token");
        for part in [&secret[..20], &secret[22..42], &secret[44..]] {
            assert!(!kept.contains(part), "{part}");
        }
    }
}

#[tokio::test]
async fn sessions_that_are_over_are_forgotten() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let (going, over) = (app.sign_in("ada").await, app.sign_in("ada").await);
    let used = Tokens::of(&app.refresh(&over.refresh).await);
    app.revoke(app.log_in("ada").await.token()).await;
    let count = async |table: &str| app.texts_of(table).await.lines().count();
    let forget = async || {
        while app.state.store.forget(clock::unix_milliseconds()).await.expect("a database") {}
    };
    forget().await;
    assert_eq!((count("sessions").await, count("used_refresh_tokens").await, count("revoked_tokens").await), (2, 1, 1));
    app.execute("UPDATE used_refresh_tokens SET used_at = used_at - 61000").await;
    forget().await;
    assert_eq!((count("sessions").await, count("used_refresh_tokens").await, count("revoked_tokens").await), (2, 0, 1));
    app.execute("UPDATE sessions SET expires_at = 1 WHERE last_used_at > started_at").await;
    app.execute("UPDATE revoked_tokens SET expires_at = expires_at - 7200").await;
    forget().await;
    assert_eq!((count("sessions").await, count("revoked_tokens").await), (1, 0));
    assert_over(&app, &used).await;
    assert_eq!(app.with(&going).get("/users/me").await.status, 200);
}
