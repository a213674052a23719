//! Logs in to Cloakroom, and asks who that is and what they left there.

use std::{env, error::Error};

use oauth2::{
    AccessToken, ClientId, ResourceOwnerPassword, ResourceOwnerUsername, TokenResponse, TokenUrl,
    basic::BasicClient,
    reqwest::{Client, redirect::Policy},
};
use serde::{Deserialize, de::DeserializeOwned};

#[derive(Deserialize)]
struct User {
    username: String,
    full_name: Option<String>,
}

#[derive(Deserialize)]
struct Item {
    item_id: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = env::args().nth(1).unwrap_or_else(|| "http://127.0.0.1:3000".to_owned());
    // A redirect could take the password elsewhere.
    let http = Client::builder().redirect(Policy::none()).build()?;

    let username = ResourceOwnerUsername::new("johndoe".to_owned());
    let password = ResourceOwnerPassword::new("secret".to_owned());
    let answer = BasicClient::new(ClientId::new("my-app".to_owned()))
        .set_token_uri(TokenUrl::new(format!("{server}/token"))?)
        .exchange_password(&username, &password)
        .request_async(&http)
        .await?;
    let token = answer.access_token();

    let user: User = get(&http, format!("{server}/users/me"), token).await?;
    println!("{}", user.full_name.unwrap_or(user.username));
    let items: Vec<Item> = get(&http, format!("{server}/users/me/items"), token).await?;
    for item in items {
        println!("{}", item.item_id);
    }
    Ok(())
}

async fn get<T: DeserializeOwned>(http: &Client, url: String, token: &AccessToken) -> Result<T, Box<dyn Error>> {
    let response = http.get(url).bearer_auth(token.secret()).send().await?.error_for_status()?;
    Ok(serde_json::from_slice(&response.bytes().await?)?)
}
