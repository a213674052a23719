//! The page "User": one account, for administrators.

mod access;
mod danger;
mod draft;
mod facts;
mod gone;
mod items;
mod password;
mod profile;
mod sessions;
mod shown;

use leptos::prelude::*;
use leptos_router::{components::A, hooks::use_params_map};

use self::{
    access::Access, danger::DangerZone, facts::Facts, gone::Gone, items::Items, password::Password, profile::Profile,
    sessions::Sessions, shown::Shown,
};
use crate::{
    app::{
        client::{Client, Reply, Request},
        components::{not_allowed::NotAllowed, problem::LoadProblem},
        page_name,
        session::Session,
    },
    browser,
    error::ApiError,
    model::{Account, Username},
};

/// The page.
#[component]
pub fn User() -> impl IntoView {
    let params = use_params_map();
    // A browser leaves some control characters out of a page. What is not there cannot be hydrated.
    let shown = |name: String| name.replace(char::is_control, "\u{FFFD}");
    let username = Memo::new(move |_| params.with(|params| params.get("username").map(shown).unwrap_or_default()));
    page_name::name(move || format!("{} · Users", username.get()));
    (move || view! { <OneUser username=username.get() /> }).into_any()
}

#[component]
fn OneUser(username: String) -> impl IntoView {
    let loaded = RwSignal::new(None::<Result<Reply<Account>, ApiError>>);
    let load = Action::new_local({
        let client = Client::from_context();
        let username = username.clone();
        move |(): &()| {
            // A name that breaks the rule is nobody's, and may not fit into an address.
            let request = Username::parse(&username).map(|name| Request::get(format!("/users/{}", name.as_str())));
            async move {
                let answer = match request {
                    Ok(request) => client.send::<Account>(request).await,
                    Err(_) => Err(ApiError::not_found()),
                };
                loaded.try_set(Some(answer));
            }
        }
    });
    let session = expect_context::<Session>();
    let is_open = Memo::new(move |_| session.token().is_some());
    Effect::new(move || {
        if is_open.get() {
            load.dispatch_local(());
        }
    });
    // The heading is there before the account is, for the keyboard focus.
    let name = RwSignal::new(username.clone());
    let cards = move || match loaded.get() {
        Some(Ok(reply)) => view! { <Cards shown=Shown::new(reply) name /> }.into_any(),
        Some(Err(refusal)) if refusal.status == 403 => view! { <NotAllowed /> }.into_any(),
        Some(Err(refusal)) if refusal.status == 404 => view! { <Unknown username=name.get_untracked() /> }.into_any(),
        Some(Err(refusal)) if refusal.status != 401 => view! {
            <LoadProblem
                what="The user"
                refusal
                retry=move || {
                    // The button goes away, and the keyboard focus with it.
                    browser::focus_heading();
                    load.dispatch_local(());
                }
            />
        }
        .into_any(),
        // The storage is not read yet, or the session has ended and the page is being left.
        Some(Err(_)) | None => view! {
            <div class="skeleton user-skeleton" role="status" aria-label="The user: loading">
                {(0..10).map(|_| view! { <span></span> }).collect_view()}
            </div>
        }
        .into_any(),
    };
    view! {
        <div class="page user-page">
            <header>
                <p>
                    <A href="/admin">"← All users"</A>
                </p>
                <h1 dir="auto">{name}</h1>
                {move || {
                    // The name is the full name.
                    (name.get() != username).then(|| view! { <p class="hint">{username.clone()}</p> })
                }}
            </header>
            {cards}
        </div>
    }
    .into_any()
}

/// There is no such user.
#[component]
fn Unknown(username: String) -> impl IntoView {
    view! {
        <section class="card not-allowed" aria-labelledby="unknown-title">
            <h2 id="unknown-title">"Nobody goes by this name"</h2>
            <p>
                "There is no user " <bdi>{username}</bdi>
                ". The account may have been deleted, or the address has a typo."
            </p>
            <p>
                <A href="/admin" attr:class="button">
                    "Back to all users"
                </A>
            </p>
        </section>
    }
    .into_any()
}

/// The account, part by part.
#[component]
fn Cards(shown: Shown, name: RwSignal<String>) -> impl IntoView {
    Effect::new(move || {
        let Account { username, full_name, .. } = shown.account();
        name.set(full_name.unwrap_or(username));
    });
    view! {
        <Gone shown />
        <Facts shown />
        <Profile shown />
        <Access shown />
        <Password shown />
        <Sessions username=shown.username() />
        <Items username=shown.username() />
        <DangerZone shown />
    }
    .into_any()
}
