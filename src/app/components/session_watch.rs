//! Watches the session's time. It says in good time that the session ends, and offers to go on. At the end it ends.

use std::time::Duration;

use leptos::{leptos_dom::helpers::set_interval_with_handle, prelude::*, task::spawn_local};

use crate::{
    app::{
        renewal::go_on_with_newer,
        session::{Notice, Session, State},
        step_up::StepUp,
    },
    browser::{self, locale},
};

/// How long before the end the person is told, in milliseconds.
const WARNING: f64 = 120_000.0;

/// Says when the session ends soon.
#[component]
pub fn SessionWatch() -> impl IntoView {
    let session = expect_context::<Session>();
    let step_up = expect_context::<StepUp>();
    let ends_soon = RwSignal::new(None::<f64>);
    let tick = move || {
        let State::Open(stored, _) = untrack(|| session.state()) else { return };
        let left = stored.expires_at - browser::now();
        let ends_soon_here = left <= WARNING;
        // The person may have typed the password in another tab.
        let goes_on = ends_soon_here && go_on_with_newer(session, &stored.token);
        if left <= 0.0 {
            session.end_of(&stored.token, Notice::Expired);
        }
        let ends = (ends_soon_here && !goes_on).then_some(stored.expires_at);
        if ends_soon.get_untracked() != ends {
            ends_soon.set(ends);
        }
    };
    Effect::new(move || {
        tick();
        if let Ok(ticking) = set_interval_with_handle(tick, Duration::from_secs(1)) {
            on_cleanup(move || ticking.clear());
        }
    });
    let stay = move |_| {
        spawn_local(async move {
            if step_up.ask().await {
                tick();
                // The button is gone.
                request_animation_frame(browser::focus_heading);
            }
        });
    };
    let warning = move || {
        ends_soon.get().map(|ends| {
            view! {
                <div class="banner">
                    <p>{format!("Your session ends at {}.", locale::time_of_day(ends))}</p>
                    <button type="button" class="small" on:click=stay>
                        "Stay signed in"
                    </button>
                </div>
            }
        })
    };
    view! { <div role="status">{warning}</div> }
}
