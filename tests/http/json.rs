//! Requests with JSON, and what the tests read from the answers.

use axum::{
    body::Body,
    http::{Request, header},
};
use serde_json::{Value, json};

use super::support::{Answer, Client};

const JSON: (&str, &str) = ("content-type", "application/json");

/// `POST path` with this JSON.
pub async fn post(client: &Client, path: &str, body: impl ToString) -> Answer {
    send(client, "POST", path, &[JSON], body.to_string()).await
}

/// `PATCH path` with this JSON.
pub async fn patch(client: &Client, path: &str, body: impl ToString) -> Answer {
    send(client, "PATCH", path, &[JSON], body.to_string()).await
}

/// `PATCH path` with this JSON, if the resource still has this tag.
pub async fn patch_if(client: &Client, path: &str, tag: &str, body: impl ToString) -> Answer {
    send(client, "PATCH", path, &[JSON, ("if-match", tag)], body.to_string()).await
}

/// `DELETE path`
pub async fn delete(client: &Client, path: &str) -> Answer {
    send(client, "DELETE", path, &[], "").await
}

/// `DELETE path`, if the resource still has this tag.
pub async fn delete_if(client: &Client, path: &str, tag: &str) -> Answer {
    send(client, "DELETE", path, &[("if-match", tag)], "").await
}

/// Any request with these headers.
pub async fn send(
    client: &Client,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Answer {
    let request = Request::builder().method(method).uri(path);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value.as_bytes()));
    client.send(request.body(body.into()).expect("a request")).await
}

/// Creates an item with this title. Returns its path.
pub async fn leave(client: &Client, title: &str) -> String {
    let created = post(client, "/items", json!({"title": title})).await;
    assert_eq!(created.status, 201, "{}", created.text());
    created.header(header::LOCATION.as_str()).to_owned()
}

/// A member of each entry of a page.
pub fn of_each(page: &Value, member: &str) -> Vec<String> {
    let entries = page["data"].as_array().expect("a page");
    entries.iter().map(|entry| entry[member].as_str().expect(member).to_owned()).collect()
}

/// The path of the next page, from the `Link` header.
pub fn next_page(answer: &Answer) -> Option<String> {
    let link = answer.header("link").strip_prefix('<')?.strip_suffix(r#">; rel="next""#)?;
    Some(link.to_owned())
}

/// The broken values that a 422 names: where each is, and the rule.
#[track_caller]
pub fn broken(answer: &Answer) -> Vec<(String, String)> {
    let body = answer.json();
    assert_eq!(answer.status, 422, "{body}");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let place = |loc: &Value| loc.as_array().expect("a place").iter().map(text).collect::<Vec<_>>().join(".");
    let fields = body["detail"].as_array().expect("a list of values");
    fields
        .iter()
        .map(|field| {
            assert!(!text(&field["msg"]).is_empty());
            (place(&field["loc"]), text(&field["type"]))
        })
        .collect()
}

/// Checks that a 422 names just this value, and this rule.
#[track_caller]
pub fn assert_broken(answer: &Answer, place: &str, rule: &str) {
    assert_eq!(broken(answer), [(place.to_owned(), rule.to_owned())]);
}
