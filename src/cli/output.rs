//! Standard output.

use std::io::{self, Write};

/// Prints to standard output. A closed pipe is not an error: `head`, for example, stops reading early.
pub fn say(text: &str) -> io::Result<()> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        said => said,
    }
}
