//! An item as it is sent over the wire, and the rules for its values.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{BrokenRule, text::line};

/// An item that a user left in the cloakroom. The JSON omits `title` and `description` if they are unset, so the
/// tutorial's `{"item_id": "Foo", "owner": "johndoe"}` is an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "item_id": "Umbrella",
    "owner": "johndoe",
    "title": "Black umbrella",
    "description": "Wooden handle, a little wet",
}))]
pub struct Item {
    /// The item's name in URLs, unique on this server.
    pub item_id: String,
    /// The username of the owner.
    pub owner: String,
    /// The title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub title: Option<String>,
    /// The description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub description: Option<String>,
}

/// The body of `POST /items`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"title": "Black umbrella", "description": "Wooden handle, a little wet"}))]
pub struct ItemCreate {
    /// The title.
    pub title: Title,
    /// The description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
}

/// The body of `PATCH /items/{item_id}`. A member that is left out stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"description": "Dry again"}))]
pub struct ItemUpdate {
    /// The new title.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub title: Option<Title>,
    /// The new description; null removes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Description>)]
    pub description: Option<Option<Description>>,
}

/// An item's title: 1 to 255 characters on one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(
    value_type = String,
    min_length = 1,
    max_length = 255,
    pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$",
    example = "Black umbrella"
)]
pub struct Title(String);

impl Title {
    /// Reads a title. Spaces around it are removed.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn parse(text: &str) -> Result<Self, BrokenRule> {
        line("title", "A title", 255, text).map(Self)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Title> for String {
    fn from(title: Title) -> Self {
        title.0
    }
}

/// An item's description: up to 2,000 characters, in lines. An empty one is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(
    value_type = String,
    max_length = 2000,
    pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$",
    example = "Wooden handle, a little wet"
)]
pub struct Description(String);

/// The longest description, in characters.
const DESCRIPTION: usize = 2000;

impl Description {
    /// Reads a description. The text stays as it is.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn parse(text: &str) -> Result<Self, BrokenRule> {
        if text.chars().count() > DESCRIPTION {
            return Err(BrokenRule::too_long("description", "A description has at most 2000 characters"));
        }
        if text.chars().any(|c| c.is_control() && !"\t\n\r".contains(c)) {
            return Err(BrokenRule::value(
                "description",
                "A description has no control characters but tabs and line breaks",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The text; `None` if there is nothing but white space.
    pub fn into_text(self) -> Option<String> {
        Some(self.0).filter(|text| !text.trim().is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_trimmed_and_one_line_of_1_to_255_characters() {
        assert_eq!(Title::parse("  Grüner Mantel\u{a0} ").as_ref().map(Title::as_str), Ok("Grüner Mantel"));
        assert!(Title::parse(&"🧥".repeat(255)).is_ok());
        for title in ["", "  ", "a\nb", "a\0b", &"a".repeat(256)] {
            assert_eq!(Title::parse(title).expect_err(title).field, "title");
        }
    }

    #[test]
    fn a_description_has_lines_and_up_to_2000_characters() {
        let text = "first line\r\n\tsecond line\n";
        assert_eq!(Description::parse(text).map(Description::into_text), Ok(Some(text.to_owned())));
        assert_eq!(Description::parse(" \n").map(Description::into_text), Ok(None));
        assert!(Description::parse(&"ä".repeat(2000)).is_ok());
        for description in ["a\0", "\u{1b}[31m", "\u{85}", &"a".repeat(2001)] {
            assert_eq!(Description::parse(description).expect_err(description).field, "description");
        }
    }
}
