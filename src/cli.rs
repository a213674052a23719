//! The operator's command line. A password is typed at the terminal without echo, or comes from standard input. It is
//! never an argument: every user of the machine can read a process's arguments.

use std::{
    io::{self, BufRead, IsTerminal, Write},
    path::PathBuf,
};

use clap::{Args, Parser, Subcommand};
use cloakroom::{
    model::Scopes,
    server::{
        accounts::users::{self, SignUp, UserError},
        clock,
        operations::metrics,
        security::password::Passwords,
        settings::Settings,
        store::Store,
    },
};

use crate::Failure;

/// What `--help` says about settings.
const SETTINGS: &str = "\
Settings come from built-in defaults, then Leptos.toml (or --config), then the environment, then --set:

  key                     environment                         default                     meaning
  leptos.site-addr        LEPTOS_SITE_ADDR                    127.0.0.1:3000              address and port to listen on
  leptos.site-root        LEPTOS_SITE_ROOT                    target/site                 folder of the UI's files
  leptos.site-pkg-dir     LEPTOS_SITE_PKG_DIR                 pkg                         folder in it of WASM and style
  leptos.output-name      LEPTOS_OUTPUT_NAME                  cloakroom                   name of those files
  leptos.env              LEPTOS_ENV                          DEV                         PROD refuses demo users
  leptos.reload-port      LEPTOS_RELOAD_PORT                  3001                        of cargo leptos watch
  server.public-url       CLOAKROOM__SERVER__PUBLIC_URL       http://<site-addr>          where clients reach it
  server.allow-origins    CLOAKROOM__SERVER__ALLOW_ORIGINS    none                        other sites' pages may call
  server.trusted-proxies  CLOAKROOM__SERVER__TRUSTED_PROXIES  none                        networks of proxies in front
  server.proxy-header     CLOAKROOM__SERVER__PROXY_HEADER     x-forwarded-for             or forwarded: what they set
  server.behind-proxy     CLOAKROOM__SERVER__BEHIND_PROXY     false                       a proxy speaks HTTPS
  tls.certificate         CLOAKROOM__TLS__CERTIFICATE         none                        PEM file: speak HTTPS
  tls.key                 CLOAKROOM__TLS__KEY                 none                        PEM file of its key
  limits.connections      CLOAKROOM__LIMITS__CONNECTIONS      4096                        open at once; others wait
  limits.header-timeout   CLOAKROOM__LIMITS__HEADER_TIMEOUT   15                          s for a header, or idle
  limits.body-timeout     CLOAKROOM__LIMITS__BODY_TIMEOUT     10                          s for a body to arrive
  limits.request-timeout  CLOAKROOM__LIMITS__REQUEST_TIMEOUT  30                          s for an answer
  limits.write-timeout    CLOAKROOM__LIMITS__WRITE_TIMEOUT    30                          s without taking a byte
  metrics.addr            CLOAKROOM__METRICS__ADDR            127.0.0.1:9464              address and port of /metrics
  database.url            CLOAKROOM__DATABASE__URL            sqlite://data/cloakroom.db  file, created when missing
  token.secret-key        CLOAKROOM__TOKEN__SECRET_KEY        made, kept beside database  signs tokens; 32 bytes or more
  token.expires-in        CLOAKROOM__TOKEN__EXPIRES_IN        1800                        life of a token, in seconds
  password.memory-kib     CLOAKROOM__PASSWORD__MEMORY_KIB     65536                       argon2id's m, in KiB
  password.iterations     CLOAKROOM__PASSWORD__ITERATIONS     3                           argon2id's t
  password.parallelism    CLOAKROOM__PASSWORD__PARALLELISM    4                           argon2id's p
  password.threads        CLOAKROOM__PASSWORD__THREADS        one per core                hashes computed at once
  password.queue          CLOAKROOM__PASSWORD__QUEUE          64                          logins that may wait
  demo.enabled            CLOAKROOM__DEMO__ENABLED            false                       create johndoe and alice

RUST_LOG sets what is logged (info by default).";

/// The OAuth2 password flow: a server with its UI.
#[derive(Parser)]
#[command(version, after_help = SETTINGS)]
pub struct Cli {
    /// Read settings from this file instead of Leptos.toml
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// Override one setting; may be given several times
    #[arg(long = "set", value_name = "SECTION.KEY=VALUE", global = true)]
    pub overrides: Vec<String>,
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Subcommand)]
pub enum Command {
    /// Serve (the default)
    Serve,
    /// Manage users, also while the server runs
    #[command(subcommand)]
    User(UserCommand),
    /// Print a new key for token.secret-key
    Secret,
}

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
}

/// Runs `cloakroom user …`.
pub async fn user(command: UserCommand, settings: &Settings) -> Result<(), Failure> {
    let store = match command {
        UserCommand::Add(_) => Store::open(&settings.database.url).await?,
        _ => Store::open_existing(&settings.database.url).await?,
    };
    let done = change(command, settings, &store).await;
    store.close().await;
    done
}

async fn change(command: UserCommand, settings: &Settings, store: &Store) -> Result<(), Failure> {
    let passwords = || Passwords::start(&settings.password, metrics::durations());
    match command {
        UserCommand::Add(NewUser { username, email, full_name, scope }) => {
            let scopes = Scopes::parse(&scope).map_err(|_| Failure::Scope)?;
            let password = read_password()?;
            let user = SignUp { username: username.clone(), password, email, full_name, scopes };
            users::create_user(store, &passwords()?, user, clock::unix_milliseconds()).await?;
            say(&format!("Created {username}.\n"))?;
        }
        UserCommand::List => {
            for user in store.list_users().await? {
                let state = if user.disabled { "disabled" } else { "enabled" };
                let (email, full_name) = (user.email.unwrap_or_default(), user.full_name.unwrap_or_default());
                say(&format!("{}\t{state}\t{}\t{email}\t{full_name}\n", user.username, user.scopes))?;
            }
        }
        UserCommand::Passwd { username } => {
            if store.find_user(&username).await?.is_none() {
                return Err(UserError::Unknown(username).into());
            }
            let password = read_password()?;
            users::set_password(store, &passwords()?, &username, password, clock::unix_seconds).await?;
            say(&format!("Changed the password of {username}. Earlier tokens have stopped working.\n"))?;
        }
        UserCommand::Enable { username } => {
            users::set_disabled(store, &username, false).await?;
            say(&format!("Enabled {username}.\n"))?;
        }
        UserCommand::Disable { username } => {
            users::set_disabled(store, &username, true).await?;
            say(&format!("Disabled {username}.\n"))?;
        }
    }
    Ok(())
}

/// Prints to standard output. A closed pipe is not an error: `head`, for example, stops reading early.
pub fn say(text: &str) -> io::Result<()> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        said => said,
    }
}

/// Reads a new password: twice from the terminal without echo, or one line from standard input.
fn read_password() -> Result<String, Failure> {
    if io::stdin().is_terminal() {
        let password = rpassword::prompt_password("Password: ").map_err(Failure::Password)?;
        let again = rpassword::prompt_password("Again: ").map_err(Failure::Password)?;
        return if password == again { Ok(password) } else { Err(Failure::PasswordsDiffer) };
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(Failure::Password)?;
    Ok(line.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).unwrap_or(&line).to_owned())
}
