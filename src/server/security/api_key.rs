//! API keys: how they are made and read. A key is `cloakroom_key_`, 32 random bytes in 43 characters, and a checksum in 6, as GitHub's
//! tokens are. So scanners for secrets find one by its beginning, and know by its end that it is no other text. Only a digest is
//! kept.

use std::fmt;

use crate::server::digest::sha256;

/// What each key begins with.
const PREFIX: &str = "cloakroom_key_";
/// The random bytes of a key.
const BYTES: usize = 32;
/// How many digits they have.
const RANDOM_DIGITS: usize = 43;
/// How many digits the checksum has.
const CHECKSUM_DIGITS: usize = 6;
/// The digits to the base 62.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The text of an API key, with the right checksum.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKeyText(String);

impl ApiKeyText {
    /// A new key.
    ///
    /// # Errors
    /// The system provides no randomness.
    pub fn new() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes)?;
        let mut text = PREFIX.to_owned() + &digits::<RANDOM_DIGITS>(&mut bytes);
        text += &checksum(&text);
        Ok(Self(text))
    }

    /// Reads a key. `None` for anything that is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (before, sum) = text.split_at_checked(PREFIX.len() + RANDOM_DIGITS)?;
        let random = before.strip_prefix(PREFIX)?;
        let is_key = random.bytes().all(|byte| DIGITS.contains(&byte)) && sum == checksum(before);
        is_key.then(|| Self(text.to_owned()))
    }

    /// The key as it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is kept of the key.
    pub fn digest(&self) -> String {
        sha256(&self.0)
    }
}

/// The checksum of a text: its CRC-32.
fn checksum(text: &str) -> String {
    digits::<CHECKSUM_DIGITS>(&mut crc32fast::hash(text.as_bytes()).to_be_bytes())
}

/// A number in `COUNT` digits to the base 62, with zeros before it. `number` has its bytes, the highest first, and is used up.
fn digits<const COUNT: usize>(number: &mut [u8]) -> String {
    let mut digits = [b'0'; COUNT];
    for digit in digits.iter_mut().rev() {
        // Divides the number by 62. What remains is the next digit.
        let mut rest = 0_u16;
        for byte in number.iter_mut() {
            let part = rest << 8 | u16::from(*byte);
            *byte = u8::try_from(part / 62).unwrap_or_default();
            rest = part % 62;
        }
        *digit = DIGITS.get(usize::from(rest)).copied().unwrap_or_default();
    }
    digits.into_iter().map(char::from).collect()
}

/// Shows nothing, so that no log line can have the key.
impl fmt::Debug for ApiKeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKeyText").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_written_and_has_its_own_digest() {
        let (key, other) = (ApiKeyText::new().expect("randomness"), ApiKeyText::new().expect("randomness"));
        assert_eq!(ApiKeyText::parse(key.as_str()), Some(key.clone()));
        assert_eq!(key.as_str().len(), PREFIX.len() + 43 + 6);
        assert!(key.as_str().starts_with("cloakroom_key_"));
        assert_ne!(key.digest(), other.digest());
        assert_eq!(key.digest().len(), 64);
        assert_eq!(format!("{key:?}"), "ApiKeyText { .. }");
    }

    #[test]
    fn a_number_has_as_many_digits_as_there_is_room_for_the_highest_first() {
        assert_eq!(digits::<6>(&mut 0_u32.to_be_bytes()), "000000");
        assert_eq!(digits::<6>(&mut 61_u32.to_be_bytes()), "00000z");
        assert_eq!(digits::<6>(&mut 62_u32.to_be_bytes()), "000010");
        assert_eq!(digits::<6>(&mut u32::MAX.to_be_bytes()), "4gfFC3");
        assert_eq!(digits::<43>(&mut [0; 32]), "0".repeat(43));
        // 2^256 - 1 needs all 43.
        let mut number = [255; 32];
        assert!(!digits::<43>(&mut number).starts_with('0'));
        assert_eq!(number, [0; 32]);
    }

    #[test]
    fn a_scanner_for_secrets_computes_the_same_checksum() {
        // With Python: binascii.crc32(b"cloakroom_key_" + b"0" * 43), in base 62.
        let before = format!("{PREFIX}{}", "0".repeat(43));
        let key = format!("{before}{}", checksum(&before));
        assert_eq!(key, format!("{before}0CuBH7"));
        assert!(ApiKeyText::parse(&key).is_some());
    }

    proptest! {
        #[test]
        fn a_key_with_one_character_changed_cut_off_or_added_is_none(position in 0..63_usize, other in "[ -~é]") {
            let text = ApiKeyText::new().expect("randomness").as_str().to_owned();
            let changed = format!("{}{other}{}", &text[..position], &text[position + 1..]);
            prop_assert_eq!(ApiKeyText::parse(&changed).is_some(), changed == text);
            prop_assert_eq!(ApiKeyText::parse(&text[..position]), None);
            prop_assert_eq!(ApiKeyText::parse(&format!("{text}{other}")), None);
        }

        #[test]
        fn no_other_text_is_a_key(text in "(cloakroom_key_)?[0-9A-Za-z]{0,60}", any in any::<String>()) {
            prop_assert_eq!(ApiKeyText::parse(&text), None);
            prop_assert_eq!(ApiKeyText::parse(&any), None);
        }
    }
}
