//! The program: settings, tracing, the database, the socket, and then [`cloakroom::server::run`]; and the command
//! line for the person who runs it.

mod cli;

use std::{future::Future, io, net::SocketAddr, process::ExitCode, sync::Arc};

use clap::Parser;
use cloakroom::server::{
    self, clock, demo,
    security::{
        jwt::Keys,
        password::{HashError, Passwords},
        secret::{SecretError, kept_secret_key, new_secret_key},
    },
    settings::{Settings, SettingsError},
    state::AppState,
    store::{self, OpenError, Store, StoreError},
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
    Open(#[from] OpenError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error("the hashing threads can not be started: {0}")]
    Hashing(HashError),
    #[error(transparent)]
    Store(#[from] StoreError),
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
    let settings = || Settings::read(cli.config.as_deref(), std::env::vars().collect(), &cli.overrides);
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve(settings()?).await,
        Command::User(command) => cli::user(command, &settings()?).await,
        Command::Secret => {
            println!("{}", new_secret_key()?);
            Ok(())
        }
    }
}

async fn serve(settings: Settings) -> Result<(), Failure> {
    let store = Store::open(&settings.database.url).await?;
    let secret_key = match settings.token.secret_key {
        Some(key) => key,
        None => kept_secret_key(&store::path(&settings.database.url)?)?,
    };
    if settings.demo.enabled {
        demo::insert(&store, clock::unix_milliseconds()).await?;
    }
    let state = AppState {
        store,
        passwords: Arc::new(Passwords::start(&settings.password).map_err(Failure::Hashing)?),
        keys: Arc::new(Keys::new(&secret_key)),
        token_expires_in: settings.token.expires_in,
        leptos_options: settings.leptos.options(),
    };
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
