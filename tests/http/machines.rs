//! Programs with a secret: confidential clients, as the operator adds them, and the requests that they send.

use base64::{Engine, engine::general_purpose::STANDARD};
use cloakroom::{
    model::{ClientName, Scopes},
    server::{clients, clock},
};
use serde_json::Value;

use super::{
    signed_in::Tokens,
    support::{Answer, PASSWORD, TestApp},
};

/// A confidential client.
#[derive(Clone)]
pub struct Machine {
    pub client_id: String,
    pub secret: String,
}

impl Machine {
    /// The header by which it authenticates.
    pub fn basic(&self) -> String {
        basic(&format!("{}:{}", self.client_id, self.secret))
    }

    /// The same client, with another secret.
    pub fn with_secret(&self, secret: &str) -> Self {
        Self { client_id: self.client_id.clone(), secret: secret.to_owned() }
    }
}

/// A header with these credentials.
pub fn basic(pair: &str) -> String {
    format!("Basic {}", STANDARD.encode(pair))
}

/// A client's name.
pub fn name(name: &str) -> ClientName {
    ClientName::parse(name).expect("a name")
}

impl TestApp {
    /// Adds a client with these scopes, as the operator would.
    pub async fn add_client(&self, of: &str, scope: &str) -> Machine {
        let scopes = Scopes::parse_granted(scope);
        let name = name(of);
        let added = clients::add(&self.state.store, &name, scopes, clock::unix_milliseconds()).await;
        let secret = added.expect("a new client").text().to_owned();
        Machine { client_id: name.client_id(), secret }
    }

    /// Gives a client a new secret, as the operator would.
    pub async fn change_client_secret(&self, of: &str) -> Machine {
        let name = name(of);
        let secret = clients::change_secret(&self.state.store, &name).await.expect("a client");
        Machine { client_id: name.client_id(), secret: secret.text().to_owned() }
    }

    /// Removes a client, as the operator would.
    pub async fn remove_client(&self, of: &str) {
        clients::remove(&self.state.store, &name(of)).await.expect("a client");
    }

    /// `POST path` with a form and this `Authorization`.
    pub async fn post_with(&self, authorization: &str, path: &str, form: &str) -> Answer {
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("authorization", authorization)];
        self.anonymous().call("POST", path, &headers, form.replace(' ', "+")).await
    }

    /// `POST path` with a form, as this client.
    pub async fn post_as(&self, machine: &Machine, path: &str, form: &str) -> Answer {
        self.post_with(&machine.basic(), path, form).await
    }

    /// A token of the client's own.
    pub async fn client_token(&self, machine: &Machine) -> String {
        let answer = self.post_as(machine, "/token", "grant_type=client_credentials").await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["access_token"].as_str().expect("a token").to_owned()
    }

    /// What this client is told of a token.
    pub async fn introspect(&self, machine: &Machine, token: &str) -> Value {
        let answer = self.post_as(machine, "/introspect", &format!("token={token}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.assert_not_stored();
        answer.json()
    }

    /// Logs a user in by this client, to stay signed in.
    pub async fn sign_in_by(&self, machine: &Machine, username: &str) -> Tokens {
        let form = format!("username={username}&password={PASSWORD}&scope=me items offline_access");
        Tokens::of(&self.post_as(machine, "/token", &form).await)
    }

    /// Uses a refresh token, as this client.
    pub async fn refresh_by(&self, machine: &Machine, token: &str) -> Answer {
        self.post_as(machine, "/token", &format!("grant_type=refresh_token&refresh_token={token}")).await
    }
}
