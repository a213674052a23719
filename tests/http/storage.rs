//! Opening the database. An existing file is left unchanged, unless it is a database of this version or an older one.

use std::{os::unix::fs::PermissionsExt, path::Path};

use cloakroom::{
    model::Scopes,
    server::store::{Listing, NewUser, OpenError, Store, StoreError, Unique},
};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

async fn open(path: &Path) -> Result<Store, OpenError> {
    Store::open(&format!("sqlite://{}", path.display())).await
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
    for url in
        ["postgres://localhost/x", "cloakroom.db", "sqlite:", "sqlite://", "sqlite::memory:", "sqlite://:memory:"]
    {
        let refused = Store::open(url).await.err().map(|error| error.to_string()).unwrap_or_default();
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
        include_str!("../../migrations/0001_users_and_items.sql"),
        include_str!("../../migrations/0002_failed_logins.sql"),
        include_str!("../../migrations/0003_write_proofs.sql"),
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
    for migration in sqlx::migrate!().iter().take(3) {
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
