//! One key. It is for one algorithm only: a public key is no secret of HMAC.

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm as JwtAlgorithm, DecodingKey, EncodingKey, Header, crypto};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::error::KeyError;
use crate::server::{security::secret::new_secret_key, settings::Algorithm, store::KeptKey};

/// How many bytes of a digest make the id of a secret.
const ID: usize = 16;

/// A key, ready for use.
pub struct Key {
    kid: String,
    algorithm: Algorithm,
    encoding: EncodingKey,
    decoding: DecodingKey,
    public: Option<PublicKey>,
}

/// What others check tokens with (RFC 7518 §6.2, RFC 8037 §2). The coordinates are in base64url.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicKey {
    /// A point of Ed25519.
    Ed25519 {
        /// The point.
        x: String,
    },
    /// A point of P-256.
    P256 {
        /// Its first coordinate.
        x: String,
        /// Its second coordinate.
        y: String,
    },
}

impl Key {
    /// The key of HS256 with the bytes of `secret`, as in the tutorial: `openssl rand -hex 32` prints 64 bytes.
    pub fn of_secret(secret: &str) -> Self {
        let bytes = secret.as_bytes();
        Self {
            kid: id_of_secret(bytes),
            algorithm: Algorithm::Hs256,
            encoding: EncodingKey::from_secret(bytes),
            decoding: DecodingKey::from_secret(bytes),
            public: None,
        }
    }

    /// A key that is kept.
    ///
    /// # Errors
    /// [`KeyError::Unreadable`].
    pub fn of(kept: &KeptKey) -> Result<Self, KeyError> {
        let key = match Algorithm::of(&kept.algorithm) {
            // RFC 7518 §3.2
            Some(Algorithm::Hs256) => (kept.secret.len() >= 32).then(|| Self::of_secret(&kept.secret)),
            Some(algorithm) => Self::of_private_key(algorithm, &kept.secret),
            None => None,
        };
        key.filter(|key| key.kid == kept.kid).ok_or_else(|| KeyError::Unreadable(kept.kid.clone()))
    }

    fn of_private_key(algorithm: Algorithm, text: &str) -> Option<Self> {
        let der = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (encoding, decoding, public) = match algorithm {
            Algorithm::Hs256 => return None,
            Algorithm::EdDsa => {
                let pair = Ed25519KeyPair::from_pkcs8(&der).ok()?;
                let point = pair.public_key().as_ref();
                let public = PublicKey::Ed25519 { x: URL_SAFE_NO_PAD.encode(point) };
                (EncodingKey::from_ed_der(&der), DecodingKey::from_ed_der(point), public)
            }
            Algorithm::Es256 => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der).ok()?;
                let point = pair.public_key().as_ref();
                // SEC 1 §2.3.3: a byte that says that it is not compressed, and the two coordinates.
                let (x, y) = point.strip_prefix(&[4])?.split_at_checked(32)?;
                let public = PublicKey::P256 { x: URL_SAFE_NO_PAD.encode(x), y: URL_SAFE_NO_PAD.encode(y) };
                (EncodingKey::from_ec_der(&der), DecodingKey::from_ec_der(point), public)
            }
        };
        Some(Self { kid: public.thumbprint(), algorithm, encoding, decoding, public: Some(public) })
    }

    /// The key's id.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The one algorithm that it is for.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// What others check its tokens with. A secret has no such part.
    pub fn public(&self) -> Option<&PublicKey> {
        self.public.as_ref()
    }

    /// A token with these claims, which names the key.
    ///
    /// # Errors
    /// It cannot be signed.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String, jsonwebtoken::errors::Error> {
        let header = Header { kid: Some(self.kid.clone()), ..Header::new(name(self.algorithm)) };
        jsonwebtoken::encode(&header, claims, &self.encoding)
    }

    /// Whether this is the signature of a message by this key.
    pub fn verify(&self, message: &str, signature: &str) -> bool {
        crypto::verify(signature, message.as_bytes(), &self.decoding, name(self.algorithm)).unwrap_or(false)
    }
}

impl PublicKey {
    /// The key's thumbprint (RFC 7638): the digest of its members, in the order of their names.
    fn thumbprint(&self) -> String {
        let members = match self {
            Self::Ed25519 { x } => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#),
            Self::P256 { x, y } => format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#),
        };
        URL_SAFE_NO_PAD.encode(Sha256::digest(members))
    }
}

/// A new key for an algorithm, as it is kept.
///
/// # Errors
/// [`KeyError::Secret`], [`KeyError::NotMade`].
pub fn new_key(algorithm: Algorithm, signs_from: i64) -> Result<KeptKey, KeyError> {
    let random = SystemRandom::new();
    let pair = match algorithm {
        Algorithm::Hs256 => return Ok(kept_secret(new_secret_key()?, signs_from)),
        Algorithm::EdDsa => Ed25519KeyPair::generate_pkcs8(&random),
        Algorithm::Es256 => EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random),
    };
    let pair = pair.map_err(|_| KeyError::NotMade(algorithm))?;
    let secret = URL_SAFE_NO_PAD.encode(&pair);
    let key = Key::of_private_key(algorithm, &secret).ok_or(KeyError::NotMade(algorithm))?;
    Ok(KeptKey { kid: key.kid, algorithm: algorithm.name().to_owned(), secret, signs_from, verifies_until: None })
}

/// A key of HS256, as it is kept.
pub fn kept_secret(secret: String, signs_from: i64) -> KeptKey {
    KeptKey {
        kid: id_of_secret(secret.as_bytes()),
        algorithm: Algorithm::Hs256.name().to_owned(),
        secret,
        signs_from,
        verifies_until: None,
    }
}

/// The id of a secret. Each server that has the secret finds the same one. It tells of the secret what any signature tells: both
/// are HMAC-SHA-256 of a known text. No token has this text.
fn id_of_secret(secret: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let digest = hmac::sign(&key, b"Cloakroom's id of this key");
    let digest = digest.as_ref();
    URL_SAFE_NO_PAD.encode(digest.get(..ID).unwrap_or(digest))
}

fn name(algorithm: Algorithm) -> JwtAlgorithm {
    match algorithm {
        Algorithm::Hs256 => JwtAlgorithm::HS256,
        Algorithm::EdDsa => JwtAlgorithm::EdDSA,
        Algorithm::Es256 => JwtAlgorithm::ES256,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// RFC 8037 appendix A: a private key, its public key, the thumbprint of that, and a signature.
    const RFC_8037: [&str; 4] = [
        "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
        "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
    ];

    #[test]
    fn the_key_of_rfc_8037_has_its_thumbprint_and_checks_its_signature() {
        let [private, public, thumbprint, signature] = RFC_8037;
        // RFC 8410 §7: what is before the 32 bytes in PKCS #8.
        let mut der = vec![0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
        der.extend(URL_SAFE_NO_PAD.decode(private).expect("base64url"));
        let key = Key::of_private_key(Algorithm::EdDsa, &URL_SAFE_NO_PAD.encode(der)).expect("a key");
        assert_eq!(key.public(), Some(&PublicKey::Ed25519 { x: public.to_owned() }));
        assert_eq!(key.kid(), thumbprint);
        let message = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        assert!(key.verify(message, signature));
        assert!(!key.verify(&message.replace('R', "S"), signature));
    }

    #[test]
    fn a_new_key_signs_what_it_checks_and_is_the_same_when_it_is_read_again() {
        for algorithm in Algorithm::ALL {
            let kept = new_key(algorithm, 7).expect("a key");
            let (key, again) = (Key::of(&kept).expect("a key"), Key::of(&kept).expect("a key"));
            let token = key.sign(&json!({"sub": "ada"})).expect("a token");
            let (message, signature) = token.rsplit_once('.').expect("a signature");
            assert!(again.verify(message, signature), "{algorithm}");
            assert!(!Key::of(&new_key(algorithm, 7).expect("a key")).expect("a key").verify(message, signature));
            assert_eq!((key.kid(), key.public()), (again.kid(), again.public()));
            assert_eq!(key.public().is_none(), algorithm == Algorithm::Hs256);
            assert_eq!(kept.signs_from, 7);
        }
    }

    #[test]
    fn a_kept_key_of_another_kind_or_id_is_not_read() {
        for algorithm in Algorithm::ALL {
            let kept = new_key(algorithm, 0).expect("a key");
            let mut spoilt = vec![KeptKey { kid: "other".to_owned(), ..kept.clone() }];
            spoilt.push(kept_secret("31 bytes are one too few......".to_owned() + ".", 0));
            for other in ["HS256", "EdDSA", "ES256", "none", "RS256", ""] {
                if other != kept.algorithm {
                    spoilt.push(KeptKey { algorithm: other.to_owned(), ..kept.clone() });
                }
            }
            for spoilt in spoilt {
                assert!(
                    matches!(Key::of(&spoilt), Err(KeyError::Unreadable(_))),
                    "{} as {}",
                    algorithm,
                    spoilt.algorithm
                );
            }
        }
    }

    #[test]
    fn the_id_of_a_secret_is_the_same_everywhere_and_is_no_part_of_it() {
        let secret = "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7";
        // hmac.digest(SECRET_KEY, b"Cloakroom's id of this key", "sha256")[:16], in base64url
        assert_eq!(Key::of_secret(secret).kid(), "HaCmPVWAus7qg8LynOFocA");
        assert_ne!(Key::of_secret(secret).kid(), Key::of_secret(&secret.to_uppercase()).kid());
    }
}
