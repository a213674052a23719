//! What the UI knows of the server's settings. The document carries it in attributes of the `html` element, so a form can
//! say a rule before anything is sent. The server decides all the same.

use crate::{app::demo::Demo, browser};

/// The settings that the UI knows.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// The fewest characters of a new password.
    pub password_min_length: usize,
    /// Whether anybody can sign up.
    pub may_sign_up: bool,
    /// The demo's users, if the demo is on.
    pub demo: Option<Demo>,
}

/// The attribute of [`password_min_length`].
const MIN_LENGTH: &str = "data-password-min-length";
/// The attribute of [`may_sign_up`].
const SIGN_UP: &str = "data-sign-up";

/// The fewest characters of a new password. For the browser only: not while a page is rendered.
pub fn password_min_length() -> usize {
    // 15 is the setting's default.
    browser::root_attribute(MIN_LENGTH).and_then(|length| length.parse().ok()).unwrap_or(15)
}

/// Whether anybody can sign up. For the browser only: not while a page is rendered.
pub fn may_sign_up() -> bool {
    browser::root_attribute(SIGN_UP).is_none_or(|sign_up| sign_up != "off")
}
