//! The operator's command line: its arguments.

mod clients;
mod database;
mod keys;
mod output;
mod scopes;
mod users;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use self::{clients::ClientCommand, database::DatabaseCommand, keys::KeyCommand, users::UserCommand};
pub use self::{clients::client, database::database, keys::key, output::say, users::user};

/// What `--help` says about settings.
const SETTINGS: &str = "\
Settings come from built-in defaults, then Leptos.toml (or --config), then the environment, then --set:

  key                     environment                         default                     meaning
  leptos.site-addr        LEPTOS_SITE_ADDR                    127.0.0.1:3000              address and port to listen on
  leptos.site-root        LEPTOS_SITE_ROOT                    target/site                 folder of the UI's files
  leptos.site-pkg-dir     LEPTOS_SITE_PKG_DIR                 pkg                         folder in it of WASM and style
  leptos.output-name      LEPTOS_OUTPUT_NAME                  cloakroom                   name of those files
  leptos.env              LEPTOS_ENV                          DEV                         PROD refuses demo users
  leptos.reload-port      LEPTOS_RELOAD_PORT                  3001                        of cargo leptos watch
  server.public-url       CLOAKROOM__SERVER__PUBLIC_URL       http://<site-addr>          where clients reach it
  server.allow-origins    CLOAKROOM__SERVER__ALLOW_ORIGINS    none                        other sites' pages may call
  server.trusted-proxies  CLOAKROOM__SERVER__TRUSTED_PROXIES  none                        networks of proxies in front
  server.proxy-header     CLOAKROOM__SERVER__PROXY_HEADER     x-forwarded-for             or forwarded: what they set
  server.behind-proxy     CLOAKROOM__SERVER__BEHIND_PROXY     false                       a proxy speaks HTTPS
  tls.certificate         CLOAKROOM__TLS__CERTIFICATE         none                        PEM file: speak HTTPS
  tls.key                 CLOAKROOM__TLS__KEY                 none                        PEM file of its key
  limits.connections      CLOAKROOM__LIMITS__CONNECTIONS      4096                        open at once; others wait
  limits.header-timeout   CLOAKROOM__LIMITS__HEADER_TIMEOUT   15                          s for a header, or idle
  limits.body-timeout     CLOAKROOM__LIMITS__BODY_TIMEOUT     10                          s for a body to arrive
  limits.request-timeout  CLOAKROOM__LIMITS__REQUEST_TIMEOUT  30                          s for an answer
  limits.write-timeout    CLOAKROOM__LIMITS__WRITE_TIMEOUT    30                          s without taking a byte
  metrics.addr            CLOAKROOM__METRICS__ADDR            127.0.0.1:9464              address and port of /metrics
  database.url            CLOAKROOM__DATABASE__URL            sqlite://data/cloakroom.db  file, or postgres://…
  database.connections    CLOAKROOM__DATABASE__CONNECTIONS    10                          to PostgreSQL, at most
  database.timeout        CLOAKROOM__DATABASE__TIMEOUT        4                           s for a query to PostgreSQL
  token.algorithm         CLOAKROOM__TOKEN__ALGORITHM         HS256                       or EdDSA, ES256: private keys
  token.secret-key        CLOAKROOM__TOKEN__SECRET_KEY        made at the first start      signs tokens; 32 bytes or more
  token.previous-secret-keys  CLOAKROOM__TOKEN__PREVIOUS_SECRET_KEYS  none                only verify tokens
  token.expires-in        CLOAKROOM__TOKEN__EXPIRES_IN        1800                        life of a token, in seconds
  session.idle-timeout    CLOAKROOM__SESSION__IDLE_TIMEOUT    1209600                     s that a session may be unused
  session.lifetime        CLOAKROOM__SESSION__LIFETIME        2592000                     s that it lasts at most
  password.memory-kib     CLOAKROOM__PASSWORD__MEMORY_KIB     65536                       argon2id's m, in KiB
  password.iterations     CLOAKROOM__PASSWORD__ITERATIONS     3                           argon2id's t
  password.parallelism    CLOAKROOM__PASSWORD__PARALLELISM    4                           argon2id's p
  password.threads        CLOAKROOM__PASSWORD__THREADS        one per core                hashes computed at once
  password.queue          CLOAKROOM__PASSWORD__QUEUE          64                          logins that may wait
  password.min-length     CLOAKROOM__PASSWORD__MIN_LENGTH     15                          of new ones, in characters
  accounts.sign-up        CLOAKROOM__ACCOUNTS__SIGN_UP        true                        anybody may sign up
  demo.enabled            CLOAKROOM__DEMO__ENABLED            false                       create johndoe and alice

RUST_LOG sets what is logged (info by default).";

/// The OAuth2 password flow: a server with its UI.
#[derive(Parser)]
#[command(version, after_help = SETTINGS)]
pub struct Cli {
    /// Read settings from this file instead of Leptos.toml
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// Override one setting; may be given several times
    #[arg(long = "set", value_name = "SECTION.KEY=VALUE", global = true)]
    pub overrides: Vec<String>,
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Subcommand)]
pub enum Command {
    /// Serve (the default)
    Serve,
    /// Manage users, also while the server runs
    #[command(subcommand)]
    User(UserCommand),
    /// Manage confidential clients, also while the server runs
    #[command(subcommand)]
    Client(ClientCommand),
    /// Move a database, or back it up
    #[command(subcommand)]
    Database(DatabaseCommand),
    /// Replace the key that signs tokens, also while servers run
    #[command(subcommand)]
    Key(KeyCommand),
    /// Print a new key for token.secret-key
    Secret,
}
