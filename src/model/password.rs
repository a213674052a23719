//! New passwords. What a login sends is not checked by these rules: an old password may break them.

use std::fmt;

use serde::Serialize;
use utoipa::ToSchema;

use super::BrokenRule;

/// The longest password, in bytes. A longer one is refused before it is hashed: hashing it would keep the server busy.
pub const PASSWORD_MAX_BYTES: usize = 1024;
/// The least that `password.min-length` can be, in characters (NIST SP 800-63B-4 §3.1.1.2, OWASP ASVS 5.0, 6.2.1).
pub const PASSWORD_MIN_CHARACTERS: usize = 8;
/// The default of `password.min-length`: for a password that is the only factor (NIST SP 800-63B-4 §3.1.1.2).
pub const PASSWORD_DEFAULT_CHARACTERS: usize = 15;

/// The service's name, in lower case.
const SERVICE: &str = "cloakroom";
/// The shortest word that a password must not be made of, in bytes. Shorter ones are in many words by chance.
const SHORTEST_WORD: usize = 3;

/// A password that was chosen. It follows the rules of NIST SP 800-63B-4 §3.1.1.2 that need no list: its length, and
/// that it is not made of words that everybody knows of its user. There is no rule of composition. No `Debug` shows it.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(value_type = String, format = Password, min_length = 8, max_length = 1024, example = "purple umbrella stand")]
pub struct NewPassword(String);

/// What a new password is checked against.
#[derive(Clone, Copy, Debug)]
pub struct PasswordRules<'a> {
    /// The fewest characters: `password.min-length`.
    pub min_length: usize,
    /// The username, if it is known.
    pub username: &'a str,
    /// The e-mail address, if there is one.
    pub email: Option<&'a str>,
}

impl NewPassword {
    /// Reads a password, in Unicode's NFC. `field` is its name on the wire. `is_common` says whether everybody tries a
    /// password first.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn parse(
        field: &'static str,
        text: &str,
        rules: PasswordRules<'_>,
        is_common: impl Fn(&str) -> bool,
    ) -> Result<Self, BrokenRule> {
        let PasswordRules { min_length, .. } = rules;
        if text.chars().count() < min_length {
            let sentence = format!("A password has at least {min_length} characters: choose a longer one");
            return Err(BrokenRule::too_short(field, sentence));
        }
        if text.len() > PASSWORD_MAX_BYTES {
            return Err(Self::too_long(field));
        }
        if is_common(text) {
            return Err(BrokenRule::value(field, "This password is one of the common ones: choose another"));
        }
        if let Some(word) = rules.made_of(text, is_common) {
            return Err(BrokenRule::value(field, format!("This password is made of {word}: choose another")));
        }
        Ok(Self(text.to_owned()))
    }

    /// The rule that a password of more than [`PASSWORD_MAX_BYTES`] breaks.
    pub fn too_long(field: &'static str) -> BrokenRule {
        let sentence = format!("A password has at most {PASSWORD_MAX_BYTES} bytes: choose a shorter one");
        BrokenRule::too_long(field, sentence)
    }

    /// The text.
    pub fn into_text(self) -> String {
        self.0
    }
}

impl PasswordRules<'_> {
    /// What the password is made of, in words, if everybody knows it: without it, less than a password is left.
    fn made_of(self, password: &str, is_common: impl Fn(&str) -> bool) -> Option<&'static str> {
        let password = password.to_lowercase();
        let username = self.username.to_lowercase();
        let email = self.email.unwrap_or_default().to_lowercase();
        let (local, domain) = email.split_once('@').unwrap_or_default();
        // The longest first: an address has its parts in it.
        for (words, name) in [
            (vec![&*email, local, domain], "the e-mail address"),
            (vec![&*username], "the username"),
            (vec![SERVICE], "the service's name"),
        ] {
            let mut left = password.clone();
            for word in words.into_iter().filter(|word| word.len() >= SHORTEST_WORD) {
                left = left.replace(word, "");
            }
            let left_over: String = left.chars().filter(|c| c.is_alphanumeric()).collect();
            let is_enough = left_over.chars().count() >= PASSWORD_MIN_CHARACTERS && !is_common(&left_over);
            if left != password && !is_enough {
                return Some(name);
            }
        }
        None
    }
}

impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewPassword").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The kind and the sentence of the rule that a password of `ada.lovelace` breaks, if any.
    fn broken(password: &str) -> Option<(&'static str, String)> {
        let rules = PasswordRules { min_length: 15, username: "ada.lovelace", email: Some("Countess@Example.org") };
        let is_common = |text: &str| text.contains("1234567890");
        let parsed = NewPassword::parse("new_password", password, rules, is_common);
        parsed.err().map(|broken| (broken.kind, broken.sentence.into_owned()))
    }

    #[test]
    fn a_new_password_is_counted_in_characters_and_bounded_in_bytes() {
        assert_eq!(broken("pässwörter sind"), None);
        assert_eq!(broken("pässwörter sin").map(|(kind, _)| kind), Some("string_too_short"));
        assert_eq!(broken(&"ab ".repeat(341)), None);
        assert_eq!(broken(&"ä".repeat(513)).map(|(kind, _)| kind), Some("string_too_long"));
    }

    #[test]
    fn a_common_password_is_refused() {
        assert_eq!(broken("abc 1234567890 xyz").map(|(kind, _)| kind), Some("value_error"));
    }

    #[test]
    fn a_password_made_of_what_everybody_knows_of_its_user_is_refused_and_the_reason_is_said() {
        for (password, word) in [
            ("ada.lovelace1843", "the username"),
            ("Ada.LovelaceAda.Lovelace", "the username"),
            ("countess@example.org", "the e-mail address"),
            ("COUNTESS-COUNTESS", "the e-mail address"),
            ("my-Cloakroom-2026", "the service's name"),
            ("!!!cloakroom!!!cloakroom!!!", "the service's name"),
        ] {
            let (_, sentence) = broken(password).expect(password);
            assert!(sentence.contains(word), "{password}: {sentence}");
        }
    }

    #[test]
    fn a_word_among_enough_others_is_no_reason() {
        for password in ["cloakroom purple umbrella", "the countess counts engines", "ada.lovelace met Babbage in 1833"]
        {
            assert_eq!(broken(password), None, "{password}");
        }
    }

    #[test]
    fn no_debug_output_shows_a_password() {
        let rules = PasswordRules { min_length: 8, username: "", email: None };
        let password = NewPassword::parse("password", "purple umbrella", rules, |_| false).expect("a good one");
        assert!(!format!("{password:?}").contains("umbrella"));
    }
}
