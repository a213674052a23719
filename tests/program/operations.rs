//! Logs and metrics, for the people who run the program.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
};

use super::support::{Home, ask, login};

#[test]
fn a_log_line_carries_the_name_that_the_answer_carried() {
    let home = Home::new();
    let mut server = home.serve();
    let answer = server.ask(&login("ada", "wrong horse"));
    let (_, rest) = answer.split_once("x-request-id: ").expect("a name");
    let name = rest.lines().next().expect("a line");
    let said = server.stop();
    let line = said.iter().find(|line| line["message"] == "login failed").expect("a line");
    assert_eq!(line["request"], name, "{line}");
}

#[test]
fn the_metrics_are_at_an_address_of_their_own() {
    let home = Home::new();
    let mut server = home.serve();
    let mut lines = BufReader::new(server.process.stderr.take().expect("standard error")).lines();
    let address = lines.find_map(|line| {
        let line: serde_json::Value = serde_json::from_str(&line.expect("text")).expect("JSON");
        let (_, rest) = line["message"].as_str()?.split_once("metrics are at http://")?;
        Some(rest.strip_suffix("/metrics")?.to_owned())
    });
    let request = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let answer = ask(&address.expect("an address"), request);
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("cloakroom_connections 0"), "{answer}");
    assert!(server.ask(request).starts_with("HTTP/1.1 404 "));
}

#[test]
fn an_address_for_metrics_that_is_taken_stops_the_start_only_if_it_was_asked_for() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let home = Home::new().with("CLOAKROOM__METRICS__ADDR", &address);
    assert!(home.fail(&[], "").contains(&format!("cannot listen on {address}")));
    // With the default address the server starts, even if that address is taken.
    let home = Home::new().without("CLOAKROOM__METRICS__ADDR");
    let _usual = TcpListener::bind("127.0.0.1:9464");
    home.serve();
}
