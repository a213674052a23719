//! `kill -9` during writes: every acknowledged write must be there afterwards.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
};

use cloakroom::{
    model::Scopes,
    server::store::{DatabaseSettings, NewUser, Store},
};

use super::database::Database;

/// The environment variable with the database's URL, for the process that writes.
const DATABASE: &str = "CLOAKROOM_TEST_DATABASE";
/// The environment variable with the number of the first user to write.
const FIRST: &str = "CLOAKROOM_TEST_FIRST";

/// Not a test: the process that is killed runs this. It writes user after user, and prints a line after each.
#[tokio::test]
#[ignore = "run as a process of its own by the test below"]
async fn write_until_killed() {
    let Ok(database) = std::env::var(DATABASE) else { return };
    let first: usize = std::env::var(FIRST).expect("a number").parse().expect("a number");
    let store = Store::open(&DatabaseSettings::at(database)).await.expect("a database");
    for number in first.. {
        let user = NewUser {
            id: format!("id-{number}"),
            username: format!("user-{number}"),
            email: None,
            full_name: None,
            hashed_password: String::new(),
            disabled: false,
            scopes: Scopes::default(),
            created_at: 0,
        };
        store.insert_user(&user, None).await.expect("a new user");
        let mut out = std::io::stdout().lock();
        writeln!(out, "wrote {number}").and_then(|()| out.flush()).expect("a reader of standard output");
    }
}

#[tokio::test]
async fn kill_9_twenty_times_during_a_thousand_writes_loses_none_that_was_acknowledged() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let database = Database::new(folder.path()).await;
    let mut acknowledged = Vec::new();
    // Each round lasts a little longer than the one before, so that the kills come at different moments of a write.
    for round in 0.. {
        let first = round * 10_000;
        let mut writer = Command::new(std::env::current_exe().expect("this program"))
            .args(["durability::write_until_killed", "--exact", "--ignored", "--nocapture", "--test-threads=1"])
            .env(DATABASE, &database.url)
            .env(FIRST, first.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let lines = BufReader::new(writer.stdout.take().expect("standard output")).lines();
        let mut wrote =
            lines.map_while(Result::ok).filter_map(|line| line.strip_prefix("wrote ")?.parse::<usize>().ok());
        acknowledged.extend(wrote.by_ref().take(20 + round * 3));
        writer.kill().expect("kill -9");
        // These lines were printed before the kill, so their writes are acknowledged too.
        acknowledged.extend(wrote);
        writer.wait().expect("its end");

        let store = Store::open(&DatabaseSettings::at(&*database.url)).await.expect("a database that is whole");
        for number in &acknowledged {
            let user = store.find_user(&format!("user-{number}")).await.expect("a database");
            assert!(user.is_some(), "user {number} was acknowledged and is lost");
        }
        store.close().await;
        if round >= 19 && acknowledged.len() >= 1000 {
            break;
        }
    }
}
