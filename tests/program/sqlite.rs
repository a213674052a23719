//! `cloakroom database backup`: a copy of a database that servers use, and how it is restored.

use std::{fs, os::unix::fs::PermissionsExt};

use super::{
    rows::Rows,
    support::{Home, get, login, post, said, token},
};

const PASSWORD: &str = "correct horse battery";

#[test]
fn a_backup_of_a_running_server_is_restored_with_everything_acknowledged_before_it_and_tokens_stay_good() {
    let home = Home::with_sqlite().without("CLOAKROOM__TOKEN__SECRET_KEY");
    said(home.run(&["user", "add", "ada"], &format!("{PASSWORD}\n")));
    let server = home.serve();
    let ada = token(&server.ask(&login("ada", PASSWORD)));
    let add = |number: usize| {
        let answer = server.ask(&post("/items", &ada, &format!(r#"{{"title": "item {number}"}}"#)));
        assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    };
    (0..20).for_each(add);
    let backup = home.command(&["database", "backup", "backup.db"]).spawn().expect("a process");
    // Nobody waits for the backup.
    (20..60).for_each(add);
    let line = said(backup.wait_with_output().expect("its output"));
    let count: usize = line
        .strip_prefix("Wrote 1 users and ")
        .and_then(|rest| rest.strip_suffix(" items to backup.db.\n"))
        .and_then(|count| count.parse().ok())
        .unwrap_or_else(|| panic!("{line}"));
    assert!(count >= 20, "{count}");
    assert_eq!(fs::metadata(home.path("backup.db")).expect("a file").permissions().mode() & 0o777, 0o600);
    assert!(!home.path("backup.db.part").exists());

    let restored = Home::with_sqlite().without("CLOAKROOM__TOKEN__SECRET_KEY");
    fs::copy(home.path("backup.db"), restored.path("cloakroom.db")).expect("a copy");
    fs::copy(home.path("cloakroom.key"), restored.path("cloakroom.key")).expect("a copy");
    let server = restored.serve();
    let items = server.ask(&get("/users/me/items?limit=100", &ada));
    assert_eq!(items.matches(r#""item_id""#).count(), count);
    for number in 0..20 {
        assert!(items.contains(&format!(r#""title":"item {number}""#)), "{number}: {items}");
    }
    let answer = server.ask(&post("/items", &ada, r#"{"title": "one more"}"#));
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
}

#[test]
fn a_backup_overwrites_nothing_and_says_what_is_wrong() {
    let home = Home::with_sqlite();
    let line = home.fail(&["database", "backup", "backup.db"], "");
    assert!(line.contains("there is no database cloakroom.db"), "{line}");
    said(home.run(&["user", "add", "ada"], &format!("{PASSWORD}\n")));
    for name in ["backup.db", "backup.db.part"] {
        fs::write(home.path(name), "precious").expect("a file");
        let line = home.fail(&["database", "backup", "backup.db"], "");
        assert!(line.contains(&format!("{name} is there already")), "{line}");
        assert_eq!(fs::read_to_string(home.path(name)).expect("a file"), "precious");
        fs::remove_file(home.path(name)).expect("a file");
    }
    for name in ["cloakroom.db-journal", "./cloakroom.db-journal"] {
        let line = home.fail(&["database", "backup", name], "");
        assert!(line.contains("would be taken for a part of the database itself"), "{line}");
    }
    let line = home.fail(&["database", "backup", "nowhere/backup.db"], "");
    assert!(line.contains("the backup nowhere/backup.db.part cannot be written"), "{line}");
    let line =
        home.fail(&["--set", "database.url=postgres://localhost/cloakroom", "database", "backup", "backup.db"], "");
    assert!(line.contains("which has backups of its own: pg_dump"), "{line}");
    assert!(!home.path("backup.db").exists());
}

#[test]
fn a_damaged_database_makes_no_backup() {
    let home = Home::with_sqlite();
    said(home.run(&["user", "add", "ada"], &format!("{PASSWORD}\n")));
    // Only the items: the tables before them say that it is a database of ours.
    let database = format!("sqlite://{}", home.path("cloakroom.db").display());
    let page = Rows::texts(&database, "SELECT CAST(rootpage AS TEXT) FROM sqlite_master WHERE name = 'items'");
    let page: usize = page[0].parse().expect("the number of a page");
    let mut bytes = fs::read(home.path("cloakroom.db")).expect("a file");
    bytes[(page - 1) * 4096..page * 4096].fill(0x5a);
    fs::write(home.path("cloakroom.db"), bytes).expect("a file");
    let line = home.fail(&["database", "backup", "backup.db"], "");
    assert!(line.contains("the backup backup.db cannot be made: ") && line.contains("malformed"), "{line}");
    assert!(!home.path("backup.db").exists() && !home.path("backup.db.part").exists());
}
