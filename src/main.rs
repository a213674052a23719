//! The program: settings, tracing, the database, the socket, and then [`cloakroom::server::run`]; and the command
//! line for the person who runs it.

mod cli;

use std::{
    collections::HashMap,
    future::Future,
    io::{self, IsTerminal},
    net::SocketAddr,
    path::Path,
    process::ExitCode,
};

use clap::Parser;
use cloakroom::server::{
    self, Doors, demo,
    request_id::current,
    security::{
        password::HashError,
        secret::{SecretError, new_secret_key},
    },
    settings::{Settings, SettingsError},
    state::{AppState, StartError},
    store::{OpenError, StoreError},
    tls::{Tls, TlsError},
    users::UserError,
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tracing_subscriber::EnvFilter;

use self::cli::{Cli, Command, say};

/// Why the program ends with exit code 1: one line on standard error.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, #[source] io::Error),
    #[error("the password cannot be read: {0}")]
    Password(#[source] io::Error),
    #[error("the two passwords are not the same: try again")]
    PasswordsDiffer,
    #[error(transparent)]
    User(#[from] UserError),
    #[error("unknown scope: use me, items, me:write, items:write and admin, separated by spaces")]
    Scope,
    #[error(transparent)]
    Io(#[from] io::Error),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let log = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")))
        .with_writer(io::stderr);
    // Lines for a person, or for a program.
    if io::stderr().is_terminal() {
        log.init();
    } else {
        log.json().flatten_event(true).init();
    }
    // A panic is a line like any other, under the name of the request that it befell.
    std::panic::set_hook(Box::new(|panic| {
        tracing::error!(request = current().map(display), "{}", panic.to_string().replace('\n', " "));
    }));
    let done = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::Io)
        .and_then(|runtime| runtime.block_on(run(cli)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("cloakroom: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<(), Failure> {
    let settings = || Settings::read(cli.config.as_deref(), environment()?, &cli.overrides);
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve(settings()?).await,
        Command::User(command) => cli::user(command, &settings()?).await,
        Command::Secret => Ok(say(&format!("{}\n", new_secret_key()?))?),
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::Start(error.into())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Start(error.into())
    }
}

impl From<HashError> for Failure {
    fn from(error: HashError) -> Self {
        Self::Start(error.into())
    }
}

async fn serve(mut settings: Settings) -> Result<(), Failure> {
    let stopped = stop_signal()?;
    let address = settings.leptos.site_addr;
    let listener = TcpListener::bind(address).await.map_err(|error| Failure::Listen(address, error))?;
    // Port 0 asks the system for a free one; the metadata names the one it gave.
    settings.leptos.site_addr = listener.local_addr()?;
    let tls = match (&settings.tls.certificate, &settings.tls.key) {
        (Some(certificate), Some(key)) => Some(Tls::load(certificate, key)?),
        _ => None,
    };
    allow_files(settings.limits.connections);
    let state = AppState::open(&settings).await?;
    let metrics = metrics_listener(settings.metrics.addr).await?;
    let leptos = &settings.leptos;
    let wasm = Path::new(&leptos.site_root).join(&leptos.site_pkg_dir).join(format!("{}.wasm", leptos.output_name));
    if !wasm.exists() {
        tracing::warn!(path = %wasm.display(), "the UI is not there, so no page will work: set leptos.site-root");
    }
    if tls.is_none() && !settings.server.behind_proxy && !leptos.site_addr.ip().is_loopback() {
        tracing::warn!("passwords travel in the open: set tls.certificate and tls.key, or server.behind-proxy");
    }
    if settings.server.behind_proxy && settings.server.trusted_proxies.is_empty() {
        tracing::warn!("all clients count as one when logins fail: name the proxy in server.trusted-proxies");
    }
    let at = format!("{}://{}", if tls.is_some() { "https" } else { "http" }, leptos.site_addr);
    say(&format!("Cloakroom is open: {at}\nIts API explains itself: {at}/docs\n"))?;
    if settings.demo.enabled {
        let (username, password) = demo::LOGIN;
        say(&format!("Log in as {username} with the password {password}\n"))?;
    }
    server::run(Doors { public: listener, tls, metrics }, state, stopped).await;
    Ok(say("Cloakroom is closed.\n")?)
}

/// Where the metrics are asked for. An address that was not asked for is not insisted on: two servers on one machine are
/// no mistake.
async fn metrics_listener(asked: Option<SocketAddr>) -> Result<Option<TcpListener>, Failure> {
    let address = asked.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 9464)));
    match TcpListener::bind(address).await {
        Ok(listener) => {
            tracing::info!("metrics are at http://{}/metrics", listener.local_addr()?);
            Ok(Some(listener))
        }
        Err(error) if asked.is_some() => Err(Failure::Listen(address, error)),
        Err(error) => {
            tracing::warn!(%error, "there are no metrics, as {address} cannot be listened on: set metrics.addr");
            Ok(None)
        }
    }
}

/// Asks the system for as many file descriptors as this many connections want: one each, another where a file is being
/// sent, and some for the rest.
fn allow_files(connections: usize) {
    let wanted = u64::try_from(connections).unwrap_or(u64::MAX).saturating_mul(2).saturating_add(64);
    match rlimit::increase_nofile_limit(wanted) {
        Ok(allowed) if allowed < wanted => tracing::warn!(
            "the system allows {allowed} open files, which is less than limits.connections wants: raise it (ulimit -n)"
        ),
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "the number of open files cannot be raised"),
    }
}

/// The process's environment. What is not UTF-8 is passed over, unless it is a setting.
fn environment() -> Result<HashMap<String, String>, SettingsError> {
    let mut variables = HashMap::new();
    for (name, value) in std::env::vars_os() {
        match (name.into_string(), value.into_string()) {
            (Ok(name), Ok(value)) => drop(variables.insert(name, value)),
            (Ok(name), Err(_)) if name.starts_with("CLOAKROOM__") || name.starts_with("LEPTOS_") => {
                return Err(SettingsError::NotUtf8(name));
            }
            _ => {}
        }
    }
    Ok(variables)
}

/// Completes when the program is told to stop: by SIGTERM, or by Ctrl-C.
fn stop_signal() -> Result<impl Future<Output = ()>, Failure> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
