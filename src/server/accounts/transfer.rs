//! Users as lines of JSON: how they come from another service, and how they leave. A line has the hash of the password, so
//! everybody keeps theirs.

use std::io::{self, BufRead, Write};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    model::{BrokenRule, Email, FullName, Scopes, Username},
    server::{
        clock,
        security::password::is_known_hash,
        store::{Conflict, Imported, NewUser, Store, StoreError, UserInDb},
    },
};

/// The longest line that is read, in bytes.
const LONGEST_LINE: u64 = 64 * 1024;

/// A user, as one line of JSON. Members that are left out have their default. Others are refused.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    username: String,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    full_name: Option<String>,
    #[serde(default)]
    disabled: bool,
    #[serde(default = "at_sign_up")]
    scopes: Vec<String>,
    hashed_password: String,
}

/// Why nothing was imported. The message is one line. It quotes nothing of the file.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Read(#[from] io::Error),
    /// A line cannot be used.
    #[error("line {number}: {reason}. Nothing was imported")]
    Line {
        /// Counted from 1.
        number: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// The database refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Imports all users of `lines` at the time `now` in Unix milliseconds, or none. A user whose name is there already stays as
/// it is. With `dry_run` nothing is written.
///
/// # Errors
/// [`ImportError`].
pub async fn import(store: &Store, mut lines: impl BufRead, dry_run: bool, now: i64) -> Result<Imported, ImportError> {
    let mut import = store.begin_import().await?;
    let (mut number, mut text) = (0, Vec::new());
    loop {
        text.clear();
        if io::Read::take(&mut lines, LONGEST_LINE).read_until(b'\n', &mut text)? == 0 {
            break;
        }
        number += 1;
        // A line that is too long comes in parts. The first one may be blank.
        if text.trim_ascii().is_empty() && !is_too_long(&text) {
            continue;
        }
        match read(&text, now) {
            Ok(user) => import.add(number, user).await?,
            Err(reason) => {
                // An earlier line may be the first one that is wrong.
                import.collect().await?;
                return Err(ImportError::Line { number, reason });
            }
        }
    }
    Ok(import.finish(dry_run, clock::unix_milliseconds).await?)
}

impl From<Conflict> for ImportError {
    fn from(conflict: Conflict) -> Self {
        match conflict {
            Conflict::Earlier(number, value) => {
                Self::Line { number, reason: format!("an earlier line has the same {value}") }
            }
            Conflict::Taken(number, value) => Self::Line { number, reason: format!("somebody else has the {value}") },
            Conflict::Store(error) => error.into(),
        }
    }
}

/// Writes all users, by username.
///
/// # Errors
/// [`ExportError`].
pub async fn export(store: &Store, mut lines: impl Write) -> Result<u64, ExportError> {
    let (mut count, mut last) = (0, String::new());
    loop {
        let users = store.users_after(&last).await?;
        let Some(user) = users.last() else { break };
        last = user.user.username.to_ascii_lowercase();
        for UserInDb { user, hashed_password, .. } in users {
            let line = Line {
                username: user.username,
                email: user.email,
                full_name: user.full_name,
                disabled: user.disabled,
                scopes: user.scopes.names().map(str::to_owned).collect(),
                hashed_password,
            };
            serde_json::to_writer(&mut lines, &line).map_err(io::Error::from)?;
            lines.write_all(b"\n")?;
            count += 1;
        }
    }
    lines.flush()?;
    Ok(count)
}

/// Why not all users were written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The file cannot be written.
    #[error("the file cannot be written: {0}")]
    Write(#[from] io::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn at_sign_up() -> Vec<String> {
    Scopes::AT_SIGN_UP.names().map(str::to_owned).collect()
}

fn is_too_long(line: &[u8]) -> bool {
    line.len() as u64 >= LONGEST_LINE
}

/// Reads a line. The error says what is wrong with it.
fn read(text: &[u8], now: i64) -> Result<NewUser, String> {
    if is_too_long(text) {
        return Err("it is longer than 64 KiB".to_owned());
    }
    let no_object = || "it is not a JSON object".to_owned();
    // serde_json would take a list of the values, too.
    if !text.trim_ascii_start().starts_with(b"{") {
        return Err(no_object());
    }
    // serde_json's own message may quote the line.
    let line: Line = serde_json::from_slice(text).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => {
            "it has not just the members username, email, full_name, disabled, scopes and hashed_password, each of its \
             type"
                .to_owned()
        }
        _ => no_object(),
    })?;
    let rule = |broken: BrokenRule| format!("{}: {broken}", broken.field);
    let mut scopes = Scopes::default();
    for name in &line.scopes {
        scopes = scopes.union(Scopes::named(name).map_err(|_| "scopes: one of them does not exist".to_owned())?);
    }
    if !is_known_hash(&line.hashed_password) {
        return Err("hashed_password: it is neither an argon2 nor a bcrypt hash, or one that takes too long".to_owned());
    }
    Ok(NewUser {
        id: Uuid::now_v7().to_string(),
        username: Username::parse(&line.username).map_err(rule)?.into(),
        email: line.email.map(|email| Email::parse(&email).map(String::from)).transpose().map_err(rule)?,
        full_name: line.full_name.map(|name| FullName::parse(&name).map(String::from)).transpose().map_err(rule)?,
        hashed_password: line.hashed_password,
        disabled: line.disabled,
        scopes,
        created_at: now,
    })
}

#[cfg(test)]
mod tests;
