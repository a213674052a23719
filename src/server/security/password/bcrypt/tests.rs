//! Hashes that other libraries have made, and how much work a check is.

use super::*;

const PASSWORD: &str = "correct horse battery";
/// 87 bytes. bcrypt reads the first 72.
const LONG: &str = "no two of these words are alike, which makes them a long password, longer than 72 bytes";

/// Hashes with their passwords, made by Python's bcrypt, by passlib and for the FastAPI tutorial.
const THEIRS: [(&str, &str); 13] = [
    (PASSWORD, "$2a$05$HyAXnA8WqcwvRzCV0T8/TOpjfn3ORC49/W4GKDDINgErErriu40C."),
    (PASSWORD, "$2b$05$cMQ2Oll.pnL6vjTYDavCtecoCIT0grIvkOHYdnID9qKfyYxKFXJE6"),
    (PASSWORD, "$2y$05$NxKobAdGiQxMqw6nutHWgef0SRLdPFBtqH73J3JVm6de4URd7gu3a"),
    (PASSWORD, "$2a$05$vqA0iRRC4SbHfFIBwNVhUuq4/zPElQNA9sBo7D8jULGy86MGKVDoa"),
    (PASSWORD, "$2b$05$qrKKroS9biGqqzCf9i1jXuNXyD.TP5XwAT0ApnwYKGbpE3aEdQh.u"),
    (PASSWORD, "$2y$05$lQmNpJsb2ebAsvEUyWYhNu9KJPHBtZzDa0EEjtYDUuiYdXWiYwD1."),
    (PASSWORD, "$2b$10$v0mLTs2aEybUXqvtHYy9reRL2CLj/CvzFE7wKrEg4PnUxEIGNDLkm"),
    ("secret", "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW"),
    ("pässwörd 🔑🚪", "$2b$04$ao3CR9dteLGhcbBKg.3T0erE/YFJcf7USh8otV.wiSzkMHlRvxs.m"),
    ("", "$2b$04$vMXc8ceIWVWM/qCeriiuG.hWQaV1dTolNcKNLnqTtKPaRWbylDQCC"),
    (LONG, "$2b$04$LEHjoC.RzNyIrdRaTPjs0O4.8sqg3Egvd4/Oyjqpp4ehvoh1rZYN2"),
    (LONG, "$2b$04$ZhuhV9oICLSSMRRWYyyuFeCVx7PMFJXOgUHh/5R5axKt6MI9HDoGW"),
    // The 72nd byte is within the character.
    (
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxé",
        "$2b$04$Xq2i83JlMrfNfHyjtXSfauowv5vQ7t34h2IZCB4w03HTvplFFBenu",
    ),
];

fn fits(password: &str, hash: &str) -> bool {
    verify(password, Some(hash), 4)
}

#[test]
fn hashes_of_other_libraries_verify_their_password_and_no_other() {
    for (password, hash) in THEIRS {
        assert!(fits(password, hash), "{password:?} {hash}");
        for wrong in [&format!("x{password}"), "Correct horse battery", "Secret", "\0"] {
            assert!(!fits(wrong, hash), "{wrong:?} {hash}");
        }
    }
    assert!(!verify(PASSWORD, None, 4));
}

#[test]
fn only_the_first_72_bytes_of_a_password_count() {
    let hash = THEIRS[10].1;
    for (length, right) in [(71, false), (72, true), (73, true), (87, true)] {
        assert_eq!(fits(&LONG[..length], hash), right, "{length}");
    }
    assert!(fits(&format!("{LONG} and more"), hash));
}

#[test]
fn a_password_with_a_nul_byte_fits_nothing() {
    // Python's bcrypt takes the second of these for the password `abc`, and made the other hash of `a\0b`.
    let abc = "$2b$04$BSbALRbGsF8kGEvlsTUEpeNxzmuwDv6GCk08fYMosdaeTOKLCo/zq";
    assert!(fits("abc", abc));
    for password in ["abc\0", "abc\0abc", "abc\0abc\0abc", "\0abc"] {
        assert!(!fits(password, abc), "{password:?}");
    }
    let a_nul_b = "$2b$04$.9gCYiHf4EHQ0LingCBdiOFqekqoD3uRGBekGff41YG0gVw1u0Kw6";
    for password in ["a\0b", "a", "a\0", "a\0c"] {
        assert!(!fits(password, a_nul_b), "{password:?}");
    }
}

#[test]
fn only_a_well_formed_hash_of_a_bearable_cost_has_a_cost() {
    let hash = THEIRS[1].1;
    assert_eq!(cost(hash), Some(5));
    for (digits, expected) in [
        ("04", Some(4)),
        ("15", Some(15)),
        ("03", None),
        ("16", None),
        ("31", None),
        ("+5", None),
        ("5$", None),
        (" 5", None),
    ] {
        assert_eq!(cost(&hash.replace("$05$", &format!("${digits}$"))), expected, "{digits}");
    }
    for malformed in [
        "",
        &hash[..59],
        &format!("{hash}."),
        &format!("{hash}\n"),
        &hash.replace("$2b$", "$2x$"),
        &hash.replace("$2b$", "$2B$"),
        &hash.replace("$2b$", "$2$"),
        &hash.replace("$2b$", "$3b$"),
        &hash.replace("Oll", "O=l"),
        &hash.replace("Oll", "Oél"),
        // The last characters of the salt and of the hash have bits that are not used. No library sets them.
        &hash.replace("CtecoC", "CtfcoC"),
        &hash.replace("FXJE6", "FXJE7"),
    ] {
        assert_eq!(cost(malformed), None, "{malformed}");
        assert!(!fits(PASSWORD, malformed), "{malformed}");
    }
}

#[test]
fn with_its_padding_every_hash_is_as_much_work_as_the_costliest_one() {
    for top in COSTS {
        let work = |costs: Range<u32>| costs.map(|cost| 1_u64 << cost).sum::<u64>();
        assert_eq!(work(padding(None, top)), 1 << top, "no hash, {top}");
        for cost in *COSTS.start()..=top {
            assert_eq!((1 << cost) + work(padding(Some(cost), top)), 1 << top, "{cost}, {top}");
            assert!(padding(Some(cost), top).all(|cost| COSTS.contains(&cost)), "{cost}, {top}");
        }
    }
}
