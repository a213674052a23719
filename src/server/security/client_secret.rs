//! The secrets of confidential clients: 256 random bits each. Only a digest is kept. Nobody can guess such a secret, so a plain digest
//! is as good as a password's hash.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::server::digest::sha256;

/// What each secret begins with, so that scanners for secrets find it.
const PREFIX: &str = "cloakroom_client_secret_";

/// The secret of a client, or what somebody has sent as one.
pub struct ClientSecret(String);

impl ClientSecret {
    /// A new one.
    ///
    /// # Errors
    /// The system provides no randomness.
    pub fn new() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// One that was sent.
    pub const fn sent(text: String) -> Self {
        Self(text)
    }

    /// The secret as it is sent.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub fn digest(&self) -> String {
        sha256(&self.0)
    }
}

/// Shows nothing, so that no log line can have the secret.
impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientSecret").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_secret_is_another_one_and_has_256_bits() {
        let (one, other) = (ClientSecret::new().expect("randomness"), ClientSecret::new().expect("randomness"));
        assert_ne!(one.digest(), other.digest());
        assert_eq!(one.text().len(), PREFIX.len() + 43);
        assert_eq!(ClientSecret::sent(one.text().to_owned()).digest(), one.digest());
        assert_eq!(format!("{one:?}"), "ClientSecret { .. }");
    }

    #[test]
    fn a_secret_is_the_same_in_a_form() {
        let secret = ClientSecret::new().expect("randomness");
        assert!(secret.text().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    }
}
