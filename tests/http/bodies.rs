//! The JSON bodies of the calls about users: media types, sizes and broken JSON.

use axum::body::{Body, Bytes};
use futures::stream;
use serde_json::json;

use super::{
    calls::person,
    support::{Client, PASSWORD, TestApp},
};

/// Each call about users that has a body.
const CALLS: [(&str, &str); 4] =
    [("POST", "/users"), ("PATCH", "/users/me"), ("PUT", "/users/me/password"), ("PATCH", "/users/ada")];
/// The largest body, in bytes.
pub const LIMIT: usize = 64 * 1024;

/// Calls each of [`CALLS`] as an administrator with this body, and checks which rule it is said to break.
async fn assert_each_refuses(client: &Client, body: &str, loc: &str, kind: &str) {
    for (method, path) in CALLS {
        client.call(method, path, &[], body.to_owned()).await.assert_broken(&[(loc, kind)]);
    }
}

#[tokio::test]
async fn a_body_that_is_no_json_is_named() {
    let app = TestApp::start().await;
    app.user().await;
    let grace = app.admin().await;
    for body in [
        "{",
        "{}}",
        "{'email': null}",
        "username=ada",
        r#"{"email": "\ud800"}"#,
        r#"{"email": "\udc00\ud800"}"#,
        r#"{"email": "\ud800x"}"#,
        r#"{"\ud800": 1}"#,
        r#"{"email": 1e999}"#,
        r#"{"email": NaN}"#,
        "{\"email\": \"a\nb\"}",
        "\u{feff}{}",
        "\0",
    ] {
        assert_each_refuses(&grace, body, "body", "json_invalid").await;
    }
    for (method, path) in CALLS {
        let answer = grace.call(method, path, &[], &b"{\"email\": \"\xff\"}"[..]).await;
        answer.assert_broken(&[("body", "json_invalid")]);
    }
}

#[tokio::test]
async fn a_body_that_is_empty_or_no_object_is_named() {
    let app = TestApp::start().await;
    app.user().await;
    let grace = app.admin().await;
    assert_each_refuses(&grace, "", "body", "missing").await;
    let array = json!([person("eve")]).to_string();
    for body in ["[]", "null", "1", "true", "\"text\"", &array] {
        assert_each_refuses(&grace, body, "body", "model_attributes_type").await;
    }
    assert_eq!(app.count_users().await, 2, "ada and grace");
}

#[tokio::test]
async fn json_that_is_nested_10000_deep_is_refused_and_the_server_goes_on() {
    let app = TestApp::start().await;
    app.user().await;
    let grace = app.admin().await;
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let deep = format!(r#"{{"email": {}1{}}}"#, open.repeat(10_000), close.repeat(10_000));
        assert_each_refuses(&grace, &deep, "body", "json_invalid").await;
    }
    assert_eq!(grace.get("/users/me").await.status, 200);
}

#[tokio::test]
async fn a_member_that_is_sent_twice_is_refused_also_with_equal_values_or_escaped() {
    let app = TestApp::start().await;
    app.user().await;
    let grace = app.admin().await;
    for body in [
        r#"{"email": "a@b.example", "email": "a@b.example"}"#,
        r#"{"email": null, "email": "a@b.example"}"#,
        r#"{"email": "a@b.example", "\u0065mail": null}"#,
    ] {
        assert_each_refuses(&grace, body, "body.email", "value_error").await;
    }
    let twice = format!(r#"{{"username": "eve", "password": "{PASSWORD}", "username": "mallory"}}"#);
    let answer = app.anonymous().call("POST", "/users", &[], twice).await;
    answer.assert_broken(&[("body.username", "value_error")]);
    assert_eq!(app.count_users().await, 2, "ada and grace");
}

#[tokio::test]
async fn another_media_type_is_a_415_and_so_is_none_or_two() {
    let app = TestApp::start().await;
    app.user().await;
    let grace = app.admin().await;
    let refusal = "Send JSON, with Content-Type: application/json";
    for (method, path) in CALLS {
        for media_type in [
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "application/jsonx",
            "application/xjson",
            "json",
        ] {
            let answer = grace.call(method, path, &[("content-type", media_type)], "{}").await;
            answer.assert_refused(415, refusal);
        }
        let two = [("content-type", "application/json"), ("content-type", "text/plain")];
        grace.call(method, path, &two, "{}").await.assert_refused(415, refusal);
        grace.call_with(method, path, &[], "{}").await.assert_refused(415, refusal);
    }
}

#[tokio::test]
async fn json_is_read_by_each_of_its_media_types() {
    let app = TestApp::start().await;
    let types = [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "APPLICATION/JSON",
        "application/merge-patch+json",
    ];
    for (number, media_type) in types.into_iter().enumerate() {
        let body = person(&format!("user-{number}")).to_string();
        let answer = app.anonymous().call("POST", "/users", &[("content-type", media_type)], body).await;
        assert_eq!(answer.status, 201, "{media_type}");
        let user = app.log_in(&format!("user-{number}")).await;
        let body = r#"{"full_name": "Ada"}"#;
        let answer = user.call("PATCH", "/users/me/", &[("content-type", media_type)], body).await;
        assert_eq!(answer.json()["full_name"], "Ada", "{media_type}");
    }
}

/// An object of just so many bytes, that no call can use.
fn object_of(bytes: usize) -> String {
    let around = r#"{"email": 1, "x": ""}"#;
    format!(r#"{{"email": 1, "x": "{}"}}"#, "x".repeat(bytes - around.len()))
}

#[tokio::test]
async fn a_body_past_64_kib_is_a_413_whether_its_length_is_declared_or_not() {
    let app = TestApp::start().await;
    app.user().await;
    let grace = app.admin().await;
    let refusal = "The body is too large: send less";
    let chunked = |text: String| {
        let chunks: Vec<_> =
            text.as_bytes().chunks(1000).map(|chunk| Ok::<_, std::io::Error>(Bytes::copy_from_slice(chunk))).collect();
        Body::from_stream(stream::iter(chunks))
    };
    let endless =
        || Body::from_stream(stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[b' '; 999]))));
    for (method, path) in CALLS {
        let declared = (LIMIT + 1).to_string();
        let headers = [("content-length", &*declared)];
        grace.call(method, path, &headers, Body::from("{}")).await.assert_refused(413, refusal);
        grace.call(method, path, &[], object_of(LIMIT + 1)).await.assert_refused(413, refusal);
        grace.call(method, path, &[], chunked(object_of(LIMIT + 1))).await.assert_refused(413, refusal);
        grace.call(method, path, &[], endless()).await.assert_refused(413, refusal);
        for body in [Body::from(object_of(LIMIT)), chunked(object_of(LIMIT))] {
            assert_eq!(grace.call(method, path, &[], body).await.status, 422, "64 KiB are read");
        }
    }
}

#[tokio::test]
async fn the_answer_to_a_body_of_many_or_long_members_is_short() {
    let app = TestApp::start().await;
    app.user().await;
    let grace = app.admin().await;
    let many: Vec<_> = (0..5000).map(|number| format!(r#""{number}": 1"#)).collect();
    assert_each_refuses(&grace, &format!("{{{}}}", many.join(",")), "body", "too_long").await;
    let long = format!(r#"{{"{}": 1}}"#, "x".repeat(60_000));
    for (method, path) in CALLS {
        let answer = grace.call(method, path, &[], long.clone()).await;
        assert_eq!(answer.status, 422);
        assert!(answer.body.len() < 1000, "{}", answer.body.len());
    }
}
