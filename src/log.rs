//! The log on standard error: text at a terminal, JSON elsewhere.
//!
//! A log that cannot be written never stops the server. A separate thread writes the lines. A full disk, a closed pipe
//! or a reader that stops reading only loses lines.

use std::{
    io::{self, IsTerminal, Write},
    panic,
    sync::mpsc,
    thread,
    time::Duration,
};

use cloakroom::server::operations::request_id::current;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

/// How many lines can wait for a slow reader. Further lines are lost.
const BUFFERED_LINES: usize = 10_000;
/// How long a start or a stop waits for a reader of the output.
const PATIENCE: Duration = Duration::from_secs(2);

/// Starts the log, until [`stop`] is called with the guard.
pub fn start() -> WorkerGuard {
    let (writer, guard) = NonBlockingBuilder::default()
        .buffered_lines_limit(BUFFERED_LINES)
        .lossy(true)
        .thread_name("log")
        .finish(io::stderr());
    let log = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")))
        .with_writer(writer);
    let is_terminal = io::stderr().is_terminal();
    // Only at a terminal: the colours of the text would be escape codes in a file.
    if is_terminal {
        log.init()
    } else {
        log.json().flatten_event(true).init()
    }
    // A panic is logged like other errors, with the id of its request.
    panic::set_hook(Box::new(|panic| {
        tracing::error!(request = current().map(tracing::field::display), "{}", panic.to_string().replace('\n', " "));
    }));
    guard
}

/// Stops the log: writes the lines that still wait, for as long as their reader takes them at once.
pub fn stop(guard: WorkerGuard) {
    within_patience(move || drop(guard));
}

/// Writes the last line of a program that fails. If that is impossible, the exit code still reports the failure.
pub fn last_line(line: String) {
    within_patience(move || writeln!(io::stderr(), "{line}"));
}

/// Does this on another thread, and waits for it for [`PATIENCE`] at most. `None` if that was not enough: standard
/// output or standard error is a pipe whose reader does not read.
pub fn within_patience<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (done, result) = mpsc::channel();
    thread::spawn(move || {
        // Nobody waits any more if it took too long.
        let _ = done.send(work());
    });
    result.recv_timeout(PATIENCE).ok()
}
