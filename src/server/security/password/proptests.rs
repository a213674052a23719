//! Properties of all stored hashes, also of those that are none.

use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};

use super::*;

const PASSWORD: &str = "correct horse battery";
/// Hashes of the password, made by passlib and by Python's bcrypt.
const HASHES: [&str; 4] = [
    "$argon2id$v=19$m=64,t=2,p=2$hrB27l0rBaA0JsS49x6DsA$nTeNcQ5DRl75AIdUsETz1v34NyM01lvTTb82CBUDDiM",
    "$argon2i$m=64,t=2,p=2$MDEyMzQ1Njc4OWFiY2RlZg$jmnsgDy71SEu+ndf6nKcMMHrDgQ/W/aWze4Wt6gIrvQ",
    "$2b$04$Y1WCs82pVVl83IxCRxlRMOzsJmkCnV8QK2Gs03eq.DuN21VpoaOL2",
    "$2a$04$onMIqCqOB5/vu7bqQD7up.V.q.Xzc0SsSKRWOUHXwXjbXjXD3KegW",
];

/// A hash with a few characters exchanged, added or taken away.
fn mutated() -> impl Strategy<Value = String> {
    let character =
        prop_oneof![3 => select("$,=+./ 0123456789abimptvxyé\0".chars().collect::<Vec<_>>()), 1 => any::<char>()];
    let change = (any::<Index>(), 0..3_u8, character);
    (select(&HASHES[..]), vec(change, 0..4)).prop_map(|(hash, changes)| {
        let mut text: Vec<char> = hash.chars().collect();
        for (index, what, character) in changes {
            let at = index.index(text.len());
            match what {
                0 => text[at] = character,
                1 => text.insert(at, character),
                _ => drop(text.remove(at)),
            }
        }
        text.into_iter().collect()
    })
}

/// Whether the password fits, if the check is a quick one. An error would be a login that fails for ever.
fn fits(hash: &str) -> Option<bool> {
    if let Some(hash) = Argon2Hash::read(hash) {
        let (memory_kib, passes, _) = cost(&hash.params);
        let quick = u64::from(memory_kib) * u64::from(passes) <= 4096;
        return quick.then(|| hash.verify(PASSWORD, &mut Vec::new()).expect("an answer"));
    }
    bcrypt::cost(hash).is_none_or(|cost| cost < 8).then(|| bcrypt::verify(PASSWORD, Some(hash), 4))
}

proptest! {
    #[test]
    fn arbitrary_text_is_no_known_hash_and_fits_no_password(text in any::<String>()) {
        prop_assert!(!is_known_hash(&text));
        prop_assert_eq!(fits(&text), Some(false));
    }

    #[test]
    fn only_a_known_hash_fits_a_password(hash in mutated()) {
        if fits(&hash) == Some(true) {
            prop_assert!(is_known_hash(&hash));
        }
    }

    #[test]
    fn any_password_is_checked_against_a_bcrypt_hash(password in any::<String>()) {
        let hash = HASHES[2];
        prop_assert!(!bcrypt::verify(&password, Some(hash), 4));
        let longer = format!("{PASSWORD}\0{password}");
        prop_assert!(!bcrypt::verify(&longer, Some(hash), 4));
    }
}
