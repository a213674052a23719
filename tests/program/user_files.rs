//! `cloakroom user import` and `cloakroom user export`: whole files. What is refused of them is in `user_lines`.

use std::{fs, os::unix::fs::PermissionsExt, process::Stdio};

use serde_json::{Value, json};

use super::{
    rows::Rows,
    support::{Home, SECRET_KEY, get, login, said, token},
};

/// The tutorial's own hash of `secret`.
pub const HASH: &str =
    "$argon2id$v=19$m=65536,t=3,p=4$wagCPXjifgvUFBzq4hqe3w$CYaIb8sB+wtD+Vu/P4uod1+Qof8h+1g7bbDlBID48Rc";

/// What an import says that created `created` users, and found `present` there.
pub fn created(created: usize, present: usize) -> String {
    format!("Created {created} users. {present} were there already, and stay as they are.\n")
}

/// The users of an export.
pub fn exported(home: &Home) -> Vec<Value> {
    let text = said(home.run(&["user", "export", "-"], ""));
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// A line with just this name, and the tutorial's hash.
pub fn line(username: &str) -> String {
    json!({"username": username, "hashed_password": HASH}).to_string() + "\n"
}

/// Imports this text from standard input. Returns what the program says.
#[track_caller]
fn import(home: &Home, text: &str) -> String {
    said(home.run(&["user", "import", "-"], text))
}

#[test]
fn an_exported_file_imported_into_an_empty_database_is_exported_just_the_same() {
    let (home, other) = (Home::new(), Home::new());
    let add = [&["user", "add", "Ada", "--full-name", "Ada \"Å\" \\ L.", "--email", "Ada@example.com"][..]];
    let more = [&["user", "add", "grace", "--admin"][..], &["user", "add", "eve", "--scope", "items"]];
    for arguments in add.into_iter().chain(more) {
        said(home.run(arguments, "correct horse battery\n"));
    }
    said(home.run(&["user", "disable", "eve"], ""));
    said(home.run(&["user", "scopes", "eve", "--none"], ""));
    assert_eq!(said(home.run(&["user", "export", "users.jsonl"], "")), "Wrote 3 users.\n");
    let file = home.path("users.jsonl");
    let text = fs::read_to_string(&file).expect("the file");
    assert_eq!(said(other.run(&["user", "import", file.to_str().expect("a path")], "")), created(3, 0));
    assert_eq!(said(other.run(&["user", "export", "-"], "")), text);
    let users = exported(&other);
    let hash = |user: usize| users[user]["hashed_password"].clone();
    let expected = [
        json!({"username": "Ada", "email": "Ada@example.com", "full_name": "Ada \"Å\" \\ L.", "disabled": false,
            "scopes": ["me", "items", "me:write", "items:write"], "hashed_password": hash(0)}),
        json!({"username": "eve", "email": null, "full_name": null, "disabled": true, "scopes": [],
            "hashed_password": hash(1)}),
        json!({"username": "grace", "email": null, "full_name": null, "disabled": false,
            "scopes": ["me", "items", "me:write", "items:write", "admin"], "hashed_password": hash(2)}),
    ];
    assert_eq!(users, expected, "by username, in any case of letters");
    // Everybody keeps the password.
    token(&other.serve().ask(&login("Ada", "correct horse battery")));
}

#[test]
fn a_file_of_thousands_is_imported_whole_and_again_changes_nothing() {
    let (home, other) = (Home::new(), Home::new());
    // More than are exported at once, not in the order of the export.
    let names: Vec<_> = (0..2500).map(|number| format!("user-{}", number * 7 % 2500)).collect();
    let text: String = names.iter().map(|name| line(name)).collect();
    fs::write(home.path("users.jsonl"), &text).expect("a file");
    assert_eq!(said(home.run(&["user", "import", "users.jsonl"], "")), created(2500, 0));
    if home.database.is_postgres() {
        // PostgreSQL knows how many there are now.
        let known = "SELECT CAST(reltuples AS TEXT) FROM pg_class WHERE oid = CAST('users' AS regclass)";
        assert_eq!(Rows::texts(&home.url(), known), ["2500"]);
    }
    let export = said(home.run(&["user", "export", "-"], ""));
    let mut sorted = names;
    sorted.sort();
    let of_export: Vec<_> = exported(&home).iter().map(|user| user["username"].clone()).collect();
    assert_eq!(of_export, sorted.into_iter().map(Value::from).collect::<Vec<_>>());
    assert_eq!(said(home.run(&["user", "import", "users.jsonl"], "")), created(0, 2500));
    assert_eq!(said(home.run(&["user", "export", "-"], "")), export);
    assert_eq!(import(&other, &export), created(2500, 0));
    assert_eq!(said(other.run(&["user", "export", "-"], "")), export);
}

#[test]
fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let home = Home::new();
    assert_eq!(import(&home, &line("ada")), created(1, 0));
    let both = line("ada") + &line("grace");
    let would = said(home.run(&["user", "import", "--dry-run", "-"], &both));
    assert_eq!(would, "Would create 1 users. 1 were there already, and stay as they are.\n");
    let refused = home.fail(&["user", "import", "--dry-run", "-"], &(both.clone() + &line("ADA")));
    assert!(refused.contains("line 3"), "{refused}");
    assert_eq!(exported(&home).len(), 1);
    assert_eq!(import(&home, &both), created(1, 1), "what it said");
    let empty = Home::with_sqlite();
    let nowhere = empty.fail(&["user", "import", "--dry-run", "-"], &both);
    assert!(nowhere.contains("there is no database"), "{nowhere}");
    assert_eq!(std::fs::read_dir(empty.folder.path()).expect("the folder").count(), 0);
}

#[test]
fn what_a_line_leaves_out_has_its_default() {
    let home = Home::new();
    assert_eq!(import(&home, &line("ada")), created(1, 0));
    let expected = json!({"username": "ada", "email": null, "full_name": null, "disabled": false,
        "scopes": ["me", "items", "me:write", "items:write"], "hashed_password": HASH});
    assert_eq!(exported(&home), [expected]);
}

#[test]
fn blank_lines_windows_line_breaks_and_a_last_line_without_one_are_no_trouble() {
    let home = Home::new();
    let text = format!("\r\n{}\n \t\r\n  {}\r\n\n{}", line("a"), line("b").trim_end(), line("c").trim_end());
    assert_eq!(import(&home, &text), created(3, 0));
    for nothing in ["", "\n", "\r\n \n\t"] {
        assert_eq!(import(&home, nothing), created(0, 0), "{nothing:?}");
    }
    let refused = home.fail(&["user", "import", "-"], "\n\r\n \n{\r\n");
    assert!(refused.contains("line 4:"), "blank lines count: {refused}");
}

#[test]
fn an_imported_user_logs_in_with_the_old_password_at_once() {
    let home = Home::new();
    said(home.run(&["user", "add", "ada"], "correct horse battery\n"));
    let server = home.serve();
    assert!(server.ask(&login("johndoe", "secret")).starts_with("HTTP/1.1 401 "));
    let admin = json!({"username": "alice", "scopes": ["me", "admin"], "disabled": true, "hashed_password": HASH});
    assert_eq!(import(&home, &format!("{}{admin}", line("johndoe"))), created(2, 0));
    let johndoe = token(&server.ask(&login("johndoe", "secret")));
    assert!(server.ask(&get("/users/me", &johndoe)).starts_with("HTTP/1.1 200 "));
    assert!(server.ask(&get("/users", &johndoe)).starts_with("HTTP/1.1 403 "));
    let alice = token(&server.ask(&login("alice", "secret")));
    assert!(server.ask(&get("/users", &alice)).contains("Inactive user"));
    said(home.run(&["user", "enable", "alice"], ""));
    // The list finds the new ones, too.
    assert!(server.ask(&get("/users?q=JOHN", &alice)).ends_with(r#""count":1}"#));
}

#[test]
fn a_user_who_is_there_already_stays_as_they_are() {
    let home = Home::new();
    said(home.run(&["user", "add", "ada", "--full-name", "Ada"], "correct horse battery\n"));
    said(home.run(&["user", "disable", "ada"], ""));
    let before = exported(&home);
    let another = json!({"username": "ada", "email": "ada@example.com", "full_name": "Eve", "disabled": false,
        "scopes": ["admin"], "hashed_password": HASH});
    assert_eq!(import(&home, &format!("{another}\n{}", line("grace"))), created(1, 1));
    assert_eq!(exported(&home)[..1], before);
    // The address stayed free.
    let grace = json!({"username": "joan", "email": "ADA@example.com", "hashed_password": HASH}).to_string();
    assert_eq!(import(&home, &grace), created(1, 0));
}

/// A token that another service with the same key made now.
fn foreign_token(username: &str) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock").as_secs();
    let claims = json!({"sub": username, "iat": now, "exp": now + 3600});
    let key = jsonwebtoken::EncodingKey::from_secret(SECRET_KEY.as_bytes());
    jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).expect("a token")
}

#[test]
fn old_tokens_of_a_name_that_was_deleted_stay_dead_after_it_is_imported() {
    let home = Home::new();
    said(home.run(&["user", "add", "ada"], "correct horse battery\n"));
    let server = home.serve();
    let old = [token(&server.ask(&login("ada", "correct horse battery"))), foreign_token("ada")];
    for token in &old {
        assert!(server.ask(&get("/users/me", token)).starts_with("HTTP/1.1 200 "));
    }
    said(home.run(&["user", "delete", "ada"], ""));
    let last = foreign_token("ada");
    // In any case of letters: the name is one.
    assert_eq!(import(&home, &(line("ada") + &line("grace"))), created(2, 0));
    for token in old.iter().chain([&last]) {
        assert!(server.ask(&get("/users/me", token)).starts_with("HTTP/1.1 401 "));
    }
    let new = token(&server.ask(&login("ada", "secret")));
    assert!(server.ask(&get("/users/me", &new)).starts_with("HTTP/1.1 200 "));
    // The name of nobody before needs no such care.
    assert!(server.ask(&get("/users/me", &foreign_token("grace"))).starts_with("HTTP/1.1 200 "));
}

#[test]
fn an_exported_file_is_its_owners_only_and_no_file_is_overwritten() {
    let home = Home::new();
    assert_eq!(import(&home, &line("ada")), created(1, 0));
    let file = home.path("users.jsonl");
    said(home.run(&["user", "export", "users.jsonl"], ""));
    assert_eq!(fs::metadata(&file).expect("the file").permissions().mode() & 0o777, 0o600);
    fs::write(&file, "notes").expect("a file");
    std::os::unix::fs::symlink("nowhere", home.path("link")).expect("a link");
    for name in ["users.jsonl", "link", ".", "no-folder/users.jsonl"] {
        let refused = home.fail(&["user", "export", name], "");
        assert!(refused.contains(&format!("{name} cannot be used: ")), "{refused}");
    }
    assert_eq!(fs::read_to_string(&file).expect("the file"), "notes");
    assert!(!home.path("nowhere").exists(), "no file is made behind a link");
}

#[test]
fn a_file_that_can_not_be_read_is_named_in_a_line() {
    let home = Home::new();
    for (name, words) in
        [("users.jsonl", "users.jsonl cannot be used: No such file"), (".", "cannot be read: Is a dir")]
    {
        let refused = home.fail(&["user", "import", name], "");
        assert!(refused.contains(words), "{refused}");
    }
}

#[test]
fn a_reader_of_an_export_that_has_seen_enough_is_no_failure_but_a_full_disk_is() {
    let home = Home::new();
    // Far more than a pipe holds.
    let text: String = (0..2000).map(|number| line(&format!("user-{number}"))).collect();
    assert_eq!(import(&home, &text), created(2000, 0));
    let mut child = home.command(&["user", "export", "-"]).spawn().expect("a process");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("its end");
    assert_eq!((output.status.code(), output.stderr), (Some(0), vec![]));
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("a device that is full");
    let output = home.command(&["user", "export", "-"]).stdout(Stdio::from(full)).output().expect("its end");
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.lines().count() == 1 && said.contains("the file cannot be written: No space left"), "{said}");
}
