//! How access tokens are signed, and how long they last.

use std::fmt;

use serde::{Deserialize, Deserializer};

use super::{list::list, present::present};

/// `[token]`
#[derive(Clone, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TokenSettings {
    /// How tokens are signed.
    pub algorithm: Algorithm,
    /// The key that tokens are signed with by HS256: at least 32 bytes (RFC 7518 §3.2), used as they are. Unset: a key is made
    /// on the first start: beside SQLite's file, or in PostgreSQL.
    #[serde(deserialize_with = "present")]
    pub secret_key: Option<String>,
    /// Other keys like that. Tokens that were signed with them are good too. In the environment, spaces separate them.
    #[serde(deserialize_with = "secrets")]
    pub previous_secret_keys: Vec<String>,
    /// How long a token is valid, in seconds.
    pub expires_in: u32,
}

/// How tokens are signed (RFC 7518 §3.1, RFC 8037 §3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Algorithm {
    /// HMAC with SHA-256: whoever can check a token can make one.
    #[default]
    #[serde(rename = "HS256")]
    Hs256,
    /// Ed25519. A public key checks tokens.
    #[serde(rename = "EdDSA")]
    EdDsa,
    /// ECDSA with P-256 and SHA-256. A public key checks tokens.
    #[serde(rename = "ES256")]
    Es256,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Hs256, Self::EdDsa, Self::Es256];

    /// The name in the header of a token.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
        }
    }

    /// The algorithm with exactly this name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Hides the keys: no log line can show them.
impl fmt::Debug for TokenSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("TokenSettings");
        shown.field("algorithm", &self.algorithm).field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}

impl Default for TokenSettings {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::default(),
            secret_key: None,
            previous_secret_keys: Vec::new(),
            expires_in: 30 * 60,
        }
    }
}

/// Reads several keys.
fn secrets<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    list(deserializer, |text| Ok(text.to_owned()))
}
