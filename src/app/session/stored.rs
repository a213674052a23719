//! The session in the browser's storage.
//!
//! It is stored under one key, [`STORAGE_KEY`]. It is in `sessionStorage`, which is gone with the tab. If the person
//! asked to stay signed in, it is in `localStorage`. The value is the JSON of a [`StoredSession`].

use gloo_storage::{LocalStorage, SessionStorage, Storage};
use js_sys::Array;
use wasm_bindgen::JsValue;

use crate::{
    app::flow::LoginExchange,
    browser::{
        self,
        json::{self, Json, object},
    },
    model::Token,
    oauth2::{read_token, write_token},
};

/// The key of the session in the browser's storage. It is also the name of the channel on which a tab tells the other
/// tabs about a logout. `gate.js` uses the same key.
pub const STORAGE_KEY: &str = "cloakroom.session";

/// The `localStorage` key of the last logout: its time, in milliseconds of this browser's clock. A tab that had another
/// address open at that moment learns about the logout when it comes back. The time is only compared for equality, as
/// the clock may be set back.
const LOGGED_OUT_KEY: &str = "cloakroom.logged-out-at";

/// A renewal that gains less time than this gains none, in milliseconds.
const LITTLE: f64 = 1000.0;

/// The value in the storage.
#[derive(Clone, PartialEq)]
pub struct StoredSession {
    /// The token endpoint's answer, as it came.
    pub token: Token,
    /// When the token expires, in milliseconds of this browser's clock. The server's clock may differ.
    pub expires_at: f64,
    /// The request that got the token: the JSON of a [`LoginExchange`]. Only the panel "How this works" reads it.
    pub login: String,
    /// Whether the last renewal gained no time: the token ends with the session.
    pub is_last: bool,
    /// The last logout before this session began.
    last_logout: Option<f64>,
}

impl StoredSession {
    /// A session whose token has just come.
    pub fn new(token: Token, login: &LoginExchange) -> Self {
        Self { expires_at: expires_at(&token), token, login: login_to_json(login), is_last: false, last_logout: None }
    }

    /// The same session, with its next token, which has just come.
    pub fn with_next(self, token: Token) -> Self {
        let expires_at = expires_at(&token);
        // The next token of a session that goes on is good for five sixths of its time longer.
        Self { is_last: expires_at < self.expires_at + LITTLE, expires_at, token, ..self }
    }

    /// How long before the token expires the next one is asked for, in milliseconds: after five sixths of its time.
    pub fn renewed_before(&self) -> f64 {
        f64::from(self.token.expires_in) * 1000.0 / 6.0
    }

    /// Whether the browser can get the next token by itself: a cookie has the refresh token.
    pub fn is_renewable(&self) -> bool {
        self.token.scope.split(' ').any(|scope| scope == "offline_access")
    }

    /// The same session. A logout until now does not end it.
    pub fn begun_now(self) -> Self {
        Self { last_logout: last_logout(), ..self }
    }

    /// Whether the person has logged out since this session began.
    pub fn is_logged_out(&self) -> bool {
        let last = last_logout();
        last.is_some() && last != self.last_logout
    }

    /// Reads the JSON. It may be of an earlier version, or nonsense.
    fn read(text: &str) -> Option<Self> {
        let json = Json::parse(text)?;
        let token = read_token(&json.member("token"))?;
        // A token with characters that a header cannot carry is not a token of ours.
        if !token.access_token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        Some(Self {
            is_last: false,
            token,
            expires_at: json.member("expires_at").number()?,
            login: json.member("login").to_string(),
            last_logout: json.member("last_logout").number(),
        })
    }

    /// The JSON that [`StoredSession::read`] reads.
    fn write(&self) -> String {
        json::text(&object([
            ("token", write_token(&self.token)),
            ("expires_at", self.expires_at.into()),
            ("login", Json::parse(&self.login).map_or(JsValue::NULL, Json::into)),
            ("last_logout", self.last_logout.map_or(JsValue::NULL, JsValue::from)),
        ]))
    }
}

/// When a token that has just come expires, in milliseconds of this browser's clock.
fn expires_at(token: &Token) -> f64 {
    browser::now() + f64::from(token.expires_in) * 1000.0
}

/// The JSON that serde reads as a [`LoginExchange`].
fn login_to_json(login: &LoginExchange) -> String {
    let field = |(name, value): &(String, String)| Array::of2(&name.into(), &value.into());
    json::text(&object([
        ("fields", login.fields.iter().map(field).collect::<Array>().into()),
        ("status", login.status.into()),
        ("milliseconds", login.milliseconds.into()),
    ]))
}

/// Where the session is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// `sessionStorage`: until the tab is closed.
    Tab,
    /// `localStorage`: on this device.
    Device,
    /// The browser refused both: until the page is reloaded.
    Page,
}

impl Kept {
    /// The storage, if the browser lets this site use it. gloo-storage assumes that it does. It stores text:
    /// gloo-storage's own JSON is that of serde_json.
    fn storage(self) -> Option<web_sys::Storage> {
        match self {
            Self::Tab => browser::may_store_in_tab().then(SessionStorage::raw),
            Self::Device => browser::may_store_on_device().then(LocalStorage::raw),
            Self::Page => None,
        }
    }

    /// The session that is kept there.
    pub fn read(self) -> Option<StoredSession> {
        StoredSession::read(&self.storage()?.get_item(STORAGE_KEY).ok()??)
    }

    /// Keeps a session there. Returns whether that succeeded. The storage may be full.
    pub fn write(self, stored: &StoredSession) -> bool {
        self.storage().is_some_and(|storage| storage.set_item(STORAGE_KEY, &stored.write()).is_ok())
    }

    /// Forgets what is kept there.
    pub fn delete(self) {
        if let Some(storage) = self.storage() {
            // A storage that can be read can be emptied.
            let _ = storage.remove_item(STORAGE_KEY);
        }
    }
}

/// The last logout; `None` if it is not known.
fn last_logout() -> Option<f64> {
    let text = Kept::Device.storage()?.get_item(LOGGED_OUT_KEY).ok()??;
    Json::parse(&text)?.number()
}

/// Remembers that the person logs out now.
pub fn remember_logout() {
    if let Some(storage) = Kept::Device.storage() {
        // If the storage is full, tabs with another address open stay signed in until their token expires.
        let _ = storage.set_item(LOGGED_OUT_KEY, &json::text(&browser::now().into()));
    }
}
