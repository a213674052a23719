//! Refresh tokens (RFC 6749 §1.5): 48 random bytes that mean nothing. The first 16 are the same for all tokens of a session, its
//! family. The other 32 are new with each one. Only digests are kept. So a token of the family that is not the present one is
//! known to be an old one, although old ones are not kept. Nobody can guess a family, so nobody else can end a session by a
//! made-up token.

use std::fmt;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    error::Unspecified,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::server::digest::{in_hex, sha256};

/// What each token begins with, so that scanners for secrets find it.
const PREFIX: &str = "cloakroom_refresh_";
/// The bytes that the tokens of a family have in common.
const FAMILY: usize = 16;
/// The bytes that each token has for itself.
const OWN: usize = 32;

/// A refresh token.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken {
    family: [u8; FAMILY],
    own: [u8; OWN],
}

impl RefreshToken {
    /// The first token of a new family.
    ///
    /// # Errors
    /// The system provides no randomness.
    pub fn new() -> Result<Self, getrandom::Error> {
        let mut family = [0; FAMILY];
        getrandom::fill(&mut family)?;
        Self { family, own: [0; OWN] }.next()
    }

    /// The next token of the family.
    ///
    /// # Errors
    /// The system provides no randomness.
    pub fn next(&self) -> Result<Self, getrandom::Error> {
        let mut own = [0; OWN];
        getrandom::fill(&mut own)?;
        Ok(Self { family: self.family, own })
    }

    /// Reads a token. `None` for anything that is none.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?;
        let (family, own) = bytes.split_at_checked(FAMILY)?;
        Some(Self { family: family.try_into().ok()?, own: own.try_into().ok()? })
    }

    /// The token as it is sent.
    pub fn text(&self) -> String {
        let mut text = PREFIX.to_owned();
        URL_SAFE_NO_PAD.encode_string([&self.family[..], &self.own].concat(), &mut text);
        text
    }

    /// What is kept of the family.
    pub fn family_digest(&self) -> String {
        in_hex(&Sha256::new().chain_update("family\n").chain_update(self.family).finalize())
    }

    /// What is kept of the token.
    pub fn digest(&self) -> String {
        sha256(&self.text())
    }

    /// `next`, encrypted for who has this token (AES-256-GCM, with a key that is derived from it).
    ///
    /// # Errors
    /// It cannot be encrypted.
    pub fn encrypt(&self, next: &Self) -> Result<String, Unspecified> {
        let mut bytes = next.own.to_vec();
        self.key()?.seal_in_place_append_tag(nonce(), Aad::empty(), &mut bytes)?;
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The token that [`RefreshToken::encrypt`] has encrypted. `None` for anything else.
    pub fn decrypt(&self, text: &str) -> Option<Self> {
        let mut bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let own = self.key().ok()?.open_in_place(nonce(), Aad::empty(), &mut bytes).ok()?;
        Some(Self { family: self.family, own: (&*own).try_into().ok()? })
    }

    fn key(&self) -> Result<LessSafeKey, Unspecified> {
        let key = Sha256::new().chain_update("next\n").chain_update(self.family).chain_update(self.own).finalize();
        UnboundKey::new(&AES_256_GCM, &key).map(LessSafeKey::new)
    }
}

/// Each key encrypts one text only: the next token of a token is chosen once. So the nonce need not differ.
fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}

/// Shows nothing, so that no log line can have the token.
impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshToken").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_written_and_has_its_own_digest() {
        let first = RefreshToken::new().expect("randomness");
        let next = first.next().expect("randomness");
        assert_eq!(RefreshToken::parse(&first.text()), Some(first.clone()));
        assert_eq!(first.text().len(), PREFIX.len() + 64);
        assert_eq!(first.family_digest(), next.family_digest());
        assert_ne!(first.digest(), next.digest());
        assert_ne!(first.family_digest(), RefreshToken::new().expect("randomness").family_digest());
        assert_eq!(format!("{first:?}"), "RefreshToken { .. }");
    }

    #[test]
    fn anything_else_is_no_token() {
        let text = RefreshToken::new().expect("randomness").text();
        let spoilt = [
            String::new(),
            PREFIX.to_owned(),
            text[1..].to_owned(),
            text[..text.len() - 1].to_owned(),
            format!("{text}A"),
            format!("{text}="),
            text.replace(PREFIX, "cloakroom_access_"),
            format!("{PREFIX}{}", "é".repeat(32)),
        ];
        for text in spoilt {
            assert_eq!(RefreshToken::parse(&text), None, "{text}");
        }
    }

    #[test]
    fn only_who_has_a_token_can_read_the_next_one() {
        let first = RefreshToken::new().expect("randomness");
        let next = first.next().expect("randomness");
        let encrypted = first.encrypt(&next).expect("a key");
        assert_eq!(first.decrypt(&encrypted), Some(next.clone()));
        assert_eq!(next.decrypt(&encrypted), None);
        assert!(!encrypted.contains(&URL_SAFE_NO_PAD.encode(&next.own[..15])));
        for spoilt in ["", "zz", &encrypted[2..], "é", &encrypted.to_uppercase()] {
            assert_eq!(first.decrypt(spoilt), None, "{spoilt}");
        }
    }
}
