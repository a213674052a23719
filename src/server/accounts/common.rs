//! Common passwords: those that an attacker tries first. They are in a list, or they follow a pattern that everybody
//! knows. A new password must not be one of them (NIST SP 800-63B-4 §3.1.1.2, OWASP ASVS 5.0, 6.2.4).
//!
//! `scripts/common-passwords.py` makes the list, and says where it comes from.

use std::{collections::HashSet, io::Read, sync::LazyLock};

use flate2::read::GzDecoder;

/// The list: lower case, sorted by bytes, one password a line.
const PACKED: &[u8] = include_bytes!("common_passwords.txt.gz");

/// The list in memory, read on first use. It is kept: 341 KiB of text and 520 KiB that point into it.
static LISTED: LazyLock<Vec<&'static str>> = LazyLock::new(unpack);

/// With fewer characters, what is left of a password without its padding protects nothing.
const SHORTEST_CORE: usize = 4;
/// People choose few kinds of punctuation, for a date or for emphasis. More kinds in a password were chosen by chance.
const CHOSEN_PUNCTUATION: usize = 2;
/// What is repeated has to have this many characters, or anybody guesses it.
const SHORTEST_UNIT: usize = 8;
/// A password of runs along the rows is refused if a run has, on average, this many characters. In words and in random
/// text a run has fewer than two.
const AVERAGE_RUN: usize = 4;

/// What fingers follow: the alphabet, the digits, the keyboard row by row and column by column.
const ROWS: [&str; 9] = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1qazxsw23edcvfr45tgbnhy67ujm",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1q2w3e4r5t6y7u8i9o0p",
];

/// Whether everybody tries this password first. Upper and lower case do not matter. Neither do digits, punctuation and
/// spaces before and after the letters. The password is in Unicode's NFC.
pub fn is_common(password: &str) -> bool {
    let password = password.to_lowercase();
    let core = password.trim_matches(is_padding);
    is_all_padding(&password, core) || is_easy(&password) || is_easy(core)
}

/// Whether the password has next to no letters, and its padding was not chosen by chance.
fn is_all_padding(password: &str, core: &str) -> bool {
    let punctuation: HashSet<char> = password.chars().filter(char::is_ascii_punctuation).collect();
    core.chars().count() < SHORTEST_CORE && punctuation.len() <= CHOSEN_PUNCTUATION
}

/// Whether the text is in the list or follows a pattern.
fn is_easy(text: &str) -> bool {
    LISTED.binary_search(&text).is_ok() || is_repetition(text) || is_along_rows(text)
}

/// Whether people put this character before or after a word to make it a password.
fn is_padding(c: char) -> bool {
    c.is_numeric() || c.is_ascii_punctuation() || c.is_whitespace()
}

/// Whether the text repeats something that is short, or common itself. The last repetition may be cut off.
fn is_repetition(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    // The last repetition of `password password` lacks its space.
    let longest = chars.len().div_ceil(2);
    let repeats = |unit: &usize| chars.iter().zip(chars.iter().skip(*unit)).all(|(a, b)| a == b);
    match (1..=longest).find(repeats) {
        Some(unit) if unit < chars.len() => {
            unit < SHORTEST_UNIT || is_common(&chars.iter().take(unit).collect::<String>())
        }
        _ => false,
    }
}

/// Whether the text is nothing but long runs along the rows, forward or backward.
fn is_along_rows(text: &str) -> bool {
    let text: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
    let mut rest = text.as_str();
    let mut runs = 0;
    while !rest.is_empty() {
        let starts = (1..=rest.len()).map_while(|end| rest.get(..end));
        let Some(run) = starts.take_while(|start| is_on_a_row(start)).last() else { return false };
        rest = rest.strip_prefix(run).unwrap_or_default();
        runs += 1;
    }
    runs > 0 && text.len() >= AVERAGE_RUN * runs
}

/// Whether the text is part of one row, forward or backward.
fn is_on_a_row(text: &str) -> bool {
    let backward: String = text.chars().rev().collect();
    ROWS.iter().any(|row| row.contains(text) || row.contains(&backward))
}

/// Reads the list.
#[expect(clippy::expect_used, reason = "The list is part of the program, and a test reads it.")]
fn unpack() -> Vec<&'static str> {
    let mut text = String::new();
    GzDecoder::new(PACKED).read_to_string(&mut text).expect("the list is compressed text");
    text.shrink_to_fit();
    let text: &'static str = text.leak();
    let mut listed = Vec::with_capacity(text.lines().count());
    listed.extend(text.lines());
    listed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_has_thousands_of_long_passwords() {
        assert!(LISTED.is_sorted());
        assert!(LISTED.iter().all(|listed| *listed == listed.to_lowercase()));
        assert!(LISTED.iter().filter(|listed| listed.chars().count() >= 8).count() > 27_000);
        assert!(LISTED.iter().filter(|listed| listed.chars().count() >= 15).count() > 5_000);
    }

    #[test]
    fn passwords_of_the_list_are_common_in_upper_and_lower_case() {
        for password in ["iloveyou", "trustno1", "WorldOfWarcraft", "manchesterunited", "CorrectHorseBatteryStaple"] {
            assert!(is_common(password), "{password}");
        }
    }

    #[test]
    fn a_common_password_or_too_little_with_padding_is_common() {
        for password in [
            "password1234567",
            "!!!iloveyou1234",
            "Monkey123456789",
            "2026-11-25 Sunshine!",
            "84927561039485720",
            "+49 30/123456789",
            "a1b34567890123456",
            "...............",
        ] {
            assert!(is_common(password), "{password}");
        }
    }

    #[test]
    fn repetitions_of_something_short_or_common_are_common() {
        for password in [
            "aaaaaaaaaaaaaaa",
            "abcabcabcabcabc",
            "xk7xk7xk7xk7xk7x",
            "passwordpassword",
            "Password password",
            "sunshine1sunshine1",
            "1passwordpassword1",
            "äöäöäöäöäöäöäöäö",
        ] {
            assert!(is_common(password), "{password}");
        }
    }

    #[test]
    fn sequences_and_rows_of_the_keyboard_are_common() {
        for password in [
            "12345678901234567890",
            "abcdefghijklmnop",
            "zyxwvutsrqponmlkjih",
            "qwertyuiopasdfgh",
            "lkjhgfdsapoiuytrewq",
            "qwertzuiop asdfghjkl",
            "1qaz2wsx3edc4rfv",
            "!QAZ2wsx#EDC4rfv",
            "abcd1234efgh5678",
            "asdf-qwer-zxcv-2026",
        ] {
            assert!(is_common(password), "{password}");
        }
    }

    #[test]
    fn passphrases_pass() {
        for password in [
            "correct horse battery",
            "purple umbrella stand",
            "the rain in spain",
            "row row row your boat",
            "the countess counts engines",
            "were you there, 1984?",
            "Die Würde des Menschen",
            "山田さんは毎朝六時に起きて公園を走る",
            "пурпурный зонтик",
            "🦀🌧🎷🧦🪴🚲🥐🧭🪁🦔🧶🍋🛶🎈🔭",
        ] {
            assert!(!is_common(password), "{password}");
        }
    }

    #[test]
    fn random_passwords_pass() {
        for password in [
            "k7#Wq2!zR9@mLx4",
            "f3a91c7be04d52a8",
            "8f14e45f-ceea-467f-a0e6-1d2b3c4d5e6f",
            "tX4nQp8vLs2bWz6",
            "vczwmyqjhdklpxtu",
            "k7#Wq2!zk7#Wq2!z",
            "*`8K'_6/",
        ] {
            assert!(!is_common(password), "{password}");
        }
    }

    #[test]
    fn the_longest_password_is_checked_too() {
        assert!(is_common(&"a".repeat(1024)));
        assert!(!is_common(&format!("{}b{}", "qz".repeat(255), "zq".repeat(256))));
    }
}
