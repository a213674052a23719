//! The form of an item.

use leptos::{ev::KeyboardEvent, prelude::*, task::spawn_local};

use super::shown::{Shown, item_path, name, quoted};
use crate::{
    app::{
        ask::{Ask, discard},
        client::{Client, Reply, Request},
        components::{
            conflict::Conflict,
            fields::{FormFrame, TextField},
            toasts::Toasts,
        },
        form::{Field, Form},
    },
    browser,
    error::ApiError,
    model::{Description, Item, ItemCreate, ItemUpdate, Title},
};

/// What the form changes outside itself.
#[derive(Clone, Copy)]
pub struct Outcome {
    /// What the list shows.
    pub shown: Shown,
    /// Whether the dialog is open.
    pub is_open: RwSignal<bool>,
    /// Whether closing the dialog would lose something.
    pub is_changed: RwSignal<bool>,
    /// What follows when an item was made.
    pub created: Callback<Item>,
}

impl Outcome {
    /// The item is not there any more.
    pub fn deleted_elsewhere(self, id: &str) {
        self.shown.hide(id);
        self.shown.refetch();
    }
}

/// The form of a new item, or of one that was read.
#[component]
pub fn ItemForm(
    /// The item that is changed, with its version.
    #[prop(optional)]
    found: Option<Reply<Item>>,
    /// What the form changes outside itself.
    outcome: Outcome,
) -> impl IntoView {
    let ask = expect_context::<Ask>();
    let is_new = found.is_none();
    let editing = Editing::new(found, outcome);
    let Editing { form, title, description, needs_title, is_outdated, busy, .. } = editing;
    Effect::new(move || outcome.is_changed.set(form.is_changed()));
    on_cleanup(move || {
        outcome.is_changed.try_set(false);
    });
    // After the dialog has given the keyboard focus to its first button.
    Effect::new(move || {
        let id = title.id();
        request_animation_frame(move || browser::focus(&id));
    });
    let cancel = move |_| {
        let is_changed = outcome.is_changed.get_untracked();
        spawn_local(async move {
            if !is_changed || ask.ask(discard()).await {
                outcome.is_open.try_set(false);
            }
        });
    };
    // Enter in the title does the same, by itself.
    let key = move |event: KeyboardEvent| {
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            event.prevent_default();
            let is_idle = !is_new && !untrack(|| form.is_changed());
            if !busy.get_untracked() && !is_idle && form.check() {
                editing.save();
            }
        }
    };
    view! {
        <Conflict
            form
            fields=vec![("Title", title), ("Description", description)]
            is_outdated
            busy
            save=move || editing.save()
            taken=move || editing.take()
        />
        <div on:keydown=key>
            <FormFrame
                form
                label=if is_new { "Add item" } else { "Save" }
                busy_label=if is_new { "Adding…" } else { "Saving…" }
                busy
                only_if_changed=!is_new
                submit=move || editing.save()
                beside=move || {
                    view! {
                        <button type="button" class="quiet" on:click=cancel>
                            "Cancel"
                        </button>
                    }
                }
            >
                <TextField field=title label="Title" optional=!needs_title />
                <TextField field=description label="Description" optional=true lines=true />
            </FormFrame>
        </div>
    }
    .into_any()
}

/// An item that is being edited.
#[derive(Clone, Copy)]
struct Editing {
    client: Client,
    ask: Ask,
    toasts: Toasts,
    outcome: Outcome,
    form: Form,
    title: Field,
    description: Field,
    /// Whether the title may not be empty. An item that never had one may stay without.
    needs_title: bool,
    busy: RwSignal<bool>,
    /// The item's id; `None` for a new one.
    id: StoredValue<Option<String>>,
    /// The version that the fields began with.
    etag: StoredValue<Option<String>>,
    /// The item as somebody else changed it meanwhile.
    theirs: StoredValue<Option<Item>>,
    /// Whether the person is asked which one should stay.
    is_outdated: RwSignal<bool>,
}

impl Editing {
    fn new(found: Option<Reply<Item>>, outcome: Outcome) -> Self {
        let (item, etag) = found.map_or((None, None), |found| (Some(found.value), found.etag));
        let saved = |text: fn(&Item) -> &Option<String>| item.as_ref().and_then(|item| text(item).clone());
        let needs_title = item.as_ref().is_none_or(|item| item.title.is_some());
        let rule = move |text: &str| Title::parse(text).err().filter(|_| needs_title || !text.trim().is_empty());
        let form = Form::new("item");
        Self {
            client: Client::from_context(),
            ask: expect_context(),
            toasts: expect_context(),
            outcome,
            form,
            title: form.field("title", &saved(|item| &item.title).unwrap_or_default(), rule),
            description: form.field("description", &saved(|item| &item.description).unwrap_or_default(), |text| {
                Description::parse(text).err()
            }),
            needs_title,
            busy: RwSignal::new(false),
            id: StoredValue::new(item.map(|item| item.item_id)),
            etag: StoredValue::new(etag),
            theirs: StoredValue::new(None),
            is_outdated: RwSignal::new(false),
        }
    }

    /// Saves what is typed. All fields are right.
    fn save(self) {
        let id = self.id.get_value();
        let request = match &id {
            Some(id) => Request::patch(item_path(id), &self.update()).if_match(self.etag.get_value()),
            None => match self.new_item() {
                Some(item) => Request::post("/items", &item),
                None => return,
            },
        };
        self.busy.set(true);
        self.form.problem.set(None);
        spawn_local(async move {
            match (self.client.send::<Item>(request).await, id) {
                (Ok(Reply { value, .. }), id) => self.saved(value, id.is_none()),
                (Err(refusal), Some(id)) if refusal.status == 412 => self.compare(&id).await,
                (Err(refusal), id) => self.refused(&refusal, id.as_deref()),
            }
        });
    }

    /// The new item. `None` if a rule is broken, which was checked.
    fn new_item(self) -> Option<ItemCreate> {
        let title = self.title.value(Title::parse)?;
        Some(ItemCreate { title, description: self.description.value(Description::parse) })
    }

    /// What is changed, and nothing else. A title cannot be removed.
    fn update(self) -> ItemUpdate {
        let title = self.title.change(Title::parse).flatten();
        ItemUpdate { title, description: self.description.change(Description::parse) }
    }

    /// The server has saved it.
    fn saved(self, item: Item, is_new: bool) {
        let done = if is_new { "added" } else { "saved" };
        self.toasts.done(format!("{} was {done}.", quoted(&name(&item))));
        self.close();
        if is_new {
            // The list may have been left.
            self.outcome.created.try_run(item);
        } else {
            self.outcome.shown.change(item);
        }
    }

    /// Somebody else was faster. Reads what is there now. What is not changed here becomes as it is there, so that only
    /// what was changed here can be in conflict.
    async fn compare(self, id: &str) {
        let Reply { value, etag } = match self.client.send::<Item>(Request::get(item_path(id))).await {
            Ok(reply) => reply,
            Err(refusal) => return self.refused(&refusal, Some(id)),
        };
        if self.busy.try_set(false).is_some() {
            return;
        }
        self.etag.set_value(etag);
        self.title.rebase(value.title.as_deref().unwrap_or_default());
        self.description.rebase(value.description.as_deref().unwrap_or_default());
        if untrack(|| self.form.is_changed()) {
            self.theirs.set_value(Some(value));
            self.is_outdated.set(true);
        } else {
            // Both changed it to the same.
            self.saved(value, false);
        }
    }

    /// Leaves the item as it is now.
    fn take(self) {
        if let Some(theirs) = self.theirs.get_value() {
            self.toasts.done(format!("{} stays as it is now.", quoted(&name(&theirs))));
            self.outcome.shown.change(theirs);
        }
        self.close();
    }

    fn refused(self, refusal: &ApiError, id: Option<&str>) {
        if self.busy.try_set(false).is_some() {
            return;
        }
        match id {
            Some(id) if refusal.status == 404 => {
                self.outcome.deleted_elsewhere(id);
                let sentence = "This item was deleted elsewhere. Copy what you need before you close this.";
                self.form.problem.set(Some(sentence.to_owned()));
            }
            _ => self.form.refuse(refusal),
        }
    }

    /// Closes the dialog, unless that was done already: then it may be open for another item.
    fn close(self) {
        if self.busy.try_set(false).is_none() {
            // The person may be asked whether to leave without saving.
            self.ask.answer(false);
            self.outcome.is_open.set(false);
        }
    }
}
