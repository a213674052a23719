//! Tests of several keys and algorithms, which are never mixed up.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm as JwtAlgorithm, EncodingKey, crypto};

use super::{
    tests::{SECRET, check},
    *,
};
use crate::server::{
    keys::{Key, KeyPlace, When, ensure, rotate},
    settings::TokenSettings,
    store::KeptKey,
};

const NOW: i64 = 1_800_000_000;
const CLAIMS: &str = r#"{"sub":"johndoe","exp":1800000060}"#;
const PRIVATE: [Algorithm; 2] = [Algorithm::EdDsa, Algorithm::Es256];
const OTHER: &str = "another key, also of more than 32 bytes";

fn settings(algorithm: Algorithm) -> TokenSettings {
    TokenSettings { algorithm, ..TokenSettings::default() }
}

/// A server that signs with this algorithm. The folder has its keys.
async fn server(algorithm: Algorithm) -> (tempfile::TempDir, KeyPlace, Keys) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (place, keys) = beside(&folder, &settings(algorithm)).await;
    (folder, place, keys)
}

/// A server with these settings that has its keys in this folder.
async fn beside(folder: &tempfile::TempDir, settings: &TokenSettings) -> (KeyPlace, Keys) {
    let place = KeyPlace::File(folder.path().join("cloakroom.db"));
    let kept = ensure(settings, &place).await.expect("keys");
    let keys = Keys::new(LiveRing::new(settings, Some(place.clone()), kept).expect("a ring"));
    (place, keys)
}

fn message(header: &str) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(CLAIMS))
}

/// A token with this header, signed with these bytes as a secret.
fn with_secret(header: &str, secret: &[u8]) -> String {
    let message = message(header);
    let key = EncodingKey::from_secret(secret);
    format!("{message}.{}", crypto::sign(message.as_bytes(), &key, JwtAlgorithm::HS256).expect("a signature"))
}

/// A token with this header, signed with a kept private key.
fn with_private(header: &str, kept: &KeptKey) -> String {
    let message = message(header);
    let der = URL_SAFE_NO_PAD.decode(&kept.secret).expect("base64url");
    let (key, algorithm) = match &*kept.algorithm {
        "EdDSA" => (EncodingKey::from_ed_der(&der), JwtAlgorithm::EdDSA),
        _ => (EncodingKey::from_ec_der(&der), JwtAlgorithm::ES256),
    };
    format!("{message}.{}", crypto::sign(message.as_bytes(), &key, algorithm).expect("a signature"))
}

fn header(algorithm: &str, kid: Option<&str>) -> String {
    match kid {
        Some(kid) => format!(r#"{{"alg":"{algorithm}","typ":"JWT","kid":"{kid}"}}"#),
        None => format!(r#"{{"alg":"{algorithm}","typ":"JWT"}}"#),
    }
}

fn is_good(keys: &Keys, token: &str) -> bool {
    check(keys, token, NOW).is_ok()
}

/// What somebody may take for the secret who knows a public key: the key in all ways in which it is written.
fn spellings(key: &PublicKey) -> Vec<Vec<u8>> {
    let decoded = |text: &str| URL_SAFE_NO_PAD.decode(text).expect("base64url");
    let (texts, point, before) = match key {
        PublicKey::Ed25519 { x } => {
            // RFC 8410 §4: what is before the point.
            (vec![x.clone()], decoded(x), vec![0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0])
        }
        PublicKey::P256 { x, y } => {
            let before = "3059301306072a8648ce3d020106082a8648ce3d030107034200";
            let bytes = (0..before.len()).step_by(2);
            let before = bytes.map(|at| u8::from_str_radix(&before[at..at + 2], 16).expect("hexadecimal digits"));
            (vec![x.clone(), y.clone()], [vec![4], decoded(x), decoded(y)].concat(), before.collect())
        }
    };
    let der = [before, point.clone()].concat();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", STANDARD.encode(&der));
    let mut spellings: Vec<_> = texts.iter().flat_map(|text| [text.clone().into_bytes(), decoded(text)]).collect();
    spellings.extend([point, der, pem.clone().into_bytes(), (pem + "\n").into_bytes(), Vec::new()]);
    spellings
}

#[tokio::test]
async fn a_public_key_is_no_secret_in_whichever_way_it_is_written() {
    for algorithm in PRIVATE {
        let (_folder, _, keys) = server(algorithm).await;
        let published = keys.published(NOW).remove(0);
        for secret in spellings(&published.key) {
            for kid in [Some(&*published.kid), None, Some("another")] {
                assert!(!is_good(&keys, &with_secret(&header("HS256", kid), &secret)), "{algorithm} {kid:?}");
            }
            assert!(!is_good(&keys, &with_secret(&header(algorithm.name(), Some(&published.kid)), &secret)));
        }
    }
}

#[tokio::test]
async fn a_token_is_good_only_with_the_algorithm_of_the_key_that_it_names() {
    for algorithm in PRIVATE {
        let (_folder, place, keys) = server(algorithm).await;
        let kept = place.read().await.expect("keys").remove(0);
        assert!(is_good(&keys, &with_private(&header(algorithm.name(), Some(&kept.kid)), &kept)));
        for other in ["none", "None", "HS256", "EdDSA", "ES256", "RS256", "ES384", "Ed25519", "eddsa", "es256", ""] {
            if other != algorithm.name() {
                let token = with_private(&header(other, Some(&kept.kid)), &kept);
                assert!(!is_good(&keys, &token), "{algorithm} {other}");
                let (message, _) = token.rsplit_once('.').expect("a signature");
                assert!(!is_good(&keys, &format!("{message}.")), "{algorithm} {other} without a signature");
            }
        }
        for kid in ["", "x", "../../../dev/null", "/dev/null", &kept.kid[1..], &kept.kid.to_lowercase(), "' OR 1 --"] {
            assert!(!is_good(&keys, &with_private(&header(algorithm.name(), Some(kid)), &kept)), "{kid}");
        }
        assert!(!is_good(&keys, &with_private(&header(algorithm.name(), None), &kept)), "it names no key");
        for kid in ["null", "7", "[]", "{}"] {
            let header = format!(r#"{{"alg":"{}","kid":{kid}}}"#, algorithm.name());
            assert!(!is_good(&keys, &with_private(&header, &kept)), "{kid}");
        }
    }
}

#[tokio::test]
async fn a_token_that_names_another_key_than_its_own_is_refused() {
    for algorithm in Algorithm::ALL {
        let (_folder, place, keys) = server(algorithm).await;
        rotate(&place, &settings(algorithm), When::In(0), NOW).await.expect("a key");
        keys.ring().look_again().await.expect("keys");
        let kept = place.read().await.expect("keys");
        let signed = |header: &str, key: &KeptKey| match algorithm {
            Algorithm::Hs256 => with_secret(header, key.secret.as_bytes()),
            _ => with_private(header, key),
        };
        for (one, key) in kept.iter().enumerate() {
            for (other, named) in kept.iter().enumerate() {
                let token = signed(&header(algorithm.name(), Some(&named.kid)), key);
                assert_eq!(is_good(&keys, &token), one == other, "{algorithm}");
            }
        }
    }
}

#[tokio::test]
async fn what_another_service_calls_a_shared_secret_does_not_matter_while_secrets_sign() {
    let previous = vec![OTHER.to_owned()];
    for algorithm in Algorithm::ALL {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let settings = TokenSettings { previous_secret_keys: previous.clone(), ..settings(algorithm) };
        let (_, keys) = beside(&folder, &settings).await;
        let kid = Key::of_secret(OTHER).kid().to_owned();
        for (kid, expected) in
            [(None, true), (Some(&*kid), true), (Some("their own name"), algorithm == Algorithm::Hs256)]
        {
            let token = with_secret(&header("HS256", kid), OTHER.as_bytes());
            assert_eq!(is_good(&keys, &token), expected, "{algorithm} {kid:?}");
            assert!(!is_good(&keys, &with_secret(&header("HS256", kid), SECRET.as_bytes())));
        }
    }
}

#[tokio::test]
async fn a_signature_of_es256_is_two_numbers_of_32_bytes_and_one_token_has_one_digest_however_it_is_signed() {
    let (_folder, place, keys) = server(Algorithm::Es256).await;
    let kept = place.read().await.expect("keys").remove(0);
    let token = with_private(&header("ES256", Some(&kept.kid)), &kept);
    let (message, signature) = token.rsplit_once('.').expect("a signature");
    let der = URL_SAFE_NO_PAD.decode(&kept.secret).expect("base64url");
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &der).expect("a key");
    let asn1 = pair.sign(&SystemRandom::new(), message.as_bytes()).expect("a signature");
    let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    let (r, s) = signature.split_at(32);
    for spoilt in [
        asn1.as_ref(),
        &[0; 64],
        &[&[0; 32], s].concat(),
        &[r, &[0; 32]].concat(),
        &[s, r].concat(),
        &signature[..63],
        &[&signature[..], &[0]].concat(),
        &[&[0], r, &[0], s].concat(),
    ] {
        assert!(!is_good(&keys, &format!("{message}.{}", URL_SAFE_NO_PAD.encode(spoilt))), "{spoilt:?}");
    }
    // The same key can make both signatures, and so can anybody who has one of them. So a revocation does not look at it.
    let twin = format!("{message}.{}", URL_SAFE_NO_PAD.encode([r, &negative(s)].concat()));
    let [one, other] =
        [&token, &twin].map(|token| check(&keys, token, NOW).expect("a good token").known.ended_by.clone());
    assert_ne!(token, twin);
    assert_eq!(one, other);
}

/// The order of P-256 minus a number.
fn negative(number: &[u8]) -> Vec<u8> {
    let order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let byte = |at: usize| u8::from_str_radix(&order[2 * at..2 * at + 2], 16).expect("hexadecimal digits");
    let (mut difference, mut borrow) = (vec![0; 32], 0);
    for at in (0..32).rev() {
        let digit = i16::from(byte(at)) - i16::from(number[at]) - borrow;
        borrow = i16::from(digit < 0);
        difference[at] = u8::try_from(digit.rem_euclid(256)).expect("a byte");
    }
    difference
}

#[tokio::test]
async fn a_key_checks_tokens_until_its_time_is_over_also_those_that_were_verified_before() {
    let (_folder, place, keys) = server(Algorithm::Hs256).await;
    let first = place.read().await.expect("keys").remove(0);
    let claims = r#"{"sub":"johndoe","exp":9000000000}"#;
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#), URL_SAFE_NO_PAD.encode(claims));
    let key = EncodingKey::from_secret(first.secret.as_bytes());
    let token =
        format!("{message}.{}", crypto::sign(message.as_bytes(), &key, JwtAlgorithm::HS256).expect("a signature"));
    assert!(check(&keys, &token, NOW).is_ok());
    rotate(&place, &settings(Algorithm::Hs256), When::In(0), NOW).await.expect("a key");
    keys.ring().look_again().await.expect("keys");
    let until = NOW + 1800 + 3600;
    for (now, expected) in [(NOW, true), (until - 1, true), (until, false), (until - 1, true)] {
        assert_eq!(check(&keys, &token, now).is_ok(), expected, "{now}");
    }
}

#[tokio::test]
async fn a_key_that_is_gone_checks_nothing_also_what_was_verified_before() {
    for algorithm in Algorithm::ALL {
        let (_folder, place, keys) = server(algorithm).await;
        let token = keys.create_access_token(&claims(), NOW).expect("a token");
        assert!(is_good(&keys, &token));
        rotate(&place, &settings(algorithm), When::NowAlone, NOW).await.expect("a key");
        keys.ring().look_again().await.expect("keys");
        assert!(!is_good(&keys, &token), "{algorithm}");
        let next = keys.create_access_token(&claims(), NOW).expect("a token");
        assert!(is_good(&keys, &next), "{algorithm}");
    }
}

#[tokio::test]
async fn a_token_of_a_key_that_is_not_known_yet_is_good_at_once_and_can_be_revoked() {
    for algorithm in Algorithm::ALL {
        let (folder, place, one) = server(algorithm).await;
        let (_, other) = beside(&folder, &settings(algorithm)).await;
        let (_, third) = beside(&folder, &settings(algorithm)).await;
        rotate(&place, &settings(algorithm), When::In(0), NOW).await.expect("a key");
        one.ring().look_again().await.expect("keys");
        let token = one.create_access_token(&claims(), NOW).expect("a token");
        assert!(!is_good(&other, &token), "it is not known yet");
        assert!(other.decode(&token, NOW).await.expect("keys").is_some(), "{algorithm}");
        assert!(third.read(&token).await.expect("keys").is_some());
    }
}

#[tokio::test]
async fn if_the_keys_cannot_be_read_a_token_of_an_unknown_key_is_neither_good_nor_bad() {
    let (folder, place, keys) = server(Algorithm::EdDsa).await;
    let known = keys.create_access_token(&claims(), NOW).expect("a token");
    std::fs::write(folder.path().join("cloakroom.keys"), "broken").expect("a writable folder");
    let unknown = header("EdDSA", Some("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"));
    let unknown = format!("{}.AAAA", message(&unknown));
    assert_eq!(keys.decode(&unknown, NOW).await.map(drop).expect_err("a refusal").status, 503);
    assert!(keys.decode(&known, NOW).await.expect("keys").is_some());
    let impossible = format!("{}.AAAA", message(&header("EdDSA", Some("../../etc/passwd"))));
    assert!(keys.decode(&impossible, NOW).await.expect("keys").is_none());
    assert!(place.read().await.is_err());
}

#[tokio::test]
async fn a_server_whose_keys_are_removed_goes_on_with_those_it_has() {
    for (algorithm, file) in [(Algorithm::EdDsa, "cloakroom.keys"), (Algorithm::Hs256, "cloakroom.key")] {
        let (folder, place, keys) = server(algorithm).await;
        let token = keys.create_access_token(&claims(), NOW).expect("a token");
        std::fs::remove_file(folder.path().join(file)).expect("the key file");
        assert!(keys.ring().look_again().await.is_err());
        assert!(place.read().await.expect("no keys").is_empty());
        assert!(is_good(&keys, &token) && is_good(&keys, &keys.create_access_token(&claims(), NOW).expect("a token")));
    }
}

fn claims() -> NewClaims<'static> {
    NewClaims {
        sub: "johndoe",
        exp: NOW + 60,
        iat: NOW,
        jti: "a-b-c",
        scope: "me",
        auth_time: NOW,
        user_id: "id",
        password_version: 7,
        sid: None,
    }
}
