//! Properties that hold for every body of a request.

use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::*;

const KNOWN: [&str; 8] =
    ["grant_type", "username", "password", "scope", "client_id", "client_secret", "refresh_token", "session_id"];

fn text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 1..40).prop_map(String::from_iter)
}

/// Arbitrary bytes, mixed with pieces of a form.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let pieces = ["&", "=", "%", "+", "%41", "%ff", "%C3%A9", "&username=a", "&password=b", "&username=", "&scope="];
    let bytes_of = |pieces: &[&'static str]| select(pieces.to_vec()).prop_map(|piece| piece.as_bytes().to_vec());
    let part = prop_oneof![4 => bytes_of(&pieces), 2 => bytes_of(&KNOWN), 1 => vec(any::<u8>(), 0..8)];
    vec(part, 0..16).prop_map(|parts| parts.concat())
}

/// A field's name with any of its letters percent-encoded, as a form may spell it.
fn spelled(name: &'static str) -> impl Strategy<Value = String> {
    vec(any::<bool>(), name.len()).prop_map(move |escaped| {
        let letters = name.bytes().zip(escaped);
        letters
            .map(|(letter, escaped)| if escaped { format!("%{letter:02x}") } else { char::from(letter).into() })
            .collect()
    })
}

proptest! {
    #[test]
    fn of_any_body_comes_a_refusal_or_a_form_that_keeps_the_rules_and_reads_back(body in body()) {
        if let Ok(grant) = Grant::read(&body) {
            let Grant::Password(form) = &grant else { return Err(TestCaseError::fail("another grant")) };
            prop_assert!(!form.username.is_empty() && (1..=PASSWORD_MAX_BYTES).contains(&form.password.len()));
            prop_assert!(form.scope.as_deref() != Some(""));
            prop_assert!(Grant::read(grant.write().as_bytes()) == Ok(grant));
        }
    }

    #[test]
    fn what_is_written_is_read_back(
        username in text(),
        password in text(),
        scope in option::of(text()),
        keep_signed_in in option::of(any::<bool>()),
        kind in 0..3,
    ) {
        let grant = match kind {
            0 => Grant::RefreshToken(RefreshTokenForm { refresh_token: Some(username), session_id: None, scope }),
            1 => Grant::ClientCredentials(ClientCredentialsForm { client_id: Some(username), scope }),
            _ => Grant::Password(PasswordForm { username, password, scope, keep_signed_in, session_id: None }),
        };
        prop_assert!(Grant::read(grant.write().as_bytes()) == Ok(grant));
    }

    #[test]
    fn a_known_field_that_comes_twice_is_always_refused(
        name in select(&KNOWN[..]).prop_flat_map(spelled),
        value in prop_oneof![Just(Some("password".to_owned())), option::of(text())],
        position in 0..=KNOWN.len(),
    ) {
        let mut fields: Vec<_> = KNOWN.iter().map(|name| format!("{name}=password")).collect();
        prop_assert!(Grant::read(fields.join("&").as_bytes()).is_ok());
        let value = value.map(|value| format!("={}", percent_encode(value.as_bytes(), NON_ALPHANUMERIC)));
        fields.insert(position, name + &value.unwrap_or_default());
        let refusal = Grant::read(fields.join("&").as_bytes()).expect_err("a refusal");
        prop_assert_eq!(refusal.body.error.as_deref(), Some("invalid_request"));
    }
}
