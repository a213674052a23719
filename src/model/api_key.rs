//! API keys: what a person gives to a program, so that it needs no password.

use serde::{Deserialize, Serialize};
use utoipa::{
    ToSchema,
    openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, Type},
};

use super::{BrokenRule, Scopes, text::line};

/// An API key. The key itself is a part of one answer only: that of the call which makes it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "key_id": "0198c0de-5e55-7000-8000-000000000001",
    "name": "Backup of my items",
    "scopes": ["items"],
    "created_at": "2026-11-25T09:30:00.000Z",
    "last_used_at": null,
    "expires_at": "2027-11-25T09:30:00.000Z",
}))]
pub struct ApiKey {
    /// The key's id. It opens nothing.
    pub key_id: String,
    /// What its user calls it.
    pub name: String,
    /// What it opens, as far as its user may.
    pub scopes: Vec<String>,
    /// When it was made (RFC 3339, UTC).
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it was last used, to the minute (RFC 3339, UTC); null if never.
    #[schema(required, format = DateTime)]
    pub last_used_at: Option<String>,
    /// When it ends by itself (RFC 3339, UTC); null if never.
    #[schema(required, format = DateTime)]
    pub expires_at: Option<String>,
    /// The key, for the header `X-API-Key`. It is shown this once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub api_key: Option<String>,
}

/// The body of `POST /users/me/api-keys`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"name": "Backup of my items", "scopes": ["items"], "expires_in": 31_536_000}))]
pub struct ApiKeyCreate {
    /// What its user calls it.
    pub name: KeyName,
    /// What it may do: one scope at least, and only such as the token has that is sent.
    #[schema(schema_with = some_scopes)]
    pub scopes: Scopes,
    /// After how many seconds it ends by itself. Without it: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<KeyLifetime>)]
    pub expires_in: Option<KeyLifetime>,
}

/// The name of an API key: 1 to 100 characters on one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(
    value_type = String,
    min_length = 1,
    max_length = 100,
    pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$",
    example = "Backup of my items"
)]
pub struct KeyName(String);

impl KeyName {
    /// Reads a name. Spaces around it are removed.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn parse(text: &str) -> Result<Self, BrokenRule> {
        line("name", "A name", 100, text).map(Self)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How long an API key lasts, in seconds: a minute to ten years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(value_type = u32, minimum = 60, maximum = 315_360_000, example = 31_536_000)]
pub struct KeyLifetime(u32);

impl KeyLifetime {
    /// The shortest one, in seconds.
    pub const SHORTEST: u32 = 60;
    /// The longest one, in seconds: ten years of 365 days.
    pub const LONGEST: u32 = 10 * 365 * 24 * 60 * 60;

    /// A lifetime of so many seconds.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn new(seconds: i64) -> Result<Self, BrokenRule> {
        let in_range = u32::try_from(seconds).ok().filter(|seconds| (Self::SHORTEST..=Self::LONGEST).contains(seconds));
        in_range.map(Self).ok_or_else(|| {
            BrokenRule::value("expires_in", "A key lasts for 60 to 315360000 seconds: a minute to ten years")
        })
    }

    /// The number of seconds.
    pub const fn seconds(self) -> u32 {
        self.0
    }
}

/// The names of scopes, at least one.
fn some_scopes() -> Schema {
    let names = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(Scopes::ALL.names()));
    let description = "What it may do: one scope at least, and only such as the token has that is sent.";
    ArrayBuilder::new().items(names).min_items(Some(1)).description(Some(description)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_a_key_is_one_line_of_a_hundred_characters_at_most() {
        assert_eq!(KeyName::parse(" Büro 鍵 ").expect("a name").as_str(), "Büro 鍵");
        assert!(KeyName::parse(&"ä".repeat(100)).is_ok());
        for (name, kind) in [
            ("", "string_too_short"),
            (" \t", "string_too_short"),
            ("a\nb", "value_error"),
            ("a\0", "value_error"),
            (&"a".repeat(101), "string_too_long"),
        ] {
            let broken = KeyName::parse(name).expect_err(name);
            assert_eq!((broken.field, broken.kind), ("name", kind), "{name:?}");
        }
    }

    #[test]
    fn a_key_lasts_for_a_minute_to_ten_years() {
        for seconds in [60, 315_360_000] {
            assert_eq!(KeyLifetime::new(seconds).map(|lifetime| i64::from(lifetime.seconds())), Ok(seconds));
        }
        for seconds in [i64::MIN, -60, 0, 59, 315_360_001, 1 << 32, (1 << 32) + 60, i64::MAX] {
            let broken = KeyLifetime::new(seconds).expect_err("a lifetime that is too short or too long");
            assert_eq!((broken.field, broken.kind), ("expires_in", "value_error"));
        }
    }

    #[test]
    fn only_an_answer_that_makes_a_key_shows_it() {
        let mut key = ApiKey {
            key_id: "1".to_owned(),
            name: "a".to_owned(),
            scopes: Vec::new(),
            created_at: String::new(),
            last_used_at: None,
            expires_at: None,
            api_key: None,
        };
        let members = |key: &ApiKey| {
            let json = serde_json::to_value(key).expect("JSON");
            json.as_object().expect("an object").keys().cloned().collect::<Vec<_>>()
        };
        let listed = ["created_at", "expires_at", "key_id", "last_used_at", "name", "scopes"];
        assert_eq!(members(&key), listed);
        key.api_key = Some("cloakroom_key_…".to_owned());
        assert_eq!(members(&key).len(), listed.len() + 1);
    }
}
