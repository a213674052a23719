//! Calls with JSON, and what their answers have in common.

use std::net::SocketAddr;

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Request, header},
};
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use super::support::{Answer, Client, PASSWORD, TestApp};

/// A sign-up with just a name and [`PASSWORD`].
pub fn person(username: &str) -> Value {
    json!({"username": username, "password": PASSWORD})
}

/// These members of `body`, and one more.
pub fn with(mut body: Value, name: &str, value: impl Into<Value>) -> Value {
    body[name] = value.into();
    body
}

impl Client {
    /// `POST path`
    pub async fn post_json(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path, &[], body.to_string()).await
    }

    /// `PATCH path`
    pub async fn patch_json(&self, path: &str, body: Value) -> Answer {
        self.call("PATCH", path, &[], body.to_string()).await
    }

    /// `PUT path`
    pub async fn put_json(&self, path: &str, body: Value) -> Answer {
        self.call("PUT", path, &[], body.to_string()).await
    }

    /// `DELETE path`
    pub async fn delete(&self, path: &str) -> Answer {
        self.call("DELETE", path, &[], "").await
    }

    /// `PATCH path`, if the tag is still the resource's.
    pub async fn patch_if(&self, tag: &str, path: &str, body: Value) -> Answer {
        self.call("PATCH", path, &[("if-match", tag)], body.to_string()).await
    }

    /// `DELETE path`, if the tag is still the resource's.
    pub async fn delete_if(&self, tag: &str, path: &str) -> Answer {
        self.call("DELETE", path, &[("if-match", tag)], "").await
    }

    /// Any call. The body is JSON, unless the headers say otherwise.
    pub async fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let json = (header::CONTENT_TYPE.as_str(), "application/json");
        let request = Request::builder().method(method).uri(path);
        let has_type = headers.iter().any(|(name, _)| *name == json.0);
        let headers = headers.iter().chain((!has_type).then_some(&json));
        let request = headers.fold(request, |request, (name, value)| request.header(*name, *value));
        self.send(request.body(body.into()).expect("a request")).await
    }

    /// Any call from this address.
    pub async fn call_from(&self, address: &str, method: &str, path: &str, body: Value) -> Answer {
        let socket = SocketAddr::new(address.parse().expect("an address"), 40000);
        let request = Request::builder().method(method).uri(path).extension(ConnectInfo(socket));
        let request = request.header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).expect("a request")).await
    }
}

impl TestApp {
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
    /// Checks that it is a 422 that names these members and the rules that they break: `("body.username", "missing")`.
    #[track_caller]
    pub fn assert_broken(&self, expected: &[(&str, &str)]) {
        let body = self.json();
        assert_eq!(self.status, 422, "{body}");
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let of_entry = |entry: &Value| {
            assert!(!text(&entry["msg"]).is_empty(), "{entry}");
            let loc: Vec<_> = entry["loc"].as_array().expect("a place").iter().map(text).collect();
            (loc.join("."), text(&entry["type"]))
        };
        let broken: Vec<_> = body["detail"].as_array().expect("a list").iter().map(of_entry).collect();
        let broken: Vec<_> = broken.iter().map(|(loc, kind)| (loc.as_str(), kind.as_str())).collect();
        assert_eq!(broken, expected, "{body}");
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
