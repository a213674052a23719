//! Full names.

use serde::Serialize;
use utoipa::ToSchema;

use super::{BrokenRule, text::line};

/// A person's name, in any script: 1 to 255 characters on one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(
    value_type = String,
    min_length = 1,
    max_length = 255,
    pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$",
    example = "Ada Lovelace"
)]
pub struct FullName(String);

impl FullName {
    /// Reads a name. Spaces around it are removed.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn parse(text: &str) -> Result<Self, BrokenRule> {
        line("full_name", "A full name", 255, text).map(Self)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<FullName> for String {
    fn from(full_name: FullName) -> Self {
        full_name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_name_is_one_line_in_any_script() {
        assert_eq!(FullName::parse(" 山田 太郎 ").map(String::from), Ok("山田 太郎".to_owned()));
        assert!(FullName::parse(&"ä".repeat(255)).is_ok());
        for (full_name, kind) in [
            ("", "string_too_short"),
            (" \t\n", "string_too_short"),
            ("Ada\tL.", "value_error"),
            ("Ada\nL.", "value_error"),
            ("\u{1b}[31mAda", "value_error"),
            ("Ada\0", "value_error"),
            (&"a".repeat(256), "string_too_long"),
        ] {
            let broken = FullName::parse(full_name).expect_err(full_name);
            assert_eq!((broken.field, broken.kind), ("full_name", kind), "{full_name:?}");
        }
    }
}
