//! The ticket: the bearer token, drawn as a cloakroom ticket.

use std::time::Duration;

use leptos::{leptos_dom::helpers::set_interval_with_handle, prelude::*};

use super::mark::Mark;
use crate::{
    app::{
        log_out::log_out,
        renewal::Renewal,
        session::{Session, State, StoredSession},
    },
    browser::{self, locale},
    model::{Jwt, Scopes},
};

/// The session as a ticket: its number, its scopes, when it expires, and a button to log out.
#[component]
pub fn Ticket() -> impl IntoView {
    let session = expect_context::<Session>();
    let stored = Memo::new(move |_| match session.state() {
        State::Open(stored, _) => Some(stored),
        State::Unread | State::Closed => None,
    });
    let number = move || stored.get().map_or_else(|| "····".to_owned(), |stored| number(&stored));
    let opens = move || stored.get().map(|stored| opens(&stored));
    view! {
        <div class="ticket-shadow">
            <section class="ticket" aria-labelledby="ticket-title">
                <div class="stub">
                    <Mark />
                    <p class="number">
                        <span class="label">"No."</span>
                        " "
                        <span>{number}</span>
                    </p>
                </div>
                <div class="body">
                    <h2 id="ticket-title">"Your ticket"</h2>
                    <dl>
                        <dt>"Opens"</dt>
                        <dd>
                            <ul class="scopes">{opens}</ul>
                        </dd>
                        <dt>"Valid"</dt>
                        <dd>
                            <Countdown stored />
                        </dd>
                    </dl>
                    <button type="button" class="quiet" on:click=move |_| log_out(session)>
                        "Log out"
                    </button>
                </div>
            </section>
        </div>
    }
    .into_any()
}

fn number(stored: &StoredSession) -> String {
    Jwt::read(&stored.token.access_token)
        .map_or_else(|_| "····".to_owned(), |jwt| format!("{:04}", jwt.ticket_number()))
}

fn opens(stored: &StoredSession) -> impl IntoView + use<> {
    // It opens nothing.
    let scopes = Scopes::parse_granted(&stored.token.scope).without(Scopes::OFFLINE_ACCESS);
    scopes.describe().map(|(name, sentence)| view! { <li title=sentence>{name}</li> }).collect_view()
}

/// When the token expires, and how much time is left. [`SessionWatch`](super::session_watch::SessionWatch) renews it before, or ends
/// the session.
#[component]
fn Countdown(stored: Memo<Option<StoredSession>>) -> impl IntoView {
    let renewal = expect_context::<Renewal>();
    let left = RwSignal::new(None::<u64>);
    let tick = move || {
        let Some(stored) = stored.get_untracked() else { return };
        // `as` makes 0 of what is less.
        left.set(Some(((stored.expires_at - browser::now()) / 1000.0).ceil() as u64));
    };
    Effect::new(move || {
        if stored.get().is_some() {
            tick();
        }
    });
    Effect::new(move || {
        if let Ok(ticking) = set_interval_with_handle(tick, Duration::from_secs(1)) {
            on_cleanup(move || ticking.clear());
        }
    });
    let until =
        move || stored.get().filter(|_| left.get().is_some()).map(|stored| locale::time_of_day(stored.expires_at));
    view! {
        "until "
        <span class="time">{move || until().unwrap_or_else(|| "··:··".to_owned())}</span>
        " ("
        <span class="time" role="timer" aria-label="Time left">
            {move || left.get().map_or_else(|| "··:··".to_owned(), minutes)}
        </span>
        " left)"
        {move || {
            let is_renewed = stored.get().is_some_and(|stored| !stored.is_last && renewal.is_possible(&stored));
            is_renewed.then(|| view! { <span class="hint renewed">"It renews itself."</span> })
        }}
    }
    .into_any()
}

/// Seconds as `29:59`, or as `1:00:00` from one hour on.
fn minutes(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes:02}:{seconds:02}") }
}

#[cfg(test)]
mod tests {
    use super::minutes;

    #[test]
    fn time_left_is_read_like_a_clock() {
        assert_eq!(minutes(0), "00:00");
        assert_eq!(minutes(1799), "29:59");
        assert_eq!(minutes(3600), "1:00:00");
        assert_eq!(minutes(86_399), "23:59:59");
    }
}
