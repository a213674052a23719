//! Usernames.

use serde::Serialize;
use utoipa::ToSchema;

use super::BrokenRule;

/// The name that a user logs in with: a token's `sub`. 1 to 64 ASCII letters, digits and `. _ - @ +`. Such a name fits a
/// URL, a log line and an e-mail address unchanged. It is unique in any case of letters, and never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(value_type = String, min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9._@+-]+$", example = "ada")]
pub struct Username(String);

impl Username {
    /// Reads a username. `me` is reserved, because `/users/me` uses it.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn parse(text: &str) -> Result<Self, BrokenRule> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._-@+".contains(c);
        let broken = |sentence| Err(BrokenRule::value("username", sentence));
        if text.is_empty() || text.len() > 64 || !text.chars().all(allowed) {
            return broken("A username is 1 to 64 letters, digits and the characters . _ - @ +");
        }
        // A browser removes these from a path.
        if text.chars().all(|c| c == '.') {
            return broken("A username is more than dots: choose another");
        }
        if text.eq_ignore_ascii_case("me") {
            return broken("The username me is reserved: choose another");
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Username> for String {
    fn from(username: Username) -> Self {
        username.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_that_fit_urls_and_log_lines_pass() {
        for username in ["johndoe", "a", "ada.lovelace", "x_y-z", "ada+test@example.com", &"a".repeat(64)] {
            assert_eq!(Username::parse(username).map(String::from), Ok(username.to_owned()));
        }
    }

    #[test]
    fn usernames_that_could_forge_or_collide_are_refused() {
        for username in ["", "me", "Me", ".", "..", "a b", "a/b", "a\nb", "ä", "a\u{202e}b", "a\0", &"a".repeat(65)] {
            let broken = Username::parse(username).expect_err(username);
            assert_eq!((broken.field, broken.kind), ("username", "value_error"));
        }
    }
}
