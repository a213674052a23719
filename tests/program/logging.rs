//! A log that cannot be written, and a server that goes on.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Write},
    process::Stdio,
};

use super::support::{Home, Server, get, login, token};

/// Starts a server, which writes its log to `log`.
fn serve(home: &Home, log: impl Into<Stdio>) -> Server {
    Server::start(home.command(&[]).stderr(log))
}

fn home() -> Home {
    let home = Home::new();
    assert!(home.run(&["user", "add", "ada"], "correct horse battery\n").status.success());
    home
}

/// Checks that failed and right logins, which are all logged, are answered.
#[track_caller]
fn assert_serves(server: &Server) {
    for number in 0..3 {
        let answer = server.ask(&login(&format!("nobody-{number}"), "wrong horse"));
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    }
    let ada = token(&server.ask(&login("ada", "correct horse battery")));
    assert!(server.ask(&get("/users/me", &ada)).starts_with("HTTP/1.1 200 "));
}

#[track_caller]
fn assert_serves_a_status(server: &Server) {
    let answer = server.ask("GET /status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
}

#[test]
fn a_full_disk_under_the_log_does_not_stop_the_server() {
    let home = home();
    let full = File::options().write(true).open("/dev/full").expect("/dev/full");
    let mut server = serve(&home, full);
    assert_serves(&server);
    server.signal("TERM");
    assert_eq!(server.process.wait().expect("its end").code(), Some(0));
}

#[test]
fn a_reader_of_the_log_that_goes_away_does_not_stop_the_server() {
    let home = home();
    let mut server = serve(&home, Stdio::piped());
    let mut log = BufReader::new(server.process.stderr.take().expect("standard error"));
    log.read_line(&mut String::new()).expect("a line");
    drop(log);
    assert_serves(&server);
    server.signal("TERM");
    assert_eq!(server.process.wait().expect("its end").code(), Some(0));
}

#[test]
fn a_reader_of_the_log_that_does_not_read_does_not_stop_the_server() {
    let home = home();
    let mut server = serve(&home, Stdio::piped());
    let log = server.process.stderr.take().expect("standard error");
    // From now on ada and this address are a known pair.
    token(&server.ask(&login("ada", "correct horse battery")));
    // More than a pipe holds: each of these logins is a log line.
    for number in 0..1000 {
        let answer = server.ask(&login(&format!("nobody-{number}"), "wrong horse"));
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    let ada = token(&server.ask(&login("ada", "correct horse battery")));
    assert!(server.ask(&get("/users/me", &ada)).starts_with("HTTP/1.1 200 "));
    server.signal("TERM");
    assert_eq!(server.process.wait().expect("its end").code(), Some(0));
    drop(log);
}

#[test]
fn standard_output_that_cannot_be_written_does_not_stop_the_server() {
    let home = home();
    let full = File::options().write(true).open("/dev/full").expect("/dev/full");
    let mut process = home.command(&[]).stdout(full).spawn().expect("a process");
    // The log tells where the metrics are once it is open.
    let mut log = BufReader::new(process.stderr.take().expect("standard error")).lines();
    assert!(log.any(|line| line.expect("text").contains("metrics are at")));
    let mut server = Server { process, address: String::new() };
    server.signal("TERM");
    assert_eq!(server.process.wait().expect("its end").code(), Some(0));
}

#[test]
fn with_output_that_nobody_reads_the_server_starts_serves_and_ends_with_its_exit_code() {
    let home = home().with("RUST_LOG", "trace");
    let (mut reader, writer) = std::io::pipe().expect("a pipe");
    // Full before the start: the very first line has no room.
    let mut filler = writer.try_clone().expect("a pipe");
    std::thread::spawn(move || filler.write_all(&[b'x'; 1 << 20]));
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let home = home.with("LEPTOS_SITE_ADDR", &port.to_string());
    let process = home.command(&[]).stdout(writer.try_clone().expect("a pipe")).stderr(writer).spawn();
    let mut server = Server { process: process.expect("a process"), address: port.to_string() };
    let patience = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while std::net::TcpStream::connect(&server.address).is_err() {
        assert!(std::time::Instant::now() < patience, "it does not start");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    // More than the log's queue holds.
    for _ in 0..200 {
        assert_serves_a_status(&server);
    }
    server.signal("TERM");
    let ended = loop {
        if let Some(status) = server.process.try_wait().expect("a process") {
            break status;
        }
        assert!(std::time::Instant::now() < patience, "it does not end");
        std::thread::sleep(std::time::Duration::from_millis(20));
    };
    assert_eq!(ended.code(), Some(0));
    drop(reader.read(&mut [0; 1]));
}

#[test]
fn a_start_that_fails_has_its_exit_code_although_nothing_can_be_written() {
    let home = Home::new().with("CLOAKROOM__TOKEN__EXPIRES_IN", "0");
    let full = || File::options().write(true).open("/dev/full").expect("/dev/full");
    let mut process = home.command(&[]).stdout(full()).stderr(full()).spawn().expect("a process");
    assert_eq!(process.wait().expect("its end").code(), Some(1));
}

#[test]
fn all_that_was_logged_is_written_before_the_program_ends() {
    let home = home();
    let mut server = serve(&home, Stdio::piped());
    for number in 0..50 {
        server.ask(&login(&format!("nobody-{number}"), "wrong horse"));
    }
    server.signal("TERM");
    let mut said = String::new();
    server.process.stderr.take().expect("standard error").read_to_string(&mut said).expect("text");
    assert_eq!(said.matches(r#""message":"login "#).count(), 50, "{said}");
}
