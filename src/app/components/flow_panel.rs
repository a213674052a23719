//! The panel "How this works": the tutorial's five steps and the renewal, with the real requests and answers.

use gloo_storage::{LocalStorage, Storage};
use leptos::{html::Details, prelude::*, task::spawn_local};
use serde_json::{Map, Value};

use crate::{
    app::{
        flow::{Exchange, LoginExchange, shortened},
        renewal::Renewal,
        session::{Kept, STORAGE_KEY, Session, State, StoredSession},
        who,
    },
    browser::{self, locale},
    error::ApiError,
    model::{Jwt, Token},
};

/// The `localStorage` key for whether the panel is folded. The value is `true` or `false`.
const FOLDED_KEY: &str = "cloakroom.how-this-works.folded";

/// The panel. This device remembers whether it is folded.
#[component]
pub fn FlowPanel() -> impl IntoView {
    let session = expect_context::<Session>();
    let panel = NodeRef::<Details>::new();
    let unfolded = !browser::may_store_on_device() || !LocalStorage::get::<bool>(FOLDED_KEY).unwrap_or_default();
    let remember = move |_| {
        if let Some(panel) = panel.get_untracked().filter(|_| browser::may_store_on_device()) {
            // If the browser refuses to store, the panel is unfolded next time.
            let _ = LocalStorage::set(FOLDED_KEY, !panel.open());
        }
    };
    let steps = move || match session.state() {
        State::Open(stored, kept) => Some(view! { <Steps stored kept /> }),
        State::Unread | State::Closed => None,
    };
    view! {
        <details class="flow card" open=unfolded node_ref=panel on:toggle=remember>
            <summary>
                <h2>"How this works"</h2>
                <span class="hint">"The OAuth2 password flow, with what your browser really sent and got"</span>
            </summary>
            {steps}
        </details>
    }
    .into_any()
}

#[component]
fn Steps(stored: StoredSession, kept: Kept) -> impl IntoView {
    let session = expect_context::<Session>();
    let renewal = stored.is_renewable().then(|| stored.expires_at - stored.renewed_before());
    let token = stored.token;
    // A session of an earlier version may say it in another way.
    let Ok(login) = serde_json::from_str::<LoginExchange>(&stored.login) else { return ().into_any() };
    let username = login.fields.iter().find(|(name, _)| name == "username").map(|(_, value)| value.clone());
    let fields = login.fields.iter().map(|(name, value)| row(name.clone(), value.clone())).collect_view();
    let renewal =
        renewal.map(|next| view! { <Renewals next session_id=who::session_id(&token).unwrap_or_default() /> });
    let (storage, until) = match kept {
        Kept::Tab => ("sessionStorage", "It is gone when this tab is closed."),
        Kept::Device => ("localStorage", "It stays on this device until the session ends or you log out."),
        Kept::Page => ("memory only", "The browser refused to store it: it is gone when this page is reloaded."),
    };
    let exchanges =
        move || session.exchanges().into_iter().map(|exchange| view! { <Carried exchange /> }).collect_view();
    view! {
        <ol class="steps">
            <li>
                <h3>"You type your username and password"</h3>
                <p>
                    {format!("You did, as {}. ", username.unwrap_or_default())}
                    "From here on the token is enough. Only sensitive steps ask for the password again."
                </p>
            </li>
            <li>
                <h3>"The page sends them to the token endpoint"</h3>
                <p>"As a form, to the address that the API declares as its " <code>"tokenUrl"</code> "."</p>
                <p class="exchange">
                    <code>"POST /token"</code>
                    {outcome(login.status, login.milliseconds)}
                </p>
                <dl class="fields" aria-label="Posted form fields">
                    {fields}
                </dl>
            </li>
            <li>
                <h3>"The server checks them and answers with a token"</h3>
                <p>
                    "It compares the password with an argon2 hash, and signs a JSON Web Token. "
                    "Anybody can read what it says; only the server can make one."
                </p>
                <Answer token />
            </li>
            <li>
                <h3>"The browser stores the token"</h3>
                <p>
                    "In " <code>{storage}</code> " under the key " <code>{STORAGE_KEY}</code> ". "
                    {until}
                </p>
            </li>
            <li>
                <h3>"Every request carries it"</h3>
                <p>"In a header. The server checks the signature and the time, and knows who is asking."</p>
                <ul class="carried" aria-label="Requests that carried the token">
                    {exchanges}
                </ul>
            </li>
            {renewal}
        </ol>
    }
    .into_any()
}

/// The token endpoint's answer, and the decoded token.
#[component]
fn Answer(token: Token) -> impl IntoView {
    let short = shortened(&token);
    let label = RwSignal::new("Copy");
    let whole = token.access_token.clone();
    let copy = move |_| {
        let whole = whole.clone();
        spawn_local(async move {
            label.set(if browser::copy(&whole).await { "Copied" } else { "Not allowed here" });
        });
    };
    let jwt = Jwt::read(&token.access_token).ok();
    view! {
        <dl class="fields" aria-label="Token response">
            <div>
                <dt>"access_token"</dt>
                <dd class="token">
                    <code>{short}</code>
                    <button type="button" class="small" on:click=copy aria-label="Copy the token">
                        <span aria-live="polite">{move || label.get()}</span>
                    </button>
                </dd>
            </div>
            {row("token_type".to_owned(), token.token_type)}
            {row("expires_in".to_owned(), format!("{} seconds", token.expires_in))}
            {row("scope".to_owned(), token.scope)}
        </dl>
        {jwt
            .map(|Jwt { header, claims }| {
                view! {
                    <div class="decoded">
                        <Members title="Header" members=header />
                        <Members title="Claims" members=claims />
                    </div>
                }
            })}
    }
    .into_any()
}

/// The members of one part of the token. Times are shown as dates.
#[component]
fn Members(title: &'static str, members: Map<String, Value>) -> impl IntoView {
    let rows = members.into_iter().map(|(name, value)| {
        let shown = match &value {
            Value::String(text) => text.clone(),
            Value::Number(seconds) if matches!(name.as_str(), "exp" | "iat" | "nbf") => {
                seconds.as_f64().map_or_else(|| value.to_string(), |seconds| locale::date_and_time(seconds * 1000.0))
            }
            _ => value.to_string(),
        };
        row(name, shown)
    });
    view! {
        <div>
            <h4>{title}</h4>
            <dl class="fields" aria-label=title>
                {rows.collect_view()}
            </dl>
        </div>
    }
    .into_any()
}

/// The last step: how the session goes on. `next` is when the next token is asked for, in milliseconds of this browser's clock.
#[component]
fn Renewals(next: f64, session_id: String) -> impl IntoView {
    let renewal = expect_context::<Renewal>();
    let renewals = move || {
        let all = renewal.exchanges().into_iter();
        all.map(|exchange| {
            let Exchange { method, path, status, milliseconds, .. } = exchange;
            view! {
                <li>
                    <p class="exchange">
                        <code>{format!("{method} {path}")}</code>
                        {outcome(status, milliseconds)}
                    </p>
                </li>
            }
        })
        .collect_view()
    };
    view! {
        <li>
            <h3>"The browser renews the token"</h3>
            <p>
                "Before the token expires, the browser asks for the next one. It shows a refresh token: it is in a cookie that goes to the token endpoint only, and no script can read it. Each one is good for one renewal. "
                {format!("The next one is at {}.", locale::time_of_day(next))}
            </p>
            <dl class="fields" aria-label="Renewal form fields">
                {row("grant_type".to_owned(), "refresh_token".to_owned())}
                {row("session_id".to_owned(), session_id)}
            </dl>
            <ul class="carried" aria-label="Renewals">
                {renewals}
            </ul>
        </li>
    }
    .into_any()
}

#[component]
fn Carried(exchange: Exchange) -> impl IntoView {
    view! {
        <li>
            <p class="exchange">
                <code>{format!("{} {}", exchange.method, exchange.path)}</code>
                {outcome(exchange.status, exchange.milliseconds)}
            </p>
            <code class="header">{format!("Authorization: Bearer {}", exchange.token)}</code>
        </li>
    }
    .into_any()
}

/// A name and its value, as they went over the wire.
fn row(name: String, value: String) -> impl IntoView {
    view! {
        <div>
            <dt>{name}</dt>
            <dd>
                <code>{value}</code>
            </dd>
        </div>
    }
}

/// An answer's status and how long it took.
fn outcome(status: u16, milliseconds: u32) -> impl IntoView {
    let (class, text) = match status {
        ApiError::UNREACHABLE => ("status refused", "no answer".to_owned()),
        200..400 => ("status", status.to_string()),
        _ => ("status refused", status.to_string()),
    };
    view! {
        <span class=class>{text}</span>
        <span class="took">{format!("{milliseconds} ms")}</span>
    }
}
