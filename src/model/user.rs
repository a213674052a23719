//! A user, as the wire sees it, and the rules for what a user is made of. The password's hash is not here and cannot
//! be: it never leaves `server::store`'s own types.

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
    /// The name the user logs in with; a token's `sub`.
    pub username: String,
    /// Where to reach the user; null where they did not say.
    #[schema(required)]
    pub email: Option<String>,
    /// What to call the user; null where they did not say.
    #[schema(required)]
    pub full_name: Option<String>,
    /// Whether the account is switched off: its tokens are good for nothing then.
    pub disabled: bool,
}

/// A longer password is refused before it is hashed, in bytes: hashing must not become a way to keep the server busy.
pub const PASSWORD_MAX_BYTES: usize = 1024;
/// A shorter password is refused when it is chosen, in characters (OWASP ASVS 5.0, 6.2.1).
pub const PASSWORD_MIN_CHARACTERS: usize = 8;

/// Whether this can be a username: 1 to 64 ASCII letters, digits and `. _ - @ +`, so that it fits a URL, a log line
/// and an e-mail address unchanged. `me` is taken by `/users/me`.
///
/// # Errors
/// What to do about it, as a sentence.
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

/// Whether this can be an e-mail address: something on both sides of one `@`, no spaces, 254 bytes at most (RFC 5321).
/// Only sending a letter there tells whether it is one.
///
/// # Errors
/// What to do about it, as a sentence.
pub fn check_email(email: &str) -> Result<(), &'static str> {
    let fits = email.len() <= 254 && !email.chars().any(|c| c.is_whitespace() || c.is_control());
    match email.split_once('@') {
        Some((local, domain)) if fits && !local.is_empty() && !domain.is_empty() && !domain.contains('@') => Ok(()),
        _ => Err("An e-mail address looks like name@example.com"),
    }
}

/// Whether this can be a full name: 1 to 255 characters of any script, on one line.
///
/// # Errors
/// What to do about it, as a sentence.
pub fn check_full_name(full_name: &str) -> Result<(), &'static str> {
    if full_name.trim().is_empty() || full_name.chars().count() > 255 || full_name.chars().any(char::is_control) {
        return Err("A full name is 1 to 255 characters on one line");
    }
    Ok(())
}

/// Whether this can be chosen as a password: long enough to be worth hashing, short enough to be hashed. No other
/// rules, as NIST SP 800-63B advises.
///
/// # Errors
/// What to do about it, as a sentence.
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
