//! Slow, silent or too many clients, and their effect on other clients.

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    time::Duration,
};

use super::support::{Home, Server};

const STATUS: &str = "GET /status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

/// Whether the server closes this connection. Anything that the server sends before that is read and ignored.
fn is_closed_by_the_server(mut stream: &TcpStream) -> bool {
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a time limit");
    match stream.read_to_end(&mut Vec::new()) {
        Ok(_) => true,
        Err(error) => error.kind() == ErrorKind::ConnectionReset,
    }
}

fn is_served(server: &Server) -> bool {
    server.ask(STATUS).starts_with("HTTP/1.1 401 ")
}

#[test]
fn slow_header_senders_are_let_go_and_others_are_served_meanwhile() {
    let home = Home::new().with("CLOAKROOM__LIMITS__HEADER_TIMEOUT", "2");
    let server = home.serve();
    let slow: Vec<_> = (0..200).map(|_| server.begin("GET /status HTTP/1.1\r\nX-Slow: ")).collect();
    assert!(is_served(&server));
    assert!(slow.iter().all(is_closed_by_the_server));
    assert!(is_served(&server));
}

#[test]
fn an_idle_connection_is_let_go() {
    let home = Home::new().with("CLOAKROOM__LIMITS__HEADER_TIMEOUT", "1");
    let server = home.serve();
    assert!(is_closed_by_the_server(&server.begin("")), "before any request");
    assert!(is_closed_by_the_server(&server.begin("GET /status HTTP/1.1\r\nHost: x\r\n\r\n")), "after an answer");
}

#[test]
fn over_the_limit_a_connection_waits_for_a_place() {
    let home = Home::new().with("CLOAKROOM__LIMITS__CONNECTIONS", "2").with("CLOAKROOM__LIMITS__HEADER_TIMEOUT", "60");
    let server = home.serve();
    let (one, two) = (server.begin(""), server.begin(""));
    let mut third = server.begin(STATUS);
    third.set_read_timeout(Some(Duration::from_millis(300))).expect("a time limit");
    let waiting = third.read(&mut [0; 1]).expect_err("no place yet");
    assert!(matches!(waiting.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{waiting}");
    drop(one);
    third.set_read_timeout(Some(Duration::from_secs(30))).expect("a time limit");
    let mut answer = String::new();
    third.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    drop(two);
}

#[test]
fn a_slow_reader_is_let_go() {
    let home = Home::new().with("CLOAKROOM__LIMITS__CONNECTIONS", "1").with("CLOAKROOM__LIMITS__WRITE_TIMEOUT", "1");
    let server = home.serve();
    // The answers are more than the sockets can hold, and the client never reads them.
    let mut slow = server.begin("");
    let _ = slow.write_all("GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n".repeat(50).as_bytes());
    assert!(is_served(&server), "the only place is free again");
}

#[test]
fn a_header_that_does_not_end_is_refused() {
    let home = Home::new();
    let server = home.serve();
    let header = format!("GET /status HTTP/1.1\r\nHost: x\r\nX-Long: {}", "a".repeat(100 * 1024));
    let mut stream = server.begin("");
    // The server may close the connection before everything is written.
    let _ = stream.write_all(header.as_bytes());
    assert!(is_closed_by_the_server(&stream));
    let long = format!("Bearer {}", "a".repeat(64 * 1024));
    let answer =
        server.ask(&format!("GET /status HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: {long}\r\n\r\n"));
    assert!(answer.starts_with("HTTP/1.1 401 ") && answer.contains("Could not validate credentials"), "{answer}");
}
