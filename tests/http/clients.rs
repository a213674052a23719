//! Confidential clients: HTTP Basic at OAuth2's endpoints, and the client credentials grant.

use std::net::SocketAddr;

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Request, header, request::Builder},
};
use cloakroom::{model::Scopes, server::clients};
use futures::future::join_all;
use serde_json::json;

use super::{
    machines::{Machine, basic, name},
    support::{Answer, PASSWORD, TestApp},
};

const CLIENT_CREDENTIALS: &str = "grant_type=client_credentials";

/// A request for a token from this address.
async fn ask_from(app: &TestApp, address: &str, machine: &Machine) -> Answer {
    let request = request_from(address).header(header::AUTHORIZATION, machine.basic());
    app.anonymous().send(request.body(Body::from(CLIENT_CREDENTIALS)).expect("a request")).await
}

/// A login from this address.
async fn log_in_from(app: &TestApp, address: &str, form: &str) -> Answer {
    app.anonymous().send(request_from(address).body(Body::from(form.to_owned())).expect("a request")).await
}

fn request_from(address: &str) -> Builder {
    let socket = SocketAddr::new(address.parse().expect("an address"), 40000);
    Request::post("/token")
        .extension(ConnectInfo(socket))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
}

#[tokio::test]
async fn a_client_gets_a_token_of_its_own_without_a_refresh_token() {
    let app = TestApp::start().await;
    let machine = app.add_client("billing", "me items").await;
    let answer = app.post_as(&machine, "/token", CLIENT_CREDENTIALS).await;
    answer.assert_not_stored();
    let token = answer.json();
    let members: Vec<_> = token.as_object().expect("an object").keys().collect();
    assert_eq!(members, ["access_token", "expires_in", "scope", "token_type"]);
    assert_eq!((&token["scope"], &token["token_type"]), (&json!("me items"), &json!("bearer")));
    let jwt = cloakroom::model::Jwt::read(token["access_token"].as_str().expect("a token")).expect("a JWT");
    assert_eq!((&jwt.claims["sub"], &jwt.claims["scope"]), (&json!("client/billing"), &json!("me items")));
    assert!(jwt.claims.get("user_id").is_none() && jwt.claims.get("sid").is_none());
}

#[tokio::test]
async fn a_client_may_ask_for_fewer_scopes_and_never_for_others() {
    let app = TestApp::start().await;
    let machine = app.add_client("billing", "me items").await;
    let ask = async |scope: &str| app.post_as(&machine, "/token", &format!("{CLIENT_CREDENTIALS}&scope={scope}")).await;
    assert_eq!(ask("items").await.json()["scope"], "items");
    assert_eq!(ask("").await.json()["scope"], "me items");
    for scope in ["admin", "items admin", "root", "items  me", "offline_access", "items offline_access"] {
        ask(scope).await.assert_oauth2(400, "invalid_scope");
    }
    let without = app.add_client("asker", "").await;
    for form in [CLIENT_CREDENTIALS, "grant_type=client_credentials&scope=me"] {
        app.post_as(&without, "/token", form).await.assert_oauth2(400, "unauthorized_client");
    }
}

#[tokio::test]
async fn a_clients_token_opens_the_status_and_nothing_of_a_user() {
    let app = TestApp::start().await;
    let all = "me items me:write items:write admin";
    let client = app.with_token(&app.client_token(&app.add_client("billing", all).await).await);
    assert_eq!(client.get("/status").await.status, 200);
    for path in ["/users/me", "/users/me/items", "/items", "/items/Foo", "/users", "/users/me/sessions"] {
        client.get(path).await.assert_refused(401, "Could not validate credentials");
    }
    client.delete("/users/me").await.assert_refused(401, "Could not validate credentials");
    client.post_json("/items", json!({"title": "Hat"})).await.assert_refused(401, "Could not validate credentials");
    let sign_up = client.post_json("/users", json!({"username": "ada", "password": PASSWORD})).await;
    sign_up.assert_refused(401, "Could not validate credentials");
}

#[tokio::test]
async fn no_other_token_is_a_clients() {
    let app = TestApp::start().await;
    let machine = app.add_client("billing", "me").await;
    let mut claims = cloakroom::model::Jwt::read(&app.client_token(&machine).await).expect("a JWT").claims;
    let opens =
        async |claims: &serde_json::Map<_, _>| app.foreign(&claims.clone().into()).get("/status").await.status == 200;
    assert!(opens(&claims).await);
    for (member, value) in [
        ("client_version", json!("another")),
        ("client_version", json!(1)),
        ("sub", json!("client/other")),
        ("sub", json!("billing")),
        ("sub", json!("client/billing\0")),
        ("exp", json!(1)),
    ] {
        let mut changed = claims.clone();
        changed.insert(member.to_owned(), value.clone());
        assert!(!opens(&changed).await, "{member} {value}");
    }
    claims.remove("client_version");
    assert!(!opens(&claims).await, "a token of another service");
}

#[tokio::test]
async fn an_unknown_client_and_a_wrong_secret_get_the_same_answer_at_all_three_endpoints() {
    let (password, refresh) = (format!("username=ada&password={PASSWORD}"), "grant_type=refresh_token&refresh_token=x");
    for (path, form) in [
        ("/token", CLIENT_CREDENTIALS),
        ("/token", &*password),
        ("/token", refresh),
        ("/token", "grant_type=nonsense"),
        ("/revoke", "token=x"),
        ("/introspect", "token=x"),
    ] {
        let app = TestApp::with_ada().await;
        let machine = app.add_client("billing", "me").await;
        let wrong = app.post_as(&machine.with_secret("cloakroom_client_secret_x"), path, form).await;
        wrong.assert_oauth2(401, "invalid_client");
        assert_eq!(wrong.header("www-authenticate"), r#"Basic realm="cloakroom""#);
        let nobody = Machine { client_id: "client/nobody".to_owned(), ..machine.clone() };
        let unknown = app.post_as(&nobody, path, form).await;
        assert_eq!((unknown.status, &unknown.body), (wrong.status, &wrong.body), "{path} {form}");
        assert_eq!(unknown.headers.keys().collect::<Vec<_>>(), wrong.headers.keys().collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn malformed_credentials_are_those_of_no_client_and_two_headers_are_refused() {
    let forms = [("/token", CLIENT_CREDENTIALS), ("/revoke", "token=x"), ("/introspect", "token=x")];
    for pair in [
        "client/billing",
        "client%2:SECRET",
        "client/billing:SECRET\0",
        "client/billing\0:SECRET",
        "billing:SECRET",
        "client/Billing:SECRET",
        ":SECRET",
        "client/billing:",
    ] {
        let app = TestApp::start().await;
        let machine = app.add_client("billing", "me").await;
        let header = basic(&pair.replace("SECRET", &machine.secret));
        for (path, form) in forms {
            app.post_with(&header, path, form).await.assert_oauth2(401, "invalid_client");
        }
    }
    let app = TestApp::start().await;
    let basic = app.add_client("billing", "me").await.basic();
    for (path, form) in forms {
        for header in ["Basic", "Basic !"] {
            app.post_with(header, path, form).await.assert_oauth2(401, "invalid_client");
        }
        let content_type = ("content-type", "application/x-www-form-urlencoded");
        let twice = [content_type, ("authorization", &*basic), ("authorization", &*basic)];
        app.anonymous().call("POST", path, &twice, form).await.assert_oauth2(400, "invalid_request");
    }
}

#[tokio::test]
async fn the_id_is_taken_as_it_is_or_encoded_as_rfc_6749_says() {
    let app = TestApp::start().await;
    let machine = app.add_client("billing.v1_a-b", "me").await;
    for id in ["client/billing.v1_a-b", "client%2Fbilling.v1_a-b", "client%2fbilling%2Ev1%5Fa%2Db"] {
        let header = basic(&format!("{id}:{}", machine.secret));
        assert_eq!(app.post_with(&header, "/token", CLIENT_CREDENTIALS).await.status, 200, "{id}");
    }
    let header = machine.basic().replace("Basic ", "bAsIc  ");
    assert_eq!(app.post_with(&header, "/token", CLIENT_CREDENTIALS).await.status, 200);
}

#[tokio::test]
async fn client_credentials_come_in_the_header_only_and_the_form_does_not_contradict_them() {
    let app = TestApp::start().await;
    let machine = app.add_client("billing", "me").await;
    app.add_client("other", "me").await;
    let form = format!("{CLIENT_CREDENTIALS}&client_id=client/billing&client_secret={}", machine.secret);
    let answer = app.anonymous().post_form("/token", &form).await;
    answer.assert_oauth2(401, "invalid_client");
    assert_eq!(answer.header("www-authenticate"), r#"Basic realm="cloakroom""#);
    let token = app.client_token(&machine).await;
    app.with_token(&token).post_form("/token", CLIENT_CREDENTIALS).await.assert_oauth2(401, "invalid_client");
    assert_eq!(app.post_as(&machine, "/token", &form).await.status, 200);
    let another = format!("{CLIENT_CREDENTIALS}&client_id=client/other");
    app.post_as(&machine, "/token", &another).await.assert_oauth2(400, "invalid_request");
}

#[tokio::test]
async fn a_login_that_names_a_client_in_its_form_is_a_login_as_before_and_so_is_swagger_uis_empty_client() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let form = format!("username=ada&password={PASSWORD}&client_id=client/nobody&client_secret=wrong");
    assert_eq!(app.anonymous().post_form("/token", &form).await.status, 200);
    let machine = app.add_client("billing", "").await;
    assert_eq!(app.post_as(&machine, "/token", &form).await.status, 200);
    assert_eq!(app.post_with(&basic(":"), "/token", &form).await.status, 200);
    app.post_with(&basic(":"), "/introspect", "token=x").await.assert_oauth2(401, "invalid_client");
}

#[tokio::test]
async fn of_20_parallel_guesses_a_few_are_looked_at_and_the_right_secret_gets_in_meanwhile() {
    let app = TestApp::start().await;
    let machine = app.add_client("billing", "me").await;
    for client_id in ["client/billing", "client/nobody"] {
        let wrong = Machine { client_id: client_id.to_owned(), secret: "cloakroom_client_secret_x".to_owned() };
        let guesses = (0..20).map(|number| {
            let (app, wrong, address) = (&app, &wrong, format!("192.0.2.{number}"));
            async move { ask_from(app, &address, wrong).await }
        });
        let answers = join_all(guesses).await;
        let looked_at = answers.iter().filter(|answer| answer.status == 401).count();
        // Four need no wait. How many more there are depends on how long this takes: see the tests of the counts.
        assert!((4..20).contains(&looked_at), "{looked_at}");
        for answer in answers.iter().filter(|answer| answer.status != 401) {
            answer.assert_oauth2(429, "temporarily_unavailable");
            assert!(answer.header("retry-after").parse::<u32>().expect("seconds") >= 1);
        }
    }
    for address in ["192.0.2.1", "203.0.113.1"] {
        assert_eq!(ask_from(&app, address, &machine).await.status, 200, "{address}");
    }
}

#[tokio::test]
async fn an_address_that_tries_many_clients_has_to_wait() {
    let app = TestApp::start().await;
    let machine = app.add_client("billing", "me").await;
    let mut looked_at = 0;
    for number in 0..30 {
        let wrong = Machine { client_id: format!("client/c-{number}"), ..machine.clone() };
        looked_at += usize::from(ask_from(&app, "192.0.2.1", &wrong).await.status == 401);
    }
    // 21 need no wait. How many more there are depends on how long this takes: see the tests of the counts.
    assert!((21..30).contains(&looked_at), "{looked_at}");
    assert_eq!(ask_from(&app, "192.0.2.1", &machine).await.status, 200);
}

#[tokio::test]
async fn wrong_secrets_make_no_user_at_the_address_wait_and_wrong_passwords_no_client() {
    let app = TestApp::with_ada().await;
    let machine = app.add_client("portal", "me").await;
    let login = format!("username=ada&password={PASSWORD}").replace(' ', "+");
    let mut statuses = Vec::new();
    for number in 0..30 {
        let wrong = Machine { client_id: format!("client/c-{number}"), ..machine.clone() };
        statuses.push(ask_from(&app, "192.0.2.1", &wrong).await.status);
    }
    assert!(statuses.iter().any(|status| *status == 429), "{statuses:?}");
    assert_eq!(log_in_from(&app, "192.0.2.1", &login).await.status, 200);
    // A client's id that is typed as a username is no guess at the client.
    statuses.clear();
    for number in 0..30 {
        let username = if number < 5 { "client/portal".to_owned() } else { format!("nobody-{number}") };
        let form = format!("username={username}&password=wrong");
        statuses.push(log_in_from(&app, "192.0.2.2", &form).await.status);
    }
    assert!(statuses.iter().any(|status| *status == 429), "{statuses:?}");
    ask_from(&app, "192.0.2.2", &machine.with_secret("x")).await.assert_oauth2(401, "invalid_client");
}

#[tokio::test]
async fn guesses_by_http_basic_do_not_tell_which_usernames_exist() {
    for path in ["/token", "/revoke", "/introspect"] {
        let app = TestApp::with_ada().await;
        for username in ["ada", "nobody"] {
            for pair in [format!("{username}:w"), format!("client/{username}:w")] {
                for _ in 0..4 {
                    app.post_with(&basic(&pair), path, "token=x").await.assert_oauth2(401, "invalid_client");
                }
            }
            let login = log_in_from(&app, "192.0.2.1", &format!("username={username}&password=wrong")).await;
            login.assert_oauth2(401, "invalid_grant");
        }
    }
}

#[tokio::test]
async fn an_id_that_no_client_can_have_is_counted_nowhere() {
    let app = TestApp::start().await;
    for number in 0..30 {
        let wrong = Machine { client_id: format!("portal-{number}"), secret: "x".to_owned() };
        ask_from(&app, "192.0.2.1", &wrong).await.assert_oauth2(401, "invalid_client");
    }
    if app.database.is_postgres() {
        assert_eq!(app.texts_of("failures").await, "");
    }
}

#[tokio::test]
async fn a_new_secret_ends_the_old_one_and_its_tokens_at_once() {
    let app = TestApp::start().await;
    let old = app.add_client("billing", "me").await;
    let other = app.add_client("other", "me").await;
    let (token, others) = (app.client_token(&old).await, app.client_token(&other).await);
    assert_eq!(app.with_token(&token).get("/status").await.status, 200);
    let new = app.change_client_secret("billing").await;
    app.with_token(&token).get("/status").await.assert_refused(401, "Could not validate credentials");
    app.post_as(&old, "/token", CLIENT_CREDENTIALS).await.assert_oauth2(401, "invalid_client");
    assert_eq!(app.introspect(&other, &token).await, json!({"active": false}));
    assert_eq!(app.with_token(&app.client_token(&new).await).get("/status").await.status, 200);
    assert_eq!(app.with_token(&others).get("/status").await.status, 200);
}

#[tokio::test]
async fn a_client_that_is_removed_is_gone_at_once_and_one_of_the_same_name_is_another() {
    let app = TestApp::start().await;
    let machine = app.add_client("billing", "me").await;
    let token = app.client_token(&machine).await;
    app.remove_client("billing").await;
    app.with_token(&token).get("/status").await.assert_refused(401, "Could not validate credentials");
    app.post_as(&machine, "/token", CLIENT_CREDENTIALS).await.assert_oauth2(401, "invalid_client");
    app.post_as(&machine, "/introspect", "token=x").await.assert_oauth2(401, "invalid_client");
    assert_eq!(app.texts_of("clients").await, "");
    app.add_client("billing", "me").await;
    app.with_token(&token).get("/status").await.assert_refused(401, "Could not validate credentials");
    app.post_as(&machine, "/token", CLIENT_CREDENTIALS).await.assert_oauth2(401, "invalid_client");
    assert!(clients::add(&app.state.store, &name("billing"), Scopes::default(), 0).await.is_err(), "the name is taken");
    assert!(clients::remove(&app.state.store, &name("nobody")).await.is_err());
    assert!(clients::change_secret(&app.state.store, &name("nobody")).await.is_err());
}

#[tokio::test]
async fn what_one_server_adds_changes_and_removes_holds_at_another_on_the_next_request() {
    let one = TestApp::start().await;
    let other = one.beside().await;
    for number in 0..5 {
        let of = format!("machine-{number}");
        let machine = one.add_client(&of, "me").await;
        let token = other.client_token(&machine).await;
        assert_eq!(one.with_token(&token).get("/status").await.status, 200);
        let new = one.change_client_secret(&of).await;
        other.with_token(&token).get("/status").await.assert_refused(401, "Could not validate credentials");
        let token = other.client_token(&new).await;
        assert_eq!(other.introspect(&new, &token).await["active"], true);
        one.remove_client(&of).await;
        other.with_token(&token).get("/status").await.assert_refused(401, "Could not validate credentials");
        other.post_as(&new, "/introspect", "token=x").await.assert_oauth2(401, "invalid_client");
    }
}

#[tokio::test]
async fn a_clients_own_token_is_revoked_by_that_client_only() {
    let app = TestApp::start().await;
    let (machine, other) = (app.add_client("billing", "me").await, app.add_client("other", "me").await);
    let (token, stays) = (app.client_token(&machine).await, app.client_token(&machine).await);
    let form = format!("token={token}");
    app.anonymous().post_form("/revoke", &form).await.assert_oauth2(400, "unauthorized_client");
    app.post_as(&other, "/revoke", &form).await.assert_oauth2(400, "unauthorized_client");
    assert_eq!(app.with_token(&token).get("/status").await.status, 200);
    assert_eq!(app.post_as(&machine, "/revoke", &form).await.status, 200);
    app.with_token(&token).get("/status").await.assert_refused(401, "Could not validate credentials");
    assert_eq!(app.introspect(&machine, &token).await, json!({"active": false}));
    assert_eq!(app.with_token(&stays).get("/status").await.status, 200);
}

#[tokio::test]
async fn nothing_that_the_database_keeps_is_a_secret() {
    let app = TestApp::with_ada().await;
    let first = app.add_client("billing", "me").await;
    let second = app.change_client_secret("billing").await;
    let portal = app.sign_in_by(&second, "ada").await;
    assert_eq!(app.with(&portal).get("/users/me").await.status, 200);
    let kept = app.kept_with("clients").await;
    assert!(kept.contains("client/billing"));
    for machine in [&first, &second] {
        let secret = machine.secret.strip_prefix("cloakroom_client_secret_").expect("a secret");
        assert_eq!(secret.len(), 43);
        for part in [&secret[..20], &secret[20..40]] {
            assert!(!kept.contains(part), "{part}");
        }
    }
}
