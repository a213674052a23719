//! HTTP's own rules, over a real socket.

use std::{
    io::{Read, Write},
    net::Shutdown,
};

use super::support::{Home, Server, get, login, token};

#[track_caller]
fn assert_answered(server: &Server, request: &str, status: &str) {
    let answer = server.ask(request);
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request:?}: {answer}");
    if status != "200" {
        assert!(answer.contains(r#"{"detail":""#) && answer.contains("x-request-id: "), "{answer}");
    }
}

#[test]
fn http_1_1_needs_one_valid_host() {
    let home = Home::new();
    let server = home.serve();
    let request = |hosts: &[&str]| {
        let hosts: String = hosts.iter().map(|host| format!("Host: {host}\r\n")).collect();
        format!("GET /health/live HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n")
    };
    for host in ["localhost", "127.0.0.1:3000", "[::1]:3000", "a.example"] {
        assert_answered(&server, &request(&[host]), "200");
    }
    for hosts in [
        &[][..],
        &["a", "b"],
        &["a", "a"],
        &["a b/<>"],
        &[""],
        &["a/b"],
        &["user@a"],
        &["a:port"],
        &["a, b"],
        &["\u{e4}"],
    ] {
        assert_answered(&server, &request(hosts), "400");
    }
    let absolute = "GET http://a.example/health/live HTTP/1.1\r\nConnection: close\r\n";
    assert_answered(&server, &format!("{absolute}Host: a.example\r\n\r\n"), "200");
    assert_answered(&server, &format!("{absolute}\r\n"), "400");
    let old = server.ask("GET /health/live HTTP/1.0\r\n\r\n");
    assert!(old.starts_with("HTTP/1.0 200 "), "HTTP/1.0 knows no Host: {old}");
    let answer = server.ask("POST /token HTTP/1.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    assert!(answer.contains(r#""error":"invalid_request""#), "in OAuth2's words there: {answer}");
}

#[test]
fn the_only_transfer_encoding_is_chunked_once() {
    let home = Home::new();
    assert!(home.run(&["user", "add", "ada"], "correct horse battery\n").status.success());
    let server = home.serve();
    let body = "username=ada&password=correct+horse+battery";
    let request = |lines: &str| {
        format!(
            "POST /token HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             {lines}\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
            body.len()
        )
    };
    for line in ["Transfer-Encoding: chunked\r\n", "Transfer-Encoding: Chunked\r\n", "Transfer-Encoding:  chunked \r\n"]
    {
        assert_answered(&server, &request(line), "200");
    }
    for (lines, status) in [
        ("Transfer-Encoding: gzip, chunked\r\n", "501"),
        ("Transfer-Encoding: identity, chunked\r\n", "501"),
        ("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", "501"),
        ("Transfer-Encoding: chunked, chunked\r\n", "400"),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "400"),
        ("Transfer-Encoding: ,chunked\r\n", "400"),
    ] {
        assert_answered(&server, &request(lines), status);
    }
}

#[test]
fn after_a_request_that_two_readers_may_read_in_two_ways_the_connection_is_closed() {
    let home = Home::new();
    let server = home.serve();
    let next = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
    for first in [
        "POST /token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        "POST /token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "GET /health/live HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    ] {
        let answer = server.ask(&format!("{first}{next}"));
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
        assert!(answer.contains("connection: close") && answer.contains("cache-control: no-store"), "{answer}");
    }
}

#[test]
fn a_client_that_closes_its_sending_side_gets_its_answer() {
    // A hash that takes a while, so that the end of the client's stream is there before the answer.
    let home =
        Home::new().with("CLOAKROOM__PASSWORD__ITERATIONS", "50").with("CLOAKROOM__PASSWORD__MEMORY_KIB", "8192");
    assert!(home.run(&["user", "add", "ada"], "correct horse battery\n").status.success());
    let server = home.serve();
    let ask = |request: &str| {
        let mut stream = server.begin("");
        stream.write_all(request.replace("Connection: close\r\n", "").as_bytes()).expect("a request");
        stream.shutdown(Shutdown::Write).expect("a half-closed connection");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    };
    let ada = token(&ask(&login("ada", "correct horse battery")));
    for _ in 0..20 {
        assert!(ask(&get("/users/me", &ada)).starts_with("HTTP/1.1 200 "));
    }
}
