//! `cloakroom key …`: keys are replaced while a server runs, and whatever happens meanwhile, there is one that signs.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    thread,
    time::{Duration, Instant},
};

use cloakroom::model::Jwt;
use serde_json::json;

use super::{
    database::Other,
    rows::Rows,
    support::{Home, Server, get, login, said, token},
};

const PASSWORD: &str = "correct horse battery";
/// As the version before has made it.
const OLD_KEY: &str = "3c5ae8d1f04b72967ed01cb8a5f3d2647b1d6a52f3c84e0b9d5e2f71a8c64390";

/// A home whose servers make their keys themselves, with a user.
fn home() -> Home {
    let home = Home::new().without("CLOAKROOM__TOKEN__SECRET_KEY");
    said(home.run(&["user", "add", "ada"], &format!("{PASSWORD}\n")));
    home
}

fn log_in(server: &Server) -> String {
    token(&server.ask(&login("ada", PASSWORD)))
}

fn takes(server: &Server, token: &str) -> bool {
    let answer = server.ask(&get("/users/me", token));
    assert!(answer.starts_with("HTTP/1.1 200 ") || answer.starts_with("HTTP/1.1 401 "), "{answer}");
    answer.starts_with("HTTP/1.1 200 ")
}

fn kid(token: &str) -> String {
    Jwt::read(token).expect("a JWT").header["kid"].as_str().expect("a text").to_owned()
}

/// Each key's id, algorithm, and what it does.
fn list(home: &Home) -> Vec<[String; 3]> {
    let lines = said(home.run(&["key", "list"], ""));
    let columns = |line: &str| {
        let (kid, rest) = line.split_once(' ').expect("an id");
        let (algorithm, does) = rest.trim().split_once(' ').expect("an algorithm");
        [kid, algorithm, does.trim()].map(str::to_owned)
    };
    lines.lines().map(columns).collect()
}

/// The files with keys, of SQLite.
fn key_files(home: &Home) -> Vec<String> {
    let names = fs::read_dir(home.folder.path()).expect("a folder").map(|entry| entry.expect("a file").file_name());
    let mut names: Vec<_> = names.map(|name| name.into_string().expect("UTF-8")).collect();
    names.retain(|name| name.contains(".key"));
    names.sort();
    names
}

#[test]
fn a_key_is_replaced_beside_a_running_server_and_no_secret_is_shown() {
    for algorithm in ["HS256", "EdDSA", "ES256"] {
        let home = home().with("CLOAKROOM__TOKEN__ALGORITHM", algorithm);
        let mut server = home.serve();
        let ada = log_in(&server);
        assert_eq!(list(&home), [[&*kid(&ada), algorithm, "signs"]]);
        let rotated = said(home.run(&["key", "rotate"], ""));
        let [old, new] = &list(&home)[..] else { panic!("two keys") };
        assert_eq!(old[0], kid(&ada));
        assert_eq!(
            (&*old[2], new[2].starts_with("signs from 20")),
            ("signs", true),
            "the old one for ten minutes more"
        );
        assert!(rotated.starts_with(&format!("The key {} signs from ", new[0])), "{rotated}");
        let again = home.fail(&["key", "rotate"], "");
        assert!(again.contains("the next key is there already: it signs from "), "{again}");
        let refused = home.fail(&["key", "remove", &old[0]], "");
        assert!(refused.contains("signs, now or later"), "{refused}");
        for id in ["unknown", "-3EtSmeCHegDb2DyU12_Hw", "--EtSmeCHegDb2DyU12_Hw"] {
            let unknown = home.fail(&["key", "remove", id], "");
            assert!(unknown.contains(&format!("there is no key {id:?}")), "{unknown}");
        }
        assert!(takes(&server, &ada));
        assert_eq!(kid(&log_in(&server)), kid(&ada));
        let log = format!("{:?}", server.stop());
        let restarted = home.serve();
        assert!(takes(&restarted, &ada));
        if !home.database.is_postgres() {
            assert_eq!(key_files(&home), ["cloakroom.keys"]);
            let file = home.path("cloakroom.keys");
            assert_eq!(fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
            let database = fs::read(home.path("cloakroom.db")).expect("a file");
            for line in fs::read_to_string(file).expect("a file").lines() {
                let key: serde_json::Value = serde_json::from_str(line).expect("JSON");
                let secret = key["secret"].as_str().expect("a text");
                let shown = [&rotated, &log, &said(home.run(&["key", "list"], ""))];
                assert!(!shown.iter().any(|text| text.contains(secret)));
                assert!(!database.windows(secret.len()).any(|part| part == secret.as_bytes()), "a backup cannot sign");
            }
        }
    }
}

#[test]
fn a_leaked_key_is_replaced_and_a_running_server_notices_it() {
    for algorithm in ["HS256", "EdDSA"] {
        let home = home().with("CLOAKROOM__TOKEN__ALGORITHM", algorithm);
        let server = home.serve();
        let ada = log_in(&server);
        assert!(takes(&server, &ada));
        let rotated = said(home.run(&["key", "rotate", "--now"], ""));
        let [key] = &list(&home)[..] else { panic!("one key") };
        assert!(rotated.contains(&key[0]) && key[2].starts_with("signs since 20"), "{rotated}");
        let patience = Instant::now() + Duration::from_secs(60);
        while takes(&server, &ada) {
            assert!(Instant::now() < patience, "the server goes on with the old key");
            thread::sleep(Duration::from_millis(100));
        }
        let next = log_in(&server);
        assert_eq!(kid(&next), key[0]);
        assert!(takes(&server, &next));
    }
}

#[test]
fn a_key_file_of_the_version_before_goes_on_to_sign_and_after_a_rotation_to_verify() {
    let home = Home::with_sqlite().without("CLOAKROOM__TOKEN__SECRET_KEY");
    said(home.run(&["user", "add", "ada"], &format!("{PASSWORD}\n")));
    fs::write(home.path("cloakroom.key"), format!("{OLD_KEY}\n")).expect("a file");
    let key = jsonwebtoken::EncodingKey::from_secret(OLD_KEY.as_bytes());
    // Tokens of the version before have no kid.
    let old =
        jsonwebtoken::encode(&jsonwebtoken::Header::default(), &json!({"sub": "ada", "exp": 4_102_444_800_i64}), &key);
    let old = old.expect("a token");
    let mut server = home.serve();
    let ada = log_in(&server);
    assert!(takes(&server, &old) && takes(&server, &ada));
    let decoding = jsonwebtoken::DecodingKey::from_secret(OLD_KEY.as_bytes());
    let validation = jsonwebtoken::Validation::default();
    assert!(jsonwebtoken::decode::<serde_json::Value>(&ada, &decoding, &validation).is_ok(), "it signs");
    server.stop();
    assert_eq!(fs::read_to_string(home.path("cloakroom.key")).expect("a file"), format!("{OLD_KEY}\n"));
    // Nothing was written that the version before would not understand.
    assert_eq!(key_files(&home), ["cloakroom.key"]);
    said(home.run(&["key", "rotate"], ""));
    assert_eq!(key_files(&home), ["cloakroom.keys"]);
    let server = home.serve();
    assert!(takes(&server, &old) && takes(&server, &ada));
    drop(server);
    let other = home.with("CLOAKROOM__TOKEN__ALGORITHM", "ES256");
    let server = other.serve();
    assert!(takes(&server, &old) && takes(&server, &ada) && takes(&server, &log_in(&server)));
}

#[test]
fn a_key_of_the_settings_is_replaced_in_the_settings_and_other_settings_than_the_servers_replace_nothing() {
    let home = Home::new();
    said(home.run(&["user", "add", "ada"], &format!("{PASSWORD}\n")));
    let previous = ["--set", &format!("token.previous-secret-keys={OLD_KEY}")];
    home.serve().stop();
    for arguments in [&["key", "rotate"][..], &["key", "rotate", "--now"]] {
        let line = home.fail(arguments, "");
        assert!(line.contains("put the old one into token.previous-secret-keys"), "{line}");
    }
    let lines = said(home.run(&[&previous[..], &["key", "list"]].concat(), ""));
    assert!(lines.contains("HS256  signs (token.secret-key)\n"), "{lines}");
    assert!(lines.contains("HS256  verifies (token.previous-secret-keys)\n") && lines.lines().count() == 2, "{lines}");
    assert!(!lines.contains(OLD_KEY));
    // As an operator may run it, without the servers' other settings.
    let home = home.without("CLOAKROOM__TOKEN__SECRET_KEY");
    let line = home.fail(&["key", "rotate"], "");
    let expected = if home.database.is_postgres() { "token.previous-secret-keys" } else { "there is no key yet" };
    assert!(line.contains(expected), "{line}");

    let home = self::home().with("CLOAKROOM__TOKEN__ALGORITHM", "EdDSA");
    home.serve().stop();
    let before = list(&home);
    let line = home.fail(&["--set", "token.algorithm=HS256", "key", "rotate", "--now"], "");
    assert!(line.contains("the servers sign with EdDSA, and token.algorithm is HS256 here"), "{line}");
    assert_eq!(list(&home), before);
}

#[test]
fn the_operator_may_be_root_and_the_server_still_reads_its_keys() {
    const NOBODY: u32 = 65_534;
    let home = Home::with_sqlite().without("CLOAKROOM__TOKEN__SECRET_KEY");
    said(home.run(&["user", "add", "ada"], &format!("{PASSWORD}\n")));
    home.serve().stop();
    let own = fs::read_dir(home.folder.path()).expect("a folder").map(|entry| entry.expect("a file").path());
    for path in own.chain([home.folder.path().to_owned()]) {
        if chown(path, Some(NOBODY), Some(NOBODY)).is_err() {
            // Only root can try it.
            return;
        }
    }
    for arguments in [&["key", "rotate"][..], &["key", "rotate", "--now"]] {
        said(home.run(arguments, ""));
        let file = fs::metadata(home.path("cloakroom.keys")).expect("a file");
        assert_eq!((file.uid(), file.gid(), file.mode() & 0o777), (NOBODY, NOBODY, 0o600));
    }
    assert_eq!(key_files(&home), ["cloakroom.keys"]);
}

#[test]
fn a_key_file_that_is_broken_stops_the_start_and_says_what_helps_also_beside_a_key_of_the_settings() {
    let home = Home::with_sqlite();
    said(home.run(&["user", "add", "ada"], &format!("{PASSWORD}\n")));
    for (name, text, expected) in [
        ("cloakroom.key", "short\n", "holds fewer than 32 bytes: restore it, or remove it"),
        ("cloakroom.keys", "", "the key file cloakroom.keys is broken: restore it, or remove it"),
    ] {
        fs::write(home.path(name), text).expect("a file");
        let line = home.fail(&[], "");
        assert!(line.contains(expected) && !line.contains("set token.secret-key"), "{line}");
        assert_eq!(fs::read_to_string(home.path(name)).expect("a file"), text);
        fs::remove_file(home.path(name)).expect("a file");
        home.serve().stop();
    }
}

#[test]
fn somebody_who_locks_the_folder_keeps_nobody_from_replacing_a_key() {
    let home = Home::with_sqlite().without("CLOAKROOM__TOKEN__SECRET_KEY");
    said(home.run(&["user", "add", "ada"], &format!("{PASSWORD}\n")));
    let folder = fs::File::open(home.folder.path()).expect("a folder");
    folder.lock().expect("a lock");
    home.serve().stop();
    said(home.run(&["key", "rotate", "--now"], ""));
    // Another process that changes the keys, and does not end.
    let lock = fs::File::open(home.path("cloakroom.lock")).expect("the lock");
    lock.lock().expect("a lock");
    let line = home.fail(&["key", "rotate", "--now"], "");
    assert!(line.contains("another process has been changing the keys for 10 seconds"), "{line}");
}

#[test]
fn kill_9_forty_times_during_rotations_leaves_keys_with_which_a_server_signs() {
    let home = home().with("CLOAKROOM__TOKEN__ALGORITHM", "EdDSA");
    let server = home.serve();
    let begun = Instant::now();
    said(home.run(&["key", "rotate", "--now"], ""));
    let whole = begun.elapsed();
    let mut before = list(&home);
    let mut changed = 0;
    for round in 0..40 {
        let mut child = home.command(&["key", "rotate", "--now"]).spawn().expect("a process");
        // Each round lasts a little longer than the one before, so that the kills come at different moments.
        thread::sleep(whole * round / 20);
        child.kill().expect("kill -9");
        child.wait().expect("its end");
        let after = list(&home);
        assert_eq!(after.len(), 1);
        changed += usize::from(after != before);
        before = after;
        if round % 8 == 7 {
            let started = home.serve();
            let ada = log_in(&started);
            assert_eq!(kid(&ada), before[0][0]);
            assert!(takes(&started, &ada) && takes(&server, &ada), "a server that runs finds the key, too");
        }
    }
    said(home.run(&["key", "rotate", "--now"], ""));
    if !home.database.is_postgres() {
        assert_eq!(key_files(&home), ["cloakroom.keys"]);
    }
    assert!((1..40).contains(&changed), "{changed} of 40 were killed after the change");
}

#[test]
fn all_keys_move_to_another_database_and_back() {
    let from = home();
    let mut server = from.serve();
    let old = log_in(&server);
    server.stop();
    // The key of before checks, and the next one signs.
    let from = from.with("CLOAKROOM__TOKEN__ALGORITHM", "EdDSA");
    let mut server = from.serve();
    let new = log_in(&server);
    server.stop();
    let keys = list(&from);
    assert_eq!(keys.len(), 2);
    let copied = said(from.run(&["database", "copy", "--to", "sqlite://other.db"], ""));
    assert!(copied.contains("The keys that sign and verify tokens were copied too."), "{copied}");
    let mode = fs::metadata(from.path("other.keys")).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let back = Home::new().without("CLOAKROOM__TOKEN__SECRET_KEY").with("CLOAKROOM__TOKEN__ALGORITHM", "EdDSA");
    let to = back.url_from_elsewhere();
    said(from.run(&["--set", "database.url=sqlite://other.db", "database", "copy", "--to", &to], ""));
    assert_eq!(list(&back), keys);
    let server = back.serve();
    assert!(takes(&server, &old) && takes(&server, &new));
    assert_eq!(kid(&log_in(&server)), kid(&new));
    assert_eq!(Rows::of(&back.url_from_elsewhere()).counts()[0], 1);
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_key_that_is_replaced_while_a_copy_is_made_is_copied() {
    const WAITING: &str = "SELECT CAST(COUNT(*) AS TEXT) FROM pg_stat_activity WHERE datname = current_database() AND \
                           wait_event_type = 'Lock'";
    let from = home();
    from.serve().stop();
    let url = from.url_from_elsewhere();
    let mut writer = Other::to(&url).await;
    writer.execute("BEGIN; LOCK TABLE items IN ROW EXCLUSIVE MODE").await;
    let mut copy = from.command(&["--set", "database.timeout=60", "database", "copy", "--to", "sqlite://other.db"]);
    let copy = copy.spawn().expect("a process");
    let patience = Instant::now() + Duration::from_secs(60);
    // It has read the keys before it waits for who writes.
    while Rows::texts(&url, WAITING) != ["1"] {
        assert!(Instant::now() < patience, "the copy does not wait");
        thread::sleep(Duration::from_millis(20));
    }
    said(from.run(&["key", "rotate", "--now"], ""));
    writer.execute("COMMIT").await;
    said(copy.wait_with_output().expect("its output"));
    let copied = said(from.run(&["--set", "database.url=sqlite://other.db", "key", "list"], ""));
    assert_eq!(copied, said(from.run(&["key", "list"], "")));
}
