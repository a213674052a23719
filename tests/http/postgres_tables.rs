//! What is in a database of PostgreSQL, and how servers begin with it: the tables, the key, an update of the tables, the search.
//! Run as `postgres` is.

use cloakroom::model::Scopes;
use serde_json::json;

use super::support::TestApp;

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn servers_that_start_at_once_on_an_empty_database_agree_on_its_tables_and_on_a_key() {
    let servers = TestApp::start_several(5, &["token.secret-key="]).await;
    servers[0].create("ada", Scopes::AT_SIGN_UP).await;
    let ada = servers[1].log_in("ada").await;
    for server in &servers {
        assert_eq!(server.with_token(ada.token()).get("/users/me").await.status, 200);
    }
    // One that comes later finds the key, too.
    assert_eq!(servers[2].beside().await.with_token(ada.token()).get("/users/me").await.status, 200);
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_database_that_is_not_ours_or_not_there_stops_the_start_and_the_password_is_not_shown() {
    let app = TestApp::start().await;
    let refused = async |url: &str| {
        let url = format!("database.url={url}");
        app.try_beside(&[&url]).await.err().expect("a refusal").to_string()
    };
    let nobody = refused("postgres://ada:hunter2@127.0.0.1:1/cloakroom").await;
    assert!(nobody.contains("cannot open the database cloakroom at 127.0.0.1:1"), "{nobody}");
    assert!(!nobody.contains("hunter2") && !nobody.contains('\n'), "{nobody}");
    for wrong in [
        "postgress://ada:hunter2@127.0.0.1/cloakroom",
        " postgres://ada:hunter2@127.0.0.1/cloakroom",
        "postgres://ada:hunt@er/hunter2@127.0.0.1/cloakroom",
        "postgres://ada@127.0.0.1/cloakroom?passwrd=hunter2",
        "postgres://ada:12?hunter2@127.0.0.1/cloakroom",
        "postgres://ada@127.0.0.1/cloakroom?sslmode=hunter2",
    ] {
        let said = refused(wrong).await;
        assert!(said.contains("database.url") && !said.contains("hunter2"), "{said}");
    }
    let broken = refused("postgres://ada:hunter2@127.0.0.1:port/cloakroom").await;
    assert!(broken.contains("database.url") && !broken.contains("hunter2"), "{broken}");
    app.execute("DROP TABLE _sqlx_migrations").await;
    let another = refused(&app.database.url).await;
    assert!(another.contains("is the database of another program"), "{another}");
    let only_a_view = TestApp::start().await;
    only_a_view.state.store.close().await;
    only_a_view
        .execute(
            "DO $$ DECLARE name TEXT; BEGIN FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() \
             LOOP EXECUTE 'DROP TABLE ' || name || ' CASCADE'; END LOOP; END $$; CREATE VIEW users AS SELECT 1 AS id",
        )
        .await;
    let another = refused(&only_a_view.database.url).await;
    assert!(another.contains("is the database of another program"), "{another}");
    only_a_view.execute("CREATE TABLE _sqlx_migrations (proof TEXT)").await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_server_with_another_key_does_not_start() {
    let ours = "token.secret-key=7b1d6a52f3c84e0b9d5e2f71a8c643903c5ae8d1f04b72967ed01cb8a5f3d264";
    let app = TestApp::start_with(&[ours]).await;
    for other in
        ["token.secret-key=", "token.secret-key=3c5ae8d1f04b72967ed01cb8a5f3d2647b1d6a52f3c84e0b9d5e2f71a8c64390"]
    {
        let refused = app.try_beside(&[other]).await.err().expect("a refusal").to_string();
        assert!(refused.contains("another key") && refused.contains("token.secret-key"), "{refused}");
    }
    app.try_beside(&[ours]).await.expect("the same key");
    let made = TestApp::start_with(&["token.secret-key="]).await;
    assert!(made.try_beside(&[ours]).await.is_err(), "the first server has made another one");
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn while_a_newer_version_is_installed_old_servers_go_on_and_may_start_again() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    assert_eq!(ada.post_json("/items", json!({"title": "Hat"})).await.status, 201);
    // As the next version may do it: it only adds.
    app.execute(
        "ALTER TABLE users ADD COLUMN locale TEXT NOT NULL DEFAULT 'en'; ALTER TABLE items ADD COLUMN color TEXT; \
         ALTER TABLE failures ADD COLUMN kind TEXT; CREATE TABLE next (id TEXT); INSERT INTO _sqlx_migrations \
         (version, description, success, checksum, execution_time) VALUES (9999, 'next', TRUE, '\\x00', 0)",
    )
    .await;
    for server in [&app, &app.beside().await] {
        let ada = server.with_token(ada.token());
        assert_eq!(ada.get("/users/me").await.status, 200);
        assert_eq!(ada.post_json("/items", json!({"title": "Coat"})).await.status, 201);
        assert_eq!(ada.patch_json("/users/me", json!({"full_name": "Ada"})).await.status, 200);
        assert_eq!(ada.get("/items?q=hat").await.json()["count"], 1);
        server.log_in("ada").await;
        let wrong = server.anonymous().post_form("/token", "username=ada&password=wrong").await;
        assert_eq!(wrong.status, 401);
    }
    assert_eq!(ada.get("/users/me/items").await.json().as_array().map(Vec::len), Some(3));
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_search_finds_the_same_in_the_same_order_whether_it_finds_few_or_many() {
    let app = TestApp::start().await;
    let grace = app.admin().await;
    // Few are at most 10,000.
    app.execute(
        "INSERT INTO users (id, username, hashed_password, disabled, scopes, tokens_valid_from, created_at, search_text) \
         SELECT 'id-' || name, name, '', FALSE, '', 0, 0, name || chr(31) || chr(31) FROM \
         (SELECT 'person-' || lpad(number::TEXT, 5, '0') AS name FROM generate_series(1, 10050) AS numbers (number)) AS names",
    )
    .await;
    let names = async |path: &str| {
        let answer = grace.get(path).await.json();
        let users = answer["data"].as_array().expect("users").iter();
        let names: Vec<_> = users.map(|user| user["username"].as_str().expect("a name").to_owned()).collect();
        (names, answer["count"].as_i64())
    };
    let expected =
        |numbers: std::ops::Range<usize>| numbers.map(|number| format!("person-{number:05}")).collect::<Vec<_>>();
    assert_eq!(names("/users?q=person&limit=3").await, (expected(1..4), Some(10_050)));
    assert_eq!(names("/users?q=person&skip=10048").await, (expected(10_049..10_051), Some(10_050)));
    assert_eq!(names("/users?q=person-0&limit=3").await, (expected(1..4), Some(9_999)));
    assert_eq!(names("/users?q=person-0&skip=9996").await, (expected(9_997..10_000), Some(9_999)));
    assert_eq!(names("/users?q=person-00042").await, (expected(42..43), Some(1)));
    assert_eq!(names("/users?q=42&skip=1&limit=1").await.0, ["person-00142"]);
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn while_a_new_server_brings_the_tables_of_the_version_before_up_to_date_old_servers_go_on() {
    let old = TestApp::start().await;
    let ada = old.user().await;
    // As the version before left them. It had no index for searches.
    old.execute(
        "DROP TABLE used_refresh_tokens, sessions, revoked_tokens, api_keys, clients, token_keys; \
         DROP INDEX IF EXISTS users_by_trigrams; \
         ALTER TABLE users RESET (fillfactor); \
         DELETE FROM _sqlx_migrations WHERE version >= 4",
    )
    .await;
    let new = old.beside().await;
    // Raises an error if the extension can be had and the index is not there.
    new.execute(
        "SELECT 1 / (CASE WHEN EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') AND \
         to_regclass('users_by_trigrams') IS NULL THEN 0 ELSE 1 END)",
    )
    .await;
    for server in [&old, &new] {
        let ada = server.with_token(ada.token());
        assert_eq!(ada.get("/users/me").await.status, 200);
        assert_eq!(ada.patch_json("/users/me", json!({"full_name": "Ada"})).await.status, 200);
        server.log_in("ada").await;
    }
}
