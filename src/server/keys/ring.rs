//! The keys of a server at one moment: which of them signs, and which one checks a token.

use super::{
    key::Key,
    order::{self, Times},
};
use crate::server::{
    settings::{Algorithm, TokenSettings},
    store::KeptKey,
};

/// All keys.
pub struct KeyRing {
    keys: Vec<RingKey>,
    unreadable: Vec<UnreadableKey>,
    algorithm: Algorithm,
}

/// A key of a ring.
pub struct RingKey {
    /// The key.
    pub key: Key,
    /// Where it comes from.
    pub source: Source,
    /// From when on it signs, in Unix seconds. `None` if it never does.
    pub signs_from: Option<i64>,
    /// Until when it checks tokens, in Unix seconds. `None` without an end.
    pub checks_until: Option<i64>,
}

/// A key that is kept, and cannot be read: it is spoilt, or of a later version. It neither signs nor checks.
pub struct UnreadableKey {
    /// Its id.
    pub kid: String,
    /// What it is said to be for.
    pub algorithm: String,
}

/// Where a key comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// `token.secret-key`
    SecretKey,
    /// `token.previous-secret-keys`
    PreviousSecretKeys,
    /// It is kept in a file, or in the database.
    Kept,
}

impl KeyRing {
    /// The keys of the settings, and those that are kept. If the settings have the key that signs, no other secret counts.
    pub fn new(settings: &TokenSettings, kept: &[KeptKey]) -> Self {
        let of_settings = |secret: &str, source, signs_from| RingKey {
            key: Key::of_secret(secret),
            source,
            signs_from,
            checks_until: None,
        };
        let (mut keys, mut unreadable) = (Vec::new(), Vec::new());
        keys.extend(settings.secret_key.iter().map(|secret| of_settings(secret, Source::SecretKey, Some(0))));
        let is_set = !keys.is_empty();
        for kept in kept.iter().filter(|kept| !is_set || kept.algorithm != Algorithm::Hs256.name()) {
            let Ok(key) = Key::of(kept) else {
                unreadable.push(UnreadableKey { kid: kept.kid.clone(), algorithm: kept.algorithm.clone() });
                continue;
            };
            keys.push(RingKey {
                key,
                source: Source::Kept,
                signs_from: (!is_set).then_some(kept.signs_from),
                checks_until: kept.verifies_until,
            });
        }
        let previous = settings.previous_secret_keys.iter();
        keys.extend(previous.map(|secret| of_settings(secret, Source::PreviousSecretKeys, None)));
        Self { keys, unreadable, algorithm: settings.algorithm }
    }

    /// The key that signs.
    pub fn signer(&self, now: i64) -> Option<&Key> {
        let times = |key: &RingKey| Some(Times { signs_from: key.signs_from?, verifies_until: key.checks_until });
        order::signer(self.keys.iter().filter_map(|key| Some((times(key)?, &key.key))), now)
    }

    /// The keys that may check a token with this header. One that names a key is checked by that key. One that names no key was
    /// signed with a secret: services that share it need not name it, and may have a name of their own for it.
    pub fn for_token(&self, algorithm: Algorithm, kid: Option<&str>) -> impl Iterator<Item = &RingKey> {
        let named = kid.and_then(|kid| self.named(kid));
        let any_secret = match kid {
            None => true,
            Some(_) => named.is_none() && self.algorithm == Algorithm::Hs256,
        };
        let secrets = self.keys.iter().filter(move |key| any_secret && key.key.algorithm() == Algorithm::Hs256);
        named.into_iter().chain(secrets).filter(move |key| key.key.algorithm() == algorithm)
    }

    /// The key with this id.
    pub fn named(&self, kid: &str) -> Option<&RingKey> {
        self.keys.iter().find(|key| key.key.kid() == kid)
    }

    /// All keys that can be read.
    pub fn keys(&self) -> &[RingKey] {
        &self.keys
    }

    /// The others.
    pub fn unreadable(&self) -> &[UnreadableKey] {
        &self.unreadable
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::keys::key::{kept_secret, new_key};

    const SECRET: &str = "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7";
    const OTHER: &str = "another key, also of more than 32 bytes";

    fn settings(algorithm: Algorithm, secret: Option<&str>, previous: &[&str]) -> TokenSettings {
        TokenSettings {
            algorithm,
            secret_key: secret.map(str::to_owned),
            previous_secret_keys: previous.iter().map(|&key| key.to_owned()).collect(),
            ..TokenSettings::default()
        }
    }

    fn kids<'a>(keys: impl Iterator<Item = &'a RingKey>) -> Vec<String> {
        keys.map(|key| key.key.kid().to_owned()).collect()
    }

    #[test]
    fn the_latest_key_signs_whose_time_has_come() {
        let keys = [10, 30, 20].map(|from| new_key(Algorithm::Hs256, from).expect("a key"));
        let ring = KeyRing::new(&TokenSettings::default(), &keys);
        for (now, signs) in [(9, 0), (10, 0), (19, 0), (20, 2), (29, 2), (30, 1), (40, 1)] {
            assert_eq!(ring.signer(now).map(Key::kid), Some(&*keys[signs].kid), "{now}");
        }
    }

    #[test]
    fn of_two_keys_that_were_made_in_one_second_the_later_one_signs() {
        let [mut one, other] = [10, 10].map(|from| new_key(Algorithm::Hs256, from).expect("a key"));
        one.verifies_until = Some(100);
        for keys in [[one.clone(), other.clone()], [other.clone(), one]] {
            let ring = KeyRing::new(&TokenSettings::default(), &keys);
            assert_eq!(ring.signer(10).map(Key::kid), Some(&*other.kid));
        }
    }

    #[test]
    fn a_key_whose_time_is_over_signs_nothing_also_if_there_is_no_other() {
        let [mut one, other] = [10, 20].map(|from| new_key(Algorithm::EdDsa, from).expect("a key"));
        one.verifies_until = Some(100);
        let alone = KeyRing::new(&settings(Algorithm::EdDsa, None, &[]), std::slice::from_ref(&one));
        assert_eq!(alone.signer(99).map(Key::kid), Some(&*one.kid));
        assert!(alone.signer(100).is_none());
        let other = KeptKey { signs_from: 200, ..other };
        let both = KeyRing::new(&settings(Algorithm::EdDsa, None, &[]), &[one, other.clone()]);
        assert_eq!(both.signer(100).map(Key::kid), Some(&*other.kid), "rather than one that nobody takes");
    }

    #[test]
    fn a_key_that_cannot_be_read_is_left_out_and_told() {
        let kept = [10, 20].map(|from| new_key(Algorithm::EdDsa, from).expect("a key"));
        let later = KeptKey { algorithm: "ML-DSA-44".to_owned(), ..kept[1].clone() };
        let ring = KeyRing::new(&settings(Algorithm::EdDsa, None, &[]), &[kept[0].clone(), later]);
        assert_eq!(kids(ring.keys().iter()), [kept[0].kid.clone()]);
        assert_eq!(ring.signer(20).map(Key::kid), Some(&*kept[0].kid));
        let [unreadable] = ring.unreadable() else { panic!("one key") };
        assert_eq!((&unreadable.kid, &*unreadable.algorithm), (&kept[1].kid, "ML-DSA-44"));
    }

    #[test]
    fn a_token_is_checked_by_the_key_that_it_names_or_else_by_the_secrets() {
        use Algorithm::{EdDsa, Es256, Hs256};
        let [secret, ed, es] = Algorithm::ALL.map(|algorithm| new_key(algorithm, 0).expect("a key"));
        let kept = [secret.clone(), ed.clone(), es.clone()];
        let previous = kept_secret(OTHER.to_owned(), 0).kid;
        let secrets = vec![secret.kid.clone(), previous.clone()];
        let none = Vec::<String>::new();
        for (signs, of_unknown) in [(Hs256, &secrets), (EdDsa, &none), (Es256, &none)] {
            let ring = KeyRing::new(&settings(signs, None, &[OTHER]), &kept);
            let candidates = |algorithm, kid| kids(ring.for_token(algorithm, kid));
            for key in &kept {
                for algorithm in Algorithm::ALL {
                    let own = if key.algorithm == algorithm.name() { vec![key.kid.clone()] } else { Vec::new() };
                    assert_eq!(
                        candidates(algorithm, Some(&key.kid)),
                        own,
                        "{algorithm} and a key of {}",
                        key.algorithm
                    );
                }
            }
            assert_eq!(candidates(Hs256, None), secrets);
            assert_eq!(candidates(Hs256, Some(&previous)), std::slice::from_ref(&previous));
            for algorithm in [EdDsa, Es256] {
                assert_eq!(candidates(algorithm, None), none);
            }
            for kid in ["", "unknown", "../../etc/passwd", "' OR 1=1 --"] {
                assert_eq!(&candidates(Hs256, Some(kid)), of_unknown, "{kid}");
                assert_eq!(candidates(EdDsa, Some(kid)), none);
            }
        }
    }

    #[test]
    fn beside_a_key_of_the_settings_no_kept_secret_counts_and_a_private_key_only_checks() {
        let kept = Algorithm::ALL.map(|algorithm| new_key(algorithm, 50).expect("a key"));
        let ring = KeyRing::new(&settings(Algorithm::Hs256, Some(SECRET), &[OTHER]), &kept);
        let [set, previous] = [SECRET, OTHER].map(|secret| Key::of_secret(secret).kid().to_owned());
        assert_eq!(kids(ring.keys().iter()), [set.clone(), kept[1].kid.clone(), kept[2].kid.clone(), previous]);
        for now in [0, 100] {
            assert_eq!(ring.signer(now).map(Key::kid), Some(&*set));
        }
    }

    #[test]
    fn a_ring_without_a_key_that_signs_signs_nothing() {
        let ring = KeyRing::new(&settings(Algorithm::EdDsa, None, &[SECRET]), &[]);
        assert!(ring.signer(0).is_none());
    }
}
