//! How long sessions last.

use serde::Deserialize;

/// `[session]`
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SessionSettings {
    /// How long a session may be unused, in seconds. It is used each time that it is renewed.
    pub idle_timeout: u32,
    /// How long a session lasts at most, however much it is used, in seconds.
    pub lifetime: u32,
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self { idle_timeout: 14 * 24 * 60 * 60, lifetime: 30 * 24 * 60 * 60 }
    }
}

impl SessionSettings {
    /// [`SessionSettings::idle_timeout`], in milliseconds.
    pub fn idle_timeout_ms(self) -> i64 {
        i64::from(self.idle_timeout) * 1000
    }

    /// [`SessionSettings::lifetime`], in milliseconds.
    pub fn lifetime_ms(self) -> i64 {
        i64::from(self.lifetime) * 1000
    }
}
