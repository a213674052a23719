//! The operator's settings. They come from built-in defaults, then `Leptos.toml` (or the file that `--config` names),
//! then the environment, then `--set`. Each source overrides the sources before it. The structs below define the
//! sections and keys, in kebab-case. docs/settings.md lists them.

mod environment;
mod list;
mod origin;
mod present;
mod proxy;
mod session;
mod token;

use std::{
    collections::HashMap,
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use config::{Case, Config, ConfigError, Environment, File, FileFormat};
use ipnet::IpNet;
use leptos::config::{Env, LeptosOptions};
use serde::{Deserialize, Deserializer, de};

use self::{
    environment::{is_key, mistyped},
    origin::{origin, origins},
    present::present,
    proxy::networks,
};
use crate::model::{PASSWORD_DEFAULT_CHARACTERS, PASSWORD_MAX_BYTES, PASSWORD_MIN_CHARACTERS};

pub use self::{
    origin::Origin,
    proxy::ProxyHeader,
    session::SessionSettings,
    token::{Algorithm, TokenSettings},
};

/// The file that is read if `--config` names none. It may be missing.
pub const DEFAULT_FILE: &str = "Leptos.toml";

/// All settings.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// The file that the settings were read from, if it exists.
    #[serde(skip)]
    pub file: PathBuf,
    /// The UI's files and the address to listen on. cargo-leptos sets these too.
    pub leptos: LeptosSettings,
    /// How clients reach the server.
    pub server: ServerSettings,
    /// HTTPS without a proxy.
    pub tls: TlsSettings,
    /// How many clients there may be, and how long each may take.
    pub limits: LimitSettings,
    /// The metrics.
    pub metrics: MetricsSettings,
    /// The database.
    pub database: DatabaseSettings,
    /// Access tokens.
    pub token: TokenSettings,
    /// Sessions.
    pub session: SessionSettings,
    /// The hashing of passwords.
    pub password: PasswordSettings,
    /// Accounts.
    pub accounts: AccountSettings,
    /// The tutorial's users.
    pub demo: DemoSettings,
}

/// `[leptos]`, or `LEPTOS_…` in the environment: cargo-leptos sets these variables.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LeptosSettings {
    /// The address and port to listen on.
    pub site_addr: SocketAddr,
    /// The folder of the UI's files.
    pub site_root: String,
    /// The folder in it that holds the WASM, its JavaScript and the stylesheet.
    pub site_pkg_dir: String,
    /// The name of those files, without their ending.
    pub output_name: String,
    /// `DEV` or `PROD`.
    #[serde(deserialize_with = "dev_or_prod")]
    pub env: Env,
    /// The port at which `cargo leptos watch` tells the page to reload.
    pub reload_port: u32,
}

/// `[server]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ServerSettings {
    /// The origin at which clients reach the server, for its metadata. Unset: the address that it listens on.
    #[serde(deserialize_with = "origin")]
    pub public_url: Option<Origin>,
    /// The other origins whose pages may call with a bearer token (CORS). In the environment, spaces separate them.
    #[serde(deserialize_with = "origins")]
    pub allow_origins: Vec<Origin>,
    /// The addresses or networks of the proxies in front of the server. The server takes the client's address from
    /// these proxies. In the environment, spaces separate them.
    #[serde(deserialize_with = "networks")]
    pub trusted_proxies: Vec<IpNet>,
    /// The header in which the proxies send the client's address.
    pub proxy_header: ProxyHeader,
    /// Whether a proxy speaks HTTPS with the clients. Without HTTPS, passwords are sent unencrypted.
    pub behind_proxy: bool,
}

/// `[tls]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TlsSettings {
    /// The PEM file of the certificate and its chain. The server's own certificate comes first.
    #[serde(deserialize_with = "present")]
    pub certificate: Option<PathBuf>,
    /// The PEM file of the certificate's key.
    #[serde(deserialize_with = "present")]
    pub key: Option<PathBuf>,
}

/// `[limits]`
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LimitSettings {
    /// How many connections can be open at once. Further connections wait.
    pub connections: usize,
    /// How long a request's header may take to arrive, in seconds. The time starts at the end of the previous answer,
    /// so it also limits an idle connection.
    pub header_timeout: u32,
    /// How long a body may take to arrive, in seconds; 408 after that.
    pub body_timeout: u32,
    /// How long an answer may take, in seconds, including the time for the body to arrive; 503 after that.
    pub request_timeout: u32,
    /// How long a client may stop reading an answer, in seconds.
    pub write_timeout: u32,
}

/// `[metrics]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct MetricsSettings {
    /// The address and port of `/metrics`. Unset: 127.0.0.1:9464, unless that is taken.
    pub addr: Option<SocketAddr>,
}

/// `[database]`
#[derive(Clone, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DatabaseSettings {
    /// `sqlite://` and the path of a file, relative to the folder the server is started in. It is created if it is
    /// missing. Or `postgres://user:password@host:port/database`, with `?sslmode=verify-full&sslrootcert=…` for TLS.
    pub url: String,
    /// PostgreSQL only: how many connections each server may open.
    pub connections: u32,
    /// PostgreSQL only: how long a query may take, in seconds, with the time to get a connection; 503 after that.
    pub timeout: u32,
}

/// Hides the URL: it may have a password.
impl fmt::Debug for DatabaseSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseSettings").field("connections", &self.connections).finish_non_exhaustive()
    }
}

/// `[password]`: the rules for new passwords, the parameters of argon2id for new hashes, and how many are computed at once.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct PasswordSettings {
    /// Memory of one hash, in KiB (argon2's m).
    pub memory_kib: u32,
    /// Passes over that memory (argon2's t).
    pub iterations: u32,
    /// Lanes of that memory (argon2's p).
    pub parallelism: u32,
    /// Threads that hash. Unset: as many as there are cores.
    pub threads: Option<usize>,
    /// How many logins, sign-ups and changes of a password may wait for a hashing thread.
    pub queue: usize,
    /// The fewest characters of a new password.
    pub min_length: usize,
}

/// `[accounts]`
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct AccountSettings {
    /// Whether anybody can sign up. Otherwise only administrators create accounts.
    pub sign_up: bool,
}

/// `[demo]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DemoSettings {
    /// Whether the tutorial's users are created at the start. Their passwords are public.
    pub enabled: bool,
}

impl Default for LeptosSettings {
    fn default() -> Self {
        Self {
            site_addr: SocketAddr::from(([127, 0, 0, 1], 3000)),
            site_root: "target/site".to_owned(),
            site_pkg_dir: "pkg".to_owned(),
            output_name: "cloakroom".to_owned(),
            env: Env::DEV,
            reload_port: 3001,
        }
    }
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self { connections: 4096, header_timeout: 15, body_timeout: 10, request_timeout: 30, write_timeout: 30 }
    }
}

impl DatabaseSettings {
    /// The database at this URL, with the other settings as they are by default.
    pub fn at(url: impl Into<String>) -> Self {
        Self { url: url.into(), connections: 10, timeout: 4 }
    }
}

impl Default for DatabaseSettings {
    fn default() -> Self {
        Self::at("sqlite://data/cloakroom.db")
    }
}

impl Default for AccountSettings {
    fn default() -> Self {
        Self { sign_up: true }
    }
}

impl Default for PasswordSettings {
    fn default() -> Self {
        Self {
            memory_kib: 64 * 1024,
            iterations: 3,
            parallelism: 4,
            threads: None,
            queue: 64,
            min_length: PASSWORD_DEFAULT_CHARACTERS,
        }
    }
}

/// Why the settings cannot be used. The message is one line that names the setting to change.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A file that cannot be read, an unknown key, or a value of the wrong kind.
    #[error("settings: {}", in_one_line(.0))]
    Unreadable(#[from] ConfigError),
    /// A value out of range.
    #[error("settings: {0}")]
    OutOfRange(&'static str),
    /// The value of an environment variable is not UTF-8.
    #[error("settings: the value of {0} is not UTF-8")]
    NotUtf8(String),
    /// An environment variable looks like a setting, but is not one.
    #[error(
        "settings: {0:?} in the environment is not a setting: settings are CLOAKROOM__SECTION__KEY, with two underscores \
         in both places"
    )]
    NoKey(String),
    /// `--set` without a key or without `=`. The message does not quote its value: it may hold the secret.
    #[error("settings: a --set is not of the form SECTION.KEY=VALUE")]
    NoAssignment,
}

/// The error in one line. TOML's reader quotes lines of the file; they are left out, because they may hold the secret.
fn in_one_line(error: &ConfigError) -> String {
    let text = error.to_string();
    match error {
        ConfigError::FileParse { .. } => {
            let [first, last] = [text.lines().next(), text.lines().next_back()].map(Option::unwrap_or_default);
            format!("{first}: {last}")
        }
        _ => text.replace(char::is_control, " "),
    }
}

impl Settings {
    /// Reads the settings. `file` is the file that `--config` names. `environment` is the process's environment.
    /// `overrides` are the values of `--set`.
    ///
    /// # Errors
    /// [`SettingsError`].
    pub fn read(
        file: Option<&Path>,
        environment: HashMap<String, String>,
        overrides: &[String],
    ) -> Result<Self, SettingsError> {
        let path = file.unwrap_or(Path::new(DEFAULT_FILE));
        let mut builder =
            Config::builder().add_source(File::from(path).format(FileFormat::Toml).required(file.is_some()));
        for (key, variable) in [
            ("site-addr", "LEPTOS_SITE_ADDR"),
            ("site-root", "LEPTOS_SITE_ROOT"),
            ("site-pkg-dir", "LEPTOS_SITE_PKG_DIR"),
            ("output-name", "LEPTOS_OUTPUT_NAME"),
            ("env", "LEPTOS_ENV"),
            ("reload-port", "LEPTOS_RELOAD_PORT"),
        ] {
            builder = builder.set_override_option(format!("leptos.{key}"), environment.get(variable).cloned())?;
        }
        if let Some(name) = mistyped(&environment) {
            return Err(SettingsError::NoKey(name.clone()));
        }
        // Values stay text until a field reads them: a secret of digits does not become a number.
        builder = builder.add_source(
            Environment::with_prefix("CLOAKROOM")
                .prefix_separator("__")
                .separator("__")
                .convert_case(Case::Kebab)
                .source(Some(environment)),
        );
        for assignment in overrides {
            let (key, value) =
                assignment.split_once('=').filter(|(key, _)| is_key(key)).ok_or(SettingsError::NoAssignment)?;
            builder = builder.set_override(key, value)?;
        }
        let config = builder.build()?;
        // Checked first: if the operator forgets `secret-key`, the value of `token` is the secret. The later error
        // would quote it.
        if config.get_string("token").is_ok() {
            return Err(SettingsError::OutOfRange("token is not a setting: use token.secret-key or token.expires-in"));
        }
        let mut settings: Self = config.try_deserialize()?;
        settings.file = path.to_owned();
        settings.check()?;
        Ok(settings)
    }

    /// Checks that each value is in range and that the values fit together.
    fn check(&self) -> Result<(), SettingsError> {
        let Self { leptos, server, tls, limits, database, token, session, password, demo, .. } = self;
        let least_memory = password.parallelism.saturating_mul(8);
        for (holds, sentence) in [
            (
                token.secret_key.as_ref().is_none_or(|key| key.len() >= 32),
                "token.secret-key is shorter than 32 bytes: make one with `cloakroom secret`",
            ),
            (
                token.previous_secret_keys.iter().all(|key| key.len() >= 32),
                "token.previous-secret-keys has a key that is shorter than 32 bytes",
            ),
            (
                token.secret_key.is_none() || token.algorithm == Algorithm::Hs256,
                "token.secret-key signs with HS256, and token.algorithm is another one: move the key to \
                 token.previous-secret-keys until its tokens have expired, and then remove it",
            ),
            (!leptos.site_root.is_empty(), "leptos.site-root is empty: name the folder of the UI's files"),
            ((1..=1_000_000).contains(&limits.connections), "limits.connections is 1 to 1000000"),
            ((1..=3600).contains(&limits.header_timeout), "limits.header-timeout is 1 to 3600 seconds"),
            ((1..=3600).contains(&limits.write_timeout), "limits.write-timeout is 1 to 3600 seconds"),
            ((1..=3600).contains(&limits.request_timeout), "limits.request-timeout is 1 to 3600 seconds"),
            (
                (1..=limits.request_timeout).contains(&limits.body_timeout),
                "limits.body-timeout is 1 second to limits.request-timeout",
            ),
            (
                (2..=10_000).contains(&database.connections),
                "database.connections is 2 to 10000: one of them looks up the users of tokens",
            ),
            ((1..=60).contains(&database.timeout), "database.timeout is 1 to 60 seconds"),
            ((1..=31_536_000).contains(&token.expires_in), "token.expires-in is 1 to 31536000 seconds"),
            ((1..=31_536_000).contains(&session.lifetime), "session.lifetime is 1 to 31536000 seconds"),
            (
                (1..=session.lifetime).contains(&session.idle_timeout),
                "session.idle-timeout is 1 second to session.lifetime",
            ),
            ((1..=255).contains(&password.parallelism), "password.parallelism is 1 to 255"),
            ((1..=1000).contains(&password.iterations), "password.iterations is 1 to 1000"),
            (
                (least_memory..=4 * 1024 * 1024).contains(&password.memory_kib),
                "password.memory-kib is at least 8 for each lane (password.parallelism) and at most 4194304",
            ),
            (
                password.threads.is_none_or(|threads| (1..=1024).contains(&threads)),
                "password.threads is 1 to 1024; leave it out for one per core",
            ),
            (password.queue <= 100_000, "password.queue is 0 to 100000"),
            (
                (PASSWORD_MIN_CHARACTERS..=PASSWORD_MAX_BYTES).contains(&password.min_length),
                "password.min-length is 8 to 1024 characters",
            ),
            (tls.certificate.is_some() == tls.key.is_some(), "tls.certificate and tls.key are set both or neither"),
            (
                leptos.env != Env::PROD
                    || leptos.site_addr.ip().is_loopback()
                    || tls.certificate.is_some()
                    || server.behind_proxy,
                "leptos.site-addr is not a loopback address, so passwords would be sent unencrypted: set \
                 tls.certificate and tls.key, or server.behind-proxy if a proxy speaks HTTPS",
            ),
            (
                !(demo.enabled && leptos.env == Env::PROD),
                "demo.enabled cannot be true if leptos.env is PROD: everybody knows the demo's passwords",
            ),
        ] {
            if !holds {
                return Err(SettingsError::OutOfRange(sentence));
            }
        }
        Ok(())
    }
}

impl LeptosSettings {
    /// The same settings as Leptos's own type.
    pub fn options(&self) -> LeptosOptions {
        LeptosOptions::builder()
            .output_name(self.output_name.as_str())
            .site_addr(self.site_addr)
            .site_root(self.site_root.as_str())
            .site_pkg_dir(self.site_pkg_dir.as_str())
            .env(self.env.clone())
            .reload_port(self.reload_port)
            .build()
    }
}

/// `DEV` or `PROD`, in any case of letters. Leptos's own parser reads everything else as `DEV`: a typo would then allow
/// the demo accounts.
fn dev_or_prod<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Env, D::Error> {
    let name = String::deserialize(deserializer)?;
    match name.to_ascii_uppercase().as_str() {
        "DEV" | "DEVELOPMENT" => Ok(Env::DEV),
        "PROD" | "PRODUCTION" => Ok(Env::PROD),
        _ => Err(de::Error::custom(format!("leptos.env is DEV or PROD, not {name:?}"))),
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod proptests;
