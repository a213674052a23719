//! The program. It starts the log, reads the settings, opens the sockets and the database, and calls
//! [`cloakroom::server::run`]. It also has the operator's command line.

mod cli;
mod failure;
mod log;

use std::{collections::HashMap, future::Future, net::SocketAddr, path::Path, process::ExitCode};

use clap::Parser;
use cloakroom::server::{
    self, Listeners,
    accounts::demo,
    network::tls::Tls,
    security::secret::new_secret_key,
    settings::{Settings, SettingsError},
    state::AppState,
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use self::{
    cli::{Cli, Command, say},
    failure::Failure,
};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let log = log::start();
    let done = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::Io)
        .and_then(|runtime| runtime.block_on(run(cli)));
    log::stop(log);
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            log::last_line(format!("cloakroom: {failure}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<(), Failure> {
    let settings = || Settings::read(cli.config.as_deref(), environment()?, &cli.overrides);
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve(settings()?).await,
        Command::User(command) => cli::user(command, &settings()?).await,
        Command::Client(command) => cli::client(command, &settings()?).await,
        Command::Database(command) => cli::database(command, &settings()?).await,
        Command::Key(command) => cli::key(command, &settings()?).await,
        Command::Secret => Ok(say(&format!("{}\n", new_secret_key()?))?),
    }
}

async fn serve(mut settings: Settings) -> Result<(), Failure> {
    let stopped = stop_signal()?;
    let address = settings.leptos.site_addr;
    let listener = TcpListener::bind(address).await.map_err(|error| Failure::Listen(address, error))?;
    // Port 0 asks the system for a free port. The metadata names the port that it gave.
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
        tracing::warn!(path = %wasm.display(), "the UI's files are missing, so no page works: set leptos.site-root");
    } else if !state.assets.is_split {
        tracing::warn!("the UI was built without --split, so no page of it works: add --split to cargo leptos");
    }
    if tls.is_none() && !settings.server.behind_proxy && !leptos.site_addr.ip().is_loopback() {
        tracing::warn!("passwords are sent unencrypted: set tls.certificate and tls.key, or server.behind-proxy");
    }
    if settings.server.behind_proxy && settings.server.trusted_proxies.is_empty() {
        tracing::warn!("all clients share one rate limit for logins: name the proxy in server.trusted-proxies");
    }
    let at = format!("{}://{}", if tls.is_some() { "https" } else { "http" }, leptos.site_addr);
    announce(format!("Cloakroom is open: {at}\nIts API explains itself: {at}/docs\n"));
    if settings.demo.enabled {
        let (username, password) = demo::LOGIN;
        announce(format!("Log in as {username} with the password {password}\n"));
    }
    server::run(Listeners { public: listener, tls, metrics }, state, stopped).await;
    announce("Cloakroom is closed.\n".to_owned());
    Ok(())
}

/// Prints to standard output. If that fails, or its reader does not read, the server still serves.
fn announce(text: String) {
    match log::within_patience(move || say(&text)) {
        Some(Ok(())) => {}
        Some(Err(error)) => tracing::warn!(%error, "standard output cannot be written"),
        None => tracing::warn!("standard output is a pipe that nobody reads"),
    }
}

/// The listener of the metrics. If the settings name no address and the default address is in use, there are no
/// metrics: two servers may run on one machine.
async fn metrics_listener(asked: Option<SocketAddr>) -> Result<Option<TcpListener>, Failure> {
    let address = asked.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 9464)));
    match TcpListener::bind(address).await {
        Ok(listener) => {
            tracing::info!("metrics are at http://{}/metrics", listener.local_addr()?);
            Ok(Some(listener))
        }
        Err(error) if asked.is_some() => Err(Failure::Listen(address, error)),
        Err(error) => {
            tracing::warn!(%error, "there are no metrics, because {address} is not available: set metrics.addr");
            Ok(None)
        }
    }
}

/// Asks the system for enough file descriptors: one for each connection, one for each file that is being sent, and some
/// more.
fn allow_files(connections: usize) {
    let wanted = u64::try_from(connections).unwrap_or(u64::MAX).saturating_mul(2).saturating_add(64);
    match rlimit::increase_nofile_limit(wanted) {
        Ok(allowed) if allowed < wanted => tracing::warn!(
            "the system allows {allowed} open files, fewer than limits.connections needs: raise the limit (ulimit -n)"
        ),
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "the limit of open files cannot be raised"),
    }
}

/// The process's environment. A variable that is not UTF-8 is skipped, unless it is a setting.
fn environment() -> Result<HashMap<String, String>, SettingsError> {
    let mut variables = HashMap::new();
    for (name, value) in std::env::vars_os() {
        match (name.into_string(), value.into_string()) {
            (Ok(name), Ok(value)) => drop(variables.insert(name, value)),
            (Ok(name), Err(_)) if name.starts_with("CLOAKROOM_") || name.starts_with("LEPTOS_") => {
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
