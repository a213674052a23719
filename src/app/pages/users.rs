//! The page "Users": all accounts, for administrators.

mod new_user;
mod table;

use std::time::Duration;

use leptos::{ev, leptos_dom::helpers::debounce, prelude::*};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};

use self::{new_user::NewUser, table::Table};
use crate::{
    app::{
        components::{
            dialog::Dialog,
            items::{
                page_size,
                wanted::{SIZES, Wanted, searchable},
            },
            not_allowed::NotAllowed,
            pager::{Pager, Part},
            problem::LoadProblem,
        },
        latest::{Latest, latest},
        session::Session,
        who,
    },
    browser::{self, locale},
    model::{Account, Page},
};

/// Where the list is.
const HERE: &str = "/admin";
/// How long the person may pause while typing before the list is searched.
const PAUSE: Duration = Duration::from_millis(200);

/// The page.
#[component]
pub fn Users() -> impl IntoView {
    let location = use_location();
    let (path, query) = (location.pathname, location.search);
    let remembered = RwSignal::new(None);
    // Before the list is asked for. The server knows of no size.
    Effect::new(move || remembered.set(page_size::remembered()));
    let wanted = Memo::new(move |before: Option<&Wanted>| {
        let now = query.with(|query| Wanted::read(query, remembered.get()));
        let is_here = path.with(|path| path.trim_end_matches('/') == HERE);
        // When the page is being left, the query is another page's.
        before.filter(|_| !is_here).cloned().unwrap_or(now)
    });
    let place = Place { wanted, remembered };
    let users = latest::<Page<Account>>(move || wanted.get().request("/users"));
    let session = expect_context::<Session>();
    // Before the storage is read, and on the server, the page is that of an administrator.
    let is_administrator = move || session.token().is_none() || who::scopes(session).is_administrators();
    let may_see = Memo::new(move |_| {
        is_administrator() && users.get().and_then(Result::err).is_none_or(|refusal| refusal.status != 403)
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
                        <SearchField place />
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

/// The part of the list that is shown.
#[derive(Clone, Copy)]
struct Place {
    wanted: Memo<Wanted>,
    /// The size of a page that was chosen last on this device.
    remembered: RwSignal<Option<u32>>,
}

impl Place {
    /// The address of a part of the list.
    fn address(self, of: &Wanted) -> String {
        of.address(HERE, self.remembered.get_untracked())
    }

    /// What goes to a part of the list. With `true`, its address takes the place of the present one.
    fn goer(self) -> impl Fn(&Wanted, bool) + Clone {
        let navigate = use_navigate();
        move |to: &Wanted, replace: bool| {
            navigate(&self.address(to), NavigateOptions { replace, scroll: !replace, ..NavigateOptions::default() });
        }
    }
}

/// The field that searches while the person types.
#[component]
fn SearchField(place: Place) -> impl IntoView {
    let go = place.goer();
    let wanted = place.wanted;
    let typed = RwSignal::new(wanted.with_untracked(|wanted| wanted.q.clone()));
    // What is in the address because it was typed here.
    let searched = StoredValue::new(typed.get_untracked());
    let search = move |text: String| {
        let q = searchable(&text);
        searched.set_value(q.clone());
        let now = wanted.get_untracked();
        if now.q != q {
            go(&Wanted { q, page: 1, ..now }, true);
        }
    };
    let mut search_later = debounce(PAUSE, search.clone());
    // Back, Forward and links change the address too.
    Effect::new(move || {
        let q = wanted.with(|wanted| wanted.q.clone());
        if searched.with_value(|searched| *searched != q) {
            searched.set_value(q.clone());
            typed.set(q);
        }
    });
    let input = move |event| {
        typed.set(event_target_value(&event));
        search_later(typed.get_untracked());
    };
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        search(typed.get_untracked());
    };
    view! {
        <form class="search" role="search" on:submit=submit>
            <input
                id="search"
                type="search"
                aria-label="Search users"
                placeholder="Username, name or e-mail"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                maxlength="255"
                dir="auto"
                prop:value=typed
                on:input=input
            />
        </form>
    }
}

/// The users that were found, and the way to the others.
#[component]
fn List(place: Place, users: Latest<Page<Account>>) -> impl IntoView {
    let go = place.goer();
    let wanted = place.wanted;
    // There are fewer pages than the address says: the last one is shown.
    Effect::new({
        let go = go.clone();
        move || {
            let count = users.with(|page| if page.data.is_empty() { page.count } else { 0 }).unwrap_or_default();
            if count > 0 && !users.is_pending() {
                let wanted = wanted.get_untracked();
                let last = Part { page: 1, size: wanted.size, count }.pages();
                if wanted.page > last {
                    go(&Wanted { page: last, ..wanted }, true);
                }
            }
        }
    });
    // The pager is made anew with each answer. The keyboard focus goes to the heading, above the part that comes.
    Effect::new(move |before: Option<Wanted>| {
        let now = wanted.get();
        if before.is_some_and(|before| before.q == now.q && before != now) {
            browser::focus_heading();
        }
        now
    });
    let found = move || {
        let count = users.with(|page| page.count)?;
        let users = if count == 1 { "user" } else { "users" };
        Some(match wanted.with(|wanted| wanted.q.is_empty()) {
            true => format!("{} {users}", locale::number(count)),
            false => format!("{} {users} found", locale::number(count)),
        })
    };
    let pager = move |count: i64| {
        let shown = wanted.get_untracked();
        let part = Part { page: shown.page, size: shown.size, count };
        let href = {
            let shown = shown.clone();
            move |page| place.address(&Wanted { page, ..shown.clone() })
        };
        let jump = {
            let (go, shown) = (go.clone(), shown.clone());
            move |page| go(&Wanted { page, ..shown.clone() }, false)
        };
        let go = go.clone();
        let resize = move |size| {
            page_size::remember(size);
            place.remembered.set(Some(size));
            go(&shown.resized(size), false);
        };
        view! { <Pager part href go=jump sizes=SIZES resize /> }
    };
    let shown = move || match users.get() {
        Some(Ok(page)) if page.count == 0 => view! { <Nobody place /> }.into_any(),
        Some(Ok(page)) => {
            let count = page.count;
            view! {
                <Table users=page.data is_pending=Signal::derive(move || users.is_pending()) />
                {pager(count)}
            }
            .into_any()
        }
        Some(Err(refusal)) if refusal.status != 401 => {
            view! { <LoadProblem what="The users" refusal retry=move || users.refetch() /> }.into_any()
        }
        // The storage is not read yet, or the session has ended and the page is being left.
        Some(Err(_)) | None => view! {
            <div class="skeleton users-skeleton" role="status" aria-label="The users: loading">
                {(0..10).map(|_| view! { <span></span> }).collect_view()}
            </div>
        }
        .into_any(),
    };
    view! {
        <p class="hint" role="status">
            {found}
        </p>
        <div class="users">{shown}</div>
    }
}

/// Nobody was found.
#[component]
fn Nobody(place: Place) -> impl IntoView {
    let go = place.goer();
    let wanted = place.wanted;
    let clear = move |_| {
        go(&Wanted { q: String::new(), page: 1, ..wanted.get_untracked() }, false);
        browser::focus("search");
    };
    view! {
        <div class="empty">
            <p>"Nobody goes by " <q><bdi>{wanted.with_untracked(|wanted| wanted.q.clone())}</bdi></q> " here."</p>
            <p class="hint">"Usernames, full names and e-mail addresses are searched."</p>
            <p>
                <button type="button" class="quiet" on:click=clear>
                    "Show all users"
                </button>
            </p>
        </div>
    }
}
