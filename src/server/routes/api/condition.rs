//! Conditional changes (RFC 9110 §13.1.1): the `ETag` of an answer, and the `If-Match` of a request.

use axum::{
    Json,
    extract::FromRequestParts,
    http::{
        HeaderValue, StatusCode,
        header::{ETAG, IF_MATCH},
        request::Parts,
    },
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::{error::ApiError, server::store::Condition};

/// An answer with the version of what it shows, as its `ETag`.
pub struct Versioned<T> {
    /// The status.
    pub status: StatusCode,
    /// The row's version.
    pub version: i64,
    /// What is sent.
    pub body: T,
}

impl<T> Versioned<T> {
    /// The answer of a call that reads or changes.
    pub fn ok(version: i64, body: T) -> Self {
        Self { status: StatusCode::OK, version, body }
    }

    /// The answer of a call that creates.
    pub fn created(version: i64, body: T) -> Self {
        Self { status: StatusCode::CREATED, version, body }
    }
}

impl<T: Serialize> IntoResponse for Versioned<T> {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        if let Ok(tag) = HeaderValue::try_from(format!("\"{}\"", self.version)) {
            response.headers_mut().insert(ETAG, tag);
        }
        response
    }
}

/// The condition that a request makes. Without `If-Match` there is none.
pub struct IfMatch(pub Condition);

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let headers = parts.headers.get_all(IF_MATCH);
        let lines: Vec<_> = headers.iter().map(|line| line.to_str().unwrap_or_default().trim()).collect();
        Ok(Self(match lines[..] {
            [] => Condition::ANY,
            // It asks that there is a row, as every change does.
            ["*"] => Condition::ANY,
            _ => Condition::one_of(
                &lines.iter().flat_map(|line| line.split(',')).filter_map(version).collect::<Vec<_>>(),
            ),
        }))
    }
}

/// The version in an entity tag of ours. A weak tag (`W/"12"`) never matches, and neither does a tag of another form.
fn version(tag: &str) -> Option<i64> {
    let digits = tag.trim().strip_prefix('"')?.strip_suffix('"')?;
    // As it is written here: `"012"` and `"+12"` are other tags.
    digits.parse::<i64>().ok().filter(|version| version.to_string() == digits)
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn only_a_tag_as_it_is_written_here_is_a_version(number in any::<i64>(), text in "[ \"W/0-9+-]{0,8}") {
            prop_assert_eq!(version(&format!("\"{number}\"")), Some(number));
            if let Some(number) = version(&text) {
                prop_assert_eq!(text.trim(), format!("\"{number}\""));
            }
        }
    }

    async fn condition(lines: &[&str]) -> Condition {
        let mut request = Request::new(());
        for line in lines {
            request.headers_mut().append(IF_MATCH, HeaderValue::from_bytes(line.as_bytes()).expect("a header value"));
        }
        let IfMatch(condition) = IfMatch::from_request_parts(&mut request.into_parts().0, &()).await.expect("no error");
        condition
    }

    #[tokio::test]
    async fn an_if_match_names_the_versions_that_are_good() {
        assert_eq!(condition(&[]).await, Condition::ANY);
        assert_eq!(condition(&["*"]).await, Condition::ANY);
        assert_eq!(condition(&["\"12\""]).await, Condition::one_of(&[12]));
        assert_eq!(condition(&["\"12\" , \"15\"", "\"7\""]).await, Condition::one_of(&[12, 15, 7]));
    }

    #[tokio::test]
    async fn what_is_no_tag_of_ours_matches_nothing() {
        for line in
            ["", "12", "W/\"12\"", "\"012\"", "\"+12\"", "\" 12\"", "\"a\"", "\"1,2\"", "*, \"x\"", "ä", "\"%\""]
        {
            assert_eq!(condition(&[line]).await, Condition::one_of(&[]), "{line}");
        }
    }
}
