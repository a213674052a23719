//! `cloakroom key …`. It never prints a key itself.

use clap::Subcommand;
use cloakroom::server::{
    clock,
    keys::{self, KeyPlace, KeyRing, Source, UnreadableKey, When},
    settings::Settings,
    store::{self, Store},
};

use super::output::say;
use crate::failure::Failure;

#[derive(Subcommand)]
pub enum KeyCommand {
    /// List the keys: id, algorithm, what each does
    List,
    /// Make a new key, which takes the place of the one that signs; no token ends
    Rotate {
        /// A key has leaked: the new one signs at once, and all others are gone. Access tokens end, sessions go on
        #[arg(long)]
        now: bool,
    },
    /// Remove a key that does not sign any more, before its tokens have expired
    Remove {
        /// The id of the key
        #[arg(allow_hyphen_values = true)]
        kid: String,
    },
}

/// Runs `cloakroom key …`.
pub async fn key(command: KeyCommand, settings: &Settings) -> Result<(), Failure> {
    let file = store::file(&settings.database.url)?;
    let store = Store::open_existing(&settings.database).await?;
    let done = run(command, settings, &KeyPlace::new(&store, file)).await;
    store.close().await;
    done
}

async fn run(command: KeyCommand, settings: &Settings, place: &KeyPlace) -> Result<(), Failure> {
    let now = clock::unix_seconds();
    match command {
        KeyCommand::List => Ok(say(&table(&keys::list(place, &settings.token).await?, now))?),
        KeyCommand::Rotate { now: false } => {
            let rotated = keys::rotate(place, &settings.token, When::PUBLISHED, now).await?;
            let (kid, from) = (rotated.kid, time(rotated.signs_from));
            let until = rotated.others_until.map(|until| {
                format!(" The others verify tokens until {}, or longer if a server's tokens last longer.", time(until))
            });
            Ok(say(&format!("The key {kid} signs from {from} on.{}\n", until.unwrap_or_default()))?)
        }
        KeyCommand::Rotate { now: true } => {
            let kid = keys::rotate(place, &settings.token, When::NowAlone, now).await?.kid;
            Ok(say(&format!(
                "The key {kid} signs, and all others are gone. Servers that run notice it within 10 seconds, and services that keep the \
                 public keys within 5 minutes. Access tokens end. Sessions go on. Servers that have token.secret-key sign with \
                 that, as before.\n"
            ))?)
        }
        KeyCommand::Remove { kid } => {
            keys::remove(place, &settings.token, &kid, now).await?;
            Ok(say(&format!("Removed the key {kid}. Servers that run notice it within 10 seconds. Its tokens end.\n"))?)
        }
    }
}

/// A line for each key, the one that signs last.
fn table(ring: &KeyRing, now: i64) -> String {
    let signer = ring.signer(now).map(|key| key.kid());
    let line = |key: &keys::RingKey| {
        let kid = key.key.kid();
        let does = match (key.source, key.signs_from, key.checks_until) {
            (Source::SecretKey, ..) => "signs (token.secret-key)".to_owned(),
            (Source::PreviousSecretKeys, ..) => "verifies (token.previous-secret-keys)".to_owned(),
            (Source::Kept, Some(from), _) if signer == Some(kid) => match from {
                0 => "signs".to_owned(),
                from => format!("signs since {}", time(from)),
            },
            (Source::Kept, Some(from), None) => format!("signs from {} on", time(from)),
            (Source::Kept, _, Some(until)) if until <= now => "is over".to_owned(),
            (Source::Kept, _, Some(until)) => format!("verifies until {}", time(until)),
            (Source::Kept, None, None) => "verifies".to_owned(),
        };
        format!("{kid:43}  {:5}  {does}\n", key.key.algorithm().name())
    };
    let unreadable = |key: &UnreadableKey| format!("{:43}  {:5}  cannot be read\n", key.kid, key.algorithm);
    ring.keys().iter().map(line).chain(ring.unreadable().iter().map(unreadable)).collect()
}

fn time(unix_seconds: i64) -> String {
    clock::rfc_3339(unix_seconds.saturating_mul(1000))
}
