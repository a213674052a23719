//! The program: settings, tracing, the database, the socket, and then [`cloakroom::server::run`]; and the command
//! line for the person who runs it.

mod cli;

use std::{future::Future, io, net::SocketAddr, process::ExitCode};

use clap::Parser;
use cloakroom::server::{
    self, demo,
    security::{
        password::HashError,
        secret::{SecretError, new_secret_key},
    },
    settings::{Settings, SettingsError},
    state::{AppState, StartError},
    store::{OpenError, StoreError},
    users::UserError,
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tracing_subscriber::EnvFilter;

use self::cli::{Cli, Command};

/// Why the program ends with exit code 1: one line on standard error.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error("can not listen on {0}: {1}")]
    Listen(SocketAddr, #[source] io::Error),
    #[error("the password can not be read: {0}")]
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
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")))
        .with_writer(io::stderr)
        .init();
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
    // A variable that is not UTF-8 is none of ours.
    let environment =
        || std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let settings = || Settings::read(cli.config.as_deref(), environment().collect(), &cli.overrides);
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve(settings()?).await,
        Command::User(command) => cli::user(command, &settings()?).await,
        Command::Secret => {
            println!("{}", new_secret_key()?);
            Ok(())
        }
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

async fn serve(settings: Settings) -> Result<(), Failure> {
    let state = AppState::open(&settings).await?;
    let stopped = stop_signal()?;
    let address = settings.leptos.site_addr;
    let listener = TcpListener::bind(address).await.map_err(|error| Failure::Listen(address, error))?;
    println!("Cloakroom is open: http://{}", listener.local_addr()?);
    if settings.demo.enabled {
        let (username, password) = demo::LOGIN;
        println!("Log in as {username} with the password {password}");
    }
    server::run(listener, state, stopped).await?;
    println!("Cloakroom is closed.");
    Ok(())
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
