//! The account page: the user, the ticket and the items.

use leptos::prelude::*;
use leptos_router::components::A;

use crate::{
    app::{
        client,
        components::{flow_panel::FlowPanel, loading::Loading, ticket::Ticket},
        me::Me,
        session::Session,
        who,
    },
    model::{ITEMS_WRITE, Item, User},
};

/// The account page.
#[component]
pub fn Account() -> impl IntoView {
    let Me(user) = expect_context();
    let items = client::load::<Vec<Item>>(|| "/users/me/items".to_owned());

    let greeting = move || match user.get() {
        Some(Ok(user)) => format!("Welcome, {}", user.full_name.unwrap_or(user.username)),
        Some(Err(_)) | None => "Welcome".to_owned(),
    };
    // The panel comes after the items: then the height above it no longer changes. Once it is shown, it stays, also
    // while the items load again.
    let settled = Memo::new(move |before| before == Some(&true) || items.with(Option::is_some));

    view! {
        <div class="account">
            <h1>{greeting}</h1>
            <Ticket />
            <section class="card profile" aria-labelledby="profile-title">
                <h2 id="profile-title">"Profile"</h2>
                <Loading from=user what="Your profile" lines=4 children=profile />
            </section>
            <section class="card items" aria-labelledby="items-title">
                <div class="card-top">
                    <h2 id="items-title">"Your items"</h2>
                    <A href="/my-items">"All items"</A>
                </div>
                <Loading from=items what="Your items" lines=3 children=list />
            </section>
            {move || settled.get().then(|| view! { <FlowPanel /> })}
        </div>
    }
    .into_any()
}

fn profile(user: User) -> impl IntoView {
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

fn list(items: Vec<Item>) -> impl IntoView {
    if items.is_empty() {
        let session = expect_context::<Session>();
        let may_write = move || who::may(session, ITEMS_WRITE);
        return view! {
            <div class="empty">
                <p>"Nothing on your hooks yet."</p>
                {move || {
                    may_write()
                        .then(|| {
                            view! {
                                <p class="hint">"What you hand in will hang here."</p>
                                <p>
                                    <A href="/my-items">"Hand in your first item"</A>
                                </p>
                            }
                        })
                }}
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
