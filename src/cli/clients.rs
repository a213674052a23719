//! `cloakroom client …`. A secret is printed once, when it is made: only a digest is kept.

use clap::{Args, Subcommand};
use cloakroom::{
    model::ClientName,
    server::{
        clients::{self, ClientError},
        clock,
        security::client_secret::ClientSecret,
        settings::Settings,
        store::{Store, StoreError},
    },
};

use super::{output::say, scopes::read_scopes};
use crate::failure::Failure;

#[derive(Subcommand)]
pub enum ClientCommand {
    /// Add a client, and print its client_id and its secret
    Add(NewClient),
    /// List the clients: client_id, scopes, when each was added
    List,
    /// Give a client a new secret; what was issued by the old one ends
    Secret { name: String },
    /// Remove a client; what was issued to it ends
    Remove { name: String },
}

#[derive(Args)]
pub struct NewClient {
    /// 1 to 64 letters, digits and the characters . _ -
    name: String,
    /// What the client's own tokens may do, separated by spaces; without scopes it gets no such token
    #[arg(long, value_name = "SCOPES", default_value = "", hide_default_value = true)]
    scope: String,
}

/// Runs `cloakroom client …`.
pub async fn client(command: ClientCommand, settings: &Settings) -> Result<(), Failure> {
    let store = match command {
        ClientCommand::Add(_) => Store::open(&settings.database).await?,
        _ => Store::open_existing(&settings.database).await?,
    };
    let done = run(command, &store).await;
    store.close().await;
    done
}

async fn run(command: ClientCommand, store: &Store) -> Result<(), Failure> {
    match command {
        ClientCommand::Add(NewClient { name, scope }) => {
            let (name, scopes) = (read_name(&name)?, read_scopes(&scope)?);
            let added = clients::add(store, &name, scopes, clock::unix_milliseconds()).await;
            let secret = added.map_err(|error| named(error, &name))?;
            show(&format!("Added the client {}.", name.as_str()), &name, &secret)
        }
        ClientCommand::List => list(store).await,
        ClientCommand::Secret { name } => {
            let name = read_name(&name)?;
            let secret = clients::change_secret(store, &name).await.map_err(|error| named(error, &name))?;
            let sentence = "has a new secret. What was issued by the old one has ended.";
            show(&format!("The client {} {sentence}", name.as_str()), &name, &secret)
        }
        ClientCommand::Remove { name } => {
            let name = read_name(&name)?;
            clients::remove(store, &name).await.map_err(|error| named(error, &name))?;
            Ok(say(&format!("Removed the client {}. What was issued to it has ended.\n", name.as_str()))?)
        }
    }
}

async fn list(store: &Store) -> Result<(), Failure> {
    for client in store.clients().await? {
        let added = clock::rfc_3339(client.created_at);
        say(&format!("{}\t{}\t{added}\n", client.client_id, client.scopes))?;
    }
    Ok(())
}

/// Reads the name of a client.
fn read_name(text: &str) -> Result<ClientName, Failure> {
    ClientName::parse(text).map_err(Failure::ClientName)
}

/// Prints what the client needs to know.
fn show(sentence: &str, name: &ClientName, secret: &ClientSecret) -> Result<(), Failure> {
    let (client_id, secret) = (name.client_id(), secret.text());
    let keep = "Keep the secret: it is not shown again.";
    Ok(say(&format!("{sentence} {keep}\nclient_id: {client_id}\nclient_secret: {secret}\n"))?)
}

/// Names the client that is missing, or there already.
fn named(error: ClientError, name: &ClientName) -> Failure {
    match error {
        ClientError::Store(StoreError::Missing) => Failure::NoClient(name.as_str().to_owned()),
        ClientError::Store(StoreError::Taken(_)) => Failure::ClientTaken(name.as_str().to_owned()),
        error => error.into(),
    }
}
