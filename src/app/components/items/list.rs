//! The list: a search, the rows and the pager. The address of the page says which part is shown.

use std::time::Duration;

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};

use super::{
    editor::Editor,
    page_size::{remember, remembered},
    row::Row,
    shown::{LIST, Shown},
    wanted::{SIZES, Wanted, searchable},
};
use crate::{
    app::{
        components::{
            dialog::Dialog,
            pager::{Pager, Part},
            problem::LoadProblem,
        },
        latest::latest,
        session::Session,
        table::find,
    },
    browser::{self, locale},
    error::ApiError,
    model::{ITEMS_WRITE, Item, Page, Scopes},
};

/// How long nobody types before the search begins.
const PAUSE: Duration = Duration::from_millis(200);
/// How many rows the skeleton has.
const SKELETON: usize = 8;

/// The id of the button that makes an item.
const NEW: &str = "item-new";
/// The id of the search field.
const SEARCH: &str = "item-search";

/// What is in the place of the list.
#[derive(Clone, Debug, PartialEq)]
enum Content {
    /// The first answer, or the next one, is on its way.
    Skeleton,
    /// The list did not load.
    Problem(ApiError),
    /// There are no items.
    Empty,
    /// No item fits this search.
    NothingFound(String),
    /// There are rows.
    Rows,
}

/// A list of items. Search, page and size are in the query of the page that it is on.
#[component]
pub fn ItemList(
    /// Where the API has the list: `/items`, or `/users/ada/items` for an administrator.
    #[prop(into)]
    api: Signal<String>,
    /// Whether the list is the user's own, so that an item can be added to it.
    may_create: bool,
) -> impl IntoView {
    let session = expect_context::<Session>();
    let location = use_location();
    let (path, query) = (location.pathname, location.search);
    let navigate = StoredValue::new(use_navigate());

    // It reads the browser's storage: so nothing that the server renders reads it.
    let resized = RwSignal::new(0_u32);
    let page = move || path.with(|path| find(path).map(|page| page.title));
    let here = untrack(page);
    let wanted = Memo::new(move |before: Option<&Wanted>| {
        resized.track();
        let now = query.with(|query| Wanted::read(query, remembered()));
        // When the page is being left, the query is another page's.
        before.filter(|_| page() != here).cloned().unwrap_or(now)
    });
    let go = move |to: &Wanted, replace: bool| {
        let address = to.address(&path.get_untracked(), remembered());
        let options = NavigateOptions { replace, scroll: false, ..NavigateOptions::default() };
        navigate.with_value(|navigate| navigate(&address, options));
    };
    let loaded = latest::<Page<Item>>(move || wanted.with(|wanted| wanted.request(&api.get())));
    let shown = Shown::new(loaded);

    // What gets the keyboard focus when the next answer is there.
    let focus_next = StoredValue::new(None::<&'static str>);
    Effect::new(move |before: Option<Wanted>| {
        let now = wanted.get();
        let is_turned = before.is_some_and(|before| before.q == now.q && before.page != now.page);
        if is_turned && focus_next.get_value().is_none() {
            // The link in the pager may be another one now.
            focus_next.set_value(Some(LIST));
        }
        now
    });
    // What the last answer is about.
    let answered = RwSignal::new(None::<Wanted>);
    Effect::new(move || {
        let Some(answer) = loaded.get().filter(|_| !loaded.is_pending()) else { return };
        let wanted = wanted.get_untracked();
        if let Ok(Page { data, count }) = answer {
            let last = Part { page: 1, size: wanted.size, count }.pages();
            if data.is_empty() && wanted.page > last {
                return go(&Wanted { page: last, ..wanted }, true);
            }
        }
        answered.set(Some(wanted));
        if let Some(id) = focus_next.get_value() {
            focus_next.set_value(None);
            request_animation_frame(move || browser::focus(id));
        }
    });

    // The search. What is typed goes to the address after a pause.
    let typed = RwSignal::new(String::new());
    let sent = StoredValue::new(String::new());
    let keystroke = StoredValue::new(0_u32);
    let search = move |q: String| {
        sent.set_value(q.clone());
        // The keyboard focus stays in the field.
        focus_next.set_value(None);
        let now = wanted.get_untracked();
        if now.q != q {
            go(&Wanted { q, page: 1, ..now }, true);
        }
    };
    let search_later = move |text: String| {
        let q = searchable(&text);
        typed.set(text);
        keystroke.update_value(|keystroke| *keystroke += 1);
        let mine = keystroke.get_value();
        let typed_no_more = move || {
            // The list may be gone.
            if keystroke.try_get_value() == Some(mine) {
                search(q);
            }
        };
        set_timeout(typed_no_more, PAUSE);
    };
    // Back and Forward change the search too.
    Effect::new(move || {
        let q = wanted.with(|wanted| wanted.q.clone());
        if sent.with_value(|sent| *sent != q) {
            keystroke.update_value(|keystroke| *keystroke += 1);
            sent.set_value(q.clone());
            typed.set(q);
        }
    });
    let clear = move |_| {
        keystroke.update_value(|keystroke| *keystroke += 1);
        typed.set(String::new());
        search(String::new());
        browser::focus(SEARCH);
    };

    // The dialog.
    let may_write = Signal::derive(move || {
        let scopes = session.token().map_or(Scopes::AT_SIGN_UP, |token| Scopes::parse_granted(&token.scope));
        scopes.contains(Scopes::new(ITEMS_WRITE))
    });
    let edited = RwSignal::new(None::<String>);
    let (is_open, is_changed) = (RwSignal::new(false), RwSignal::new(false));
    let open = move |id: Option<String>| {
        edited.set(id);
        is_open.set(true);
    };
    let edit = Callback::new(move |id| open(Some(id)));
    let created = Callback::new(move |_| {
        // The newest item is the first one.
        focus_next.set_value(Some(NEW));
        let now = wanted.get_untracked();
        if now.q.is_empty() && now.page == 1 {
            shown.refetch();
        } else {
            go(&Wanted { q: String::new(), page: 1, ..now }, false);
        }
    });
    // The dialog gives the keyboard focus back to the button that opened it, unless that is gone.
    Effect::new(move |before: Option<bool>| {
        let is_open = is_open.get();
        if before == Some(true) && !is_open {
            let id = edited.get_untracked();
            let is_there = |id: &String| untrack(|| shown.ids()).is_some_and(|ids| ids.contains(id));
            if id.is_some_and(|id| !is_there(&id)) {
                request_animation_frame(|| browser::focus(LIST));
            }
        }
        is_open
    });

    let content = Memo::new(move |_| match (shown.refusal(), shown.ids(), shown.count()) {
        // The session has ended, and the page is being left.
        (Some(refusal), ..) if refusal.status != 401 => Content::Problem(refusal),
        (None, Some(ids), _) if !ids.is_empty() => Content::Rows,
        (None, Some(_), Some(0)) => match answered.get().map(|answered| answered.q) {
            Some(q) if !q.is_empty() => Content::NothingFound(q),
            Some(_) => Content::Empty,
            None => Content::Skeleton,
        },
        _ => Content::Skeleton,
    });
    let part = Memo::new(move |_| {
        let count = shown.count().filter(|_| content.with(|content| *content == Content::Rows))?;
        let Wanted { page, size, .. } = wanted.get();
        let pages = Part { page, size, count }.pages();
        Some(Part { page: page.min(pages), size, count })
    });
    let new_button = move || {
        (may_create && may_write.get()).then(|| {
            view! {
                <button type="button" class="button" id=NEW on:click=move |_| open(None)>
                    "New item"
                </button>
            }
        })
    };
    let said = move || {
        let is_search = answered.with(|answered| answered.as_ref().is_some_and(|answered| !answered.q.is_empty()));
        match (shown.count(), is_search) {
            (None, _) | (Some(0), false) => String::new(),
            (Some(0), true) => "No items found".to_owned(),
            (Some(1), false) => "1 item".to_owned(),
            (Some(1), true) => "1 item found".to_owned(),
            (Some(count), false) => format!("{} items", locale::number(count)),
            (Some(count), true) => format!("{} items found", locale::number(count)),
        }
    };
    let rows = move || {
        view! {
            <table
                class="table item-table"
                class:writable=may_write
                role="table"
                aria-label="Items"
                aria-busy=move || loaded.is_pending().to_string()
            >
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" class="item-title">
                            "Title"
                        </th>
                        <th role="columnheader">"Description"</th>
                        <th role="columnheader" class="item-id">
                            "Number"
                        </th>
                        {move || {
                            may_write
                                .get()
                                .then(|| {
                                    view! {
                                        <th role="columnheader" class="item-actions">
                                            "Actions"
                                        </th>
                                    }
                                })
                        }}
                    </tr>
                </thead>
                <tbody role="rowgroup">
                    <For each=move || shown.ids().unwrap_or_default() key=String::clone let:id>
                        <Row id shown may_write edit />
                    </For>
                </tbody>
            </table>
        }
    };
    let retry = move || {
        focus_next.set_value(Some(LIST));
        shown.refetch();
    };
    let drawn = move || {
        match content.get() {
        Content::Rows => rows().into_any(),
        Content::Skeleton => view! {
            <div class="skeleton item-skeleton" role="status" aria-label="Items: loading">
                {(0..SKELETON).map(|_| view! { <span></span> }).collect_view()}
            </div>
        }
        .into_any(),
        Content::Problem(refusal) => view! { <LoadProblem what="The list" refusal retry /> }.into_any(),
        Content::NothingFound(q) => view! {
            <div class="empty">
                <p>"No item contains “" <bdi>{q}</bdi> "”."</p>
                <p class="hint">"The search looks at titles, descriptions and numbers."</p>
                <button type="button" class="quiet" on:click=clear>
                    "Clear the search"
                </button>
            </div>
        }
        .into_any(),
        Content::Empty if may_create => view! {
            <div class="empty">
                <p>"Nothing on your hooks yet."</p>
                <p class="hint">
                    "An item is something that you leave here: an umbrella, a coat. It has a title, and a description if you like."
                </p>
                {move || {
                    may_write
                        .get()
                        .then(|| {
                            view! {
                                <button type="button" class="quiet" on:click=move |_| open(None)>
                                    "Add your first item"
                                </button>
                            }
                        })
                }}
            </div>
        }
        .into_any(),
        Content::Empty => view! {
            <div class="empty">
                <p>"Nothing on the hooks."</p>
                <p class="hint">"This user has left no items here."</p>
            </div>
        }
        .into_any(),
    }
    };
    let pager = move || {
        part.get().map(|part| {
            // The links are about the same search.
            let now = StoredValue::new(wanted.get());
            let to = move |page| Wanted { page, ..now.get_value() };
            view! {
                <Pager
                    part
                    href=move |page| to(page).address(&path.get_untracked(), remembered())
                    go=move |page| go(&to(page), false)
                    sizes=SIZES
                    resize=move |size| {
                        let to = wanted.get_untracked().resized(size);
                        remember(size);
                        go(&to, false);
                        // The address may be the same: it has no size if that is the one that is remembered.
                        resized.update(|resized| *resized += 1);
                    }
                />
            }
        })
    };
    view! {
        <div class="items-of">
            <div class="item-tools">
                <div class="search" role="search">
                    <input
                        id=SEARCH
                        type="search"
                        aria-label="Search items"
                        placeholder="Search"
                        autocomplete="off"
                        maxlength="255"
                        dir="auto"
                        prop:value=typed
                        on:input=move |event| search_later(event_target_value(&event))
                    />
                </div>
                {new_button}
            </div>
            <section id=LIST tabindex="-1" aria-label="Items">
                <p class="hint item-count" role="status">
                    {said}
                </p>
                {drawn}
                {pager}
            </section>
            <Dialog
                open=is_open
                title=Signal::derive(move || {
                    if edited.with(Option::is_some) { "Edit item" } else { "New item" }.to_owned()
                })
                is_changed
            >
                <Editor id=edited.get_untracked() shown is_open is_changed created />
            </Dialog>
        </div>
    }
}
