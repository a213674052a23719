//! The list of sessions, with buttons that end them.

use leptos::{prelude::*, task::spawn_local};

use super::row::row;
use crate::{
    app::{
        ask::{Ask, Question},
        client::{Client, Request},
        components::{
            problem::{LoadProblem, change_problem},
            toasts::Toasts,
        },
        latest::{Latest, latest},
        user_agent,
    },
    browser::{self, locale},
    error::ApiError,
    model::Session,
};

/// The id of the list's heading. It takes the keyboard focus when a button is gone.
const HEADING: &str = "sessions-title";

/// The list.
#[component]
pub fn SessionList(
    /// Where the API has the sessions: `/users/me/sessions`.
    api: String,
    /// Whose they are: `None` for one's own.
    #[prop(optional_no_strip)]
    username: Option<String>,
    /// Whether they may be ended.
    #[prop(into)]
    may_end: Signal<bool>,
) -> impl IntoView {
    let is_own = username.is_none();
    let title = if is_own { "Where you are signed in" } else { "Sessions" };
    let sessions = latest::<Vec<Session>>({
        let api = api.clone();
        move || api.clone()
    });
    let ending = Ending::new(sessions, api, username);
    let rows = move |list: Vec<Session>| {
        if list.is_empty() {
            let nothing = if is_own {
                "You are signed in here only, until the token expires."
            } else {
                "Not signed in anywhere."
            };
            return view! { <p class="hint">{nothing}</p> }.into_any();
        }
        let rows = list.iter().map(|session| row(session, ending.button(session, may_end)));
        view! { <ul class="sessions">{rows.collect_view()}</ul> }.into_any()
    };
    let shown = move || match sessions.get() {
        Some(Ok(list)) => rows(list),
        Some(Err(ApiError { status: 401, .. })) | None => view! {
            <div class="skeleton" role="status" aria-label="Sessions: loading">
                {(0..3).map(|_| view! { <span></span> }).collect_view()}
            </div>
        }
        .into_any(),
        Some(Err(refusal)) => {
            let retry = move || {
                browser::focus(HEADING);
                sessions.refetch();
            };
            view! { <LoadProblem what="The sessions" refusal retry /> }.into_any()
        }
    };
    view! {
        <section class="card" aria-labelledby=HEADING>
            <h2 id=HEADING tabindex="-1">
                {title}
            </h2>
            <div class="alert" role="alert">
                {move || ending.problem.get().map(|problem| view! { <p class="problem">{problem}</p> })}
            </div>
            {shown}
            {move || ending.all_button(may_end)}
        </section>
    }
    .into_any()
}

/// What ends sessions.
#[derive(Clone, Copy)]
struct Ending {
    client: Client,
    ask: Ask,
    toasts: Toasts,
    sessions: Latest<Vec<Session>>,
    api: StoredValue<String>,
    username: StoredValue<Option<String>>,
    /// The session that is being ended, or nothing for all of them.
    busy: RwSignal<Option<Option<String>>>,
    problem: RwSignal<Option<String>>,
}

impl Ending {
    fn new(sessions: Latest<Vec<Session>>, api: String, username: Option<String>) -> Self {
        Self {
            client: Client::from_context(),
            ask: expect_context(),
            toasts: expect_context(),
            sessions,
            api: StoredValue::new(api),
            username: StoredValue::new(username),
            busy: RwSignal::new(None),
            problem: RwSignal::new(None),
        }
    }

    /// The button that ends one session. An administrator ends all of somebody's, and one's own present one is ended by logging out.
    fn button(self, session: &Session, may_end: Signal<bool>) -> AnyView {
        if session.current || self.username.with_value(Option::is_some) {
            return ().into_any();
        }
        let (id, what) = (session.session_id.clone(), user_agent::in_words(session.user_agent.as_deref()));
        let since = locale::date_and_time_of(&session.started_at);
        let (is_busy, label) = (id.clone(), format!("Log out {what}, since {since}"));
        view! {
            <Show when=move || may_end.get()>
                <button
                    type="button"
                    class="quiet small"
                    aria-label=label.clone()
                    aria-busy={
                        let id = is_busy.clone();
                        move || self.busy.with(|busy| busy.as_ref() == Some(&Some(id.clone()))).to_string()
                    }
                    on:click={
                        let (id, what) = (id.clone(), what.clone());
                        move |_| self.end(Some(id.clone()), None, format!("{what} is logged out."))
                    }
                >
                    "Log out"
                </button>
            </Show>
        }
        .into_any()
    }

    /// The button that ends all sessions, or all but one's own.
    fn all_button(self, may_end: Signal<bool>) -> Option<impl IntoView> {
        let others = self.sessions.with(|list| list.iter().filter(|session| !session.current).count())?;
        if others == 0 || !may_end.get() {
            return None;
        }
        let username = self.username.get_value();
        let (label, title, text, done) = match &username {
            None => (
                "Log out everywhere else",
                "Log out everywhere else?".to_owned(),
                "All other browsers and programs have to log in again. You stay signed in here.",
                "You are logged out everywhere else.".to_owned(),
            ),
            Some(name) => (
                "Log out everywhere",
                format!("Log {name} out everywhere?"),
                if others < self.sessions.with(Vec::len).unwrap_or_default() {
                    "All browsers and programs of this user have to log in again. So do you, here."
                } else {
                    "All browsers and programs of this user have to log in again."
                },
                format!("{name} is logged out everywhere."),
            ),
        };
        let question = Question { title, text: text.to_owned(), yes: "Log out", no: "Cancel", word: None };
        Some(view! {
            <div class="actions">
                <button
                    type="button"
                    class="quiet danger"
                    aria-busy=move || self.busy.with(|busy| *busy == Some(None)).to_string()
                    on:click=move |_| self.end(None, Some(question.clone()), done.clone())
                >
                    {label}
                </button>
            </div>
        })
    }

    /// Ends a session, or all of them, after a question.
    fn end(self, id: Option<String>, question: Option<Question>, done: String) {
        if self.busy.get_untracked().is_some() {
            return;
        }
        self.busy.set(Some(id.clone()));
        self.problem.set(None);
        spawn_local(async move {
            let goes_on = match question {
                Some(question) => self.ask.ask(question).await,
                None => true,
            };
            let path = self.api.try_with_value(|api| match &id {
                Some(id) => format!("{api}/{id}"),
                None => api.clone(),
            });
            if let Some(path) = path.filter(|_| goes_on) {
                match self.client.send::<()>(Request::delete(path)).await {
                    // It had ended already.
                    Err(refusal) if refusal.status != 404 => drop(self.problem.try_set(Some(change_problem(&refusal)))),
                    _ => {
                        self.toasts.done(done);
                        self.sessions.change(|list| {
                            list.retain(|session| {
                                session.current || id.as_ref().is_some_and(|id| *id != session.session_id)
                            });
                        });
                        self.sessions.refetch();
                        request_animation_frame(|| browser::focus_if_lost(HEADING));
                    }
                }
            }
            self.busy.try_set(None);
        });
    }
}
