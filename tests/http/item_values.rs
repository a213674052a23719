//! The rules of an item's values, and the bodies that are refused. `POST /items` and `PATCH /items/{item_id}` have the
//! same rules: each test sends its bodies to both.

use axum::body::{Body, Bytes};
use futures::stream;
use serde_json::{Value, json};

use super::{
    bodies::LIMIT,
    support::{Answer, Client, TestApp},
};

const JSON: (&str, &str) = ("content-type", "application/json");

/// Ada, and an item of hers.
async fn start() -> (TestApp, Client, String) {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let path = ada.leave("Hat").await;
    (app, ada, path)
}

/// Sends a body to both calls. Checks that both refuse it in the same words, and that neither did anything.
async fn refused_by_both(ada: &Client, path: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answer {
    let (body, tag) = (body.into(), ada.get(path).await.header("etag").to_owned());
    let created = ada.call_with("POST", "/items", headers, body.clone()).await;
    let changed = ada.call_with("PATCH", path, headers, body).await;
    assert_eq!((created.status, created.text()), (changed.status, changed.text()));
    assert!(created.status.is_client_error(), "{}", created.status);
    let after = ada.get(path).await;
    assert_eq!((after.header("etag"), &after.json()["title"]), (tag.as_str(), &json!("Hat")), "it is unchanged");
    assert_eq!(ada.get("/items").await.json()["count"], 1, "nothing was created");
    created
}

/// Sends a body to both calls, which take it. Returns the two items.
async fn taken_by_both(ada: &Client, path: &str, body: &Value) -> [Value; 2] {
    let (created, changed) = (ada.post_json("/items", body).await, ada.patch_json(path, body).await);
    assert_eq!((created.status.as_u16(), changed.status.as_u16()), (201, 200), "{body}");
    [created.json(), changed.json()]
}

#[tokio::test]
async fn a_title_is_trimmed_and_has_1_to_255_characters() {
    let (_app, ada, path) = start().await;
    for (sent, kept) in [
        ("x".to_owned(), "x".to_owned()),
        ("  Green coat\u{a0}\n".to_owned(), "Green coat".to_owned()),
        ("\u{3000}緑の コート\t".to_owned(), "緑の コート".to_owned()),
        ("<b>&amp;\"'\\".to_owned(), "<b>&amp;\"'\\".to_owned()),
        ("🧥".repeat(255), "🧥".repeat(255)),
        (format!("   {}   ", "ä".repeat(255)), "ä".repeat(255)),
    ] {
        for item in taken_by_both(&ada, &path, &json!({"title": sent})).await {
            assert_eq!(item["title"], kept.as_str());
        }
    }
    let (_app, ada, path) = start().await;
    for (title, rule) in [
        (String::new(), "string_too_short"),
        (" \n\u{a0}\u{3000}".to_owned(), "string_too_short"),
        ("a".repeat(256), "string_too_long"),
        (format!("  {}  ", "🧥".repeat(256)), "string_too_long"),
    ] {
        let refused = refused_by_both(&ada, &path, &[JSON], json!({"title": title}).to_string()).await;
        refused.assert_broken(&[("body.title", rule)]);
    }
}

#[tokio::test]
async fn a_title_is_one_line_without_control_characters() {
    let (_app, ada, path) = start().await;
    for c in ['\0', '\u{1}', '\t', '\n', '\r', '\u{1b}', '\u{7f}', '\u{80}', '\u{85}', '\u{9f}'] {
        let body = json!({"title": format!("Green{c}coat")}).to_string();
        refused_by_both(&ada, &path, &[JSON], body).await.assert_broken(&[("body.title", "value_error")]);
    }
    // White space at the ends is trimmed. A NUL is none.
    let body = json!({"title": "Green coat\0"}).to_string();
    refused_by_both(&ada, &path, &[JSON], body).await.assert_broken(&[("body.title", "value_error")]);
}

#[tokio::test]
async fn a_description_stays_as_it_is_and_has_up_to_2000_characters() {
    let (_app, ada, path) = start().await;
    for description in [
        "x",
        "  two\r\n\tlines\n",
        "<script>alert('ä')</script>",
        &"🧥".repeat(2000),
        &format!(" {}", "a".repeat(1999)),
    ] {
        for item in taken_by_both(&ada, &path, &json!({"title": "Hat", "description": description})).await {
            assert_eq!(item["description"], description);
        }
    }
    let (_app, ada, path) = start().await;
    for (description, rule) in [
        ("a".repeat(2001), "string_too_long"),
        ("🧥".repeat(2001), "string_too_long"),
        (" ".repeat(2001), "string_too_long"),
        ("wet\0".to_owned(), "value_error"),
        ("\u{1b}[31mwet".to_owned(), "value_error"),
        ("wet\u{7f}".to_owned(), "value_error"),
        ("wet\u{85}".to_owned(), "value_error"),
    ] {
        let body = json!({"title": "Coat", "description": description}).to_string();
        refused_by_both(&ada, &path, &[JSON], body).await.assert_broken(&[("body.description", rule)]);
    }
}

#[tokio::test]
async fn a_title_is_needed_for_a_new_item_and_never_null() {
    let (_app, ada, path) = start().await;
    for body in ["{}", r#"{"description": "A little wet"}"#] {
        ada.post_json("/items", body).await.assert_broken(&[("body.title", "missing")]);
    }
    let null = refused_by_both(&ada, &path, &[JSON], r#"{"title": null}"#).await;
    null.assert_broken(&[("body.title", "string_type")]);
}

#[tokio::test]
async fn a_member_that_the_caller_may_not_set_or_that_does_not_exist_is_refused_and_never_applied() {
    let (app, ada, path) = start().await;
    for client in [&ada, &app.admin().await] {
        for member in [
            "owner",
            "owner_id",
            "item_id",
            "id",
            "created_at",
            "version",
            "search_text",
            "Title",
            "title ",
            "__proto__",
        ] {
            let body = json!({"title": "Coat", member: "ada"});
            for answer in [client.post_json("/items", &body).await, client.patch_json(&path, &body).await] {
                answer.assert_broken(&[(&format!("body.{member}"), "extra_forbidden")]);
            }
        }
    }
    assert_eq!(ada.get(&path).await.json()["title"], "Hat");
    assert_eq!(ada.get("/items").await.json()["count"], 1);
}

#[tokio::test]
async fn a_member_of_the_wrong_type_is_refused() {
    let (_app, ada, path) = start().await;
    for value in ["1", "1.5", "-0", "true", "[]", r#"["Coat"]"#, "{}", r#"{"title": "Coat"}"#] {
        let body = format!(r#"{{"title": {value}}}"#);
        refused_by_both(&ada, &path, &[JSON], body).await.assert_broken(&[("body.title", "string_type")]);
        let body = format!(r#"{{"title": "Coat", "description": {value}}}"#);
        refused_by_both(&ada, &path, &[JSON], body).await.assert_broken(&[("body.description", "string_type")]);
    }
}

#[tokio::test]
async fn all_broken_values_are_named_at_once() {
    let (_app, ada, path) = start().await;
    let body = json!({"title": "", "owner": "eve", "description": 1}).to_string();
    let mut named = refused_by_both(&ada, &path, &[JSON], body).await.broken();
    named.sort();
    let expected =
        [("body.description", "string_type"), ("body.owner", "extra_forbidden"), ("body.title", "string_too_short")];
    assert_eq!(named, expected.map(|(place, rule)| (place.to_owned(), rule.to_owned())));
}

#[tokio::test]
async fn a_member_that_is_sent_twice_is_refused() {
    let (_app, ada, path) = start().await;
    for body in [
        r#"{"title": "Coat", "title": "Coat"}"#,
        r#"{"title": "Coat", "\u0074itle": "Scarf"}"#,
        r#"{"title": "Coat", "description": "", "title": null}"#,
    ] {
        refused_by_both(&ada, &path, &[JSON], body).await.assert_broken(&[("body.title", "value_error")]);
    }
    let unknown = refused_by_both(&ada, &path, &[JSON], r#"{"x": 1, "x": 2, "title": "Coat"}"#).await;
    unknown.assert_broken(&[("body.x", "value_error")]);
}

#[tokio::test]
async fn json_that_is_none_is_refused() {
    let (_app, ada, path) = start().await;
    let nested = |open: &str, close: &str| format!(r#"{{"title": {}1{}}}"#, open.repeat(10_000), close.repeat(10_000));
    for body in [
        "{",
        "{\"title\": \"Coat\"",
        "{\"title\": \"Coat\"}}",
        "{'title': 'Coat'}",
        "{title: \"Coat\"}",
        "{\"title\": \"Coat\",}",
        "{\"title\": \"a\nb\"}",
        "{\"title\": \"\\x\"}",
        "{\"title\": \"\\ud800\"}",
        "{\"title\": \"\\udc00\\ud800\"}",
        "{\"title\": \"\\ud800\\u0041\"}",
        "{\"title\": NaN}",
        "{\"title\": 1e400}",
        "{\"x\": -1e999, \"title\": \"Coat\"}",
        "{\"title\": 01}",
        "{\"title\": \"Coat\"} {}",
        "title=Coat",
        "\0",
        "\u{feff}{\"title\": \"Coat\"}",
        "{\"title\": \"Coat\"}\0",
        " ",
        "/**/{}",
        &nested("[", "]"),
        &nested(r#"{"a":"#, "}"),
    ] {
        let refused = refused_by_both(&ada, &path, &[JSON], body.to_owned()).await;
        refused.assert_broken(&[("body", "json_invalid")]);
    }
    for bytes in [&b"{\"title\": \"\xff\"}"[..], b"{\"title\": \"\xed\xa0\x80\"}", b"\xff\xfe{\0}\0", b"\xc0\xaf"] {
        let refused = refused_by_both(&ada, &path, &[JSON], bytes).await;
        refused.assert_broken(&[("body", "json_invalid")]);
    }
    for body in ["[]", "null", "true", "1", "\"Coat\"", r#"[{"title": "Coat"}]"#] {
        let refused = refused_by_both(&ada, &path, &[JSON], body).await;
        refused.assert_broken(&[("body", "model_attributes_type")]);
    }
    refused_by_both(&ada, &path, &[JSON], "").await.assert_broken(&[("body", "missing")]);
}

#[tokio::test]
async fn a_body_that_is_not_json_by_its_media_type_is_a_415() {
    let (_app, ada, path) = start().await;
    let body = r#"{"title": "Coat"}"#;
    let twice = [JSON, JSON];
    for headers in [
        &[][..],
        &[("content-type", "")],
        &[("content-type", "text/plain")],
        &[("content-type", "text/json")],
        &[("content-type", "application/x-www-form-urlencoded")],
        &[("content-type", "multipart/form-data; boundary=application/json")],
        &[("content-type", "application/jsonx")],
        &[("content-type", "application/json, text/plain")],
        &[("content-type", "applicätion/json")],
        &twice,
    ] {
        let refused = refused_by_both(&ada, &path, headers, body).await;
        refused.assert_refused(415, "Send JSON, with Content-Type: application/json");
    }
    for media_type in ["application/json; charset=utf-8", "Application/JSON", "application/merge-patch+json"] {
        let changed = ada.call("PATCH", &path, &[("content-type", media_type)], body).await;
        assert_eq!((changed.status.as_u16(), &changed.json()["title"]), (200, &json!("Coat")), "{media_type}");
    }
}

#[tokio::test]
async fn a_body_past_64_kib_is_a_413_whether_its_length_is_declared_or_not() {
    let (app, ada, path) = start().await;
    const TOO_LARGE: &str = "The body is too large: send less";
    let padded = |length: usize| r#"{"title": "Hat"}"#.to_owned() + &" ".repeat(length - 16);
    refused_by_both(&ada, &path, &[JSON], padded(LIMIT + 1)).await.assert_refused(413, TOO_LARGE);
    for (method, path) in [("POST", "/items"), ("PATCH", path.as_str())] {
        // A declared length is enough: nothing of the body is waited for.
        let never = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
        let declared = [("content-length", "65537")];
        ada.call(method, path, &declared, never).await.assert_refused(413, TOO_LARGE);
        let endless = || stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[b' '; 1024])));
        let streamed = Body::from_stream(endless());
        ada.call(method, path, &[], streamed).await.assert_refused(413, TOO_LARGE);
        // Nobody's body is read who may not send it.
        let anonymous = app.anonymous().call(method, path, &[], Body::from_stream(endless())).await;
        anonymous.assert_refused(401, "Not authenticated");
    }
    for item in [ada.post_json("/items", padded(LIMIT)).await, ada.patch_json(&path, padded(LIMIT)).await] {
        assert!(item.status.is_success(), "{}", item.status);
    }
}
