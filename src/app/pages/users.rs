//! The page "Users": all accounts, for administrators.

mod new_user;
mod table;

use leptos::prelude::*;

use self::{new_user::NewUser, table::Table};
use crate::{
    app::{
        components::{
            dialog::Dialog,
            list::{
                place::{LIST, Place},
                region::ListRegion,
                search_field::SearchField,
            },
            not_allowed::NotAllowed,
            problem::LoadProblem,
        },
        latest::Latest,
        session::Session,
        who,
    },
    browser,
    model::{Account, Page},
};

/// The page.
#[component]
pub fn Users() -> impl IntoView {
    let place = Place::of_this_page();
    let users = place.load::<Account>(|| "/users".to_owned());
    let session = expect_context::<Session>();
    // Before the storage is read, and on the server, the page is that of an administrator.
    let is_administrator = move || session.token().is_none() || who::scopes(session).is_administrators();
    let may_see = Memo::new(move |_| {
        is_administrator() && users.get().and_then(Result::err).is_none_or(|refusal| refusal.status != 403)
    });
    // The field or button that had the keyboard focus is gone.
    Effect::new(move || {
        if !may_see.get() {
            request_animation_frame(browser::focus_heading_if_lost);
        }
    });
    let adding = RwSignal::new(false);
    let is_changed = RwSignal::new(false);
    view! {
        <div class="page">
            <div class="page-top">
                <h1>"Users"</h1>
                {move || {
                    may_see
                        .get()
                        .then(|| {
                            view! {
                                <button type="button" class="button" on:click=move |_| adding.set(true)>
                                    "New user"
                                </button>
                            }
                        })
                }}
            </div>
            {move || {
                if may_see.get() {
                    view! {
                        <SearchField place label="Search users" placeholder="Username, name or e-mail" />
                        <List place users />
                    }
                        .into_any()
                } else {
                    view! { <NotAllowed /> }.into_any()
                }
            }}
            <Dialog open=adding title="New user" is_changed>
                <NewUser open=adding is_changed />
            </Dialog>
        </div>
    }
    .into_any()
}

/// The users that were found, and the way to the others.
#[component]
fn List(place: Place, users: Latest<Page<Account>>) -> impl IntoView {
    let retry = move || {
        // The button goes away when the answer comes.
        browser::focus(LIST);
        users.refetch();
    };
    let shown = move || match users.get() {
        Some(Ok(page)) if page.count == 0 => view! { <Nobody place /> }.into_any(),
        Some(Ok(page)) if !page.data.is_empty() => {
            view! { <Table users=page.data is_pending=Signal::derive(move || users.is_pending()) /> }.into_any()
        }
        Some(Err(refusal)) if refusal.status != 401 => {
            view! { <LoadProblem what="The users" refusal retry /> }.into_any()
        }
        // The storage is not read yet, or the last page is on its way, or the session has ended and the page is being left.
        _ => view! {
            <div class="skeleton users-skeleton" role="status" aria-label="The users: loading">
                {(0..10).map(|_| view! { <span></span> }).collect_view()}
            </div>
        }
        .into_any(),
    };
    let count = Signal::derive(move || users.with(|page| page.count));
    view! {
        <ListRegion place label="Users" words=("user", "users") count>
            {shown}
        </ListRegion>
    }
    .into_any()
}

/// Nobody was found.
#[component]
fn Nobody(place: Place) -> impl IntoView {
    let q = move || place.answered.get().map(|answered| answered.q);
    view! {
        <div class="empty">
            <p>"Nobody goes by " <q><bdi>{q}</bdi></q> " here."</p>
            <p class="hint">"Usernames, full names and e-mail addresses are searched."</p>
            <button type="button" class="quiet" on:click=move |_| place.clear_search()>
                "Show all users"
            </button>
        </div>
    }
    .into_any()
}
