//! What is kept of a secret that has enough randomness of its own: its SHA-256.

use sha2::{Digest, Sha256};

/// The SHA-256 of a text, in hexadecimal digits.
pub fn sha256(text: &str) -> String {
    in_hex(&Sha256::digest(text))
}

/// Bytes in hexadecimal digits.
pub fn in_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
