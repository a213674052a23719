//! A user as it is sent over the wire, and the rules for its values. The password's hash cannot be part of it: only the
//! types of `server::store` hold the hash.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The answer of `GET /users/me`: the tutorial's `User`, exactly these four fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "username": "johndoe",
    "email": "johndoe@example.com",
    "full_name": "John Doe",
    "disabled": false,
}))]
pub struct User {
    /// The name the user logs in with. It is a token's `sub`.
    pub username: String,
    /// The e-mail address; null if there is none.
    #[schema(required)]
    pub email: Option<String>,
    /// The full name; null if there is none.
    #[schema(required)]
    pub full_name: Option<String>,
    /// Whether the account is disabled. Its tokens are then refused.
    pub disabled: bool,
}

/// The longest password, in bytes. A longer one is refused before it is hashed: hashing it would keep the server busy.
pub const PASSWORD_MAX_BYTES: usize = 1024;
/// The shortest password that may be chosen, in characters (OWASP ASVS 5.0, 6.2.1).
pub const PASSWORD_MIN_CHARACTERS: usize = 8;

/// Checks a username: 1 to 64 ASCII letters, digits and `. _ - @ +`. Such a name fits a URL, a log line and an e-mail
/// address unchanged. `me` is reserved, because `/users/me` uses it.
///
/// # Errors
/// A sentence that says what to do.
pub fn check_username(username: &str) -> Result<(), &'static str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-@+".contains(c);
    if username.is_empty() || username.len() > 64 || !username.chars().all(allowed) {
        return Err("A username is 1 to 64 letters, digits and the characters . _ - @ +");
    }
    if username.chars().all(|c| c == '.') {
        return Err("A username is more than dots: choose another");
    }
    if username.eq_ignore_ascii_case("me") {
        return Err("The username me is reserved: choose another");
    }
    Ok(())
}

/// Checks an e-mail address: text on both sides of one `@`, no spaces, at most 254 bytes (RFC 5321). Only a message
/// that arrives proves that the address exists.
///
/// # Errors
/// A sentence that says what to do.
pub fn check_email(email: &str) -> Result<(), &'static str> {
    let fits = email.len() <= 254 && !email.chars().any(|c| c.is_whitespace() || c.is_control());
    match email.split_once('@') {
        Some((local, domain)) if fits && !local.is_empty() && !domain.is_empty() && !domain.contains('@') => Ok(()),
        _ => Err("An e-mail address looks like name@example.com"),
    }
}

/// Checks a full name: 1 to 255 characters of any script, on one line.
///
/// # Errors
/// A sentence that says what to do.
pub fn check_full_name(full_name: &str) -> Result<(), &'static str> {
    if full_name.trim().is_empty() || full_name.chars().count() > 255 || full_name.chars().any(char::is_control) {
        return Err("A full name is 1 to 255 characters on one line");
    }
    Ok(())
}

/// Checks a new password: at least [`PASSWORD_MIN_CHARACTERS`] and at most [`PASSWORD_MAX_BYTES`]. There are no other
/// rules, as NIST SP 800-63B advises.
///
/// # Errors
/// A sentence that says what to do.
pub fn check_new_password(password: &str) -> Result<(), &'static str> {
    if password.chars().count() < PASSWORD_MIN_CHARACTERS {
        return Err("A password has at least 8 characters: choose a longer one");
    }
    if password.len() > PASSWORD_MAX_BYTES {
        return Err("A password has at most 1024 bytes: choose a shorter one");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_that_fit_urls_and_log_lines_pass() {
        for username in ["johndoe", "a", "ada.lovelace", "x_y-z", "ada+test@example.com", &"a".repeat(64)] {
            assert_eq!(check_username(username), Ok(()), "{username}");
        }
    }

    #[test]
    fn usernames_that_could_forge_or_collide_are_refused() {
        for username in ["", "me", "Me", ".", "..", "a b", "a/b", "a\nb", "ä", "a\u{202e}b", &"a".repeat(65)] {
            assert!(check_username(username).is_err(), "{username:?}");
        }
    }

    #[test]
    fn an_email_has_something_on_both_sides_of_one_at_sign() {
        assert_eq!(check_email("ada@example.com"), Ok(()));
        for email in ["", "ada", "@example.com", "ada@", "a@b@c", "a b@example.com", "a\r\n@example.com"] {
            assert!(check_email(email).is_err(), "{email:?}");
        }
    }

    #[test]
    fn a_full_name_is_one_line_in_any_script() {
        assert_eq!(check_full_name("Ada Lovelace"), Ok(()));
        assert_eq!(check_full_name("山田 太郎"), Ok(()));
        for full_name in ["", " ", "Ada\tL.", "Ada\n", "\u{1b}[31mAda", &"a".repeat(256)] {
            assert!(check_full_name(full_name).is_err(), "{full_name:?}");
        }
    }

    #[test]
    fn a_new_password_is_counted_in_characters_and_bounded_in_bytes() {
        assert_eq!(check_new_password("pässwörd"), Ok(()));
        assert!(check_new_password("pässwör").is_err());
        assert_eq!(check_new_password(&"a".repeat(1024)), Ok(()));
        assert!(check_new_password(&"ä".repeat(513)).is_err());
    }
}
