//! A password that is chosen: the rules of `model`, with the list of common passwords.

use icu_normalizer::ComposingNormalizerBorrowed;

use super::common::is_common;
use crate::model::{BrokenRule, NewPassword, PASSWORD_MAX_BYTES, PasswordRules};

/// Reads a new password. `field` is its name on the wire.
///
/// # Errors
/// The rule that it breaks.
pub fn new_password(field: &'static str, text: &str, rules: PasswordRules<'_>) -> Result<NewPassword, BrokenRule> {
    // Normalized it may be shorter, but a login sends it as it is typed, and no more than this is read.
    if text.len() > PASSWORD_MAX_BYTES {
        return Err(NewPassword::too_long(field));
    }
    NewPassword::parse(field, &normalized(text), rules, is_common)
}

/// The password in the spelling that is stored. Keyboards write `é` as one character or as two (Unicode's NFC and NFD).
/// NIST SP 800-63B-4 §3.1.1.2 asks for one of them.
pub fn normalized(password: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc().normalize(password).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_a_password_are_one_and_count_the_same() {
        let rules = PasswordRules { min_length: 8, username: "ada", email: None };
        let [composed, decomposed] =
            ["pässwörd", "pa\u{308}sswo\u{308}rd"].map(|text| new_password("password", text, rules));
        assert_eq!(composed, decomposed);
        assert!(
            new_password("password", "pa\u{308}sswo\u{308}r", rules).is_err(),
            "seven characters, in either spelling"
        );
    }

    #[test]
    fn a_password_that_everybody_tries_first_is_refused() {
        let rules = PasswordRules { min_length: 8, username: "ada", email: None };
        let broken = new_password("password", "password123", rules).expect_err("a common password");
        assert!(broken.sentence.contains("common"), "{broken}");
    }
}
