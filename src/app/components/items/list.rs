//! The list: a search, the rows and the pager. The address of the page says which part is shown.

use leptos::prelude::*;

use super::{
    editor::Editor,
    empty::{NothingFound, NothingHere},
    shown::Shown,
    table::Table,
};
use crate::{
    app::{
        components::{
            dialog::Dialog,
            list::{
                place::{LIST, Place},
                region::ListRegion,
                search_field::SearchField,
                wanted::Wanted,
            },
            problem::LoadProblem,
        },
        session::Session,
        who,
    },
    browser,
    error::ApiError,
    model::{ITEMS_WRITE, Item},
};

/// How many rows the skeleton has.
const SKELETON: usize = 8;

/// The id of the button that makes an item.
const NEW: &str = "item-new";

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
    let place = Place::of_this_page();
    let loaded = place.load::<Item>(move || api.get());
    let shown = Shown::new(loaded);
    let may_write = Signal::derive(move || who::may(session, ITEMS_WRITE));

    // The dialog.
    let edited = RwSignal::new(None::<String>);
    let (is_open, is_changed) = (RwSignal::new(false), RwSignal::new(false));
    let open = move |id: Option<String>| {
        edited.set(id);
        is_open.set(true);
    };
    let edit = Callback::new(move |id| open(Some(id)));
    let created = Callback::new(move |_| {
        // The newest item is the first one.
        let now = place.wanted.get_untracked();
        if now.q.is_empty() && now.page == 1 {
            shown.refetch();
        } else {
            place.go(&Wanted { q: String::new(), page: 1, ..now });
        }
        // After the dialog has given the keyboard focus back to the button that opened it. That one may go away.
        request_animation_frame(|| browser::focus(NEW));
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
        (None, Some(_), Some(0)) => match place.answered.get().map(|answered| answered.q) {
            Some(q) if !q.is_empty() => Content::NothingFound(q),
            Some(_) => Content::Empty,
            None => Content::Skeleton,
        },
        _ => Content::Skeleton,
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
    let retry = move || {
        // The button goes away when the answer comes.
        browser::focus(LIST);
        shown.refetch();
    };
    let drawn = move || match content.get() {
        Content::Rows => {
            let is_pending = Signal::derive(move || loaded.is_pending());
            view! { <Table shown is_pending may_write edit /> }.into_any()
        }
        Content::Skeleton => view! {
            <div class="skeleton item-skeleton" role="status" aria-label="Items: loading">
                {(0..SKELETON).map(|_| view! { <span></span> }).collect_view()}
            </div>
        }
        .into_any(),
        Content::Problem(refusal) => view! { <LoadProblem what="The list" refusal retry /> }.into_any(),
        Content::NothingFound(q) => view! { <NothingFound q place /> }.into_any(),
        Content::Empty => view! { <NothingHere may_create may_write add=move || open(None) /> }.into_any(),
    };
    view! {
        <div class="items-of">
            <div class="item-tools">
                <SearchField place label="Search items" placeholder="Search" />
                {new_button}
            </div>
            <ListRegion place label="Items" words=("item", "items") count=Signal::derive(move || shown.count())>
                {drawn}
            </ListRegion>
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
    .into_any()
}
