//! The list of keys, with buttons that end them.

use leptos::{prelude::*, task::spawn_local};

use super::{API, Fresh};
use crate::{
    app::{
        ask::{Ask, Question},
        client::{Client, Request},
        components::{
            problem::{LoadProblem, change_problem},
            sessions::moment,
            toasts::Toasts,
        },
        latest::Latest,
    },
    browser,
    error::ApiError,
    model::ApiKey,
};

/// The id of the list's heading. It takes the keyboard focus when a button is gone.
const HEADING: &str = "keys-title";

/// The list.
#[component]
pub fn List(
    /// The keys.
    keys: Latest<Vec<ApiKey>>,
    /// The keys that are shown this once.
    created: RwSignal<Vec<Fresh>>,
    /// Whether they may be ended.
    may_write: Memo<bool>,
) -> impl IntoView {
    let ending = Ending::new(keys, created);
    let shown = move || match keys.get() {
        Some(Ok(list)) if list.is_empty() => view! { <p class="hint">"You have no keys."</p> }.into_any(),
        Some(Ok(list)) => {
            let rows = list.into_iter().map(|key| row(key, ending, may_write));
            view! { <ul class="sessions">{rows.collect_view()}</ul> }.into_any()
        }
        Some(Err(ApiError { status: 401, .. })) | None => view! {
            <div class="skeleton" role="status" aria-label="Your keys: loading">
                {(0..3).map(|_| view! { <span></span> }).collect_view()}
            </div>
        }
        .into_any(),
        Some(Err(refusal)) => {
            let retry = move || {
                browser::focus(HEADING);
                keys.refetch();
            };
            view! { <LoadProblem what="Your keys" refusal retry /> }.into_any()
        }
    };
    view! {
        <section class="card" aria-labelledby=HEADING>
            <h2 id=HEADING tabindex="-1">
                "Your keys"
            </h2>
            <div class="alert" role="alert">
                {move || ending.problem.get().map(|problem| view! { <p class="problem">{problem}</p> })}
            </div>
            {shown}
        </section>
    }
    .into_any()
}

/// A key: its name, what it opens, and until when.
fn row(key: ApiKey, ending: Ending, may_write: Memo<bool>) -> impl IntoView {
    let ApiKey { key_id, name, scopes, created_at, last_used_at, expires_at, .. } = key;
    let tags = scopes.iter().map(|scope| view! { <span class="tag">{scope.clone()}</span> }).collect_view();
    let (label, of) = (format!("End {name}"), name.clone());
    view! {
        <li>
            <div>
                <p class="what">
                    <bdi>{name}</bdi>
                </p>
                <p class="tags">{tags}</p>
                <p class="hint">
                    {match expires_at {
                        Some(at) => view! { "Until " {moment(at)} }.into_any(),
                        None => "Never expires".into_any(),
                    }} ", made " {moment(created_at)}
                </p>
                <p class="hint">
                    {match last_used_at {
                        Some(at) => view! { "Last used " {moment(at)} }.into_any(),
                        None => "Never used".into_any(),
                    }}
                </p>
            </div>
            <Show when=move || may_write.get()>
                <button
                    type="button"
                    class="quiet small"
                    aria-label=label.clone()
                    aria-busy={
                        let id = key_id.clone();
                        move || ending.busy.with(|busy| busy.as_ref() == Some(&id)).to_string()
                    }
                    on:click={
                        let (id, name) = (key_id.clone(), of.clone());
                        move |_| ending.end(id.clone(), name.clone())
                    }
                >
                    "End"
                </button>
            </Show>
        </li>
    }
}

/// What ends keys.
#[derive(Clone, Copy)]
struct Ending {
    client: Client,
    ask: Ask,
    toasts: Toasts,
    keys: Latest<Vec<ApiKey>>,
    created: RwSignal<Vec<Fresh>>,
    /// The key that is being ended.
    busy: RwSignal<Option<String>>,
    problem: RwSignal<Option<String>>,
}

impl Ending {
    fn new(keys: Latest<Vec<ApiKey>>, created: RwSignal<Vec<Fresh>>) -> Self {
        Self {
            client: Client::from_context(),
            ask: expect_context(),
            toasts: expect_context(),
            keys,
            created,
            busy: RwSignal::new(None),
            problem: RwSignal::new(None),
        }
    }

    /// Ends a key, after a question.
    fn end(self, id: String, name: String) {
        if self.busy.get_untracked().is_some() {
            return;
        }
        self.busy.set(Some(id.clone()));
        self.problem.set(None);
        spawn_local(async move {
            if self.ask.ask(question(&name)).await {
                match self.client.send::<()>(Request::delete(format!("{API}/{id}"))).await {
                    // It had ended already.
                    Err(refusal) if refusal.status != 404 => drop(self.problem.try_set(Some(change_problem(&refusal)))),
                    _ => self.ended(&id, &name),
                }
            }
            self.busy.try_set(None);
        });
    }

    /// The key is good for nothing any more.
    fn ended(self, id: &str, name: &str) {
        self.toasts.done(format!("The key {name} has ended."));
        self.keys.change(|list| list.retain(|key| key.key_id != id));
        self.keys.refetch();
        self.created.try_update(|created| created.retain(|fresh| fresh.key.key_id != id));
        request_animation_frame(|| browser::focus_if_lost(HEADING));
    }
}

fn question(name: &str) -> Question {
    Question {
        title: format!("End the key {name}?"),
        text: "Programs that use it are refused at their next request. This cannot be undone.".to_owned(),
        yes: "End it",
        no: "Cancel",
        word: None,
    }
}
