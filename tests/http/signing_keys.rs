//! The keys that sign tokens: what others can read of them, other algorithms, and how one takes the place of another.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};

use cloakroom::{
    model::{Jwt, Scopes},
    server::{
        clock,
        keys::{self, KeyError, KeyPlace, When},
        settings::{Algorithm, TokenSettings},
        state::StartError,
        store::KeptKey,
    },
};
use futures::future::join_all;
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation, jwk::JwkSet};
use serde_json::{Value, json};

use super::support::{SECRET_KEY, TestApp};

const HS256: &str = "token.algorithm=HS256";
const EDDSA: &str = "token.algorithm=EdDSA";
const ES256: &str = "token.algorithm=ES256";
/// The server makes its key itself.
const NO_SECRET: &str = "token.secret-key=";
const KEY_SET: &str = "/.well-known/jwks.json";

impl TestApp {
    /// A server that makes its keys itself, and has the user Ada.
    async fn signing(algorithm: &str) -> Self {
        let app = Self::start_with(&[NO_SECRET, algorithm]).await;
        app.create("ada", Scopes::AT_SIGN_UP).await;
        app
    }

    /// Another server on the same database, with these settings too.
    async fn beside_with(&self, overrides: &[&str]) -> Self {
        self.try_beside(overrides).await.expect("a server that starts")
    }

    fn key_place(&self) -> KeyPlace {
        let file = (!self.database.is_postgres()).then(|| self.folder.path().join("cloakroom.db"));
        KeyPlace::new(&self.state.store, file)
    }

    /// Makes a new key, as the operator does.
    async fn rotate(&self, algorithm: Algorithm, when: When) -> String {
        let settings = TokenSettings { algorithm, ..TokenSettings::default() };
        keys::rotate(&self.key_place(), &settings, when, clock::unix_seconds()).await.expect("a new key").kid
    }

    /// What a server does every ten seconds.
    async fn look_again(&self) {
        self.state.keys.ring().look_again().await.expect("keys");
    }

    async fn key_set(&self) -> Vec<Value> {
        let answer = self.anonymous().get(KEY_SET).await;
        assert_eq!(answer.status, 200);
        answer.json()["keys"].as_array().expect("keys").clone()
    }

    async fn takes(&self, token: &str) -> bool {
        let answer = self.with_token(token).get("/users/me").await;
        if answer.status != 200 {
            answer.assert_refused(401, "Could not validate credentials");
        }
        answer.status == 200
    }
}

/// The id and the algorithm in a token's header.
fn header(token: &str) -> (String, String) {
    let header = Jwt::read(token).expect("a JWT").header;
    assert_eq!(header.keys().collect::<Vec<_>>(), ["alg", "kid", "typ"]);
    let text = |name: &str| header[name].as_str().expect("a text").to_owned();
    (text("kid"), text("alg"))
}

/// A token that another service has signed with a secret, and the name that it has for it.
fn of_service(secret: &str, kid: Option<&str>) -> String {
    let header = Header { kid: kid.map(str::to_owned), ..Header::default() };
    let claims = json!({"sub": "ada", "exp": clock::unix_seconds() + 60});
    jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(secret.as_bytes())).expect("a token")
}

#[tokio::test]
async fn by_default_tokens_are_signed_with_the_shared_secret_which_no_answer_tells() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let (kid, algorithm) = header(ada.token());
    assert_eq!((algorithm.as_str(), kid.len()), ("HS256", 22));
    assert!(!SECRET_KEY.contains(&kid));
    for path in [KEY_SET, "/.well-known/jwks.json/"] {
        let answer = app.anonymous().get(path).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({"keys": []})));
        assert_eq!(answer.header("cache-control"), "public, max-age=300");
    }
    // As FastAPI services check them.
    let key = DecodingKey::from_secret(SECRET_KEY.as_bytes());
    let validation = Validation::new(jsonwebtoken::Algorithm::HS256);
    assert!(jsonwebtoken::decode::<Value>(ada.token(), &key, &validation).is_ok());
    // As they make them.
    for kid in [None, Some("their own name"), Some("")] {
        assert!(app.takes(&of_service(SECRET_KEY, kid)).await, "{kid:?}");
    }
}

#[tokio::test]
async fn with_a_private_key_others_check_tokens_by_the_public_one_and_cannot_make_any() {
    for (setting, algorithm, kind, curve) in
        [(EDDSA, Algorithm::EdDsa, "OKP", "Ed25519"), (ES256, Algorithm::Es256, "EC", "P-256")]
    {
        let app = TestApp::signing(setting).await;
        let ada = app.log_in("ada").await;
        assert_eq!(ada.get("/users/me/items").await.status, 200);
        let (kid, named) = header(ada.token());
        assert_eq!(named, algorithm.name());
        let [key] = &app.key_set().await[..] else { panic!("one key") };
        let mut expected = json!({"kty": kind, "crv": curve, "use": "sig", "alg": algorithm.name(), "kid": kid});
        let coordinates = if algorithm == Algorithm::EdDsa { &["x"][..] } else { &["x", "y"] };
        for name in coordinates {
            assert_eq!(key[name].as_str().map(str::len), Some(43), "32 bytes");
            expected[name] = key[name].clone();
        }
        assert_eq!(*key, expected, "and nothing of the private key");
        // As another service does it.
        let set: JwkSet = serde_json::from_value(json!({"keys": [key]})).expect("a key set");
        let jwk = set.find(&kid).expect("the key");
        assert_eq!(jwk.thumbprint(jsonwebtoken::jwk::ThumbprintHash::SHA256).expect("a thumbprint"), kid);
        let validation = Validation::new(algorithm.name().parse().expect("an algorithm"));
        let checked =
            jsonwebtoken::decode::<Value>(ada.token(), &DecodingKey::from_jwk(jwk).expect("a key"), &validation);
        assert_eq!(checked.expect("a good token").claims["sub"], "ada");
        // What is public is no secret, and neither is what the tests' other servers share.
        for secret in [key["x"].as_str().expect("a text"), &kid, SECRET_KEY] {
            for kid in [None, Some(&*kid)] {
                assert!(!app.takes(&of_service(secret, kid)).await, "{secret} {kid:?}");
            }
        }
        let again = app.restarted().await;
        assert!(again.takes(ada.token()).await);
        assert_eq!(header(again.log_in("ada").await.token()).0, kid);
    }
}

#[tokio::test]
async fn several_servers_that_start_at_once_sign_with_one_private_key() {
    let servers = TestApp::start_several(5, &[NO_SECRET, EDDSA]).await;
    servers[0].create("ada", Scopes::AT_SIGN_UP).await;
    for one in &servers {
        let ada = one.log_in("ada").await;
        for other in &servers {
            assert!(other.takes(ada.token()).await);
        }
    }
    for server in &servers {
        server.look_again().await;
        assert_eq!(server.key_set().await.len(), 1);
    }
}

#[tokio::test]
async fn another_algorithm_cuts_no_token_off_at_any_server_there_and_back() {
    let first = TestApp::signing(HS256).await;
    let mut servers = vec![first];
    let mut tokens = vec![servers[0].log_in("ada").await.token().to_owned()];
    // One server after another gets the next setting.
    for (setting, signs, in_the_end) in
        [(EDDSA, "EdDSA", "EdDSA"), (ES256, "EdDSA", "ES256"), (HS256, "HS256", "HS256")]
    {
        let server = servers[0].beside_with(&[setting]).await;
        let token = server.log_in("ada").await.token().to_owned();
        assert_eq!(header(&token).1, signs, "another private key is published first");
        let ring = server.state.keys.ring().present().0;
        let latest = ring.signer(clock::unix_seconds() + 601).expect("a key");
        assert_eq!(latest.algorithm().name(), in_the_end);
        tokens.push(token);
        servers.push(server);
        for (server, token) in servers.iter().flat_map(|server| tokens.iter().map(move |token| (server, token))) {
            assert!(server.takes(token).await, "{:?}", header(token));
        }
    }
    // One that has not been updated yet signs like the others.
    servers[0].look_again().await;
    let latest = header(tokens.last().expect("a token"));
    assert_eq!(header(servers[0].log_in("ada").await.token()), latest);
    let algorithms: Vec<_> = servers[0].key_set().await.iter().map(|key| key["alg"].clone()).collect();
    assert_eq!(algorithms, ["EdDSA", "ES256"], "until their tokens have expired");
}

#[tokio::test]
async fn a_server_with_a_private_key_signs_on_after_a_restart_of_one_with_a_secret_of_its_settings() {
    let secret = TestApp::start().await;
    secret.create("ada", Scopes::AT_SIGN_UP).await;
    let secret_too = format!("token.previous-secret-keys={SECRET_KEY}");
    let private = secret.beside_with(&[NO_SECRET, EDDSA, &secret_too]).await;
    let before = header(private.log_in("ada").await.token()).0;
    let secret = secret.beside().await;
    private.look_again().await;
    secret.look_again().await;
    let ring = private.state.keys.ring().present().0;
    let until = ring.named(&before).and_then(|key| key.checks_until).expect("an end");
    assert!(until > clock::unix_seconds() + 600 + 1800);
    let next = ring.signer(until).expect("a key that signs").kid().to_owned();
    assert_ne!(next, before);
    for server in [&secret, &private] {
        let ring = server.state.keys.ring().present().0;
        assert_eq!(ring.named(&next).expect("a key").checks_until, None);
        server.state.keys.ring().forget(until).await.expect("keys");
        assert_eq!(server.key_set().await.len(), 1);
    }
    let ada = private.log_in("ada").await;
    assert_eq!(header(ada.token()).0, next);
    assert!(secret.takes(ada.token()).await && private.takes(ada.token()).await);
}

#[tokio::test]
async fn an_old_key_checks_the_tokens_of_the_server_whose_tokens_last_longest() {
    let long = TestApp::start_with(&[NO_SECRET, EDDSA, "token.expires-in=86400"]).await;
    long.create("ada", Scopes::AT_SIGN_UP).await;
    let short = long.beside_with(&["token.expires-in=60"]).await;
    let kid = header(long.log_in("ada").await.token()).0;
    // The command has the default, 1800 s.
    long.rotate(Algorithm::EdDsa, When::In(0)).await;
    for server in [&short, &long, &short] {
        server.look_again().await;
    }
    for server in [&short, &long] {
        let until = server.state.keys.ring().present().0.named(&kid).and_then(|key| key.checks_until);
        assert!(until.is_some_and(|until| until >= clock::unix_seconds() + 86_400), "{until:?}");
    }
}

#[tokio::test]
async fn a_kept_key_that_cannot_be_read_stops_no_server_while_another_one_signs() {
    let app = TestApp::signing(EDDSA).await;
    let old = app.log_in("ada").await.token().to_owned();
    app.rotate(Algorithm::EdDsa, When::In(0)).await;
    app.look_again().await;
    let new = app.log_in("ada").await.token().to_owned();
    let spoilt = header(&old).0;
    let kid = spoilt.clone();
    let spoil = move |keys: &mut Vec<KeptKey>| {
        keys.iter_mut().filter(|key| key.kid == kid).for_each(|key| key.algorithm = "ML-DSA-44".to_owned());
        Ok(())
    };
    app.key_place().change(spoil).await.expect("keys");
    app.look_again().await;
    for server in [&app, &app.beside().await] {
        assert!(server.takes(&new).await && !server.takes(&old).await);
        assert_eq!(server.key_set().await.len(), 1);
    }
    // If none signs, the message names the key.
    let only = header(&new).0;
    let ruin = move |keys: &mut Vec<KeptKey>| {
        keys.retain(|key| key.kid == only);
        keys.iter_mut().for_each(|key| key.secret = "AAAA".to_owned());
        Ok(())
    };
    app.key_place().change(ruin).await.expect("keys");
    assert!(matches!(app.try_beside(&[]).await.map(drop), Err(StartError::Key(KeyError::Unreadable(_)))));
    assert!(app.state.keys.ring().look_again().await.is_err());
    assert!(app.takes(&new).await, "a server that runs goes on");
}

#[tokio::test]
async fn a_secret_of_the_settings_can_be_replaced_step_by_step_and_no_token_ends() {
    const NEXT: &str = "7b1d6a52f3c84e0b9d5e2f71a8c643903c5ae8d1f04b72967ed01cb8a5f3d264";
    let old = TestApp::start().await;
    old.create("ada", Scopes::AT_SIGN_UP).await;
    let (next_too, next) = (format!("token.previous-secret-keys={NEXT}"), format!("token.secret-key={NEXT}"));
    let old_too = format!("token.previous-secret-keys={SECRET_KEY}");
    let knows_next = old.beside_with(&[&next_too]).await;
    let signs_next = old.beside_with(&[&next, &old_too]).await;
    let mut tokens = Vec::new();
    for server in [&old, &knows_next, &signs_next] {
        tokens.push(server.log_in("ada").await.token().to_owned());
    }
    assert_ne!(header(&tokens[1]), header(&tokens[2]));
    for server in [&knows_next, &signs_next] {
        for token in &tokens {
            assert!(server.takes(token).await);
        }
    }
    // On the way, a server may start again with either settings.
    let knows_next = old.beside_with(&[&next_too]).await;
    let signs_next = old.beside_with(&[&next, &old_too]).await;
    assert!(knows_next.takes(&tokens[2]).await && signs_next.takes(&tokens[0]).await);
    let done = old.beside_with(&[&next]).await;
    assert!(done.takes(&tokens[2]).await && !done.takes(&tokens[0]).await);
}

#[tokio::test]
async fn from_a_secret_of_the_settings_to_a_private_key_and_back_no_token_ends() {
    let old = TestApp::start().await;
    old.create("ada", Scopes::AT_SIGN_UP).await;
    let before = old.log_in("ada").await.token().to_owned();
    let secret_too = format!("token.previous-secret-keys={SECRET_KEY}");
    let private = old.beside_with(&[NO_SECRET, EDDSA, &secret_too]).await;
    let after = private.log_in("ada").await.token().to_owned();
    assert_eq!(header(&after).1, "EdDSA");
    for server in [&old, &private] {
        assert!(server.takes(&before).await && server.takes(&after).await);
    }
    assert!(private.takes(&of_service(SECRET_KEY, None)).await);
    let done = old.beside_with(&[NO_SECRET, EDDSA]).await;
    assert!(done.takes(&after).await && !done.takes(&before).await && !done.takes(&of_service(SECRET_KEY, None)).await);
    let back = old.beside().await;
    assert!(back.takes(&before).await && back.takes(&after).await);
    assert_eq!(header(back.log_in("ada").await.token()), header(&before));
}

#[tokio::test]
async fn the_next_key_is_published_before_it_signs() {
    let app = TestApp::signing(ES256).await;
    let before = header(app.log_in("ada").await.token()).0;
    let next = app.rotate(Algorithm::Es256, When::PUBLISHED).await;
    app.look_again().await;
    let kids: Vec<_> = app.key_set().await.iter().map(|key| key["kid"].clone()).collect();
    assert_eq!(kids, [&*before, &*next]);
    assert_eq!(header(app.log_in("ada").await.token()).0, before);
    assert_eq!(app.state.keys.ring().present().0.signer(clock::unix_seconds() + 600).map(keys::Key::kid), Some(&*next));
}

#[tokio::test]
async fn fifty_rotations_under_load_at_two_servers_refuse_no_token() {
    for (setting, algorithm) in [(EDDSA, Algorithm::EdDsa), (HS256, Algorithm::Hs256)] {
        let one = TestApp::signing(setting).await;
        let servers = [one.beside().await, one.beside().await];
        let (done, count) = (AtomicBool::new(false), AtomicUsize::new(0));
        let ancient = one.log_in("ada").await.token().to_owned();
        let client = async |number: usize| {
            while !done.load(Ordering::Relaxed) {
                let turn = count.fetch_add(1, Ordering::Relaxed) + number;
                let token = servers[turn % 2].log_in("ada").await.token().to_owned();
                // The other server may not know its key yet.
                assert!(servers[(turn + 1) % 2].takes(&token).await, "{turn}");
                assert!(servers[turn % 2].takes(&ancient).await, "{turn}");
                tokio::task::yield_now().await;
            }
        };
        let rotations = async {
            for number in 0..50 {
                one.rotate(algorithm, When::In(0)).await;
                servers[number % 2].look_again().await;
                tokio::time::sleep(Duration::from_millis(60)).await;
            }
            done.store(true, Ordering::Relaxed);
        };
        tokio::join!(rotations, join_all((0..4).map(client)));
        assert!(count.load(Ordering::Relaxed) > 10);
        for server in &servers {
            server.look_again().await;
            assert_eq!(server.state.keys.ring().present().0.keys().len(), 51);
        }
    }
}

#[tokio::test]
async fn a_leaked_key_opens_nothing_at_any_server_and_sessions_go_on() {
    for (setting, algorithm) in [(EDDSA, Algorithm::EdDsa), (HS256, Algorithm::Hs256)] {
        let one = TestApp::signing(setting).await;
        let other = one.beside().await;
        let ada = one.sign_in("ada").await;
        assert!(other.takes(&ada.access).await);
        let kid = one.rotate(algorithm, When::NowAlone).await;
        for server in [&one, &other] {
            server.look_again().await;
            assert!(!server.takes(&ada.access).await);
            let renewed = server.refresh(&ada.refresh).await;
            assert_eq!(renewed.status, 200);
            let token = renewed.json()["access_token"].as_str().expect("a token").to_owned();
            assert!(server.takes(&token).await);
            assert_eq!(header(&token).0, kid);
        }
        assert!(!one.restarted().await.takes(&ada.access).await);
    }
}

#[tokio::test]
async fn a_key_that_signs_no_more_can_be_removed() {
    let old = TestApp::signing(HS256).await;
    let before = old.log_in("ada").await.token().to_owned();
    let app = old.beside_with(&[EDDSA]).await;
    let after = app.log_in("ada").await.token().to_owned();
    let settings = TokenSettings { algorithm: Algorithm::EdDsa, ..TokenSettings::default() };
    let remove = async |kid: &str| keys::remove(&app.key_place(), &settings, kid, clock::unix_seconds()).await;
    assert!(remove(&header(&after).0).await.is_err());
    remove(&header(&before).0).await.expect("a key");
    app.look_again().await;
    assert!(!app.takes(&before).await && app.takes(&after).await);
}

#[tokio::test]
async fn a_token_is_revoked_by_a_server_that_does_not_know_its_key_yet() {
    let one = TestApp::signing(EDDSA).await;
    let other = one.beside().await;
    one.rotate(Algorithm::EdDsa, When::In(0)).await;
    one.look_again().await;
    let ada = one.sign_in("ada").await;
    other.revoke(&ada.access).await;
    for server in [&one, &other] {
        assert!(!server.takes(&ada.access).await);
        server.refresh(&ada.refresh).await.assert_oauth2(400, "invalid_grant");
    }
}

#[tokio::test]
async fn keys_whose_tokens_have_expired_are_forgotten() {
    let app = TestApp::signing(EDDSA).await;
    app.rotate(Algorithm::EdDsa, When::In(0)).await;
    app.look_again().await;
    let forget = async |seconds: i64| {
        app.state.keys.ring().forget(clock::unix_seconds() + seconds).await.expect("keys");
        (app.key_set().await.len(), app.key_place().read().await.expect("keys").len())
    };
    assert_eq!(forget(1800 + 3590).await, (2, 2));
    assert_eq!(forget(1800 + 3601).await, (1, 1));
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_private_key_is_in_its_own_table_and_the_key_that_servers_share_checks_nothing_beside_it() {
    let app = TestApp::signing(EDDSA).await;
    assert_eq!(app.texts_of("token_keys").await.lines().count(), 1);
    let shared = app.state.store.shared_key().await.expect("a database").expect("a key").secret.expect("a secret");
    assert!(!app.takes(&of_service(&shared, None)).await);
    let ada = app.log_in("ada").await;
    assert!(app.beside().await.takes(ada.token()).await);
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn until_the_first_rotation_only_the_table_of_the_version_before_has_the_key() {
    let app = TestApp::signing(HS256).await;
    let ada = app.log_in("ada").await;
    assert_eq!(app.texts_of("token_keys").await, "");
    let shared = app.state.store.shared_key().await.expect("a database").expect("a key").secret.expect("a secret");
    app.rotate(Algorithm::Hs256, When::In(0)).await;
    assert_eq!(app.texts_of("token_keys").await.lines().count(), 2);
    let new = app.beside().await;
    assert!(new.takes(ada.token()).await && new.takes(&of_service(&shared, None)).await);
    assert_ne!(header(new.log_in("ada").await.token()), header(ada.token()));
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_leaked_secret_is_nowhere_in_the_database_after_its_replacement() {
    for (setting, algorithm) in [(HS256, Algorithm::Hs256), (EDDSA, Algorithm::EdDsa)] {
        let app = TestApp::signing(HS256).await;
        let shared = async || app.state.store.shared_key().await.expect("a database").expect("a key");
        let leaked = shared().await.secret.expect("a secret");
        let other = app.beside_with(&[setting]).await;
        if algorithm == Algorithm::Hs256 {
            other.rotate(algorithm, When::In(0)).await;
            assert_eq!(shared().await.secret.as_ref(), Some(&leaked), "no key has leaked");
            other.rotate(algorithm, When::NowAlone).await;
        } else {
            let settings = TokenSettings { algorithm, ..TokenSettings::default() };
            let kid = keys::list(&app.key_place(), &settings).await.expect("keys").keys()[0].key.kid().to_owned();
            keys::remove(&app.key_place(), &settings, &kid, clock::unix_seconds()).await.expect("a key");
        }
        for table in ["token_key", "token_keys"] {
            assert!(!app.texts_of(table).await.contains(&leaked), "{table}");
        }
        let (next, shared) = (app.key_place().read().await.expect("keys"), shared().await);
        let secret = shared.secret.as_ref().expect("a secret");
        assert!(shared.is(secret));
        // Servers of the version before go on with the key that signs.
        assert_eq!(next[0].secret == *secret, algorithm == Algorithm::Hs256);
        let ada = other.beside().await.log_in("ada").await;
        assert_eq!(header(ada.token()).0, next[0].kid);
        assert!(!other.beside().await.takes(&of_service(&leaked, None)).await);
    }
}
