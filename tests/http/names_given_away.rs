//! What is left of a deleted user: nothing. A name that is given away again opens nothing with its old tokens.

use std::collections::BTreeMap;

use cloakroom::{model::Scopes, server::clock};
use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{
    calls::{person, with},
    support::{Client, PASSWORD, TestApp},
};

/// A client with a token of another service, with these claims and an `exp`.
fn foreign(app: &TestApp, claims: Value) -> Client {
    app.foreign(&with(claims, "exp", clock::unix_seconds() + 600))
}

/// Tokens of this name: from another service without and with `iat`.
fn foreign_tokens(app: &TestApp, username: &str) -> Vec<Client> {
    let now = clock::unix_seconds();
    let claims = [
        json!({"sub": username}),
        json!({"sub": username, "iat": now}),
        json!({"sub": username, "iat": now - 1000, "scope": "me items"}),
    ];
    claims.map(|claims| foreign(app, claims)).into()
}

/// Checks that none of these tokens opens anything.
async fn assert_dead(clients: &[Client]) {
    for client in clients {
        for path in ["/users/me", "/users/me/items", "/status", "/items"] {
            client.get(path).await.assert_refused(401, "Could not validate credentials");
        }
    }
}

/// Who deletes the user.
#[derive(Clone, Copy, Debug)]
enum By {
    User,
    Administrator,
}

#[tokio::test]
async fn a_name_that_is_given_away_again_opens_nothing_with_its_old_tokens() {
    for by in [By::User, By::Administrator] {
        let app = TestApp::start().await;
        let (ada, grace) = (app.user().await, app.admin().await);
        let mut old = foreign_tokens(&app, "ada");
        old.extend([ada.clone(), app.log_in("ada").await]);
        for client in &old {
            assert_eq!(client.get("/users/me").await.status, 200, "before: {by:?}");
        }
        let deleted = match by {
            By::User => ada.delete("/users/me").await,
            By::Administrator => grace.delete("/users/ada").await,
        };
        assert_eq!(deleted.status, 204);
        assert_dead(&old).await;
        assert_eq!(app.anonymous().post_json("/users", person("ada")).await.status, 201);
        assert_dead(&old).await;
        // Nor after a restart, when nothing is in memory.
        let app = app.restarted().await;
        let old: Vec<_> = old.iter().map(|client| app.with_token(client.token())).collect();
        assert_dead(&old).await;
        let again = app.log_in("ada").await;
        assert_eq!(again.get("/users/me").await.status, 200, "the new user's own token is good at once");
        let token = |iat: i64| foreign(&app, json!({"sub": "ada", "iat": iat}));
        token(clock::unix_seconds() + 60).get("/status").await.assert_refused(401, "Could not validate credentials");
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        assert_eq!(token(clock::unix_seconds()).get("/status").await.status, 200, "another service may make new ones");
    }
}

#[tokio::test]
async fn nor_does_it_in_other_letters_than_before() {
    let app = TestApp::start().await;
    app.create("Ada", Scopes::AT_SIGN_UP).await;
    let old = [app.log_in("Ada").await];
    assert_eq!(old[0].delete("/users/me").await.status, 204);
    for username in ["ada", "ADA", "Ada"] {
        assert_eq!(app.anonymous().post_json("/users", person(username)).await.status, 201);
        // Also what another service says in the new letters, from before there was such a user.
        let mut tokens = foreign_tokens(&app, username);
        tokens.extend(foreign_tokens(&app, "Ada"));
        tokens.extend(old.clone());
        assert_dead(&tokens).await;
        assert_eq!(app.log_in(username).await.delete("/users/me").await.status, 204);
    }
}

#[tokio::test]
async fn nor_does_it_when_an_administrator_creates_the_account_or_it_is_given_away_twice() {
    let app = TestApp::start().await;
    let (ada, grace) = (app.user().await, app.admin().await);
    let mut old = foreign_tokens(&app, "ada");
    old.push(ada);
    for _ in 0..3 {
        assert_eq!(grace.delete("/users/ada").await.status, 204);
        assert_eq!(grace.post_json("/users", person("ada")).await.status, 201);
        old.push(app.log_in("ada").await);
        let (current, earlier) = old.split_last().expect("tokens");
        assert_dead(earlier).await;
        assert_eq!(current.get("/users/me").await.status, 200);
    }
}

#[tokio::test]
async fn a_name_that_was_never_deleted_opens_with_a_token_of_only_sub_and_exp() {
    let app = TestApp::start().await;
    let (ada, _) = (app.user().await, app.admin().await);
    assert_eq!(ada.delete("/users/me").await.status, 204);
    assert_eq!(app.anonymous().post_json("/users", person("ad")).await.status, 201);
    for client in foreign_tokens(&app, "ad") {
        assert_eq!(client.get("/users/me").await.status, 200);
    }
}

#[tokio::test]
async fn the_items_of_a_deleted_user_do_not_come_back_with_the_name() {
    let app = TestApp::start().await;
    let (ada, grace) = (app.user().await, app.admin().await);
    app.leave_items("ada", &["coat"]).await;
    ada.delete("/users/me").await;
    app.anonymous().post_json("/users", person("ada")).await;
    assert_eq!(app.log_in("ada").await.get("/items").await.json(), json!({"data": [], "count": 0}));
    let account = grace.get("/users/ada").await.json();
    assert_ne!(account["last_login_at"], Value::Null, "the new user has logged in");
    grace.get("/items/coat").await.assert_refused(404, "Not Found");
}

/// How many rows each table has.
async fn rows(app: &TestApp) -> BTreeMap<String, i64> {
    let options = SqliteConnectOptions::new().filename(app.folder.path().join("cloakroom.db")).read_only(true);
    let mut connection = SqliteConnection::connect_with(&options).await.expect("a database");
    let tables: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'table'")
        .fetch_all(&mut connection)
        .await
        .expect("tables");
    let mut rows = BTreeMap::new();
    for table in tables {
        let count = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM \"{table}\""));
        let count = sqlx::query_scalar(count).fetch_one(&mut connection).await.expect("a number");
        rows.insert(table, count);
    }
    connection.close().await.expect("a database");
    rows
}

/// The bytes of all files of the database.
fn files(app: &TestApp) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(app.folder.path()).expect("a folder") {
        let entry = entry.expect("an entry");
        if entry.file_name().to_string_lossy().starts_with("cloakroom.db") {
            bytes.extend(std::fs::read(entry.path()).expect("a file"));
        }
    }
    bytes
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn no_row_and_no_byte_of_a_deleted_user_stays() {
    let app = TestApp::start().await;
    let grace = app.admin().await;
    for number in 0..20 {
        app.create(&format!("neighbour-{number}"), Scopes::AT_SIGN_UP).await;
    }
    let before = rows(&app).await;

    let sign_up = with(with(person("Quagmire.7"), "email", "Quagmire.7@Old.example"), "full_name", "Old Quincunx");
    assert_eq!(app.anonymous().post_json("/users", sign_up).await.status, 201);
    let user = app.log_in("Quagmire.7").await;
    let mut hashes = vec![app.hash_of("Quagmire.7").await];
    let long = "Vellichor umbrage. ".repeat(100);
    for (method, path, body) in [
        ("POST", "/items", json!({"title": "Obelisk Zeugma", "description": long})),
        ("POST", "/items", json!({"title": "Petrichor", "description": "In a Drawer"})),
        ("PATCH", "/users/me", json!({"email": "quagmire@new.example", "full_name": "New Quincunx"})),
        ("PUT", "/users/me/password", json!({"current_password": PASSWORD, "new_password": "syzygy of the spheres"})),
    ] {
        let answer = user.call_from("203.0.113.77", method, path, body).await;
        assert!(answer.status.is_success(), "{path} {}", answer.text());
    }
    hashes.push(app.hash_of("Quagmire.7").await);
    // Into other pages, too.
    app.restarted().await.state.store.close().await;
    let app = app.restarted().await;
    let texts = [
        "Quagmire.7",
        "quagmire.7",
        "quagmire@new",
        "Quagmire.7@Old",
        "quagmire.7@old",
        "Old Quincunx",
        "New Quincunx",
        "new quincunx",
        "Obelisk",
        "obelisk",
        "Vellichor",
        "vellichor",
        "Petrichor",
        "Drawer",
    ];
    let texts: Vec<_> = texts.into_iter().chain(hashes.iter().map(String::as_str)).collect();
    for present in ["Quagmire.7", "quagmire@new", "New Quincunx", "Obelisk", "Vellichor", &hashes[1]] {
        assert!(contains(&files(&app), present), "{present} was there");
    }

    let login = app.try_to_log_in("Quagmire.7", "syzygy of the spheres").await;
    let user = app.with_token(login.json()["access_token"].as_str().expect("a token"));
    assert_eq!(user.delete("/users/me").await.status, 204);
    let mut expected = before;
    *expected.get_mut("deleted_usernames").expect("a table") += 1;
    assert_eq!(rows(&app).await, expected);
    let left = files(&app);
    for text in texts {
        assert!(!contains(&left, text), "{text} is still in a file");
    }
    assert!(contains(&left, "neighbour-7"));
    assert_eq!(app.with_token(grace.token()).get("/users/grace").await.status, 200);
}

#[tokio::test]
async fn a_deletion_beside_somebody_who_reads_is_swept_up_when_they_have_read() {
    let app = TestApp::start().await;
    app.admin().await;
    app.create("Quagmire.7", Scopes::AT_SIGN_UP).await;
    let user = app.log_in("Quagmire.7").await;
    let options = SqliteConnectOptions::new().filename(app.folder.path().join("cloakroom.db"));
    let mut reader = SqliteConnection::connect_with(&options).await.expect("another program");
    let mut reading = reader.begin().await.expect("a transaction");
    let _: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM users").fetch_one(&mut *reading).await.expect("a number");
    assert_eq!(user.delete("/users/me").await.status, 204);
    assert!(contains(&files(&app), "Quagmire.7"), "the reader still sees it");
    let at_once = options.busy_timeout(std::time::Duration::ZERO);
    let mut writer = SqliteConnection::connect_with(&at_once).await.expect("a third program");
    sqlx::query("UPDATE write_proofs SET proved_at = 1").execute(&mut writer).await.expect("nobody holds a lock");
    writer.close().await.expect("a database");
    reading.rollback().await.expect("a transaction");
    reader.close().await.expect("a database");
    // It is tried again each second.
    for _ in 0..60 {
        if !contains(&files(&app), "Quagmire.7") {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    panic!("it is still in a file");
}
