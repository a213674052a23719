//! Which of several keys signs. There is one rule for the servers and for the operator's commands.

use crate::server::store::KeptKey;

/// When a key signs and checks, in Unix seconds.
#[derive(Clone, Copy)]
pub struct Times {
    /// From when on it signs.
    pub signs_from: i64,
    /// Until when it checks tokens. `None` without an end.
    pub verifies_until: Option<i64>,
}

impl Times {
    /// Those of a key that is kept.
    pub fn of(key: &KeptKey) -> Self {
        Self { signs_from: key.signs_from, verifies_until: key.verifies_until }
    }

    /// The place among the keys. Of two that sign from the same second on, the one that was not replaced is the later one.
    fn place(self) -> (i64, bool) {
        (self.signs_from, self.verifies_until.is_none())
    }
}

/// The key that signs: the latest one whose time has come, and is not over. If the clock was set back, the earliest one.
pub fn signer<T>(keys: impl Iterator<Item = (Times, T)> + Clone, now: i64) -> Option<T> {
    let good = keys.filter(|(times, _)| times.verifies_until.is_none_or(|until| until > now));
    let present = good.clone().filter(|(times, _)| times.signs_from <= now).max_by_key(|(times, _)| times.place());
    present.or_else(|| good.min_by_key(|(times, _)| times.place())).map(|(_, key)| key)
}

/// The key that signs in the end.
pub fn latest(keys: &[KeptKey]) -> Option<&KeptKey> {
    keys.iter().max_by_key(|key| Times::of(key).place())
}

/// The key that takes the place of this one.
pub fn next<'a>(keys: &'a [KeptKey], key: &KeptKey) -> Option<&'a KeptKey> {
    let place = Times::of(key).place();
    keys.iter().filter(|other| Times::of(other).place() > place).min_by_key(|other| Times::of(other).place())
}
