//! The account page: the user, the ticket and the items.

use leptos::{html::H1, prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use serde::de::DeserializeOwned;

use crate::{
    app::{
        browser, client,
        components::{flow_panel::FlowPanel, mark::Brand, problem::LoadProblem, ticket::Ticket},
        next,
        session::{Notice, Session, State},
    },
    error::ApiError,
    model::{Item, User},
};

/// The state of something that is loaded from the API.
#[derive(Clone, PartialEq, Eq)]
enum Load<T> {
    Waiting,
    Failed(ApiError),
    Done(T),
}

/// The account page. Without a session it leads to the login page.
#[component]
pub fn Account() -> impl IntoView {
    let session = expect_context::<Session>();
    let user = RwSignal::new(Load::<User>::Waiting);
    let items = RwSignal::new(Load::<Vec<Item>>::Waiting);
    let heading = NodeRef::<H1>::new();
    let load_user = move || load(session, "/users/me", user);
    let load_items = move || load(session, "/users/me/items", items);

    leave_when_closed(session);
    Effect::new(move || {
        if matches!(session.state(), State::Open(..)) {
            match session.user().get_untracked() {
                Some(known) => user.set(Load::Done(known)),
                None => load_user(),
            }
            load_items();
        }
    });
    // After a login the form is gone, and the keyboard focus with it. So the heading gets the focus. A page that the
    // browser has just loaded does not need this: its focus starts at the top.
    let from_login = session.user().get_untracked().is_some();
    Effect::new(move || {
        if let Some(heading) = heading.get().filter(|_| from_login) {
            // A page in the background may not take the focus.
            let _ = heading.focus();
        }
    });

    let greeting = move || match user.get() {
        Load::Done(user) => format!("Welcome, {}", user.full_name.unwrap_or(user.username)),
        Load::Waiting | Load::Failed(_) => "Welcome".to_owned(),
    };
    // Once the panel is shown, it stays, also while the items load again.
    let settled = Memo::new(move |before| before == Some(&true) || items.get() != Load::Waiting);

    view! {
        <Title text="Your account" />
        <header class="top needs-session">
            <Brand />
        </header>
        <main id="main" tabindex="-1" class="account needs-session">
            <h1 tabindex="-1" node_ref=heading>
                {greeting}
            </h1>
            <Ticket />
            <section class="card profile" aria-labelledby="profile-title">
                <h2 id="profile-title">"Profile"</h2>
                {move || match user.get() {
                    Load::Waiting => skeleton(4, "Your profile is loading").into_any(),
                    Load::Failed(refusal) => {
                        view! { <LoadProblem what="Your profile" refusal retry=load_user /> }.into_any()
                    }
                    Load::Done(user) => view! { <Profile user /> }.into_any(),
                }}
            </section>
            <section class="card items" aria-labelledby="items-title">
                <h2 id="items-title">"Your items"</h2>
                {move || match items.get() {
                    Load::Waiting => skeleton(3, "Your items are loading").into_any(),
                    Load::Failed(refusal) => {
                        view! { <LoadProblem what="Your items" refusal retry=load_items /> }.into_any()
                    }
                    Load::Done(items) => view! { <Items items /> }.into_any(),
                }}
            </section>
            // The panel comes after the items have loaded: then the height above it no longer changes.
            {move || settled.get().then(|| view! { <FlowPanel /> })}
        </main>
    }
}

/// Loads `path` into the signal `into`.
fn load<T: DeserializeOwned + Send + Sync + 'static>(session: Session, path: &'static str, into: RwSignal<Load<T>>) {
    into.set(Load::Waiting);
    spawn_local(async move {
        match client::get(session, path).await {
            Ok(loaded) => into.set(Load::Done(loaded)),
            // The session has ended, so the page is left.
            Err(refusal) if refusal.status == 401 => {}
            Err(refusal) => into.set(Load::Failed(refusal)),
        }
    });
}

/// Goes to the login page once it is certain that there is no session. The login leads back here, unless the person
/// logged out or the account is disabled.
fn leave_when_closed(session: Session) {
    let navigate = use_navigate();
    Effect::new(move || {
        if session.state() == State::Closed {
            let to = match session.notice().get_untracked() {
                Some(Notice::LoggedOut | Notice::Disabled) => "/login".to_owned(),
                Some(Notice::Expired) | None => next::login_from(&browser::location()),
            };
            navigate(&to, NavigateOptions { replace: true, ..Default::default() });
        }
    });
}

#[component]
fn Profile(user: User) -> impl IntoView {
    let missing = || "Not given".to_owned();
    view! {
        <dl>
            <dt>"Username"</dt>
            <dd>{user.username}</dd>
            <dt>"Full name"</dt>
            <dd>{user.full_name.unwrap_or_else(missing)}</dd>
            <dt>"E-mail"</dt>
            <dd>{user.email.unwrap_or_else(missing)}</dd>
            <dt>"Account"</dt>
            <dd>{if user.disabled { "Disabled" } else { "Active" }}</dd>
        </dl>
    }
}

#[component]
fn Items(items: Vec<Item>) -> impl IntoView {
    if items.is_empty() {
        return view! {
            <div class="empty">
                <p>"Nothing on your hooks yet."</p>
                <p class="hint">"What you hand in will hang here."</p>
            </div>
        }
        .into_any();
    }
    // One answer holds at most 100 items, so there may be more.
    let more = items.len() == 100;
    let rows = items.into_iter().map(|Item { item_id, title, description, .. }| {
        view! {
            <li>
                <span class="what">
                    <strong>{title.unwrap_or_else(|| item_id.clone())}</strong>
                    <span class="hint">{description.unwrap_or_default()}</span>
                </span>
                <code>{item_id}</code>
            </li>
        }
    });
    view! {
        <ul>{rows.collect_view()}</ul>
        {more.then(|| view! { <p class="hint">"Your oldest 100 items are shown."</p> })}
    }
    .into_any()
}

/// Placeholder lines, as many and as high as the lines that will load.
fn skeleton(lines: usize, label: &'static str) -> impl IntoView {
    view! {
        <div class="skeleton" role="status" aria-label=label>
            {(0..lines).map(|_| view! { <span></span> }).collect_view()}
        </div>
    }
}
