//! The rules by which one key takes the place of another. A key that has signed checks its tokens until the last of them has expired.

use super::{
    error::KeyError,
    key::new_key,
    order::{self, Times, latest, next},
};
use crate::server::{settings::Algorithm, store::KeptKey};

/// How long a new key is published before it signs, in seconds. All servers have read it by then, and so have services that keep
/// `/.well-known/jwks.json` for as long as they are told.
const PUBLISHED: i64 = 600;
/// How much longer than a token's life a key checks tokens, in seconds: clocks differ, and servers are updated one by one.
const MARGIN: i64 = 3600;

/// When a new key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// After so many seconds. The others check their tokens until these have expired.
    In(i64),
    /// Now. The others are gone at once.
    NowAlone,
}

impl When {
    /// When all others know it.
    pub const PUBLISHED: Self = Self::In(PUBLISHED);
}

/// What the rules need to know.
#[derive(Clone, Copy)]
pub struct Circumstances {
    /// How tokens are signed.
    pub algorithm: Algorithm,
    /// How long a token is valid, in seconds.
    pub expires_in: u32,
    /// The time, in Unix seconds.
    pub now: i64,
}

impl Circumstances {
    /// Until when a key checks tokens if the next one signs from then on.
    fn checks_until(&self, next_signs_from: i64) -> i64 {
        next_signs_from.saturating_add(i64::from(self.expires_in)).saturating_add(MARGIN)
    }

    /// What a server sees to when it starts: the latest key is one of its algorithm. If not, it adds one.
    ///
    /// # Errors
    /// [`KeyError::Secret`], [`KeyError::NotMade`].
    pub fn ensure(&self, keys: &mut Vec<KeptKey>) -> Result<(), KeyError> {
        forget(keys, self.now);
        let is_right = |key: &KeptKey| key.algorithm == self.algorithm.name() && key.verifies_until.is_none();
        if !latest(keys).is_some_and(is_right) {
            self.add(keys, self.next_signs_from(keys))?;
        }
        self.lengthen(keys);
        Ok(())
    }

    /// What a server sees to while it runs. Another one, whose settings have the key that signs, may have brought all private keys to
    /// their end: then it adds the next one. And the operator's command does not know how long this server's tokens last.
    ///
    /// # Errors
    /// [`KeyError::Secret`], [`KeyError::NotMade`].
    pub fn keep_up(&self, keys: &mut Vec<KeptKey>) -> Result<(), KeyError> {
        if latest(keys).is_some_and(|key| key.verifies_until.is_some()) {
            self.add(keys, self.next_signs_from(keys))?;
        }
        self.lengthen(keys);
        Ok(())
    }

    /// Adds a key, which takes the place of the others.
    ///
    /// # Errors
    /// [`KeyError::NoKey`], [`KeyError::OtherAlgorithm`], [`KeyError::Waiting`], [`KeyError::Secret`], [`KeyError::NotMade`].
    pub fn rotate(&self, keys: &mut Vec<KeptKey>, when: When) -> Result<(), KeyError> {
        forget(keys, self.now);
        let latest = latest(keys).ok_or(KeyError::NoKey)?;
        // Servers that run with other settings would go back.
        if latest.algorithm != self.algorithm.name() {
            return Err(KeyError::OtherAlgorithm(latest.algorithm.clone(), self.algorithm));
        }
        match when {
            // One that waits for longer was made while the clock was ahead.
            When::In(_) if (1..=PUBLISHED).contains(&latest.signs_from.saturating_sub(self.now)) => {
                Err(KeyError::Waiting(latest.signs_from))
            }
            When::In(seconds) => self.add(keys, self.now.saturating_add(seconds)),
            When::NowAlone => {
                keys.clear();
                self.add(keys, self.now)
            }
        }
    }

    /// Lets private keys come to their end: tokens are signed with the key of the settings.
    pub fn retire_private_keys(&self, keys: &mut Vec<KeptKey>) {
        forget(keys, self.now);
        let until = self.checks_until(self.now);
        for key in keys.iter_mut().filter(|key| key.algorithm != Algorithm::Hs256.name()) {
            key.verifies_until.get_or_insert(until);
        }
    }

    /// When the next key signs. Services know a private key only when it was published.
    fn next_signs_from(&self, keys: &[KeptKey]) -> i64 {
        let is_private = |algorithm: &str| algorithm != Algorithm::Hs256.name();
        match signer(keys, self.now) {
            // The first key of all signs from the beginning of time: so it is kept as versions without other keys keep it.
            None if keys.is_empty() => 0,
            Some(signer) if is_private(&signer.algorithm) && is_private(self.algorithm.name()) => {
                self.now.saturating_add(PUBLISHED)
            }
            _ => self.now,
        }
    }

    /// Sees to it that no key ends before a token that a server with these settings has signed with it.
    fn lengthen(&self, keys: &mut [KeptKey]) {
        let ends: Vec<_> =
            keys.iter().map(|key| next(keys, key).map(|next| self.checks_until(next.signs_from))).collect();
        for (key, end) in keys.iter_mut().zip(ends) {
            key.verifies_until = key.verifies_until.map(|until| end.map_or(until, |end| end.max(until)));
        }
    }

    fn add(&self, keys: &mut Vec<KeptKey>, signs_from: i64) -> Result<(), KeyError> {
        let new = new_key(self.algorithm, signs_from)?;
        let until = self.checks_until(signs_from);
        for key in keys.iter_mut() {
            // One that waits does not take the place of the new one.
            key.signs_from = key.signs_from.min(signs_from);
            key.verifies_until.get_or_insert(until);
        }
        keys.push(new);
        Ok(())
    }
}

/// Removes a key that does not sign any more. Its tokens end. Where the settings have the key that signs, a key that has an end signs
/// nothing.
///
/// # Errors
/// [`KeyError::Unknown`], [`KeyError::Signs`].
pub fn remove(keys: &mut Vec<KeptKey>, kid: &str, is_set: bool, now: i64) -> Result<(), KeyError> {
    let position = keys.iter().position(|key| key.kid == kid).ok_or_else(|| KeyError::Unknown(kid.to_owned()))?;
    let signs = !is_set && signer(keys, now).is_some_and(|key| key.kid == kid);
    if signs || keys.get(position).is_some_and(|key| key.verifies_until.is_none()) {
        return Err(KeyError::Signs(kid.to_owned()));
    }
    keys.remove(position);
    Ok(())
}

/// Forgets the keys whose tokens have all expired.
pub fn forget(keys: &mut Vec<KeptKey>, now: i64) {
    keys.retain(|key| !is_over(key, now));
}

/// Whether all tokens of a key have expired.
pub fn is_over(key: &KeptKey, now: i64) -> bool {
    key.verifies_until.is_some_and(|until| until <= now)
}

/// The key that signs.
fn signer(keys: &[KeptKey], now: i64) -> Option<&KeptKey> {
    order::signer(keys.iter().map(|key| (Times::of(key), key)), now)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn at(algorithm: Algorithm, now: i64) -> Circumstances {
        Circumstances { algorithm, expires_in: 1800, now }
    }

    /// Each key's algorithm, when it signs, and until when it checks.
    fn times(keys: &[KeptKey]) -> Vec<(&str, i64, Option<i64>)> {
        keys.iter().map(|key| (&*key.algorithm, key.signs_from, key.verifies_until)).collect()
    }

    #[test]
    fn the_first_start_makes_a_key_and_the_next_ones_leave_it() {
        for algorithm in Algorithm::ALL {
            let mut keys = Vec::new();
            at(algorithm, NOW).ensure(&mut keys).expect("a key");
            let made = keys.clone();
            at(algorithm, NOW + 1_000_000).ensure(&mut keys).expect("a key");
            assert!(keys == made && times(&keys) == [(algorithm.name(), 0, None)]);
        }
    }

    #[test]
    fn a_new_key_is_published_before_it_signs_and_the_old_one_checks_until_its_last_token_has_expired() {
        let mut keys = Vec::new();
        at(Algorithm::EdDsa, NOW).ensure(&mut keys).expect("a key");
        at(Algorithm::EdDsa, NOW).rotate(&mut keys, When::PUBLISHED).expect("a key");
        let until = NOW + 600 + 1800 + 3600;
        assert_eq!(times(&keys), [("EdDSA", 0, Some(until)), ("EdDSA", NOW + 600, None)]);
        let [old, new] = [0, 1].map(|position| keys[position].kid.clone());
        assert_eq!(signer(&keys, NOW + 599).map(|key| &key.kid), Some(&old));
        assert_eq!(signer(&keys, NOW + 600).map(|key| &key.kid), Some(&new));
        let again = at(Algorithm::EdDsa, NOW + 1).rotate(&mut keys, When::PUBLISHED);
        assert!(matches!(again, Err(KeyError::Waiting(from)) if from == NOW + 600));
        at(Algorithm::EdDsa, until - 1).ensure(&mut keys).expect("a key");
        assert_eq!(keys.len(), 2);
        at(Algorithm::EdDsa, until).ensure(&mut keys).expect("a key");
        assert_eq!(times(&keys), [("EdDSA", NOW + 600, None)]);
    }

    #[test]
    fn a_leaked_key_is_gone_at_once_also_while_another_one_waits() {
        let mut keys = Vec::new();
        at(Algorithm::Hs256, NOW).ensure(&mut keys).expect("a key");
        at(Algorithm::Hs256, NOW).rotate(&mut keys, When::PUBLISHED).expect("a key");
        let before = keys.clone();
        at(Algorithm::Hs256, NOW + 1).rotate(&mut keys, When::NowAlone).expect("a key");
        assert_eq!(times(&keys), [("HS256", NOW + 1, None)]);
        assert!(before.iter().all(|old| old.kid != keys[0].kid));
    }

    #[test]
    fn another_algorithm_signs_at_once_and_the_tokens_of_before_stay_good() {
        let mut keys = Vec::new();
        at(Algorithm::Hs256, NOW).ensure(&mut keys).expect("a key");
        at(Algorithm::EdDsa, NOW + 5).ensure(&mut keys).expect("a key");
        let until = Some(NOW + 5 + 1800 + 3600);
        assert_eq!(times(&keys), [("HS256", 0, until), ("EdDSA", NOW + 5, None)]);
        // And back: the key of before is not taken up again.
        at(Algorithm::Hs256, NOW + 9).ensure(&mut keys).expect("a key");
        let back = Some(NOW + 9 + 1800 + 3600);
        assert_eq!(times(&keys), [("HS256", 0, until), ("EdDSA", NOW + 5, back), ("HS256", NOW + 9, None)]);
        let refused = at(Algorithm::EdDsa, NOW + 10).rotate(&mut keys, When::NowAlone);
        assert!(matches!(refused, Err(KeyError::OtherAlgorithm(..))) && keys.len() == 3);
    }

    #[test]
    fn a_private_key_that_a_key_of_the_settings_replaces_comes_to_its_end_and_a_secret_is_kept_for_later() {
        let mut keys = Vec::new();
        at(Algorithm::Hs256, NOW).ensure(&mut keys).expect("a key");
        at(Algorithm::Hs256, NOW).retire_private_keys(&mut keys);
        assert_eq!(times(&keys), [("HS256", 0, None)]);
        at(Algorithm::Es256, NOW).ensure(&mut keys).expect("a key");
        at(Algorithm::Hs256, NOW + 7).retire_private_keys(&mut keys);
        assert_eq!(times(&keys)[1], ("ES256", NOW, Some(NOW + 7 + 1800 + 3600)));
        let retired = keys[1].kid.clone();
        assert!(matches!(remove(&mut keys.clone(), &retired, false, NOW + 8), Err(KeyError::Signs(_))));
        remove(&mut keys.clone(), &retired, true, NOW + 8).expect("the key of the settings signs");
        at(Algorithm::Es256, NOW + 8).ensure(&mut keys).expect("a key");
        assert_eq!(
            times(&keys)[2],
            ("ES256", NOW + 8 + 600, None),
            "one that was retired signs until the next one is known"
        );
    }

    #[test]
    fn a_server_whose_private_key_another_one_has_brought_to_its_end_makes_the_next_one_in_time() {
        let mut keys = Vec::new();
        at(Algorithm::EdDsa, NOW).ensure(&mut keys).expect("a key");
        at(Algorithm::EdDsa, NOW + 1).keep_up(&mut keys).expect("nothing to do");
        assert_eq!(times(&keys), [("EdDSA", 0, None)]);
        at(Algorithm::Hs256, NOW + 2).retire_private_keys(&mut keys);
        for now in [NOW + 3, NOW + 13, NOW + 999] {
            at(Algorithm::EdDsa, now).keep_up(&mut keys).expect("a key");
            let until = Some(NOW + 3 + 600 + 1800 + 3600);
            assert_eq!(times(&keys), [("EdDSA", 0, until), ("EdDSA", NOW + 3 + 600, None)]);
        }
        let mut none = Vec::new();
        at(Algorithm::EdDsa, NOW).keep_up(&mut none).expect("nothing to do");
        assert!(none.is_empty(), "the operator has removed them");
    }

    #[test]
    fn a_key_does_not_end_before_the_tokens_of_a_server_whose_tokens_last_longer_than_the_command_knows() {
        let server = |now| Circumstances { expires_in: 86_400, ..at(Algorithm::EdDsa, now) };
        let mut keys = Vec::new();
        server(NOW).ensure(&mut keys).expect("a key");
        at(Algorithm::EdDsa, NOW).rotate(&mut keys, When::PUBLISHED).expect("a key");
        assert_eq!(times(&keys)[0].2, Some(NOW + 600 + 1800 + 3600));
        let until = Some(NOW + 600 + 86_400 + 3600);
        let mut started = keys.clone();
        server(NOW + 10).ensure(&mut started).expect("keys");
        for now in [NOW + 10, NOW + 20, NOW + 5000] {
            server(now).keep_up(&mut keys).expect("keys");
            at(Algorithm::EdDsa, now).keep_up(&mut keys).expect("keys");
            assert_eq!(times(&keys), [("EdDSA", 0, until), ("EdDSA", NOW + 600, None)]);
        }
        assert!(started == keys, "also at a start");
    }

    #[test]
    fn from_one_private_key_to_another_the_next_one_is_published_first_also_if_another_one_waits() {
        let mut keys = Vec::new();
        at(Algorithm::EdDsa, NOW).ensure(&mut keys).expect("a key");
        at(Algorithm::Es256, NOW).ensure(&mut keys).expect("a key");
        assert_eq!(times(&keys)[1], ("ES256", NOW + 600, None));
        assert_eq!(signer(&keys, NOW + 599).map(|key| &*key.algorithm), Some("EdDSA"));
        at(Algorithm::Hs256, NOW + 5).ensure(&mut keys).expect("a key");
        assert_eq!(times(&keys)[2], ("HS256", NOW + 5, None), "the one that waits is passed over");
        for now in [NOW + 5, NOW + 600, NOW + 10_000] {
            assert_eq!(signer(&keys, now).map(|key| &*key.algorithm), Some("HS256"), "{now}");
        }
        at(Algorithm::Hs256, NOW + 6).ensure(&mut keys).expect("keys");
        assert_eq!(keys.len(), 3);
    }

    #[test]
    fn a_key_that_waits_never_takes_the_place_of_one_that_was_made_after_it() {
        use Algorithm::{EdDsa, Es256, Hs256};
        for (before, after) in [(Hs256, EdDsa), (EdDsa, Hs256), (EdDsa, Es256)] {
            let mut keys = Vec::new();
            at(before, NOW).ensure(&mut keys).expect("a key");
            at(before, NOW).rotate(&mut keys, When::PUBLISHED).expect("a key");
            if after == Hs256 {
                // With a key of the settings, and without it again.
                at(Hs256, NOW + 1).retire_private_keys(&mut keys);
            }
            at(after, NOW + 2).ensure(&mut keys).expect("a key");
            for now in [NOW + 602, NOW + 650, NOW + 5500, NOW + 100_000] {
                assert_eq!(signer(&keys, now).map(|key| &*key.algorithm), Some(after.name()), "{before} {after} {now}");
            }
            at(after, NOW + 700).rotate(&mut keys, When::PUBLISHED).expect("the servers sign with it");
        }
    }

    #[test]
    fn a_key_that_was_made_while_the_clock_was_ahead_does_no_harm_when_it_is_right() {
        const DAYS: i64 = 3 * 86_400;
        let mut keys = Vec::new();
        at(Algorithm::Hs256, NOW).ensure(&mut keys).expect("a key");
        at(Algorithm::EdDsa, NOW + DAYS).ensure(&mut keys).expect("a key");
        at(Algorithm::Es256, NOW).ensure(&mut keys).expect("a key");
        at(Algorithm::Es256, NOW + 1).ensure(&mut keys).expect("keys");
        assert_eq!(keys.len(), 3, "a restart adds none");
        for now in [NOW, NOW + DAYS, NOW + DAYS + 10_000] {
            assert_eq!(signer(&keys, now).map(|key| &*key.algorithm), Some("ES256"), "{now}");
        }
        at(Algorithm::Es256, NOW + 100 * DAYS).rotate(&mut keys, When::PUBLISHED).expect("a key");
        at(Algorithm::Es256, NOW + 5).rotate(&mut keys, When::PUBLISHED).expect("nobody waits for a year");
        assert_eq!(times(&keys).last(), Some(&("ES256", NOW + 605, None)));
    }

    #[test]
    fn the_key_that_signs_cannot_be_removed_also_if_the_clock_was_set_back() {
        let mut keys = Vec::new();
        at(Algorithm::Hs256, NOW).ensure(&mut keys).expect("a key");
        at(Algorithm::Hs256, NOW).rotate(&mut keys, When::NowAlone).expect("a key");
        at(Algorithm::Hs256, NOW).rotate(&mut keys, When::In(0)).expect("a key");
        let [old, _] = [0, 1].map(|position| keys[position].kid.clone());
        assert_eq!(signer(&keys, NOW - 60).map(|key| &key.kid), Some(&old));
        assert!(matches!(remove(&mut keys, &old, false, NOW - 60), Err(KeyError::Signs(_))));
    }

    #[test]
    fn only_a_key_that_does_not_sign_any_more_can_be_removed() {
        let mut keys = Vec::new();
        at(Algorithm::Hs256, NOW).ensure(&mut keys).expect("a key");
        at(Algorithm::Hs256, NOW).rotate(&mut keys, When::PUBLISHED).expect("a key");
        let [old, new] = [0, 1].map(|position| keys[position].kid.clone());
        for kid in [&old, &new] {
            assert!(matches!(remove(&mut keys, kid, false, NOW), Err(KeyError::Signs(_))));
        }
        assert!(matches!(remove(&mut keys, &new, false, NOW + 600), Err(KeyError::Signs(_))));
        remove(&mut keys, &old, false, NOW + 600).expect("it signs no more");
        assert!(matches!(remove(&mut keys, &old, false, NOW + 600), Err(KeyError::Unknown(_))));
        assert_eq!(times(&keys), [("HS256", NOW + 600, None)]);
    }

    #[test]
    fn a_rotation_before_any_start_makes_no_key() {
        let mut keys = Vec::new();
        assert!(matches!(at(Algorithm::Hs256, NOW).rotate(&mut keys, When::NowAlone), Err(KeyError::NoKey)));
        assert!(keys.is_empty());
    }
}
