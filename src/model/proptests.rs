//! Properties of all texts, from any sender.

use proptest::prelude::*;

use super::*;

/// Arbitrary text, often with what such values are made of.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ \\t]?[a-zA-Z0-9.@_+-]{0,70}[ \\n]?",
        "[a-z.]{1,9}@[a-z0-9-]{1,9}(\\.[a-z0-9-]{1,9}){0,3}"
    ]
}

proptest! {
    #[test]
    fn a_username_is_what_was_sent_and_safe_everywhere(text in text()) {
        if let Ok(username) = Username::parse(&text) {
            prop_assert_eq!(username.as_str(), &text);
            let is_safe = |c: char| c.is_ascii_alphanumeric() || "._-@+".contains(c);
            prop_assert!((1..=64).contains(&text.len()) && text.chars().all(is_safe));
        }
    }

    #[test]
    fn an_email_has_one_at_sign_and_is_read_again_as_it_is(text in text()) {
        if let Ok(email) = Email::parse(&text) {
            prop_assert_eq!(email.as_str(), text.trim());
            prop_assert!(email.as_str().is_ascii() && email.as_str().matches('@').count() == 1);
            prop_assert_eq!(Email::parse(email.as_str()), Ok(email.clone()));
        }
    }

    #[test]
    fn a_line_is_trimmed_bounded_and_read_again_as_it_is(text in text()) {
        if let Ok(title) = Title::parse(&text) {
            let title = title.as_str();
            prop_assert_eq!(title, text.trim());
            prop_assert!((1..=255).contains(&title.chars().count()) && !title.chars().any(char::is_control));
            prop_assert_eq!(FullName::parse(&text).map(String::from), Ok(title.to_owned()));
        }
    }

    #[test]
    fn a_new_password_is_as_long_as_it_has_to_be(text in text(), username in text(), min_length in 8..20_usize) {
        let rules = PasswordRules { min_length, username: &username, email: Some(&username) };
        if let Ok(password) = NewPassword::parse("password", &text, rules, |_| false) {
            prop_assert!(text.chars().count() >= min_length && text.len() <= PASSWORD_MAX_BYTES);
            prop_assert_eq!(password.into_text(), text);
        }
    }
}
