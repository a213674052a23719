//! Runs the program in a temporary folder.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::database::Database;

/// A key that is printed nowhere else.
pub const SECRET_KEY: &str = "7b1d6a52f3c84e0b9d5e2f71a8c643903c5ae8d1f04b72967ed01cb8a5f3d264";

/// The database in the folder that the program runs in.
const SQLITE: &str = "sqlite://cloakroom.db";

/// An empty folder, and the settings to run the program with.
pub struct Home {
    pub folder: TempDir,
    pub database: Database,
    settings: Vec<(&'static str, String)>,
}

/// A running server. Dropping the value ends it.
pub struct Server {
    pub process: Child,
    pub address: String,
}

impl Home {
    /// With a database of its own, which SQLite has in the folder, and with cheap hashing.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let database = thread::scope(|scope| scope.spawn(|| new_database(folder.path())).join().expect("a database"));
        let url = if database.is_postgres() { database.url.clone() } else { SQLITE.to_owned() };
        let settings = [
            ("CLOAKROOM__DATABASE__URL", &*url),
            ("CLOAKROOM__TOKEN__SECRET_KEY", SECRET_KEY),
            ("CLOAKROOM__PASSWORD__MEMORY_KIB", "64"),
            ("CLOAKROOM__PASSWORD__ITERATIONS", "1"),
            ("CLOAKROOM__PASSWORD__PARALLELISM", "1"),
            ("LEPTOS_SITE_ADDR", "127.0.0.1:0"),
            ("CLOAKROOM__METRICS__ADDR", "127.0.0.1:0"),
        ];
        let settings = settings.map(|(name, value)| (name, value.to_owned())).to_vec();
        Self { folder, database, settings }
    }

    /// The same, but always with SQLite: for tests of its files.
    pub fn with_sqlite() -> Self {
        Self::new().with("CLOAKROOM__DATABASE__URL", SQLITE)
    }

    /// The same, with one more setting.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.settings.push((name, value.to_owned()));
        self
    }

    /// The same, with this setting left to its default.
    pub fn without(mut self, name: &str) -> Self {
        self.settings.retain(|(known, _)| *known != name);
        self
    }

    /// The database's URL, for the program in this folder.
    pub fn url(&self) -> String {
        let (_, url) = self.settings.iter().rfind(|(name, _)| *name == "CLOAKROOM__DATABASE__URL").expect("a setting");
        url.clone()
    }

    /// The database's URL, for a program in any folder.
    pub fn url_from_elsewhere(&self) -> String {
        self.database.url.clone()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cloakroom"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the program to its end, with `input` on standard input.
    pub fn run(&self, arguments: &[&str], input: &str) -> Output {
        self.begin(arguments, input).wait_with_output().expect("its output")
    }

    /// Begins to run the program, with `input` on standard input.
    fn begin(&self, arguments: &[&str], input: &str) -> Child {
        let mut child = self.command(arguments).spawn().expect("a process");
        // A program that does not read its input may be gone already.
        let _ = child.stdin.take().expect("standard input").write_all(input.as_bytes());
        child
    }

    /// Runs the program, which must fail with exit code 1 and one line on standard error. Returns that line.
    #[track_caller]
    pub fn fail(&self, arguments: &[&str], input: &str) -> String {
        let mut child = self.begin(arguments, input);
        // A server that starts although it should not would run for ever.
        let patience = Instant::now() + Duration::from_secs(30);
        while child.try_wait().expect("a process").is_none() {
            if Instant::now() > patience {
                child.kill().expect("a process");
            }
            thread::sleep(Duration::from_millis(5));
        }
        let output = child.wait_with_output().expect("its output");
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        said
    }

    /// Starts the server, and waits until it is open.
    pub fn serve(&self) -> Server {
        Server::start(&mut self.command(&[]))
    }
}

impl Server {
    /// Starts the server that this command is, and waits until it is open.
    pub fn start(command: &mut Command) -> Self {
        let mut process = command.spawn().expect("a process");
        let mut lines = BufReader::new(process.stdout.take().expect("standard output")).lines();
        let opened = lines.next().expect("a line").expect("text");
        let (_, address) = opened.split_once("://").expect("where it is open");
        let address = address.to_owned();
        thread::spawn(move || lines.for_each(drop));
        Self { process, address }
    }

    /// Sends this raw request, and reads the whole answer.
    pub fn ask(&self, request: &str) -> String {
        ask(&self.address, request)
    }

    /// Sends a request, and does not read the answer.
    pub fn begin(&self, request: &str) -> TcpStream {
        begin(&self.address, request)
    }

    /// Stops the server. Returns its log: one JSON object for each event.
    pub fn stop(&mut self) -> Vec<serde_json::Value> {
        self.signal("TERM");
        let mut said = String::new();
        self.process.stderr.take().expect("standard error").read_to_string(&mut said).expect("text");
        assert_eq!(self.process.wait().expect("its end").code(), Some(0), "{said}");
        said.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    /// Sends a signal, `TERM` or `INT`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.process.id().to_string()]).status();
        assert!(sent.expect("kill").success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::main(flavor = "current_thread")]
async fn new_database(folder: &Path) -> Database {
    Database::new(folder).await
}

/// Sends this raw request to an address, and reads the whole answer.
pub fn ask(address: &str, request: &str) -> String {
    let mut answer = String::new();
    begin(address, request).read_to_string(&mut answer).expect("an answer");
    answer
}

/// Sends a request to an address, and does not read the answer.
fn begin(address: &str, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("a connection");
    // A test must fail rather than hang.
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a time limit");
    stream.write_all(request.as_bytes()).expect("a request");
    stream
}

/// What a program that succeeded said.
#[track_caller]
pub fn said(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// A login, as a browser would post it.
pub fn login(username: &str, password: &str) -> String {
    let form = format!("username={username}&password={password}").replace(' ', "+");
    format!(
        "POST /token HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    )
}

/// `GET path` with a token.
pub fn get(path: &str, token: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n")
}

/// `POST path` with a token and JSON.
pub fn post(path: &str, token: &str, json: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{json}",
        json.len()
    )
}

/// The token in the token endpoint's answer.
pub fn token(answer: &str) -> String {
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let start = answer.find(r#""access_token":""#).expect("a token") + 16;
    answer[start..].split('"').next().expect("its end").to_owned()
}
