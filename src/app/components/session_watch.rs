//! Watches the session's time. It renews the session before the token expires. If that is not possible, it says in good time that the
//! session ends, and offers to go on. At the end it ends.

use std::time::Duration;

use leptos::{ev, leptos_dom::helpers::set_interval_with_handle, prelude::*, task::spawn_local};

use crate::{
    app::{
        renewal::{Renewal, Renewed, go_on_with_newer},
        session::{Notice, Session, State, StoredSession},
        step_up::StepUp,
    },
    browser::{self, locale},
};

/// How long before the end the person is told, in milliseconds.
const WARNING: f64 = 120_000.0;
/// The shortest and the longest pause after an attempt that got no answer, in milliseconds.
const PAUSES: [f64; 2] = [1_000.0, 60_000.0];

/// Renews the session, and says when it ends soon.
#[component]
pub fn SessionWatch() -> impl IntoView {
    let session = expect_context::<Session>();
    let renewal = expect_context::<Renewal>();
    let step_up = expect_context::<StepUp>();
    let ends_soon = RwSignal::new(None::<f64>);
    let attempts = Attempts::new();
    let tick = move || {
        let State::Open(stored, _) = untrack(|| session.state()) else { return };
        let left = stored.expires_at - browser::now();
        let is_renewed = untrack(|| renewal.is_possible(&stored));
        if is_renewed && left <= stored.renewed_before() {
            attempts.try_to_renew(session, renewal, &stored);
        }
        let ends_soon_here = left <= WARNING && (!is_renewed || stored.is_last);
        // The person may have typed the password in another tab.
        let goes_on = ends_soon_here && go_on_with_newer(session, &stored.token);
        if left <= 0.0 && !is_renewed {
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
        let listening = window_event_listener(ev::online, move |_| attempts.begin_anew());
        on_cleanup(move || listening.remove());
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

/// The attempts to renew the session. After one without an answer there is a pause, each longer than the one before.
#[derive(Clone, Copy)]
struct Attempts {
    is_under_way: StoredValue<bool>,
    pause: StoredValue<f64>,
    /// When the next attempt may begin, in milliseconds of this browser's clock.
    next: StoredValue<f64>,
}

impl Attempts {
    fn new() -> Self {
        Self {
            is_under_way: StoredValue::new(false),
            pause: StoredValue::new(PAUSES[0]),
            next: StoredValue::new(f64::MIN),
        }
    }

    /// The network is back.
    fn begin_anew(self) {
        self.pause.set_value(PAUSES[0]);
        self.next.set_value(f64::MIN);
    }

    fn try_to_renew(self, session: Session, renewal: Renewal, stored: &StoredSession) {
        let [shortest, longest] = PAUSES;
        let now = browser::now();
        // If the clock was set back, the pause is over.
        let waits = (0.0..=longest).contains(&(self.next.get_value() - now));
        if self.is_under_way.get_value() || waits || !browser::is_online() {
            return;
        }
        self.is_under_way.set_value(true);
        let token = stored.token.clone();
        spawn_local(async move {
            let renewed = renewal.renew(session, &token).await;
            self.is_under_way.try_set_value(false);
            let Some(pause) = self.pause.try_get_value() else { return };
            let has_answer = renewed != Renewed::NoAnswer;
            self.next.try_set_value(if has_answer { f64::MIN } else { browser::now() + pause });
            self.pause.try_set_value(if has_answer { shortest } else { (pause * 2.0).min(longest) });
        });
    }
}
