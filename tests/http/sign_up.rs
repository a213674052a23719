//! `POST /users`: who may create an account, and with what.

use cloakroom::model::Scopes;
use futures::future::join_all;
use serde_json::{Value, json};

use super::{
    calls::{person, with},
    support::{Answer, PASSWORD, TestApp, document},
};

#[tokio::test]
async fn a_sign_up_is_answered_with_the_four_members_of_a_user_and_an_etag() {
    let app = TestApp::start().await;
    for (path, username) in [("/users", "ada"), ("/users/", "grace")] {
        let email = format!("{username}@example.com");
        let body = json!({"username": username, "password": PASSWORD, "email": email, "full_name": "A. Name"});
        let answer = app.anonymous().post_json(path, body).await;
        assert_eq!(answer.status, 201);
        let user = json!({"username": username, "email": email, "full_name": "A. Name", "disabled": false});
        assert_eq!(answer.json(), user);
        answer.assert_not_stored();
        let read = app.log_in(username).await.get("/users/me").await;
        assert_eq!((read.json(), read.etag()), (user, answer.etag()));
    }
}

#[tokio::test]
async fn whoever_signed_up_can_log_in_and_has_the_scopes_of_a_new_user() {
    let app = TestApp::start().await;
    let body = with(with(person("ada"), "email", Value::Null), "full_name", Value::Null);
    let answer = app.anonymous().post_json("/users", body).await;
    assert_eq!(answer.json(), json!({"username": "ada", "email": null, "full_name": null, "disabled": false}));
    let login = app.try_to_log_in("ada", PASSWORD).await;
    assert_eq!(login.json()["scope"], "me items me:write items:write");
    app.log_in("ada").await.get("/users").await.assert_refused(403, "Not enough permissions");
}

#[tokio::test]
async fn members_that_are_missing_or_unknown_are_named_and_nothing_is_created() {
    let app = TestApp::start().await;
    let missing = [("body.username", "missing"), ("body.password", "missing")];
    for (body, broken) in [
        (json!({}), &missing[..]),
        (json!({"username": "ada"}), &missing[1..]),
        (json!({"password": PASSWORD}), &missing[..1]),
        (with(person("ada"), "nickname", "Ada"), &[("body.nickname", "extra_forbidden")]),
        (with(person("ada"), "Email", "ada@example.com"), &[("body.Email", "extra_forbidden")]),
        (
            json!({"username": "a b", "x": 1}),
            &[("body.username", "value_error"), ("body.password", "missing"), ("body.x", "extra_forbidden")],
        ),
    ] {
        app.anonymous().post_json("/users", body).await.assert_broken(broken);
    }
    assert_eq!(app.count_users().await, 0);
}

#[tokio::test]
async fn a_value_of_another_type_where_text_belongs_is_named() {
    let app = TestApp::start().await;
    let others = [json!(1), json!(1.5), json!(true), json!(["ada"]), json!({"a": "b"}), json!(null)];
    for name in ["username", "password", "email", "full_name"] {
        // Null means that there is no address, or no name.
        let may_be_null = matches!(name, "email" | "full_name");
        for value in others.iter().filter(|value| !(may_be_null && value.is_null())) {
            let answer = app.anonymous().post_json("/users", with(person("ada"), name, value.clone())).await;
            answer.assert_broken(&[(&format!("body.{name}"), "string_type")]);
        }
    }
    assert_eq!(app.count_users().await, 0);
}

#[tokio::test]
async fn scopes_and_disabled_of_anybody_but_an_administrator_are_refused_and_never_applied() {
    let app = TestApp::start().await;
    let (ada, _) = (app.user().await, app.admin().await);
    // An administrator whose token was not issued for administration.
    let off_duty = app.log_in_for("grace", "me me:write").await;
    for client in [app.anonymous(), ada, off_duty] {
        for (name, value) in [
            ("scopes", json!(["admin"])),
            ("scopes", json!([])),
            ("scopes", json!(null)),
            ("disabled", json!(true)),
            ("disabled", json!(false)),
        ] {
            let answer = client.post_json("/users", with(person("eve"), name, value)).await;
            answer.assert_broken(&[(&format!("body.{name}"), "extra_forbidden")]);
        }
    }
    assert_eq!(app.count_users().await, 2, "ada and grace");
}

#[tokio::test]
async fn what_only_the_server_sets_is_refused_from_everybody() {
    let app = TestApp::start().await;
    for client in [app.anonymous(), app.admin().await] {
        for name in
            ["hashed_password", "owner", "item_id", "id", "version", "tokens_valid_from", "created_at", "last_login_at"]
        {
            let answer = client.post_json("/users", with(person("eve"), name, "1")).await;
            answer.assert_broken(&[(&format!("body.{name}"), "extra_forbidden")]);
        }
    }
    assert_eq!(app.count_users().await, 1, "grace");
}

#[tokio::test]
async fn a_user_who_is_logged_in_signs_somebody_up_as_anybody_does() {
    let app = TestApp::start().await;
    let answer = app.user().await.post_json("/users", person("bob")).await;
    assert_eq!(answer.json(), json!({"username": "bob", "email": null, "full_name": null, "disabled": false}));
    assert_eq!(answer.status, 201);
    let stale = app.with_token("x.y.z").post_json("/users", person("eve")).await;
    stale.assert_refused(401, "Could not validate credentials");
}

#[tokio::test]
async fn a_name_or_an_address_that_is_taken_is_a_409_that_says_which_in_any_case_of_letters() {
    let app = TestApp::start().await;
    let ada = with(person("Ada"), "email", "Ada@Example.com");
    assert_eq!(app.anonymous().post_json("/users", ada).await.status, 201);
    for username in ["Ada", "ada", "ADA"] {
        let answer = app.anonymous().post_json("/users", person(username)).await;
        answer.assert_refused(409, "The username is taken: choose another");
    }
    for email in ["Ada@Example.com", "ada@example.com", "ADA@EXAMPLE.COM"] {
        let answer = app.anonymous().post_json("/users", with(person("bob"), "email", email)).await;
        answer.assert_refused(409, "The e-mail address is taken: use another, or log in");
    }
    assert_eq!(app.count_users().await, 1);
}

/// Signs all of these up at the same time.
async fn all_at_once(app: &TestApp, bodies: impl Iterator<Item = Value>) -> Vec<Answer> {
    let sign_ups = bodies.map(|body| {
        let client = app.anonymous();
        tokio::spawn(async move { client.post_json("/users", body).await })
    });
    join_all(sign_ups.collect::<Vec<_>>()).await.into_iter().map(|answer| answer.expect("an answer")).collect()
}

/// Checks that one sign-up of fifty was made, and each other one was refused with this sentence.
fn assert_one_of_fifty(answers: &[Answer], sentence: &str) {
    Answer::assert_statuses(answers, [vec![201], vec![409; 49]].concat());
    for refused in answers.iter().filter(|answer| answer.status == 409) {
        refused.assert_refused(409, sentence);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_sign_ups_of_one_name_at_once_make_one_account() {
    let app = TestApp::start().await;
    let names = ["ada", "Ada", "aDa", "adA", "ADA"];
    let answers = all_at_once(&app, (0..50).map(|number| person(names[number % 5]))).await;
    assert_one_of_fifty(&answers, "The username is taken: choose another");
    assert_eq!(app.count_users().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_sign_ups_with_one_address_at_once_make_one_account() {
    let app = TestApp::start().await;
    let addresses = ["ada@example.com", "Ada@example.com", "ada@EXAMPLE.com"];
    let bodies = (0..50).map(|number| with(person(&format!("user-{number}")), "email", addresses[number % 3]));
    let answers = all_at_once(&app, bodies).await;
    assert_one_of_fifty(&answers, "The e-mail address is taken: use another, or log in");
    assert_eq!(app.count_users().await, 1);
}

#[tokio::test]
async fn with_sign_up_switched_off_only_an_administrator_creates_accounts() {
    let app = TestApp::start_with(&["accounts.sign-up=false"]).await;
    let (ada, grace) = (app.user().await, app.admin().await);
    let off = "Sign-up is switched off: ask an administrator for an account";
    for client in [app.anonymous(), ada, app.log_in_for("grace", "me").await] {
        client.post_json("/users", person("bob")).await.assert_refused(403, off);
        // Also a name that is taken, and values that break a rule: nobody learns anything.
        client.post_json("/users", person("ada")).await.assert_refused(403, off);
        client.post_json("/users", json!({})).await.assert_refused(403, off);
    }
    assert_eq!(grace.post_json("/users", person("bob")).await.status, 201);
    app.log_in("bob").await;
}

#[test]
fn the_document_says_that_sign_up_may_be_switched_off() {
    let operation = &document()["paths"]["/users"]["post"];
    assert!(operation["description"].as_str().expect("a description").contains("accounts.sign-up"));
    let description = operation["responses"]["403"]["description"].as_str().expect("a description");
    assert!(description.contains("Sign-up is switched off"), "{description}");
}

/// Signs up from this address until there are too many. Returns how many there were, and the refusal.
async fn sign_up_until_refused(app: &TestApp, address: impl Fn(usize) -> String) -> (usize, Answer) {
    for number in 0..1000 {
        let answer = app.anonymous().call_from(&address(number), "POST", "/users", person("ada")).await;
        if answer.status == 429 {
            return (number, answer);
        }
        assert_eq!(answer.status, 409, "the name is taken, which counts too");
    }
    unreachable!("never refused")
}

#[tokio::test]
async fn too_many_sign_ups_from_one_address_have_to_wait_and_those_from_another_do_not() {
    let app = TestApp::start().await;
    let grace = app.admin().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let (free, refused) = sign_up_until_refused(&app, |_| "192.0.2.1".to_owned()).await;
    // A few more pass where the first wait is over during the test.
    assert!((61..70).contains(&free), "{free}");
    refused.assert_refused(429, "Too many sign-ups from this address: try again later");
    let wait: u32 = refused.header("retry-after").parse().expect("seconds");
    assert!((1..900).contains(&wait), "{wait}");
    let elsewhere = app.anonymous().call_from("198.51.100.1", "POST", "/users", person("bob")).await;
    assert_eq!(elsewhere.status, 201);
    let by_administrator = grace.call_from("192.0.2.1", "POST", "/users", person("carol")).await;
    assert_eq!(by_administrator.status, 201);
}

#[tokio::test]
async fn the_addresses_of_one_ipv6_64_are_one_address() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let (free, _) = sign_up_until_refused(&app, |number| format!("2001:db8::{number:x}")).await;
    assert!((61..70).contains(&free), "{free}");
}

#[tokio::test]
async fn what_an_administrator_creates_is_not_counted_and_neither_is_what_breaks_a_rule() {
    let app = TestApp::start().await;
    let grace = app.admin().await;
    for _ in 0..70 {
        let taken = grace.call_from("192.0.2.1", "POST", "/users", person("grace")).await;
        assert_eq!(taken.status, 409);
        app.anonymous()
            .call_from("192.0.2.1", "POST", "/users", json!({}))
            .await
            .assert_broken(&[("body.username", "missing"), ("body.password", "missing")]);
    }
    assert_eq!(app.anonymous().call_from("192.0.2.1", "POST", "/users", person("bob")).await.status, 201);
}
