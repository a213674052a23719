//! `cloakroom user …`. A password is typed at the terminal without echo, or comes from standard input. It is never an
//! argument: every user of the machine can read a process's arguments.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, BufWriter, IsTerminal},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use cloakroom::{
    model::{Email, FullName, NewPassword, PasswordRules, Scopes, UserCreate, UserUpdate, Username},
    server::{
        accounts::{self, UserError},
        clock,
        operations::metrics,
        security::password::Passwords,
        settings::Settings,
        store::{Condition, Imported, Store, StoreError},
    },
};

use super::{output::say, scopes::read_scopes};
use crate::failure::Failure;

#[derive(Subcommand)]
pub enum UserCommand {
    /// Create a user; the password is asked for, or read from standard input
    Add(NewUser),
    /// List the users: name, state, scopes, e-mail address, full name
    List,
    /// Give a user a new password; earlier tokens stop working
    Passwd { username: String },
    /// Enable a user again
    Enable { username: String },
    /// Disable a user; the next request is refused
    Disable { username: String },
    /// Set what a user may do from the next request on
    Scopes {
        username: String,
        /// All scopes that the user has then
        #[arg(required_unless_present = "none")]
        scopes: Vec<String>,
        /// Take all scopes away
        #[arg(long, conflicts_with = "scopes")]
        none: bool,
    },
    /// Delete a user and all items of theirs
    Delete { username: String },
    /// Create the users of a file: one JSON object a line
    Import {
        /// The file, or - for standard input
        file: PathBuf,
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
    },
    /// Write all users, with the hashes of their passwords: one JSON object a line
    Export {
        /// The file, which must not exist yet, or - for standard output
        file: PathBuf,
    },
}

#[derive(Args)]
pub struct NewUser {
    username: String,
    #[arg(long)]
    email: Option<String>,
    #[arg(long)]
    full_name: Option<String>,
    /// Scopes to grant, separated by spaces
    #[arg(long, value_name = "SCOPES", default_value_t = Scopes::AT_SIGN_UP.to_string())]
    scope: String,
    /// Grant all scopes: make an administrator
    #[arg(long, conflicts_with = "scope")]
    admin: bool,
}

/// Runs `cloakroom user …`.
pub async fn user(command: UserCommand, settings: &Settings) -> Result<(), Failure> {
    if let UserCommand::Import { file, .. } = &command
        && !is_standard(file)
    {
        // Before a database is created.
        File::open(file).map_err(|error| Failure::File(file.clone(), error))?;
    }
    let store = match command {
        UserCommand::Add(_) | UserCommand::Import { dry_run: false, .. } => Store::open(&settings.database).await?,
        _ => Store::open_existing(&settings.database).await?,
    };
    let done = run(command, settings, &store).await;
    store.close().await;
    done
}

async fn run(command: UserCommand, settings: &Settings, store: &Store) -> Result<(), Failure> {
    match command {
        UserCommand::Add(new) => add(new, settings, store).await,
        UserCommand::List => list(store).await,
        UserCommand::Passwd { username } => {
            // Before the password is asked for.
            let user = store.find_account(&username).await.map_err(|error| named(error.into(), &username))?.user;
            let password = Some(read_password(settings, &username, user.email.as_deref())?);
            change(settings, store, &username, UserUpdate { password, ..UserUpdate::default() }).await?;
            done(&format!("Changed the password of {username}. Earlier tokens have stopped working."))
        }
        UserCommand::Enable { username } => {
            change(settings, store, &username, UserUpdate { disabled: Some(false), ..UserUpdate::default() }).await?;
            done(&format!("Enabled {username}."))
        }
        UserCommand::Disable { username } => {
            change(settings, store, &username, UserUpdate { disabled: Some(true), ..UserUpdate::default() }).await?;
            done(&format!("Disabled {username}."))
        }
        UserCommand::Scopes { username, scopes, none: _ } => {
            let scopes = read_scopes(&scopes.join(" "))?;
            change(settings, store, &username, UserUpdate { scopes: Some(scopes), ..UserUpdate::default() }).await?;
            let scopes = if scopes == Scopes::default() { "none".to_owned() } else { scopes.to_string() };
            done(&format!("{username} has these scopes now: {scopes}"))
        }
        UserCommand::Delete { username } => {
            let deleted = accounts::delete_user(store, &username, &Condition::ANY).await;
            deleted.map_err(|error| named(error, &username))?;
            done(&format!("Deleted {username}."))
        }
        UserCommand::Import { file, dry_run } => import(store, &file, dry_run).await,
        UserCommand::Export { file } => export(store, &file).await,
    }
}

async fn add(new: NewUser, settings: &Settings, store: &Store) -> Result<(), Failure> {
    let NewUser { username, email, full_name, scope, admin } = new;
    let username = Username::parse(&username).map_err(UserError::from)?;
    let email = email.map(|email| Email::parse(&email)).transpose().map_err(UserError::from)?;
    let full_name = full_name.map(|name| FullName::parse(&name)).transpose().map_err(UserError::from)?;
    let scopes = Some(if admin { Scopes::ALL } else { read_scopes(&scope)? });
    let password = read_password(settings, username.as_str(), email.as_ref().map(Email::as_str))?;
    let name = username.as_str().to_owned();
    let user = UserCreate { username, password, email, full_name, scopes, disabled: None };
    accounts::create_user(store, &passwords(settings)?, user, None).await?;
    done(&format!("Created {name}."))
}

async fn list(store: &Store) -> Result<(), Failure> {
    let mut last = String::new();
    loop {
        let users = store.users_after(&last).await?;
        let Some(user) = users.last() else { return Ok(()) };
        last = user.user.username.to_ascii_lowercase();
        for user in users {
            let user = user.user;
            let state = if user.disabled { "disabled" } else { "enabled" };
            let (email, full_name) = (user.email.unwrap_or_default(), user.full_name.unwrap_or_default());
            say(&format!("{}\t{state}\t{}\t{email}\t{full_name}\n", user.username, user.scopes))?;
        }
    }
}

async fn change(settings: &Settings, store: &Store, username: &str, update: UserUpdate) -> Result<(), Failure> {
    let changed = accounts::change_user(store, &passwords(settings)?, username, update, &Condition::ANY).await;
    changed.map(drop).map_err(|error| named(error, username))
}

async fn import(store: &Store, file: &Path, dry_run: bool) -> Result<(), Failure> {
    let lines: Box<dyn BufRead> = if is_standard(file) {
        Box::new(io::stdin().lock())
    } else {
        let opened = File::open(file).map_err(|error| Failure::File(file.to_owned(), error))?;
        Box::new(BufReader::new(opened))
    };
    let Imported { created, present } = accounts::import(store, lines, dry_run, clock::unix_milliseconds()).await?;
    let would = if dry_run { "Would create" } else { "Created" };
    done(&format!("{would} {created} users. {present} were there already, and stay as they are."))
}

async fn export(store: &Store, file: &Path) -> Result<(), Failure> {
    if is_standard(file) {
        return match accounts::export(store, BufWriter::new(io::stdout().lock())).await {
            // `head`, for example, stops reading early.
            Err(accounts::ExportError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            exported => Ok(exported.map(drop)?),
        };
    }
    // For the owner only: the file has hashes and addresses. An existing file is not overwritten.
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let opened = opened.map_err(|error| Failure::File(file.to_owned(), error))?;
    let exported = accounts::export(store, BufWriter::new(opened)).await;
    if exported.is_err() {
        // A part of the users is of no use. If the file cannot be removed, the error below says what is wrong with it.
        let _ = std::fs::remove_file(file);
    }
    let count = exported?;
    done(&format!("Wrote {count} users."))
}

/// Whether a file is `-`: standard input or output.
fn is_standard(file: &Path) -> bool {
    file.as_os_str() == "-"
}

fn done(sentence: &str) -> Result<(), Failure> {
    Ok(say(&format!("{sentence}\n"))?)
}

/// The hashing threads.
fn passwords(settings: &Settings) -> Result<Passwords, Failure> {
    Ok(Passwords::start(&settings.password, metrics::durations())?)
}

/// Names the user who is missing.
fn named(error: UserError, username: &str) -> Failure {
    match error {
        UserError::Store(StoreError::Missing) => Failure::NoUser(username.to_owned()),
        error => error.into(),
    }
}

/// Reads a new password: twice from the terminal without echo, or one line from standard input.
fn read_password(settings: &Settings, username: &str, email: Option<&str>) -> Result<NewPassword, Failure> {
    let rules = PasswordRules { min_length: settings.password.min_length, username, email };
    Ok(accounts::new_password("password", &type_password()?, rules).map_err(UserError::from)?)
}

fn type_password() -> Result<String, Failure> {
    if io::stdin().is_terminal() {
        let password = rpassword::prompt_password("Password: ").map_err(Failure::Password)?;
        let again = rpassword::prompt_password("Again: ").map_err(Failure::Password)?;
        return if password == again { Ok(password) } else { Err(Failure::PasswordsDiffer) };
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(Failure::Password)?;
    Ok(line.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).unwrap_or(&line).to_owned())
}
