//! Properties of all tokens, from any issuer.

use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};

use super::{
    tests::{SECRET, check, of_secret, sign},
    *,
};
use crate::model::ADMIN;

const NOW: i64 = 1_800_000_000;
const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;
/// The last second that a JSON number can hold exactly.
const END_OF_TIME: i64 = 1 << 53;

fn text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..40).prop_map(String::from_iter)
}

/// Arbitrary text, often a JSON object like those in a token.
fn json() -> impl Strategy<Value = String> {
    let name = select(&["alg", "typ", "kid", "crit", "sub", "exp", "nbf", "iat", "scope", "aud", "x"][..]);
    let values =
        ["\"HS256\"", "\"JWT\"", "\"me\"", "\"\\ud800\"", "null", "[]", "{}", "-1", "1e300", "1e400", "1800000060"];
    let value = prop_oneof![4 => select(values.to_vec()).prop_map(str::to_owned), 1 => text()];
    let object = vec((name, value), 0..5).prop_map(|members| {
        let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", members.join(","))
    });
    prop_oneof![1 => text(), 4 => object]
}

/// A part of a token: arbitrary text, or JSON in base64, often from a valid token.
fn part() -> impl Strategy<Value = String> {
    let good = select(&[HEADER, r#"{"sub":"johndoe","exp":1800000060}"#][..]).prop_map(str::to_owned);
    prop_oneof![1 => text(), 4 => prop_oneof![good, json()].prop_map(|json| URL_SAFE_NO_PAD.encode(json))]
}

proptest! {
    #[test]
    fn any_text_is_refused(text in text(), parts in prop_oneof![vec(part(), 3), vec(part(), 0..6)]) {
        let keys = of_secret(SECRET);
        prop_assert_eq!(check(&keys, &text, NOW), Err(InvalidToken));
        prop_assert_eq!(check(&keys, &parts.join("."), NOW), Err(InvalidToken));
    }

    #[test]
    fn no_claims_make_the_reader_panic_whoever_has_the_key(
        header in prop_oneof![json(), Just(HEADER.to_owned())],
        claims in json(),
    ) {
        let keys = of_secret(SECRET);
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let _ = check(&keys, &sign(&message), NOW);
    }

    #[test]
    fn a_token_with_another_character_anywhere_is_refused(position in any::<Index>(), character in any::<char>()) {
        let keys = of_secret(SECRET);
        let claims =
            NewClaims { sub: "johndoe", exp: NOW + 60, iat: NOW, jti: "a-b-c", scope: "me", auth_time: 0, user_id: "id", password_version: 0, sid: None };
        let mut token: Vec<_> = keys.create_access_token(&claims, claims.iat).expect("a token").chars().collect();
        let position = position.index(token.len());
        prop_assume!(token[position] != character);
        token[position] = character;
        prop_assert_eq!(check(&keys, &String::from_iter(token), NOW), Err(InvalidToken));
    }

    #[test]
    fn what_is_signed_is_read_back_until_it_expires(
        sub in text(),
        jti in text(),
        exp in 0..END_OF_TIME,
        iat in 0..END_OF_TIME,
        now in 0..END_OF_TIME,
        password_version in 0..END_OF_TIME,
        sid in text(),
        scopes in (0..ADMIN * 2).prop_map(Scopes::new),
    ) {
        let keys = of_secret(SECRET);
        let claims = NewClaims { sub: &sub, exp, iat, jti: &jti, scope: &scopes.to_string(), auth_time: iat, user_id: &jti, password_version, sid: Some(&sid) };
        let token = keys.create_access_token(&claims, claims.iat).expect("a token");
        #[expect(clippy::cast_precision_loss, reason = "they are before END_OF_TIME")]
        let [issued_at, password_version] = [iat, password_version].map(|number| Some(number as f64));
        #[expect(clippy::cast_precision_loss, reason = "they are before END_OF_TIME")]
        let data = TokenData {
            known: KnownToken { username: sub.clone(), ended_by: EndedBy::Session(sid.clone()) },
            jti: Some(jti.clone()),
            expires_at: exp as f64,
            issued_at,
            authenticated_at: issued_at,
            user_id: Some(jti.clone()),
            password_version,
            client_version: None,
            scopes: Some(scopes),
        };
        let data = Arc::new(data);
        prop_assert_eq!(check(&keys, &token, exp - 1), Ok(Arc::clone(&data)));
        prop_assert_eq!(check(&keys, &token, exp), Err(InvalidToken));
        prop_assert_eq!(check(&keys, &token, now), if now < exp { Ok(data) } else { Err(InvalidToken) });
    }
}
