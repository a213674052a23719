//! Dialogs: the browser's own `<dialog>`. It traps the keyboard focus, closes on Escape, gives the focus back, and hides
//! the page behind it from screen readers.

use leptos::{ev::Event, html, prelude::*, task::spawn_local};

use crate::{
    app::ask::{Ask, discard},
    browser,
};

/// A dialog. It is there while `open` is true. Its content is made anew each time.
#[component]
pub fn Dialog(
    /// Whether it is open. The dialog sets it to false when the person closes it.
    open: RwSignal<bool>,
    /// The title.
    #[prop(into)]
    title: Signal<String>,
    /// Whether closing would lose what was typed. Then the person is asked first.
    #[prop(into, optional)]
    is_changed: Signal<bool>,
    /// The content.
    children: ChildrenFn,
) -> impl IntoView {
    let children = StoredValue::new(children);
    // Who opens it again while it is open does not empty it.
    let is_open = Memo::new(move |_| open.get());
    move || {
        is_open
            .get()
            .then(|| view! { <Opened open title is_changed>{children.with_value(|content| content())}</Opened> })
    }
}

#[component]
fn Opened(open: RwSignal<bool>, title: Signal<String>, is_changed: Signal<bool>, children: Children) -> impl IntoView {
    let ask = expect_context::<Ask>();
    let dialog = modal();
    let close = move || {
        if !is_changed.try_get_untracked().unwrap_or_default() {
            open.set(false);
            return;
        }
        spawn_local(async move {
            if ask.ask(discard()).await {
                open.try_set(false);
            }
        });
    };
    let cancel = move |event: Event| {
        event.prevent_default();
        close();
    };
    // Pressing Escape twice closes it without a question.
    let closed = move |_| {
        if is_there(dialog) {
            open.set(false);
        }
    };
    view! {
        <dialog class="dialog" node_ref=dialog aria-label=title on:cancel=cancel on:close=closed>
            <header>
                <h2>{title}</h2>
                <button type="button" class="small" aria-label="Close" on:click=move |_| close()>
                    "✕"
                </button>
            </header>
            {children()}
        </dialog>
    }
    .into_any()
}

/// An element `<dialog>` that opens in front of the page when it is put into it.
pub fn modal() -> NodeRef<html::Dialog> {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move || {
        if let Some(dialog) = dialog.get() {
            browser::show_modal(&dialog);
        }
    });
    // A dialog that is taken out of the page gives the focus back only if it is closed before.
    on_cleanup(move || {
        if let Some(dialog) = dialog.try_get_untracked().flatten() {
            browser::close_dialog(&dialog);
        }
    });
    dialog
}

/// Whether a dialog that has closed is in the page still. If it was taken out, the next one may be open.
pub fn is_there(dialog: NodeRef<html::Dialog>) -> bool {
    dialog.try_get_untracked().flatten().is_some()
}
