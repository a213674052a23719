//! The server as a process: from the first start to the signal that stops it.

use std::{
    io::{Read, Write},
    os::unix::fs::PermissionsExt,
};

use super::support::{Home, get, login, token};

#[test]
fn without_a_secret_key_one_is_made_and_tokens_outlive_a_restart() {
    let home = Home::new().with("CLOAKROOM__TOKEN__SECRET_KEY", "").with("CLOAKROOM__DEMO__ENABLED", "true");
    let server = home.serve();
    let johndoe = token(&server.ask(&login("johndoe", "secret")));
    if !home.database.is_postgres() {
        let mode = std::fs::metadata(home.path("cloakroom.key")).expect("the key file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    drop(server);
    let server = home.serve();
    assert!(server.ask(&get("/users/me", &johndoe)).starts_with("HTTP/1.1 200 "));
}

#[test]
fn a_target_that_is_no_path_is_found_nowhere() {
    let home = Home::new();
    let server = home.serve();
    for target in ["x", "*"] {
        let request = format!("GET {target} HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\nConnection: close\r\n\r\n");
        assert!(server.ask(&request).starts_with("HTTP/1.1 404 "), "{target}");
    }
}

#[test]
fn bodies_that_never_end_or_never_come_are_refused_in_json_and_the_server_goes_on() {
    let home = Home::new().with("CLOAKROOM__LIMITS__BODY_TIMEOUT", "1");
    let server = home.serve();
    let head = "POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    let refused = |mut stream: std::net::TcpStream, status: &str| {
        let mut answer = String::new();
        // The server does not read the whole body. So the connection may be reset after the answer.
        let _ = stream.read_to_string(&mut answer);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        assert!(answer.contains(r#""detail":"#) && answer.contains(r#""error":"invalid_request""#), "{answer}");
    };
    // One chunk more than the limit, and no final chunk.
    let chunk = format!("400\r\n{}\r\n", "a".repeat(0x400));
    refused(server.begin(&format!("{head}Transfer-Encoding: chunked\r\n\r\n{}", chunk.repeat(17))), "413");
    refused(server.begin(&format!("{head}Content-Length: 1000000000\r\n\r\n")), "413");
    refused(server.begin(&format!("{head}Content-Length: 1000\r\n\r\nusername=")), "408");
    assert!(server.ask("GET /status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").starts_with("HTTP/1.1 401 "));
}

#[test]
fn a_login_is_one_log_line_whatever_was_typed_as_the_name() {
    let home = Home::new();
    let mut server = home.serve();
    server.ask(&login("ada%0D%0AFORGED%1B[31m%E2%80%A8%00", "secret-of-ada"));
    server.ask(&login(&"a".repeat(10_000), "secret-of-ada"));
    let said = server.stop();
    let logins: Vec<_> = said.iter().filter(|line| line["message"] == "login failed").collect();
    assert_eq!(logins.len(), 2, "{said:?}");
    assert_eq!(logins[0]["user"], r"ada\r\nFORGED\u{1b}[31m\u{2028}\0");
    assert_eq!(logins[0]["address"], "127.0.0.1");
    assert_eq!(logins[1]["user"], "a".repeat(64));
    assert!(!format!("{said:?}").contains("secret-of-ada"));
}

#[test]
fn several_first_starts_at_once_make_one_database() {
    let home = Home::new();
    let starts: Vec<_> = (0..8)
        .map(|number| {
            let mut child = home.command(&["user", "add", &format!("user-{number}")]).spawn().expect("a process");
            child.stdin.take().expect("standard input").write_all(b"correct horse battery\n").expect("a reader");
            child
        })
        .collect();
    for start in starts {
        let output = start.wait_with_output().expect("its output");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn told_to_stop_it_finishes_the_requests_in_progress_and_closes_the_database() {
    for signal in ["TERM", "INT"] {
        let home = Home::new()
            .with("CLOAKROOM__PASSWORD__ITERATIONS", "300")
            .with("CLOAKROOM__PASSWORD__MEMORY_KIB", "8192")
            .with("CLOAKROOM__PASSWORD__THREADS", "1")
            .with("CLOAKROOM__PASSWORD__QUEUE", "0");
        assert!(home.run(&["user", "add", "ada"], "correct horse battery\n").status.success());
        let mut server = home.serve();
        // If another login is refused with 503, the first one is in progress.
        let mut answer = loop {
            let mut first = server.begin(&login("ada", "correct horse battery"));
            if server.ask(&login("nobody", "wrong horse")).starts_with("HTTP/1.1 503 ") {
                break first;
            }
            // The other login was not refused. Try again.
            first.read_to_end(&mut Vec::new()).expect("an answer");
        };
        server.signal(signal);
        let mut text = String::new();
        answer.read_to_string(&mut text).expect("an answer");
        token(&text);
        assert_eq!(server.process.wait().expect("its end").code(), Some(0), "{signal}");
        assert!(!home.path("cloakroom.db-wal").exists(), "the database was closed");
    }
}

#[test]
fn told_to_stop_it_answers_what_was_sent_before_it_had_accepted_the_connection() {
    let home = Home::new();
    let mut server = home.serve();
    // Frozen, so that the connections wait in the system's queue.
    server.signal("STOP");
    let request = "GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let clients: Vec<_> = (0..50).map(|_| server.begin(request)).collect();
    server.signal("TERM");
    server.signal("CONT");
    for mut client in clients {
        let mut answer = String::new();
        client.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer:?}");
    }
    server.stop();
}

#[test]
fn a_client_that_keeps_its_connection_open_does_not_keep_the_server_from_stopping() {
    let home = Home::new();
    let mut server = home.serve();
    let mut idle = server.begin("GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let mut first = [0; 12];
    idle.read_exact(&mut first).expect("an answer");
    let said = format!("{:?}", server.stop());
    assert!(said.contains("stopping") && !said.contains("still in progress"), "{said}");
}
