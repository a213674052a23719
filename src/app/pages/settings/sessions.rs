//! Where the person is signed in, and what was ended because somebody may have copied it.

use leptos::{prelude::*, task::spawn_local};

use super::may_write::may_write;
use crate::{
    app::{
        client::{Client, Request},
        components::sessions::{SessionList, moment, place},
        latest::{Latest, latest},
        user_agent,
    },
    browser,
    model::EndedSession,
};

/// The part "Sessions".
#[component]
pub fn Sessions() -> impl IntoView {
    view! {
        <Warnings />
        <SessionList api="/users/me/sessions".to_owned() username=None may_end=may_write() />
    }
    .into_any()
}

/// A warning for each session that an old refresh token has ended. If there are none, or they do not come, it is nothing.
#[component]
fn Warnings() -> impl IntoView {
    let ended = latest::<Vec<EndedSession>>(|| "/users/me/ended-sessions".to_owned());
    let client = Client::from_context();
    let may_write = may_write();
    let warnings = move || {
        let list = ended.get().and_then(Result::ok).unwrap_or_default();
        list.into_iter().map(|session| warning(client, ended, session, may_write)).collect_view()
    };
    view! { <div role="status">{warnings}</div> }
}

fn warning(
    client: Client,
    ended: Latest<Vec<EndedSession>>,
    session: EndedSession,
    may_write: Memo<bool>,
) -> impl IntoView {
    let EndedSession { session_id, started_at, ended_at, address, user_agent } = session;
    let dismiss = move |_| {
        let id = session_id.clone();
        spawn_local(async move {
            // If it fails, the warning stays.
            if client.send::<()>(Request::delete(format!("/users/me/sessions/{id}"))).await.is_ok() {
                ended.change(|list| list.retain(|session| session.session_id != id));
                request_animation_frame(browser::focus_heading_if_lost);
            }
        });
    };
    view! {
        <section class="card warning">
            <h2>"A session was ended for your safety"</h2>
            <p>
                "On " {moment(ended_at)} " somebody used an old login of this session again. It may have been copied, so we ended it. "
                "If this was not you, change your password."
            </p>
            <p class="hint">
                <bdi>{user_agent::in_words(user_agent.as_deref())}</bdi>
                ". "
                {place(&address)}
                ", since "
                {moment(started_at)}
            </p>
            <Show when=move || may_write.get()>
                <div class="actions">
                    <button type="button" class="quiet" on:click=dismiss.clone()>
                        "I have seen this"
                    </button>
                </div>
            </Show>
        </section>
    }
}
