//! What only SQLite does: its file. An existing file is left unchanged, unless it is a database of this version or an older
//! one. Nothing of a deleted user stays in it.

use std::{collections::BTreeMap, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use cloakroom::{
    model::Scopes,
    server::store::{DatabaseSettings, Listing, NewUser, OpenError, Store, StoreError, Unique},
};
use serde_json::json;
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{
    calls::{person, with},
    operations::metrics_of,
    support::{PASSWORD, TestApp},
};

async fn open(path: &Path) -> Result<Store, OpenError> {
    Store::open(&DatabaseSettings::at(format!("sqlite://{}", path.display()))).await
}

/// Runs SQL on the database at `path`, and creates the file if it is missing.
async fn execute(path: &Path, sql: &'static str) {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await.expect("a database");
    sqlx::raw_sql(sql).execute(&mut connection).await.expect("SQL that SQLite takes");
    connection.close().await.expect("a database");
}

/// Checks that opening the file is refused with one line that contains `words`, and that the file is unchanged.
async fn assert_refused(path: &Path, words: &str) {
    let before = std::fs::read(path).ok();
    let refused = open(path).await.err().expect("a refusal").to_string();
    assert!(refused.contains(words) && !refused.contains('\n'), "{refused}");
    assert_eq!(std::fs::read(path).ok(), before);
}

fn user(username: &str, email: Option<&str>) -> NewUser {
    NewUser {
        id: format!("id of {username}"),
        username: username.to_owned(),
        email: email.map(str::to_owned),
        full_name: None,
        hashed_password: "$argon2id$".to_owned(),
        disabled: false,
        scopes: Scopes::AT_SIGN_UP,
        created_at: 0,
    }
}

#[tokio::test]
async fn a_database_is_created_with_its_folder_and_found_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("data/deeper/cloakroom.db");
    let store = open(&path).await.expect("a new database");
    store.insert_user(&user("ada", None), None).await.expect("a new user");
    store.close().await;
    let store = open(&path).await.expect("the same database");
    assert_eq!(store.users_after("").await.expect("users").len(), 1);
}

#[tokio::test]
async fn a_file_that_is_not_a_database_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "These are my notes. ".repeat(100)).expect("a file");
    assert_refused(&path, "is not a database").await;
}

#[tokio::test]
async fn another_programs_database_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("other.db");
    execute(&path, "CREATE TABLE users (id INTEGER); INSERT INTO users VALUES (1)").await;
    assert_refused(&path, "another program").await;
    // A program that stores its migrations in the same table, but has other migrations.
    let path = folder.path().join("sqlx.db");
    open(&path).await.expect("a new database").close().await;
    execute(&path, "UPDATE _sqlx_migrations SET checksum = x'00'; PRAGMA journal_mode = DELETE").await;
    assert_refused(&path, "another program").await;
}

#[tokio::test]
async fn a_database_from_a_newer_version_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("cloakroom.db");
    open(&path).await.expect("a new database").close().await;
    execute(
        &path,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'from the future', TRUE, x'00', 0)",
    )
    .await;
    assert_refused(&path, "newer version").await;
}

#[tokio::test]
async fn a_first_start_that_was_cut_off_is_taken_up_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("cloakroom.db");
    execute(
        &path,
        "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL,
         installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, checksum BLOB NOT NULL,
         execution_time BIGINT NOT NULL)",
    )
    .await;
    let store = open(&path).await.expect("a new database");
    store.insert_user(&user("ada", None), None).await.expect("a new user");
}

#[tokio::test]
async fn a_database_is_its_owners_only() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("cloakroom.db");
    let store = open(&path).await.expect("a new database");
    store.insert_user(&user("ada", None), None).await.expect("a new user");
    for name in ["cloakroom.db", "cloakroom.db-wal", "cloakroom.db-shm"] {
        let mode = std::fs::metadata(folder.path().join(name)).expect(name).permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_folder_that_can_not_be_made_or_written_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("file"), "").expect("a file");
    assert_refused(&folder.path().join("file/cloakroom.db"), "cannot be created").await;
    // A folder in place of the file. Nobody can use it, not even root. Missing permissions would not stop root.
    std::fs::create_dir(folder.path().join("folder.db")).expect("a folder");
    assert_refused(&folder.path().join("folder.db"), "cannot open").await;
}

#[tokio::test]
async fn a_url_that_names_no_file_is_refused() {
    for url in ["mysql://localhost/x", "cloakroom.db", "sqlite:", "sqlite://", "sqlite::memory:", "sqlite://:memory:"] {
        let refused =
            Store::open(&DatabaseSettings::at(url)).await.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.contains("database.url"), "{url}: {refused}");
    }
}

#[tokio::test]
async fn a_name_or_address_in_other_letters_is_taken() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = open(&folder.path().join("cloakroom.db")).await.expect("a new database");
    store.insert_user(&user("Ada", Some("ada@example.com")), None).await.expect("a new user");
    for (username, email) in [("Ada", None), ("ada", None), ("grace", Some("ADA@example.com"))] {
        let refused = store.insert_user(&user(username, email), None).await;
        let taken = if email.is_some() { Unique::Email } else { Unique::Username };
        assert!(matches!(refused, Err(StoreError::Taken(value)) if value == taken), "{username} {email:?}");
    }
    store.insert_user(&user("grace", None), None).await.expect("another user");
    store.insert_user(&user("joan", None), None).await.expect("a second user without an address");
}

/// The database of before accounts and items could be changed, with a user and an item.
async fn of_an_older_version(path: &Path) {
    let migrations = concat!(
        include_str!("../../migrations/sqlite/0001_users_and_items.sql"),
        include_str!("../../migrations/sqlite/0002_failed_logins.sql"),
        include_str!("../../migrations/sqlite/0003_write_proofs.sql"),
        "INSERT INTO users (id, username, email, full_name, hashed_password, disabled, scopes, tokens_valid_from,
            created_at) VALUES ('id', 'Ada', NULL, 'Ada ÖZIL', '', FALSE, 'me items', 0, 1000);
        INSERT INTO items (item_id, owner_id, title, description, created_at) VALUES ('Foo', 'id', 'Ärmel', NULL, 7),
            ('Bar', 'id', NULL, 'GRÜN', 8);
        INSERT INTO login_addresses VALUES ('id', '192.0.2.1', 5000), ('id', '192.0.2.2', 4000);",
    );
    execute(path, migrations).await;
    // As sqlx records what it has applied.
    execute(
        path,
        "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL,
         installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, checksum BLOB NOT NULL,
         execution_time BIGINT NOT NULL)",
    )
    .await;
    let options = SqliteConnectOptions::new().filename(path);
    let mut connection = SqliteConnection::connect_with(&options).await.expect("a database");
    for migration in sqlx::migrate!("migrations/sqlite").iter().take(3) {
        sqlx::query("INSERT INTO _sqlx_migrations VALUES ($1, $2, CURRENT_TIMESTAMP, TRUE, $3, 0)")
            .bind(migration.version)
            .bind(&*migration.description)
            .bind(&*migration.checksum)
            .execute(&mut connection)
            .await
            .expect("a row");
    }
    connection.close().await.expect("a database");
}

#[tokio::test]
async fn what_an_older_version_kept_is_found_counted_and_dated_after_the_update() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("cloakroom.db");
    of_an_older_version(&path).await;
    let store = open(&path).await.expect("the same database, brought up to date");
    let row = store.find_account("Ada").await.expect("the user");
    assert_eq!((row.last_login_at, row.user.version), (Some(5000), 1000));
    for (words, found) in [("özil", 1), ("ADA", 1), ("grün", 0)] {
        let listing = Listing { search: Some(words.to_owned()), after: None, skip: 0, limit: 10 };
        assert_eq!(store.list_users(&listing).await.expect("users").count, found, "{words}");
    }
    for (words, found) in [(None, 2), (Some("ärmel"), 1), (Some("Grün"), 1), (Some("foo"), 1), (Some("özil"), 0)] {
        let listing = Listing { search: words.map(str::to_owned), after: None, skip: 0, limit: 10 };
        assert_eq!(store.list_items("id", &listing).await.expect("items").count, found, "{words:?}");
    }
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
    let at_once = options.busy_timeout(Duration::ZERO);
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

#[tokio::test]
async fn a_server_whose_database_is_gone_or_another_cannot_work_and_says_so() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let file = app.folder.path().join("cloakroom.db");
    let away = app.folder.path().join("moved.db");
    let unavailable = "The database is not answering: try again shortly";
    std::fs::rename(&file, &away).expect("a file");
    for _ in ["missing", "another one"] {
        app.anonymous().get("/health/ready").await.assert_refused(503, unavailable);
        let login = format!("username=ada&password={PASSWORD}");
        app.anonymous().post_form("/token", &login).await.assert_refused(503, unavailable);
        assert!(app.state.store.prove_write(1).await.is_err(), "nothing is written into nowhere");
        std::fs::write(&file, "").expect("a file");
    }
    // Tokens are checked against the file once a second.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    ada.get("/users/me").await.assert_refused(503, unavailable);
    std::fs::rename(&away, &file).expect("a file");
    assert_eq!(ada.get("/users/me").await.status, 200);
    assert_eq!(app.anonymous().get("/health/ready").await.status, 200);
}

#[tokio::test]
async fn a_failed_login_is_noticed_alike_whether_there_is_such_a_user() {
    let app = TestApp::start().await;
    app.create("grace", Scopes::AT_SIGN_UP).await;
    let ada = app.user().await;
    // A write makes the next request read its user again. That takes longer, so a client can notice it.
    for username in ["grace", "nobody"] {
        assert_eq!(ada.get("/users/me").await.status, 200);
        let before = metrics_of(&app).await;
        app.anonymous().post_form("/token", &format!("username={username}&password=wrong")).await;
        assert_eq!(ada.get("/users/me").await.status, 200);
        let misses = |metrics: &str| {
            let line = metrics.lines().find_map(|line| line.strip_prefix("cloakroom_user_cache_misses_total "));
            line.expect("a number").parse::<u32>().expect("a number")
        };
        assert_eq!(misses(&metrics_of(&app).await), misses(&before) + 1, "{username}");
    }
}
