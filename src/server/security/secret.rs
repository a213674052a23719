//! The secret that signs tokens with HS256: how it is made, and which ones everybody knows. `server::keys` keeps it.

use std::{collections::HashSet, fmt::Write as _};

/// Why a key cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The system provides no randomness.
    #[error("no random key could be made: {0}")]
    Random(#[from] getrandom::Error),
}

/// A new key: 32 random bytes as 64 hexadecimal digits, like `openssl rand -hex 32`.
///
/// # Errors
/// [`SecretError::Random`].
pub fn new_secret_key() -> Result<String, SecretError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// Keys that are known to everybody, because they are published: the FastAPI tutorial's key, jwt.io's default key, and
/// RFC 7515's example (appendix A.1).
const PUBLISHED: [&str; 3] = [
    "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
    "a-string-secret-at-least-256-bits-long",
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
];
/// A random key of 32 hexadecimal digits has about 14 different digits. A key with fewer different bytes than this is
/// not random.
const LEAST_DIFFERENT_BYTES: usize = 6;
/// The longest pattern, in bytes, that a key may not consist of.
const LONGEST_PATTERN: usize = 16;

/// Whether anybody can know or guess this key: it is published, or it repeats a short pattern.
pub fn is_known_to_everybody(key: &str) -> bool {
    let published = PUBLISHED.iter().any(|published| key.trim().eq_ignore_ascii_case(published));
    let bytes = key.trim().as_bytes();
    let repeats = |period: usize| bytes.len() >= 2 * period && bytes.iter().zip(&bytes[period..]).all(|(a, b)| a == b);
    let is_pattern = (1..=LONGEST_PATTERN).any(repeats);
    published || is_pattern || bytes.iter().collect::<HashSet<_>>().len() < LEAST_DIFFERENT_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_is_64_hexadecimal_digits_and_always_another_one() {
        let key = new_secret_key().expect("a key");
        assert!(key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_ne!(new_secret_key().expect("another key"), key);
    }

    #[test]
    fn a_key_that_was_printed_or_is_a_pattern_is_known_to_everybody_and_a_random_one_is_not() {
        let uppercase = PUBLISHED[0].to_uppercase();
        for known in PUBLISHED.into_iter().chain([
            &*uppercase,
            &"0".repeat(64),
            &"abc".repeat(20),
            &"12345".repeat(8),
            &"password".repeat(4),
            &"0123456789".repeat(4),
        ]) {
            assert!(is_known_to_everybody(known), "{known}");
        }
        for _ in 0..1000 {
            assert!(!is_known_to_everybody(&new_secret_key().expect("a key")));
        }
        assert!(!is_known_to_everybody("correct horse battery staple, says the owner"));
    }
}
