//! A session whose server is killed, and what a server still has of a session that has ended.

use std::{
    collections::BTreeSet,
    io::{Read, Write},
    net::TcpStream,
    thread,
    time::Duration,
};

use super::support::{Home, Server, get, token};

const PASSWORD: &str = "correct horse battery";

/// `POST path`, with a form.
fn form(path: &str, form: &str) -> String {
    let form = form.replace(' ', "+");
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    )
}

fn login() -> String {
    form("/token", &format!("username=ada&password={PASSWORD}&scope=me offline_access"))
}

fn renewal(refresh_token: &str) -> String {
    form("/token", &format!("grant_type=refresh_token&refresh_token={refresh_token}"))
}

/// The refresh token in the token endpoint's answer, if it has one.
fn refresh_token(answer: &str) -> Option<String> {
    let start = answer.find(r#""refresh_token":""#)? + 17;
    answer[start..].split('"').next().map(str::to_owned)
}

/// The answer to a request, or what came of it before the server was killed.
fn try_to_ask(address: &str, request: &str) -> String {
    let mut answer = Vec::new();
    if let Ok(mut stream) = TcpStream::connect(address)
        && stream.write_all(request.as_bytes()).is_ok()
    {
        // An error ends the answer.
        let _ = stream.read_to_end(&mut answer);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

fn with_ada() -> Home {
    let home = Home::new();
    assert!(home.run(&["user", "add", "ada"], &format!("{PASSWORD}\n")).status.success());
    home
}

#[test]
fn kill_9_fifty_times_during_renewals_leaves_one_session_or_none_and_never_two() {
    let home = with_ada();
    let mut server = home.serve();
    let mut refresh = refresh_token(&server.ask(&login())).expect("a refresh token");
    let (mut renewals, mut repeated, mut logins) = (0, 0, 0);
    for round in 0..50_u64 {
        let address = server.address.clone();
        thread::scope(|scope| {
            // Each round another moment.
            scope.spawn(|| {
                thread::sleep(Duration::from_micros(2_000 + round * 379));
                server.process.kill().expect("a process");
                server.process.wait().expect("its end");
            });
            loop {
                let answer = try_to_ask(&address, &renewal(&refresh));
                let Some(next) = refresh_token(&answer) else {
                    assert!(!answer.starts_with("HTTP/1.1 4"), "{answer}");
                    break;
                };
                refresh = next;
                renewals += 1;
            }
        });
        server = home.serve();
        // The client has the last answer that came. Either it goes on with that, or it has to log in.
        let answer = server.ask(&renewal(&refresh));
        let (access, next) = match refresh_token(&answer) {
            Some(next) => (token(&answer), next),
            None => {
                assert!(answer.contains("invalid_grant"), "{answer}");
                logins += 1;
                let answer = server.ask(&login());
                (token(&answer), refresh_token(&answer).expect("a refresh token"))
            }
        };
        // The server may have committed what it did not answer: then the same token comes again.
        repeated += u64::from(refresh_token(&server.ask(&renewal(&refresh))).is_some_and(|again| again == next));
        refresh = next;
        let sessions = server.ask(&get("/users/me/sessions", &access));
        assert_eq!(sessions.matches("session_id").count(), 1, "{sessions}");
    }
    assert!(renewals > 0 && repeated > 0, "{renewals} renewals, {repeated} with the same successor, {logins} logins");
}

#[tokio::test]
async fn an_old_refresh_token_is_a_line_in_the_log_without_the_token() {
    let home = with_ada();
    let mut server = home.serve();
    let first = refresh_token(&server.ask(&login())).expect("a refresh token");
    let second = refresh_token(&server.ask(&renewal(&first))).expect("a refresh token");
    home.database.connect().await.execute("DELETE FROM used_refresh_tokens").await;
    assert!(server.ask(&renewal(&first)).contains("invalid_grant"));
    assert!(server.ask(&renewal(&second)).contains("invalid_grant"));
    let log = server.stop();
    let about: Vec<_> = log.iter().filter(|line| line.to_string().contains("an old refresh token was used")).collect();
    assert_eq!(about.len(), 1);
    assert_eq!((&about[0]["level"], &about[0]["user"]), (&"WARN".into(), &"ada".into()));
    assert!(!log.iter().any(|line| line.to_string().contains("cloakroom_refresh_")));
}

#[tokio::test]
async fn a_server_removes_sessions_that_are_over_by_itself() {
    let home = with_ada();
    let mut server = home.serve();
    server.ask(&login());
    server.ask(&login());
    server.stop();
    let mut other = home.database.connect().await;
    let oldest = "UPDATE sessions SET expires_at = 1 WHERE session_id = (SELECT MIN(session_id) FROM sessions)";
    other.execute(oldest).await;
    let server = home.serve();
    for _ in 0..200 {
        if other.count("sessions").await == 1 {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    drop(server);
    panic!("the session is still there");
}

/// What is like a token in these bytes: a refresh token, or a JSON Web Token.
fn tokens_in(bytes: &[u8]) -> BTreeSet<String> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let words = bytes.split(|byte| !is_part(byte)).filter_map(|word| str::from_utf8(word).ok());
    let tokens = words.flat_map(|word| {
        let refresh = word.find("cloakroom_refresh_").and_then(|start| word.get(start..start + 18 + 64));
        let access = word.find("eyJ").map(|start| &word[start..]).filter(|text| text.matches('.').count() == 2);
        [refresh, access]
    });
    tokens.flatten().map(str::to_owned).collect()
}

#[cfg(target_os = "linux")]
static EMPTY: [u8; 4096] = [0; 4096];

/// The memory of a server that can be written: its heap and its stacks.
#[cfg(target_os = "linux")]
fn memory(server: &Server) -> Vec<u8> {
    use std::os::unix::fs::FileExt;

    let folder = format!("/proc/{}", server.process.id());
    let maps = std::fs::read_to_string(format!("{folder}/maps")).expect("the map of its memory");
    let memory = std::fs::File::open(format!("{folder}/mem")).expect("its memory");
    let mut dump = Vec::new();
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let (start, end) = line.split(' ').next().and_then(|range| range.split_once('-')).expect("a range");
        let number = |text| u64::from_str_radix(text, 16).expect("an address");
        let mut part = vec![0; usize::try_from(number(end) - number(start)).expect("a length")];
        // Some parts cannot be read, such as those of the kernel.
        if memory.read_exact_at(&mut part, number(start)).is_ok() {
            // Most of it is empty.
            dump.extend(part.chunks(EMPTY.len()).filter(|page| *page != EMPTY).flatten());
        }
    }
    dump
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn after_a_logout_neither_the_database_nor_the_memory_has_a_token_that_opens_anything() {
    let home = with_ada();
    let server = home.serve();
    let opens = |token: &str| {
        let is_access = server.ask(&get("/users/me", token)).starts_with("HTTP/1.1 200 ");
        is_access || server.ask(&renewal(token)).starts_with("HTTP/1.1 200 ")
    };
    let first = server.ask(&login());
    let mut tokens = vec![(token(&first), refresh_token(&first).expect("a refresh token"))];
    for _ in 0..3 {
        let (_, last) = tokens.last().expect("tokens");
        let next = server.ask(&renewal(last));
        tokens.push((token(&next), refresh_token(&next).expect("a refresh token")));
        assert!(opens(&token(&next)));
    }
    let plain = token(&server.ask(&form("/token", &format!("username=ada&password={PASSWORD}"))));
    assert!(opens(&plain));
    // What is searched for is found while it is there.
    assert!(tokens_in(&memory(&server)).iter().any(|token| opens(token)));
    for token in [&tokens.last().expect("tokens").0, &plain] {
        assert!(server.ask(&form("/revoke", &format!("token={token}"))).starts_with("HTTP/1.1 200 "));
    }
    let mut kept = tokens_in(&memory(&server));
    for file in std::fs::read_dir(home.folder.path()).expect("a folder") {
        kept.extend(tokens_in(&std::fs::read(file.expect("a file").path()).expect("bytes")));
    }
    for token in &kept {
        assert!(!opens(token), "{token}");
    }
    // Nor do those that the clients still have.
    for token in tokens.iter().flat_map(|(access, refresh)| [access, refresh]).chain([&plain]) {
        assert!(!opens(token), "{token}");
    }
}
