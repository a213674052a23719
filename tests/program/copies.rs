//! `cloakroom database copy`: everything moves to another database, or nothing.

use std::fs;

use super::{
    rows::Rows,
    support::{Home, get, login, post, said, token},
};

const PASSWORD: &str = "correct horse battery";

/// A home whose servers make their key themselves, with three users, two items and a deleted name. Returns a token, too.
fn furnished() -> (Home, String) {
    let home = Home::new().without("CLOAKROOM__TOKEN__SECRET_KEY");
    let ada = ["user", "add", "Ada", "--email", "Ada@example.com", "--full-name", "Ada \u{1f9e5} L."];
    for arguments in [&ada[..], &["user", "add", "grace", "--admin"], &["user", "add", "eve"], &["user", "add", "gone"]]
    {
        said(home.run(arguments, &format!("{PASSWORD}\n")));
    }
    said(home.run(&["user", "disable", "eve"], ""));
    said(home.run(&["user", "delete", "gone"], ""));
    let mut server = home.serve();
    let ada = token(&server.ask(&login("Ada", PASSWORD)));
    for item in [r#"{"title": "Umbrella", "description": "black\n\"wet\""}"#, r#"{"title": "Hat"}"#] {
        let answer = server.ask(&post("/items", &ada, item));
        assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    }
    server.ask(&login("Ada", "wrong"));
    server.stop();
    (home, ada)
}

fn copy(home: &Home, from: &str, to: &str) -> String {
    said(home.run(&["--set", &format!("database.url={from}"), "database", "copy", "--to", to], ""))
}

#[test]
fn a_copy_and_the_copy_of_it_are_equal_row_by_row_and_tokens_stay_good() {
    let (home, ada) = furnished();
    let url = home.url();
    let copied =
        "Copied 3 users and 2 items, and compared them. The keys that sign and verify tokens were copied too.\n";
    fs::create_dir(home.path("other")).expect("a folder");
    // To SQLite, and to the engine of this test again.
    assert_eq!(copy(&home, &url, "sqlite://other/other.db"), copied);
    let back = Home::new().without("CLOAKROOM__TOKEN__SECRET_KEY");
    let back_url = back.url_from_elsewhere();
    assert_eq!(copy(&home, "sqlite://other/other.db", &back_url), copied);
    let rows = Rows::of(&home.url_from_elsewhere());
    assert_eq!(rows.counts(), [3, 2, 1, 1], "users, items, addresses of logins, deleted names");
    assert_eq!(Rows::of(&format!("sqlite://{}", home.path("other/other.db").display())), rows);
    assert_eq!(Rows::of(&back_url), rows);
    let answer = back.serve().ask(&get("/users/me/items", &ada));
    assert!(answer.contains("Umbrella") && answer.contains("Hat"), "{answer}");
}

#[test]
fn a_database_that_is_not_empty_or_is_the_same_is_no_target_and_nothing_changes() {
    let (home, _) = furnished();
    let before = Rows::of(&home.url_from_elsewhere());
    let other = Home::new();
    said(other.run(&["user", "add", "linus"], &format!("{PASSWORD}\n")));
    let there = Rows::of(&other.url_from_elsewhere());
    for to in [other.url_from_elsewhere(), home.url()] {
        let line = home.fail(&["database", "copy", "--to", &to], "");
        assert!(line.contains("it has rows in the table users already. Copy to an empty database"), "{line}");
    }
    assert_eq!(Rows::of(&home.url_from_elsewhere()), before);
    assert_eq!(Rows::of(&other.url_from_elsewhere()), there);
}

#[test]
fn another_key_beside_the_target_is_not_overwritten_and_the_rows_are_not_kept() {
    let (home, _) = furnished();
    let key = "another key, of more than 32 bytes, that is not this one\n";
    fs::write(home.path("other.key"), key).expect("a file");
    let line = home.fail(&["database", "copy", "--to", "sqlite://other.db"], "");
    assert!(line.contains("there is another key in other.key"), "{line}");
    assert_eq!(fs::read_to_string(home.path("other.key")).expect("a file"), key);
    fs::remove_file(home.path("other.key")).expect("a file");
    copy(&home, &home.url(), "sqlite://other.db");
}

#[test]
fn a_key_of_the_settings_is_not_copied_and_the_line_says_so() {
    let home = Home::new();
    said(home.run(&["user", "add", "ada"], &format!("{PASSWORD}\n")));
    let line = copy(&home, &home.url(), "sqlite://other.db");
    let expected =
        "Copied 1 users and 0 items, and compared them. Set the same token.secret-key for the new database.\n";
    assert_eq!(line, expected);
    assert!(!home.path("other.key").exists());
}

#[test]
fn a_target_that_cannot_be_used_is_named_and_a_missing_source_is_not_created() {
    let home = Home::with_sqlite();
    let line = home.fail(&["database", "copy", "--to", "sqlite://other.db"], "");
    assert!(line.contains("there is no database cloakroom.db"), "{line}");
    assert!(!home.path("cloakroom.db").exists() && !home.path("other.db").exists());
    said(home.run(&["user", "add", "ada"], &format!("{PASSWORD}\n")));
    let line = home.fail(&["database", "copy", "--to", "mysql://ada:hunter2@localhost/"], "");
    assert!(
        line.contains("the database to copy to (--to is read like database.url): ") && !line.contains("hunter2"),
        "{line}"
    );
    let line = home.fail(&["database", "copy", "--to", "postgres://ada:hunter2@127.0.0.1:1/cloakroom"], "");
    assert!(
        line.contains("the database to copy to (--to is read like database.url): ") && !line.contains("hunter2"),
        "{line}"
    );
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_row_that_postgresql_cannot_keep_is_named_and_no_row_is_kept() {
    let (home, _) = furnished();
    let to = Home::new().without("CLOAKROOM__TOKEN__SECRET_KEY");
    copy(&home, &home.url(), "sqlite://other.db");
    let other = format!("sqlite://{}", home.path("other.db").display());
    Rows::execute(&other, "UPDATE items SET description = 'a' || char(0) || 'b' WHERE title = 'Hat'");
    let from = ["--set", "database.url=sqlite://other.db"];
    let line = home.fail(&[&from[..], &["database", "copy", "--to", &to.url()]].concat(), "");
    assert!(line.contains("of the table items has a NUL in a text"), "{line}");
    assert_eq!(Rows::of(&to.url()).counts(), [0; 4]);
    Rows::execute(&other, "UPDATE items SET description = NULL WHERE title = 'Hat'");
    copy(&home, "sqlite://other.db", &to.url());
    assert_eq!(Rows::of(&to.url()), Rows::of(&other));
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_target_that_a_server_was_started_on_or_that_is_newer_keeps_no_row() {
    let (home, _) = furnished();
    let to = Home::new().without("CLOAKROOM__TOKEN__SECRET_KEY");
    to.serve().stop();
    for settings in
        [&[][..], &["--set", "token.secret-key=3c5ae8d1f04b72967ed01cb8a5f3d2647b1d6a52f3c84e0b9d5e2f71a8c64390"]]
    {
        let line = home.fail(&[settings, &["database", "copy", "--to", &to.url()]].concat(), "");
        assert!(line.contains("it has a key for tokens already"), "{line}");
    }
    let newer = "DELETE FROM token_key; INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (9999, 'next', TRUE, '\\x00', 0)";
    Rows::execute(&to.url(), newer);
    // With a warning before it.
    let refused = home.run(&["database", "copy", "--to", &to.url()], "");
    let lines = String::from_utf8(refused.stderr).expect("UTF-8");
    assert!(!refused.status.success() && lines.contains("from a newer version of Cloakroom"), "{lines}");
    assert_eq!(Rows::of(&to.url()).counts(), [0; 4]);
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_source_whose_servers_have_a_key_of_their_settings_says_so_and_an_empty_one_is_no_source() {
    let empty = Home::new();
    let line = empty.fail(&["database", "copy", "--to", "sqlite://other.db"], "");
    assert!(line.contains("there are no users in the database") && !empty.path("other.db").exists(), "{line}");
    let home = Home::new();
    said(home.run(&["user", "add", "ada"], &format!("{PASSWORD}\n")));
    home.serve().stop();
    // As an operator may run it, without the servers' other settings.
    let home = home.without("CLOAKROOM__TOKEN__SECRET_KEY");
    let line = copy(&home, &home.url(), "sqlite://other.db");
    assert!(line.contains("Set the same token.secret-key for the new database."), "{line}");
}
