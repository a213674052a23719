//! The least that a program can do, to compare Cloakroom with. `bare ADDRESS` serves `GET /users/me`: axum checks the
//! token's signature and answers from memory. `bare hash SECONDS` computes hashes in a loop, on as many threads as
//! there are cores, and prints how many it computed in a second.

use std::{
    collections::HashMap,
    env,
    error::Error,
    num::NonZeroUsize,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    routing::get,
};
use jsonwebtoken::{Algorithm as Signature, DecodingKey, Validation, decode};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

/// The tutorial's key.
const SECRET_KEY: &[u8] = b"09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7";

#[derive(Clone, Serialize)]
struct User {
    username: String,
    email: Option<String>,
    full_name: Option<String>,
    disabled: bool,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
}

struct Bare {
    key: DecodingKey,
    validation: Validation,
    users: HashMap<String, User>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["hash", seconds] => hash(Duration::from_secs(seconds.parse()?)),
        [address] => serve(address).await,
        _ => Err("say `bare ADDRESS` or `bare hash SECONDS`".into()),
    }
}

async fn serve(address: &str) -> Result<(), Box<dyn Error>> {
    let johndoe = User {
        username: "johndoe".to_owned(),
        email: Some("johndoe@example.com".to_owned()),
        full_name: Some("John Doe".to_owned()),
        disabled: false,
    };
    let bare = Bare {
        key: DecodingKey::from_secret(SECRET_KEY),
        validation: Validation::new(Signature::HS256),
        users: HashMap::from([(johndoe.username.clone(), johndoe)]),
    };
    let app = Router::new().route("/users/me", get(read_users_me)).with_state(Arc::new(bare));
    Ok(axum::serve(TcpListener::bind(address).await?, app).await?)
}

async fn read_users_me(State(bare): State<Arc<Bare>>, headers: HeaderMap) -> Result<Json<User>, StatusCode> {
    let token = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let token = decode::<Claims>(token.unwrap_or_default(), &bare.key, &bare.validation);
    let user = token.ok().and_then(|token| bare.users.get(&token.claims.sub));
    user.cloned().map(Json).ok_or(StatusCode::UNAUTHORIZED)
}

fn hash(duration: Duration) -> Result<(), Box<dyn Error>> {
    // The cost of the demo's hash, which is the default cost.
    let params = Params::new(65536, 3, 4, None)?;
    let start = Instant::now();
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let threads: Vec<_> = (0..cores)
        .map(|_| params.clone())
        .map(|params| {
            thread::spawn(move || {
                let mut memory = vec![Block::default(); params.block_count()];
                let (argon2, mut output, mut hashes) =
                    (Argon2::new(Algorithm::Argon2id, Version::V0x13, params), [0; 32], 0);
                while start.elapsed() < duration {
                    argon2.hash_password_into_with_memory(b"secret", b"sixteen bytes ok", &mut output, &mut memory)?;
                    hashes += 1;
                }
                Ok::<u32, argon2::Error>(hashes)
            })
        })
        .collect();
    let mut hashes = 0;
    for thread in threads {
        hashes += thread.join().map_err(|_| "a thread panicked")??;
    }
    println!("{:.2}", f64::from(hashes) / start.elapsed().as_secs_f64());
    Ok(())
}
