//! One session: what it is, where it began, and since when.

use leptos::prelude::*;

use crate::{app::user_agent, browser::locale, model::Session};

/// A session. `end` draws the button that ends it.
pub fn row(session: &Session, end: AnyView) -> impl IntoView + use<> {
    let Session { started_at, last_used_at, address, user_agent, current, .. } = session.clone();
    view! {
        <li>
            <div>
                <p class="what">
                    <bdi>{user_agent::in_words(user_agent.as_deref())}</bdi>
                    {current.then(|| view! { " " <span class="tag">"this one"</span> })}
                </p>
                <p class="hint">{place(&address)} ", since " {moment(started_at)}</p>
                <p class="hint">"Last renewed " {moment(last_used_at)}</p>
            </div>
            {end}
        </li>
    }
}

/// Where a session began.
pub fn place(address: &str) -> String {
    format!("From {address}")
}

/// A moment in RFC 3339, for people.
pub fn moment(moment: String) -> impl IntoView {
    let text = locale::date_and_time_of(&moment);
    view! { <time datetime=moment>{text}</time> }
}
