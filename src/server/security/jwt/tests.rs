//! Tests of the known mistakes of JWT readers, one by one.

use jsonwebtoken::{Algorithm as JwtAlgorithm, EncodingKey, crypto};

use super::*;
use crate::{
    model::{ITEMS, ME},
    server::settings::TokenSettings,
};

/// The tutorial's key.
pub const SECRET: &str = "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7";
const NOW: i64 = 1_800_000_000;

/// The key with the bytes of this secret, and no other.
pub fn of_secret(secret: &str) -> Keys {
    let settings = TokenSettings { secret_key: Some(secret.to_owned()), ..TokenSettings::default() };
    Keys::new(LiveRing::new(&settings, None, Vec::new()).expect("a ring"))
}

fn keys() -> Keys {
    of_secret(SECRET)
}

/// Signs a message with [`SECRET`].
pub fn sign(message: &str) -> String {
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let signature = crypto::sign(message.as_bytes(), &key, JwtAlgorithm::HS256).expect("a signature");
    format!("{message}.{signature}")
}

/// Checks a token with the keys that are known.
pub fn check(keys: &Keys, token: &str, now: i64) -> Result<Arc<TokenData>, InvalidToken> {
    keys.check(token, now).map_err(|_| InvalidToken)
}

/// A token with this header and these claims, as text, signed with the right key.
fn signed(header: &str, claims: &str) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    sign(&message)
}

/// Checks a token with these claims.
fn claims(claims: &str) -> Result<TokenData, InvalidToken> {
    decode(&keys(), &signed(r#"{"alg":"HS256","typ":"JWT"}"#, claims), NOW)
}

/// Checks a token with this header and valid claims.
fn header(header: &str) -> Result<TokenData, InvalidToken> {
    decode(&keys(), &signed(header, r#"{"sub":"johndoe","exp":1800000060}"#), NOW)
}

/// Checks a token. What is different for each token is left out: its digest, and when it expires.
fn decode(keys: &Keys, token: &str, now: i64) -> Result<TokenData, InvalidToken> {
    let data = check(keys, token, now)?;
    let mut known = data.known.clone();
    if let EndedBy::Revocation(digest) = &mut known.ended_by {
        assert_eq!(digest.len(), 64);
        digest.clear();
    }
    Ok(TokenData { known, expires_at: 0.0, ..(*data).clone() })
}

fn johndoe() -> TokenData {
    TokenData {
        known: KnownToken { username: "johndoe".to_owned(), ended_by: EndedBy::Revocation(String::new()) },
        jti: None,
        expires_at: 0.0,
        issued_at: None,
        authenticated_at: None,
        user_id: None,
        password_version: None,
        client_version: None,
        scopes: None,
    }
}

#[test]
fn a_token_of_ours_says_what_was_put_into_it() {
    let new = NewClaims {
        sub: "johndoe",
        exp: NOW + 1800,
        iat: NOW,
        jti: "a-b-c",
        scope: "me items",
        auth_time: NOW,
        user_id: "id",
        password_version: 7,
        sid: Some("session"),
    };
    let token = keys().create_access_token(&new, new.iat).expect("a token");
    let read = decode(&keys(), &token, NOW).expect("a good token");
    let ended_by = EndedBy::Session("session".to_owned());
    let header = crate::model::Jwt::read(&token).expect("a JWT").header;
    let expected = serde_json::json!({"alg": "HS256", "kid": "HaCmPVWAus7qg8LynOFocA", "typ": "JWT"});
    assert_eq!(serde_json::Value::from(header), expected);
    assert_eq!(read.known, KnownToken { username: "johndoe".to_owned(), ended_by });
    assert_eq!(read.jti.as_deref(), Some("a-b-c"));
    assert_eq!(read.issued_at, Some(1_800_000_000.0));
    assert_eq!(read.authenticated_at, Some(1_800_000_000.0));
    assert_eq!(read.user_id.as_deref(), Some("id"));
    assert_eq!(read.password_version, Some(7.0));
    assert_eq!(read.scopes, Some(Scopes::new(ME | ITEMS)));
}

#[test]
fn a_token_that_pyjwt_made_with_only_sub_and_exp_is_good() {
    // jwt.encode({"sub": "johndoe", "exp": 4102444800}, SECRET_KEY, algorithm="HS256")
    let token = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9\
        .eyJzdWIiOiJqb2huZG9lIiwiZXhwIjo0MTAyNDQ0ODAwfQ.4sh0Q1TUl-n_pM9DffzrC-WTE2hGuun7_RrAC6Ce1Rg";
    assert_eq!(decode(&keys(), token, NOW), Ok(johndoe()));
}

#[test]
fn a_token_without_a_session_is_known_by_its_signed_part() {
    let known = |claims: &str| {
        let token = signed(r#"{"alg":"HS256"}"#, claims);
        check(&keys(), &token, NOW).expect("a good token").known.ended_by.clone()
    };
    let first = known(r#"{"sub":"johndoe","exp":1800000060}"#);
    assert_eq!(known(r#"{"sub":"johndoe","exp":1800000060}"#), first);
    assert_ne!(known(r#"{"sub":"johndoe","exp":1800000061}"#), first);
    // Another service may have sessions, too.
    for sid in ["7", r#""a""#, "null"] {
        assert_eq!(claims(&format!(r#"{{"sub":"johndoe","exp":1800000060,"sid":{sid}}}"#)), Ok(johndoe()), "{sid}");
    }
}

#[test]
fn exp_has_to_be_a_number_in_the_future() {
    assert_eq!(claims(r#"{"sub":"johndoe","exp":1800000001}"#), Ok(johndoe()));
    assert_eq!(claims(r#"{"sub":"johndoe","exp":1800000000.5}"#), Ok(johndoe()));
    assert_eq!(claims(r#"{"sub":"johndoe","exp":1e30}"#), Ok(johndoe()));
    for exp in ["1800000000", "1799999999", "0", "-1", "-1e30", r#""1800000060""#, "null", "true", "[1800000060]", "{}"]
    {
        assert_eq!(claims(&format!(r#"{{"sub":"johndoe","exp":{exp}}}"#)), Err(InvalidToken), "exp: {exp}");
    }
    assert_eq!(claims(r#"{"sub":"johndoe"}"#), Err(InvalidToken), "no exp");
}

#[test]
fn the_times_of_a_token_that_was_verified_before_are_compared_each_time() {
    let keys = keys();
    let token = signed(r#"{"alg":"HS256"}"#, r#"{"sub":"johndoe","exp":1800000060,"nbf":1800000000}"#);
    for (now, expected) in [
        (NOW - 1, Err(InvalidToken)),
        (NOW, Ok(johndoe())),
        (NOW + 59, Ok(johndoe())),
        (NOW + 60, Err(InvalidToken)),
        (NOW, Ok(johndoe())),
    ] {
        assert_eq!(decode(&keys, &token, now), expected, "{now}");
    }
}

#[test]
fn only_good_tokens_of_a_usual_length_are_remembered() {
    let keys = keys();
    let good = signed(r#"{"alg":"HS256"}"#, r#"{"sub":"johndoe","exp":1800000060}"#);
    let long = signed(r#"{"alg":"HS256"}"#, &format!(r#"{{"sub":"johndoe","exp":1800000060,"x":"{:2000}"}}"#, ""));
    let (message, signature) = good.rsplit_once('.').expect("a signature");
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    let forged = format!("{message}.{first}{}", &signature[1..]);
    assert_eq!(decode(&keys, &forged, NOW), Err(InvalidToken));
    assert_eq!(keys.verified.len(), 0);
    assert_eq!(decode(&keys, &long, NOW), Ok(johndoe()));
    assert_eq!(keys.verified.len(), 0);
    assert_eq!(decode(&keys, &good, NOW), Ok(johndoe()));
    assert_eq!(keys.verified.len(), 1);
    assert_eq!(decode(&keys, &forged, NOW), Err(InvalidToken), "also once the good one is remembered");
}

#[test]
fn a_token_that_is_too_long_for_a_form_is_refused() {
    let of_length = |padding: usize| {
        let claims = format!(r#"{{"sub":"johndoe","exp":1800000060,"x":"{}"}}"#, "x".repeat(padding));
        signed(r#"{"alg":"HS256"}"#, &claims)
    };
    let longest = (0..LONGEST).rev().map(of_length).find(|token| token.len() <= LONGEST).expect("a token");
    assert_eq!(decode(&keys(), &longest, NOW), Ok(johndoe()));
    assert_eq!(decode(&keys(), &of_length(LONGEST), NOW), Err(InvalidToken));
}

#[test]
fn what_is_not_utf8_is_no_json_wherever_it_is() {
    let token = |claims: &[u8]| {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#), URL_SAFE_NO_PAD.encode(claims));
        sign(&message)
    };
    let claims = br#"{"sub":"johndoe","exp":1800000060,"x":["?"]}"#;
    assert_eq!(decode(&keys(), &token(claims), NOW), Ok(johndoe()));
    let broken = claims.map(|byte| if byte == b'?' { 0xff } else { byte });
    assert_eq!(decode(&keys(), &token(&broken), NOW), Err(InvalidToken));
}

#[test]
fn nbf_is_looked_at_where_it_is_there() {
    assert_eq!(claims(r#"{"sub":"johndoe","exp":1800000060,"nbf":1800000000}"#), Ok(johndoe()));
    assert_eq!(claims(r#"{"sub":"johndoe","exp":1800000060,"nbf":1800000001}"#), Err(InvalidToken));
    assert_eq!(claims(r#"{"sub":"johndoe","exp":1800000060,"nbf":"soon"}"#), Err(InvalidToken));
}

#[test]
fn an_iat_ahead_is_another_clocks_affair() {
    let ahead = claims(r#"{"sub":"johndoe","exp":1800000060,"iat":1800000030}"#);
    assert_eq!(ahead.map(|data| data.issued_at), Ok(Some(1_800_000_030.0)));
    assert_eq!(claims(r#"{"sub":"johndoe","exp":1800000060,"iat":"now"}"#), Err(InvalidToken));
}

#[test]
fn sub_has_to_be_a_string() {
    assert_eq!(claims(r#"{"exp":1800000060}"#), Err(InvalidToken));
    assert_eq!(claims(r#"{"sub":7,"exp":1800000060}"#), Err(InvalidToken));
    assert_eq!(claims(r#"{"sub":null,"exp":1800000060}"#), Err(InvalidToken));
}

#[test]
fn scope_narrows_and_a_word_of_another_service_opens_nothing() {
    let scopes = |list: &str| claims(&format!(r#"{{"sub":"johndoe","exp":1800000060,"scope":{list}}}"#));
    assert_eq!(scopes(r#""me reports""#).map(|data| data.scopes), Ok(Some(Scopes::new(ME))));
    assert_eq!(scopes(r#""""#).map(|data| data.scopes), Ok(Some(Scopes::default())));
    assert_eq!(scopes(r#"["me"]"#), Err(InvalidToken));
}

#[test]
fn a_token_for_an_audience_is_refused_as_pyjwt_does() {
    for aud in [r#""reports""#, r#"["reports"]"#, "[]", "null"] {
        assert_eq!(claims(&format!(r#"{{"sub":"johndoe","exp":1800000060,"aud":{aud}}}"#)), Err(InvalidToken), "{aud}");
    }
}

#[test]
fn beside_a_secret_only_hs256_is_read() {
    assert_eq!(header(r#"{"alg":"HS256"}"#), Ok(johndoe()));
    for alg in ["none", "None", "nOnE", "NONE", "hs256", "HS384", "HS512", "RS256", "ES256", "EdDSA", ""] {
        assert_eq!(header(&format!(r#"{{"alg":"{alg}","typ":"JWT"}}"#)), Err(InvalidToken), "{alg}");
    }
    assert_eq!(header(r#"{"typ":"JWT"}"#), Err(InvalidToken), "no alg");
    assert_eq!(header(r#"{"alg":null,"typ":"JWT"}"#), Err(InvalidToken));
}

#[test]
fn a_token_without_a_signature_is_worth_nothing() {
    let message = |header: &str| {
        let header = URL_SAFE_NO_PAD.encode(header);
        format!("{header}.{}.", URL_SAFE_NO_PAD.encode(r#"{"sub":"johndoe","exp":1800000060}"#))
    };
    assert_eq!(decode(&keys(), &message(r#"{"alg":"none"}"#), NOW), Err(InvalidToken));
    assert_eq!(decode(&keys(), &message(r#"{"alg":"HS256"}"#), NOW), Err(InvalidToken));
}

#[test]
fn typ_is_jwt_where_it_is_there() {
    assert_eq!(header(r#"{"alg":"HS256","typ":"jwt"}"#), Ok(johndoe()));
    assert_eq!(header(r#"{"alg":"HS256","typ":"dpop+jwt"}"#), Err(InvalidToken));
    assert_eq!(header(r#"{"alg":"HS256","typ":1}"#), Err(InvalidToken));
}

#[test]
fn a_header_that_asks_for_more_is_refused() {
    for member in [
        r#""crit":["exp"]"#,
        r#""crit":[]"#,
        r#""b64":false"#,
        r#""jwk":{"kty":"oct","k":"AAAA"}"#,
        r#""jku":"http://127.0.0.1:9/keys""#,
        r#""x5u":"http://127.0.0.1:9/cert""#,
        r#""x5c":["AAAA"]"#,
        r#""x5t#S256":"AAAA""#,
        r#""zip":"DEF""#,
    ] {
        assert_eq!(header(&format!(r#"{{"alg":"HS256","typ":"JWT",{member}}}"#)), Err(InvalidToken), "{member}");
    }
    assert_eq!(header(r#"{"alg":"HS256","typ":"JWT","kid":"../../etc/passwd"}"#), Ok(johndoe()), "any name");
}

#[test]
fn a_member_written_twice_is_refused() {
    assert_eq!(header(r#"{"alg":"HS256","alg":"HS256"}"#), Err(InvalidToken));
    assert_eq!(header(r#"{"alg":"none","typ":"JWT","alg":"HS256"}"#), Err(InvalidToken));
    assert_eq!(claims(r#"{"sub":"johndoe","sub":"alice","exp":1800000060}"#), Err(InvalidToken));
    assert_eq!(claims(r#"{"sub":"johndoe","exp":1,"exp":1800000060}"#), Err(InvalidToken));
    assert_eq!(claims(r#"{"sub":"johndoe","exp":1800000060,"x":1,"x":1}"#), Err(InvalidToken));
}

#[test]
fn one_flipped_bit_in_any_part_is_noticed() {
    let token = signed(r#"{"alg":"HS256","typ":"JWT"}"#, r#"{"sub":"johndoe","exp":1800000060}"#);
    for position in 0..token.len() {
        for bit in 0..7 {
            let mut bytes = token.clone().into_bytes();
            bytes[position] ^= 1 << bit;
            let Ok(flipped) = String::from_utf8(bytes) else { continue };
            assert_eq!(decode(&keys(), &flipped, NOW), Err(InvalidToken), "bit {bit} of byte {position}");
        }
    }
}

#[test]
fn another_key_another_number_of_parts_padding_and_json_are_refused() {
    let token = signed(r#"{"alg":"HS256","typ":"JWT"}"#, r#"{"sub":"johndoe","exp":1800000060}"#);
    assert_eq!(check(&of_secret("another key, also of more than 32 bytes"), &token, NOW), Err(InvalidToken));
    let parts: Vec<_> = token.split('.').collect();
    let [header, claims, signature] = parts[..] else { unreachable!("a compact token has three parts") };
    for malformed in [
        String::new(),
        header.to_owned(),
        format!("{header}.{claims}"),
        format!("{token}."),
        format!("{token}.{signature}"),
        format!("{token}..{signature}"),
        format!(".{token}"),
        format!("{header}=.{claims}.{signature}"),
        format!("{token}="),
        format!("{token} "),
        format!("{token}\n"),
        format!(r#"{{"protected":"{header}","payload":"{claims}","signature":"{signature}"}}"#),
    ] {
        assert_eq!(decode(&keys(), &malformed, NOW), Err(InvalidToken), "{malformed:?}");
    }
}

#[test]
fn claims_that_are_no_object_are_refused() {
    for text in ["", "null", "[]", "7", r#""johndoe""#, "{", r#"{"sub":"johndoe","exp":1800000060}x"#] {
        assert_eq!(claims(text), Err(InvalidToken), "{text:?}");
    }
}
