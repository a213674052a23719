//! A change by another process takes effect on the next request, also under load.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use super::support::{Home, Server, login, token};

/// One connection, with one request after the other.
struct Connection(BufReader<TcpStream>);

impl Connection {
    fn to(server: &Server) -> Self {
        let stream = TcpStream::connect(&server.address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a time limit");
        stream.set_nodelay(true).expect("a socket");
        Self(BufReader::new(stream))
    }

    /// The status of `GET /users/me`.
    fn status(&mut self, token: &str) -> u16 {
        let request = format!("GET /users/me HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n");
        self.0.get_mut().write_all(request.as_bytes()).expect("a request");
        let head: Vec<String> =
            self.0.by_ref().lines().map(|line| line.expect("text")).take_while(|line| !line.is_empty()).collect();
        let length = head.iter().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
        self.0.read_exact(&mut vec![0; length.parse().expect("a number")]).expect("a body");
        head[0].split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status")
    }
}

/// Sets the flag when it is dropped.
struct SetAtEnd<'a>(&'a AtomicBool);

impl Drop for SetAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_thousands_of_changes_by_another_process_under_load_the_next_request_knows_each() {
    let home = Home::new();
    assert!(home.run(&["user", "add", "ada"], "correct horse battery\n").status.success());
    let server = home.serve();
    let token = token(&server.ask(&login("ada", "correct horse battery")));
    // This test is the other process.
    let mut database = home.database.connect().await;
    let changes = [
        ("UPDATE users SET disabled = TRUE", 400),
        ("UPDATE users SET disabled = FALSE", 200),
        ("UPDATE users SET scopes = 'items'", 403),
        ("UPDATE users SET scopes = 'me items'", 200),
        ("UPDATE users SET tokens_valid_from = tokens_valid_from + 1", 401),
        ("UPDATE users SET tokens_valid_from = tokens_valid_from - 1", 200),
    ];
    let (over, answers, logins) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    let mut stale = 0;
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut connection = Connection::to(&server);
                while !over.load(Ordering::Relaxed) {
                    assert!([200, 400, 401, 403].contains(&connection.status(&token)));
                    answers.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        // Each login writes twice.
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                assert!(server.ask(&login("ada", "correct horse battery")).starts_with("HTTP/1.1 200 "));
                logins.fetch_add(1, Ordering::Relaxed);
                thread::sleep(Duration::from_millis(20));
            }
        });
        // Also after a panic: the threads must end.
        let _end = SetAtEnd(&over);
        let mut connection = Connection::to(&server);
        // PostgreSQL takes several times as long for a change.
        let number = if home.database.is_postgres() { 2_000 } else { 10_000 };
        for (change, status) in changes.iter().cycle().take(number) {
            let written = database.execute(change);
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(written));
            stale += usize::from(connection.status(&token) != *status);
        }
    });
    assert_eq!(stale, 0, "answers that did not know the change before them");
    let (answers, logins) = (answers.into_inner(), logins.into_inner());
    assert!(answers > 1000 && logins > 10, "there was load: {answers} answers and {logins} logins");
}
