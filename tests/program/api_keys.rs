//! API keys and the program: what it writes by itself, what it logs, and what it copies.

use std::fs;

use serde_json::Value;

use super::{
    rows::Rows,
    support::{Home, Server, login, post, said, token},
};

const PASSWORD: &str = "correct horse battery";

/// `GET path` with an API key.
fn get_with(path: &str, key: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-API-Key: {key}\r\n\r\n")
}

fn with_ada() -> Home {
    let home = Home::new();
    said(home.run(&["user", "add", "ada"], &format!("{PASSWORD}\n")));
    home
}

/// Makes a key of Ada. Returns the whole answer's JSON.
fn make_key(server: &Server, expires_in: &str) -> Value {
    let ada = token(&server.ask(&login("ada", PASSWORD)));
    let body = format!(r#"{{"name": "Backup", "scopes": ["me"], "expires_in": {expires_in}}}"#);
    let answer = server.ask(&post("/users/me/api-keys", &ada, &body));
    let (head, json) = answer.split_once("\r\n\r\n").expect("a body");
    assert!(head.starts_with("HTTP/1.1 201 "), "{answer}");
    serde_json::from_str(json).expect("JSON")
}

fn text<'a>(made: &'a Value, name: &str) -> &'a str {
    made[name].as_str().expect("a text")
}

#[test]
fn a_server_that_stops_writes_when_keys_were_used_and_logs_who_made_them_but_not_the_keys() {
    let home = with_ada();
    let mut server = home.serve();
    let made = make_key(&server, "null");
    assert!(server.ask(&get_with("/users/me", text(&made, "api_key"))).starts_with("HTTP/1.1 200 "));
    let log = server.stop();
    let used = Rows::texts(
        &home.url_from_elsewhere(),
        "SELECT CAST(last_used_at AS TEXT) FROM api_keys WHERE last_used_at > 0",
    );
    assert_eq!(used.len(), 1);
    let about: Vec<_> = log.iter().filter(|line| line.to_string().contains("an API key was made")).collect();
    assert_eq!(about.len(), 1);
    assert_eq!((&about[0]["user"], &about[0]["key"]), (&"ada".into(), &made["key_id"]));
    assert!(!log.iter().any(|line| line.to_string().contains("cloakroom_key_")));
}

#[test]
fn a_running_server_writes_uses_and_removes_keys_whose_time_is_over_by_itself() {
    let home = with_ada();
    let mut server = home.serve();
    let (over, going) = (make_key(&server, "60"), make_key(&server, "null"));
    server.stop();
    let url = home.url_from_elsewhere();
    Rows::execute(&url, "UPDATE api_keys SET expires_at = 1 WHERE expires_at IS NOT NULL");
    let server = home.serve();
    assert!(server.ask(&get_with("/users/me", text(&going, "api_key"))).starts_with("HTTP/1.1 200 "));
    assert!(server.ask(&get_with("/users/me", text(&over, "api_key"))).starts_with("HTTP/1.1 401 "));
    let is_done = || {
        let rows =
            Rows::texts(&url, "SELECT key_id || CASE WHEN last_used_at > 0 THEN ' used' ELSE '' END FROM api_keys");
        rows == [format!("{} used", text(&going, "key_id"))]
    };
    for _ in 0..400 {
        if is_done() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    drop(server);
    panic!("the key that is over is still there, or the use is not written");
}

#[test]
fn a_copy_of_the_database_has_the_keys_and_they_stay_good() {
    const ALL: &str = "SELECT key_id || '|' || user_id || '|' || digest || '|' || name || '|' || granted || '|' || created_at || '|' || \
                       COALESCE(CAST(last_used_at AS TEXT), '∅') || '|' || COALESCE(CAST(expires_at AS TEXT), '∅') FROM api_keys \
                       ORDER BY key_id";
    let home = with_ada();
    let mut server = home.serve();
    let made = [make_key(&server, "3600"), make_key(&server, "null")];
    server.stop();
    fs::create_dir(home.path("other")).expect("a folder");
    let copy = |from: &str, to: &str| {
        said(home.run(&["--set", &format!("database.url={from}"), "database", "copy", "--to", to], ""));
    };
    copy(&home.url(), "sqlite://other/other.db");
    // To the engine of this test again.
    let back = Home::new();
    copy("sqlite://other/other.db", &back.url_from_elsewhere());
    let rows = Rows::texts(&home.url_from_elsewhere(), ALL);
    assert_eq!(rows.len(), 2);
    assert_eq!(Rows::texts(&format!("sqlite://{}", home.path("other/other.db").display()), ALL), rows);
    assert_eq!(Rows::texts(&back.url_from_elsewhere(), ALL), rows);
    let server = back.serve();
    for made in &made {
        assert!(server.ask(&get_with("/users/me", text(made, "api_key"))).starts_with("HTTP/1.1 200 "));
    }
}
