//! `cloakroom user import`: the lines that are refused. One is enough, and nothing of the file is imported.

use std::fs;

use serde_json::{Value, json};

use super::{
    support::{Home, said},
    user_files::{HASH, created, exported, line},
};

/// A part of the hash, and one of a name: no message may have them.
const SECRETS: [&str; 3] = ["wagCPXjifgvUFBzq4hqe3w", "CYaIb8sB", "Zaphod"];

/// A line of this user. `change` replaces members, or adds some.
fn user(change: &Value) -> String {
    let mut user = json!({"username": "Zaphod", "full_name": "Zaphod B.", "hashed_password": HASH});
    user.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
    user.to_string()
}

/// The same line without a member.
fn without(member: &str) -> String {
    let mut user: Value = serde_json::from_str(&user(&json!({}))).expect("JSON");
    user.as_object_mut().expect("an object").remove(member).expect("a member");
    user.to_string()
}

/// Imports a good line, this one, and another good line. Checks that the line is named with these words, and that nothing
/// of it is quoted.
#[track_caller]
fn refused(home: &Home, bytes: impl AsRef<[u8]>, words: &str) {
    let text = [line("first").as_bytes(), bytes.as_ref(), b"\n", line("last").as_bytes()].concat();
    fs::write(home.path("users.jsonl"), &text).expect("a file");
    let before = exported(home);
    let message = home.fail(&["user", "import", "users.jsonl"], "");
    let shown = String::from_utf8_lossy(bytes.as_ref());
    let shown = shown.chars().take(300).collect::<String>();
    assert!(message.contains("line 2: "), "{shown}: {message}");
    assert!(message.contains(words) && message.ends_with("Nothing was imported\n"), "{shown}: {message}");
    assert!(SECRETS.iter().all(|secret| !message.contains(secret)) && message.len() < 300, "{shown}: {message}");
    assert_eq!(exported(home), before, "{shown}");
}

/// A database with one user.
fn home() -> Home {
    let home = Home::new();
    said(home.run(&["user", "add", "Ada", "--email", "Ada@example.com"], "correct horse battery\n"));
    home
}

#[test]
fn a_line_that_is_no_json_object_is_refused() {
    let home = home();
    let good = user(&json!({}));
    for text in [
        "{",
        "Zaphod",
        "Zaphod,,$argon2id$",
        "null",
        "[]",
        "\"Zaphod\"",
        &format!(r#"["Zaphod", null, null, false, ["me"], "{HASH}"]"#),
        &format!("[{good}]"),
        &format!("{good}{good}"),
        &format!("{good},"),
        &good.replace("\"Zaphod\"", "'Zaphod'"),
        &good.replace("Zaphod B.", "Zaphod \\ud800"),
        &good.replace("Zaphod B.", "Zaphod\0"),
        &good[..good.len() - 1],
        &format!("\u{feff}{good}"),
        &"[".repeat(10_000),
    ] {
        refused(&home, text, "it is not a JSON object");
    }
    let broken = good.into_bytes().into_iter().map(|byte| if byte == b'.' { 0xff } else { byte });
    refused(&home, broken.collect::<Vec<_>>(), "it is not a JSON object");
}

#[test]
fn a_line_with_a_missing_an_unknown_a_repeated_or_a_wrong_member_is_refused() {
    let home = home();
    let deep = format!(r#"{{"username": {}"#, "[".repeat(10_000));
    for text in [
        without("username"),
        without("hashed_password"),
        "{}".to_owned(),
        user(&json!({"password": "Zaphod"})),
        user(&json!({"id": "1"})),
        user(&json!({"created_at": 1})),
        user(&json!({"Zaphod": true})),
        user(&json!({"username": 1})),
        user(&json!({"username": null})),
        user(&json!({"hashed_password": null})),
        user(&json!({"hashed_password": [HASH]})),
        user(&json!({"disabled": "false"})),
        user(&json!({"disabled": 0})),
        user(&json!({"disabled": null})),
        user(&json!({"scopes": "me items"})),
        user(&json!({"scopes": null})),
        user(&json!({"scopes": [1]})),
        user(&json!({"email": ["Zaphod"]})),
        user(&json!({"full_name": {"first": "Zaphod"}})),
        user(&json!({})).replace("\"username\"", "\"username\": \"Ford\", \"username\""),
        deep,
    ] {
        refused(
            &home,
            text,
            "it has not just the members username, email, full_name, disabled, scopes and hashed_password",
        );
    }
}

#[test]
fn a_value_that_breaks_a_rule_is_refused_and_the_rule_is_named() {
    let home = home();
    for (change, words) in [
        (json!({"username": ""}), "username: A username is 1 to 64"),
        (json!({"username": "Zaphod B"}), "username: A username is 1 to 64"),
        (json!({"username": "Zaphod\u{0}"}), "username: A username is 1 to 64"),
        (json!({"username": " Zaphod"}), "username: A username is 1 to 64"),
        (json!({"username": "Zäphod"}), "username: A username is 1 to 64"),
        (json!({"username": "Z".repeat(65)}), "username: A username is 1 to 64"),
        (json!({"username": "me"}), "username: The username me is reserved"),
        (json!({"username": ".."}), "username: A username is more than dots"),
        (json!({"email": "Zaphod"}), "email: An e-mail address looks like"),
        (json!({"email": ""}), "email: An e-mail address looks like"),
        (json!({"email": "Zaphod@exämple.com"}), "email: An e-mail address has only ASCII"),
        (json!({"full_name": " "}), "full_name: A full name has at least one character"),
        (json!({"full_name": "Zaphod\nB."}), "full_name: A full name is one line"),
        (json!({"full_name": "Zaphod\u{0}"}), "full_name: A full name is one line"),
        (json!({"full_name": "Z".repeat(256)}), "full_name: A full name has at most 255 characters"),
        (json!({"scopes": ["me", "Zaphod"]}), "scopes: one of them does not exist"),
        (json!({"scopes": ["me items"]}), "scopes: one of them does not exist"),
        (json!({"scopes": [""]}), "scopes: one of them does not exist"),
        (json!({"hashed_password": ""}), "hashed_password: it is "),
        (json!({"hashed_password": "Zaphod"}), "hashed_password: it is "),
        (json!({"hashed_password": HASH.replace("argon2id", "pbkdf2-sha256")}), "hashed_password: it is "),
        (json!({"hashed_password": format!(" {HASH}")}), "hashed_password: it is "),
        (json!({"hashed_password": HASH.replace('3', "\u{0}")}), "hashed_password: it is "),
        (json!({"hashed_password": "5ebe2294ecd0e0f08eab7690d2a6ee69"}), "hashed_password: it is "),
    ] {
        refused(&home, user(&change), words);
    }
}

#[test]
fn a_name_or_an_address_that_somebody_has_is_refused_in_any_case_of_letters() {
    let home = home();
    let name = "an earlier line has the same username";
    refused(&home, user(&json!({"username": "first"})), name);
    refused(&home, user(&json!({"username": "FIRST"})), name);
    refused(&home, user(&json!({"username": "ada"})), "somebody else has the username");
    refused(&home, user(&json!({"email": "ada@EXAMPLE.com"})), "somebody else has the e-mail address");
    let [one, two] = ["zaphod@example.com", "Zaphod@Example.com"].map(|email| user(&json!({"email": email})));
    let text = format!("{one}\n\n{}\n", two.replace("\"Zaphod\"", "\"ford\""));
    let message = home.fail(&["user", "import", "-"], &text);
    assert!(message.contains("line 3: an earlier line has the same e-mail address. Nothing was"), "{message}");
    assert_eq!(exported(&home).len(), 1);
}

#[test]
fn of_several_conflicts_with_the_database_the_first_line_is_named() {
    let home = home();
    said(home.run(&["user", "add", "Bob", "--email", "Bob@example.com"], "correct horse battery\n"));
    let good: String = (1..200).map(|number| line(&format!("user-{number}"))).collect();
    let email = |name: &str| user(&json!({"username": format!("x-{name}"), "email": format!("{name}@example.com")}));
    for [first, second] in [["aDA", "bOB"], ["bOB", "aDA"]] {
        for (text, words) in [
            (format!("{good}{}\n{}\n", email(first), email(second)), "line 200: somebody else has the e-mail address"),
            (format!("{}{good}{}", line(first), line(second)), "line 1: somebody else has the username"),
        ] {
            let message = home.fail(&["user", "import", "-"], &text);
            assert!(message.contains(words), "{first}: {message}");
        }
    }
    assert_eq!(exported(&home).len(), 2);
}

#[test]
fn a_line_of_64_kib_is_refused_and_a_shorter_one_is_read() {
    const LIMIT: usize = 64 * 1024;
    let home = home();
    let good = user(&json!({}));
    let padded = |length: usize| good.clone() + &" ".repeat(length - good.len());
    for text in [padded(LIMIT), padded(3 * LIMIT), " ".repeat(LIMIT) + &good, " ".repeat(LIMIT + 1), "a".repeat(LIMIT)]
    {
        refused(&home, text, "it is longer than 64 KiB");
    }
    let endless = "{".repeat(20 * LIMIT);
    assert!(home.fail(&["user", "import", "-"], &endless).contains("line 1: it is longer than 64 KiB"));
    // With its line break.
    assert_eq!(said(home.run(&["user", "import", "-"], &(padded(LIMIT - 2) + "\n"))), created(1, 0));
}
