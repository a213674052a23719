//! Calls with JSON, and what their answers have in common.

use std::net::SocketAddr;

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Request, header},
};
use cloakroom::model::Scopes;
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use super::support::{Answer, BROWSER, Client, PASSWORD, TestApp, sign};

/// What a 412 says.
pub const OUTDATED: &str = "It was changed since: read it again, and repeat the change";

/// A sign-up with just a name and [`PASSWORD`].
pub fn person(username: &str) -> Value {
    json!({"username": username, "password": PASSWORD})
}

/// These members of `body`, and one more.
pub fn with(mut body: Value, name: &str, value: impl Into<Value>) -> Value {
    body[name] = value.into();
    body
}

/// A member of each entry of a list.
pub fn of_each(list: &Value, member: &str) -> Vec<String> {
    let entries = list.as_array().expect("a list");
    entries.iter().map(|entry| entry[member].as_str().expect(member).to_owned()).collect()
}

impl Client {
    /// `POST path`
    pub async fn post_json(&self, path: &str, body: impl ToString) -> Answer {
        self.call("POST", path, &[], body.to_string()).await
    }

    /// `PATCH path`
    pub async fn patch_json(&self, path: &str, body: impl ToString) -> Answer {
        self.call("PATCH", path, &[], body.to_string()).await
    }

    /// `PUT path`
    pub async fn put_json(&self, path: &str, body: impl ToString) -> Answer {
        self.call("PUT", path, &[], body.to_string()).await
    }

    /// `DELETE path`
    pub async fn delete(&self, path: &str) -> Answer {
        self.call_with("DELETE", path, &[], "").await
    }

    /// `PATCH path`, if the tag is still the resource's.
    pub async fn patch_if(&self, path: &str, tag: &str, body: impl ToString) -> Answer {
        self.call("PATCH", path, &[("if-match", tag)], body.to_string()).await
    }

    /// `DELETE path`, if the tag is still the resource's.
    pub async fn delete_if(&self, path: &str, tag: &str) -> Answer {
        self.call_with("DELETE", path, &[("if-match", tag)], "").await
    }

    /// Any call. The body is JSON, unless the headers say otherwise.
    pub async fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let json = (header::CONTENT_TYPE.as_str(), "application/json");
        let has_type = headers.iter().any(|(name, _)| *name == json.0);
        let headers: Vec<_> = headers.iter().copied().chain((!has_type).then_some(json)).collect();
        self.call_with(method, path, &headers, body).await
    }

    /// Any call with just these headers.
    pub async fn call_with(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let request = Request::builder().method(method).uri(path);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value.as_bytes()));
        self.send(request.body(body.into()).expect("a request")).await
    }

    /// Any call from this address.
    pub async fn call_from(&self, address: &str, method: &str, path: &str, body: Value) -> Answer {
        let socket = SocketAddr::new(address.parse().expect("an address"), 40000);
        let request = Request::builder().method(method).uri(path).extension(ConnectInfo(socket));
        let request = request.header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).expect("a request")).await
    }

    /// Creates an item with this title. Returns its path.
    pub async fn leave(&self, title: &str) -> String {
        let created = self.post_json("/items", json!({"title": title})).await;
        assert_eq!(created.status, 201, "{}", created.text());
        created.header("location").to_owned()
    }
}

impl TestApp {
    /// Starts with just Ada.
    pub async fn with_ada() -> Self {
        let app = Self::start().await;
        app.create("ada", Scopes::AT_SIGN_UP).await;
        app
    }

    /// The answer that a browser gets for this path.
    pub async fn visit(&self, path: &str) -> Answer {
        self.anonymous().call_with("GET", path, &[("accept", BROWSER)], "").await
    }

    /// A client with a token of another service with the same key, with these claims.
    pub fn foreign(&self, claims: &Value) -> Client {
        self.with_token(&sign(claims))
    }

    /// The stored hash of a user's password.
    pub async fn hash_of(&self, username: &str) -> String {
        self.state.store.find_user(username).await.expect("a database").expect("a user").hashed_password
    }

    /// The token endpoint's answer to this name and this password, in any characters.
    pub async fn try_to_log_in(&self, username: &str, password: &str) -> Answer {
        let form =
            Serializer::new(String::new()).extend_pairs([("username", username), ("password", password)]).finish();
        self.anonymous().post_form("/token", &form).await
    }

    /// How many users there are.
    pub async fn count_users(&self) -> usize {
        self.state.store.users_after("").await.expect("a database").len()
    }
}

impl Answer {
    /// The broken values that a 422 names: where each is, and the rule.
    #[track_caller]
    pub fn broken(&self) -> Vec<(String, String)> {
        let body = self.json();
        assert_eq!(self.status, 422, "{body}");
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let of_entry = |entry: &Value| {
            assert!(!text(&entry["msg"]).is_empty(), "{entry}");
            let loc: Vec<_> = entry["loc"].as_array().expect("a place").iter().map(text).collect();
            (loc.join("."), text(&entry["type"]))
        };
        body["detail"].as_array().expect("a list").iter().map(of_entry).collect()
    }

    /// Checks that it is a 422 that names these members and the rules that they break: `("body.username", "missing")`.
    #[track_caller]
    pub fn assert_broken(&self, expected: &[(&str, &str)]) {
        let broken = self.broken();
        let broken: Vec<_> = broken.iter().map(|(loc, kind)| (loc.as_str(), kind.as_str())).collect();
        assert_eq!(broken, expected, "{}", self.text());
    }

    /// The path of the next page, from the `Link` header.
    #[track_caller]
    pub fn next_page(&self) -> Option<String> {
        let link = self.headers.get("link")?.to_str().expect("text");
        Some(link.strip_prefix('<').and_then(|link| link.strip_suffix(r#">; rel="next""#)).expect("a link").to_owned())
    }

    /// The sentence of the first broken rule.
    #[track_caller]
    pub fn broken_rule(&self) -> String {
        self.json()["detail"][0]["msg"].as_str().expect("a sentence").to_owned()
    }

    /// The entity tag: a strong one.
    #[track_caller]
    pub fn etag(&self) -> String {
        let tag = self.header("etag");
        let inner = tag.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        assert!(inner.is_some_and(|inner| !inner.is_empty() && !inner.contains('"')), "{tag:?}");
        tag.to_owned()
    }

    /// Checks the statuses of calls that ran at the same time, in any order.
    #[track_caller]
    pub fn assert_statuses(answers: &[Self], mut expected: Vec<u16>) {
        let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        statuses.sort_unstable();
        expected.sort_unstable();
        assert_eq!(statuses, expected);
    }
}
