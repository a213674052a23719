//! Each row of the table of `POST /token`.

use std::{pin::pin, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{Method, Request, header},
};
use cloakroom::{
    model::{ITEMS, Jwt, ME, Scopes},
    server::clock,
};
use futures::stream;
use serde_json::{Value, json};

use super::support::{Answer, Client, PASSWORD, TestApp};

const FORM: &str = "application/x-www-form-urlencoded";

/// Posts this body unchanged to `/token`, with this media type.
async fn post(client: &Client, content_type: Option<&str>, body: impl Into<Body>) -> Answer {
    let media_type = content_type.map(|value| ("content-type", value));
    client.call_with("POST", "/token", media_type.as_slice(), body).await
}

#[tokio::test]
async fn the_right_password_gets_a_bearer_token() {
    let app = TestApp::with_ada().await;
    for path in ["/token", "/token/"] {
        let answer = app.anonymous().post_form(path, &format!("username=ada&password={PASSWORD}")).await;
        assert_eq!(answer.status, 200);
        answer.assert_not_stored();
        let body = answer.json();
        let token = body["access_token"].as_str().expect("a token");
        let expected = json!({
            "access_token": token,
            "token_type": "bearer",
            "expires_in": 1800,
            "scope": "me items me:write items:write",
        });
        assert_eq!(body, expected);
        assert_eq!(app.with_token(token).get("/users/me").await.status, 200);
    }
}

#[tokio::test]
async fn a_token_says_whose_it_is_until_when_and_what_it_opens_and_no_two_are_alike() {
    let app = TestApp::with_ada().await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let before = clock::unix_seconds();
        let answer =
            app.anonymous().post_form("/token", &format!("username=ada&password={PASSWORD}&scope=me items")).await;
        let jwt = Jwt::read(answer.json()["access_token"].as_str().expect("a token")).expect("a JWT");
        assert_eq!(Value::from(jwt.header), json!({"alg": "HS256", "kid": "HaCmPVWAus7qg8LynOFocA", "typ": "JWT"}));
        let claims = jwt.claims;
        let promised = ["auth_time", "exp", "iat", "jti", "password_version", "scope", "sub", "user_id"];
        assert_eq!(claims.keys().collect::<Vec<_>>(), promised);
        assert_eq!((&claims["sub"], &claims["scope"]), (&json!("ada"), &json!("me items")));
        let issued = claims["iat"].as_i64().expect("a number");
        assert!((before..=clock::unix_seconds()).contains(&issued));
        let expires = claims["exp"].as_i64().expect("a number");
        assert!((before + 1800..=clock::unix_seconds() + 1800).contains(&expires));
        ids.push(claims["jti"].clone());
    }
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_are_answered_alike_to_the_byte() {
    let app = TestApp::with_ada().await;
    let mut wrong = app.anonymous().post_form("/token", "username=ada&password=wrong").await;
    let mut unknown = app.anonymous().post_form("/token", "username=nobody&password=wrong").await;
    // Every answer has its own request id.
    assert_ne!(wrong.headers.remove("x-request-id"), unknown.headers.remove("x-request-id"));
    wrong.assert_oauth2(401, "invalid_grant");
    wrong.assert_refused(401, "Incorrect username or password");
    assert_eq!(wrong.header("www-authenticate"), "Bearer");
    assert_eq!(wrong.body, unknown.body);
    assert_eq!(format!("{:?}", wrong.headers), format!("{:?}", unknown.headers));
}

#[tokio::test]
async fn an_unknown_user_keeps_a_hashing_thread_busy_as_a_wrong_password_does() {
    let app = TestApp::start_with(&["password.threads=1", "password.queue=0", "password.memory-kib=65536"]).await;
    let client = app.anonymous();
    let mut unknown = pin!(client.post_form("/token", "username=nobody&password=wrong"));
    // The request will need a hash. While it holds the only place, every other hash is refused.
    let held = loop {
        assert!(futures::poll!(unknown.as_mut()).is_pending(), "answered without hashing");
        if app.state.passwords.get_password_hash(String::new()).await.is_err() {
            break true;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    };
    assert!(held);
    unknown.await.assert_oauth2(401, "invalid_grant");
}

#[tokio::test]
async fn a_disabled_user_gets_a_token_that_is_good_for_nothing() {
    let app = TestApp::with_ada().await;
    app.set_disabled("ada", true).await;
    let ada = app.log_in("ada").await;
    for path in ["/users/me", "/users/me/items", "/status"] {
        ada.get(path).await.assert_refused(400, "Inactive user");
    }
    let wrong = app.anonymous().post_form("/token", "username=ada&password=wrong").await;
    wrong.assert_oauth2(401, "invalid_grant");
}

/// Posts each of these bodies to a server that refuses every hash with 503. Each must still be an invalid request.
/// This shows that nothing was hashed for it.
async fn assert_invalid_requests(content_type: Option<&str>, bodies: &[&[u8]]) {
    let app = TestApp::start_with(&["password.threads=1", "password.queue=0", "password.memory-kib=65536"]).await;
    // The only place is taken, so every other hash is refused with 503.
    let mut hash = pin!(app.state.passwords.get_password_hash("held".to_owned()));
    assert!(futures::poll!(hash.as_mut()).is_pending());
    let client = app.anonymous();
    client.post_form("/token", "username=a&password=b").await.assert_oauth2(503, "temporarily_unavailable");
    for body in bodies {
        post(&client, content_type, body.to_vec()).await.assert_oauth2(400, "invalid_request");
    }
}

#[tokio::test]
async fn a_required_field_missing_or_empty_is_an_invalid_request() {
    let bodies: [&[u8]; 5] = [b"", b"username=a", b"password=b", b"username=&password=b", b"username=a&password="];
    assert_invalid_requests(Some(FORM), &bodies).await;
    let app = TestApp::start().await;
    let in_query = Request::post("/token?username=a&password=b").header(header::CONTENT_TYPE, FORM);
    let answer = app.anonymous().send(in_query.body(Body::empty()).expect("a request")).await;
    answer.assert_oauth2(400, "invalid_request");
}

#[tokio::test]
async fn any_field_twice_is_an_invalid_request() {
    let bodies: [&[u8]; 4] = [
        b"username=a&username=a&password=b",
        b"username=a&password=b&password=b",
        b"username=a&password=b&scope=me&scope=me",
        b"username=a&password=b&grant_type=password&grant_type=password",
    ];
    assert_invalid_requests(Some(FORM), &bodies).await;
}

#[tokio::test]
async fn broken_percent_encoding_and_not_utf8_are_invalid_requests() {
    let bodies: [&[u8]; 4] =
        [b"username=a&password=%zz", b"username=a&password=%", b"username=a&password=%FF", b"username=a&password=\xff"];
    assert_invalid_requests(Some(FORM), &bodies).await;
}

#[tokio::test]
async fn another_content_type_is_an_invalid_request() {
    for content_type in [None, Some("application/json"), Some("multipart/form-data; boundary=x"), Some("text/plain")] {
        assert_invalid_requests(content_type, &[b"username=a&password=b"]).await;
    }
}

#[tokio::test]
async fn a_password_over_1024_bytes_is_an_invalid_request() {
    assert_invalid_requests(Some(FORM), &[format!("username=a&password={}", "x".repeat(1025)).as_bytes()]).await;
}

/// A login with this password, encoded as a browser would.
async fn log_in(app: &TestApp, password: &str) -> u16 {
    app.try_to_log_in("ada", password).await.status.as_u16()
}

#[tokio::test]
async fn every_character_of_a_password_counts() {
    let long = "no two of these words are alike, which makes them a long password"[..64].to_owned();
    for (password, others) in [
        ("one+two 3", ["one two 3", "one+two+3"]),
        ("one&two=3", ["one", "one&two"]),
        ("100%25 cotton wool", ["100% cotton wool", "100%2525 cotton wool"]),
        ("🔑🚪🧥🎩🧤🧣👞🧳", ["🔑🚪🧥🎩🧤🧣👞", "????????"]),
        (&long, [&long[1..], "x"]),
        ("before\0after", ["before", "before\0"]),
    ] {
        let app = TestApp::start().await;
        app.create_with_password("ada", password, Scopes::AT_SIGN_UP).await;
        for other in others {
            assert_eq!(log_in(&app, other).await, 401, "{other:?} for {password:?}");
        }
        assert_eq!(log_in(&app, password).await, 200, "{password:?}");
    }
}

#[tokio::test]
async fn nfc_and_nfd_of_one_password_both_work_whichever_was_kept() {
    let (nfc, nfd) = ("caf\u{e9} au lait noir", "cafe\u{301} au lait noir");
    for chosen in [nfc, nfd] {
        let app = TestApp::start().await;
        app.create_with_password("ada", chosen, Scopes::AT_SIGN_UP).await;
        for typed in [nfc, nfd] {
            assert_eq!(log_in(&app, typed).await, 200, "{typed:?} for {chosen:?}");
        }
        assert_eq!(log_in(&app, "cafe au lait noir").await, 401);
    }
    // A hash from another program, which did not normalize the password.
    let app = TestApp::with_ada().await;
    let hash = app.state.passwords.get_password_hash(nfd.to_owned()).await.expect("a hash");
    app.set_hash("ada", &hash, 0).await;
    assert_eq!(log_in(&app, nfd).await, 200);
}

#[tokio::test]
async fn a_megabyte_is_refused() {
    let app = TestApp::start().await;
    let body = format!("username=a&password={}", "a".repeat(1 << 20));
    post(&app.anonymous(), Some(FORM), body).await.assert_oauth2(413, "invalid_request");
}

#[tokio::test]
async fn a_content_type_with_a_charset_is_a_form_too() {
    let app = TestApp::with_ada().await;
    let body = format!("username=ada&password={}", PASSWORD.replace(' ', "%20"));
    let answer = post(&app.anonymous(), Some("Application/X-WWW-Form-Urlencoded; charset=UTF-8"), body).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn what_oauth2_clients_add_is_accepted_and_not_used() {
    let app = TestApp::with_ada().await;
    let form =
        format!("grant_type=password&username=ada&password={PASSWORD}&scope=&client_id=app&client_secret=x&state=1");
    assert_eq!(app.anonymous().post_form("/token", &form).await.status, 200);
}

#[tokio::test]
async fn another_grant_type_is_unsupported() {
    let app = TestApp::with_ada().await;
    let form = format!("grant_type=authorization_code&username=ada&password={PASSWORD}");
    app.anonymous().post_form("/token", &form).await.assert_oauth2(400, "unsupported_grant_type");
}

#[tokio::test]
async fn a_login_that_names_scopes_gets_just_those() {
    let app = TestApp::with_ada().await;
    let form = format!("username=ada&password={PASSWORD}&scope=items me");
    let body = app.anonymous().post_form("/token", &form).await.json();
    assert_eq!(body["scope"], "me items");
}

#[tokio::test]
async fn an_unknown_malformed_or_ungranted_scope_is_invalid() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::new(ME | ITEMS)).await;
    for scope in ["root", "me  items", "me,items", "ME", "me items:write", "admin", " me"] {
        let form = format!("username=ada&password={PASSWORD}&scope={scope}");
        app.anonymous().post_form("/token", &form).await.assert_oauth2(400, "invalid_scope");
    }
    // Without the right password, the answer does not tell which scopes the user has.
    let stranger = app.anonymous().post_form("/token", "username=ada&password=wrong&scope=admin").await;
    stranger.assert_oauth2(401, "invalid_grant");
}

#[tokio::test]
async fn a_full_queue_is_answered_with_503_and_when_to_come_back() {
    let app = TestApp::start_with(&["password.threads=1", "password.queue=0", "password.memory-kib=65536"]).await;
    let mut hash = pin!(app.state.passwords.get_password_hash("held".to_owned()));
    assert!(futures::poll!(hash.as_mut()).is_pending());
    let answer = app.anonymous().post_form("/token", "username=a&password=b").await;
    answer.assert_oauth2(503, "temporarily_unavailable");
    assert_eq!(answer.header("retry-after"), "5");
}

#[tokio::test]
async fn another_method_is_answered_with_405_and_the_one_to_use() {
    let app = TestApp::start().await;
    for path in ["/token", "/token/"] {
        for method in [Method::GET, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS, Method::TRACE] {
            let request = Request::builder().method(&method).uri(path).body(Body::empty()).expect("a request");
            let answer = app.anonymous().send(request).await;
            answer.assert_oauth2(405, "invalid_request");
            assert_eq!(answer.header("allow"), "POST", "{method}");
        }
    }
}

#[tokio::test]
async fn a_body_over_16_kib_is_refused_whether_declared_or_streamed() {
    let app = TestApp::with_ada().await;
    let form = |bytes: usize| {
        let mut form = format!("username=ada&password={}&x=", PASSWORD.replace(' ', "+"));
        form.push_str(&"a".repeat(bytes - form.len()));
        form
    };
    let client = app.anonymous();
    assert_eq!(post(&client, Some(FORM), form(16 * 1024)).await.status, 200);
    post(&client, Some(FORM), form(16 * 1024 + 1)).await.assert_oauth2(413, "invalid_request");

    let declared = Request::post("/token").header(header::CONTENT_TYPE, FORM).header(header::CONTENT_LENGTH, "20000");
    // The server does not read this body: the stream never ends.
    let never = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
    client.send(declared.body(never).expect("a request")).await.assert_oauth2(413, "invalid_request");

    let endless = stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[b'a'; 1024])));
    post(&client, Some(FORM), Body::from_stream(endless)).await.assert_oauth2(413, "invalid_request");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_a_bad_request() {
    let app = TestApp::start().await;
    let chunks = [Ok(Bytes::from_static(b"username=a&pass")), Err(std::io::Error::other("connection lost"))];
    let answer = post(&app.anonymous(), Some(FORM), Body::from_stream(stream::iter(chunks))).await;
    answer.assert_oauth2(400, "invalid_request");
}

#[tokio::test]
async fn a_browser_that_posts_the_form_itself_gets_json_and_no_redirect() {
    let app = TestApp::with_ada().await;
    for (form, status) in
        [(format!("username=ada&password={PASSWORD}"), 200), ("username=ada&password=x".to_owned(), 401)]
    {
        let request = Request::post("/token")
            .header(header::CONTENT_TYPE, FORM)
            .header(header::ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8")
            .header(header::REFERER, "http://localhost/login")
            .body(Body::from(form.replace(' ', "+")))
            .expect("a request");
        let answer = app.anonymous().send(request).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (status, ""));
        answer.json();
        answer.assert_not_stored();
        assert_eq!(answer.header("serverfnerror"), "", "no header of the server function");
    }
}

#[tokio::test]
async fn the_tutorials_user_logs_in_with_the_tutorials_hash_which_is_renewed_on_the_way() {
    let app = TestApp::start_with(&["demo.enabled=true"]).await;
    let stored =
        async || app.state.store.find_user("johndoe").await.expect("a database").expect("johndoe").hashed_password;
    assert!(stored().await.starts_with("$argon2id$v=19$m=65536,t=3,p=4$wagCPXjifgvUFBzq4hqe3w$"));
    for _ in 0..2 {
        let answer = app.anonymous().post_form("/token", "username=johndoe&password=secret").await;
        assert_eq!(answer.status, 200);
        assert!(stored().await.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "the current parameters");
    }
    let alice = app.anonymous().post_form("/token", "username=alice&password=secret2").await;
    assert_eq!(alice.status, 200);
    let token = alice.json()["access_token"].as_str().expect("a token").to_owned();
    app.with_token(&token).get("/users/me").await.assert_refused(400, "Inactive user");
}

#[tokio::test]
async fn many_logins_at_once_are_answered_with_200_or_503() {
    let app = TestApp::start_with(&["password.threads=2", "password.queue=4"]).await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let form = format!("username=ada&password={PASSWORD}");
    let client = app.anonymous();
    let statuses = futures::future::join_all((0..200).map(|_| client.post_form("/token", &form))).await;
    let count = |status: u16| statuses.iter().filter(|answer| answer.status == status).count();
    assert_eq!(count(200) + count(503), 200);
    assert!(count(200) >= 6, "{} logins succeeded", count(200));
}
