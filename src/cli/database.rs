//! `cloakroom database …`.

use std::path::PathBuf;

use clap::Subcommand;
use cloakroom::server::{
    moving::{self, MovedKeys},
    settings::Settings,
};

use super::output::say;
use crate::failure::Failure;

#[derive(Subcommand)]
pub enum DatabaseCommand {
    /// Copy everything to an empty database, also from SQLite to PostgreSQL or back; stop the servers first
    Copy {
        /// The other database, as in database.url. Others on the machine can read arguments, so give the password of
        /// PostgreSQL in the environment (PGPASSWORD), or in ~/.pgpass
        #[arg(long, value_name = "URL")]
        to: String,
    },
    /// Copy SQLite's database to a new file, also while servers use it
    Backup {
        /// The file, which must not exist yet
        file: PathBuf,
    },
}

/// Runs `cloakroom database …`.
pub async fn database(command: DatabaseCommand, settings: &Settings) -> Result<(), Failure> {
    match command {
        DatabaseCommand::Copy { to } => {
            let moved = moving::copy(settings, &to).await?;
            let key = match moved.keys {
                MovedKeys::Copied => "The keys that sign and verify tokens were copied too.",
                MovedKeys::InSettings => "Set the same token.secret-key for the new database.",
                MovedKeys::NotFound => {
                    "No key that signs tokens was found. If the servers have token.secret-key, set it for the new database too."
                }
            };
            let (users, items) = (moved.copied.users, moved.copied.items);
            say(&format!("Copied {users} users and {items} items, and compared them. {key}\n"))?;
        }
        DatabaseCommand::Backup { file } => {
            let made = moving::back_up(&settings.database, &file).await?;
            say(&format!("Wrote {} users and {} items to {}.\n", made.users, made.items, file.display()))?;
        }
    }
    Ok(())
}
