//! Messages for people when something goes wrong.

use leptos::prelude::*;

use crate::error::ApiError;

/// The message for a refused login. It says what to do.
pub fn login_problem(refusal: &ApiError) -> String {
    let wait = |seconds: u32| match seconds {
        0 | 1 => "in a second".to_owned(),
        2..=90 => format!("in {seconds} seconds"),
        _ => format!("in {} minutes", seconds.div_ceil(60)),
    };
    match (refusal.status, refusal.retry_after) {
        (ApiError::UNREACHABLE, _) => "The server cannot be reached. Check your connection and try again.".to_owned(),
        (401, _) => "That username and password don’t match. Check both and try again.".to_owned(),
        (400, _) if refusal.is_inactive_user() => DISABLED.to_owned(),
        (429, Some(seconds)) => format!("Too many attempts. Try again {}.", wait(seconds)),
        (429, None) => "Too many attempts. Try again in a few minutes.".to_owned(),
        (503, Some(seconds)) => format!("The counter is busy right now. Try again {}.", wait(seconds)),
        (400..500, _) => "The server did not accept this login. Check what you typed and try again.".to_owned(),
        _ => "Something went wrong on the server. Try again in a moment.".to_owned(),
    }
}

/// The message for the owner of a disabled account.
pub const DISABLED: &str = "This account is disabled. Ask the people who run this site to enable it.";

/// Says that something did not load, with a button to try again.
#[component]
pub fn LoadProblem(
    /// What did not load, for example `Your items`.
    what: &'static str,
    /// Why it did not load.
    refusal: ApiError,
    /// What the button does.
    retry: impl Fn() + 'static,
) -> impl IntoView {
    let why = match refusal.status {
        ApiError::UNREACHABLE => "the server cannot be reached",
        403 => "your token lacks the scope for it",
        _ => "the server had a problem",
    };
    view! {
        <div class="problem" role="alert">
            <p>{format!("{what} did not load: {why}.")}</p>
            <button type="button" class="quiet" on:click=move |_| retry()>
                "Retry"
            </button>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_refusal_has_its_own_sentence() {
        let throttled = ApiError { status: 429, retry_after: Some(30), ..ApiError::incorrect_credentials() };
        let sentences = [
            login_problem(&ApiError::incorrect_credentials()),
            login_problem(&ApiError::unreachable()),
            login_problem(&ApiError::inactive_user()),
            login_problem(&ApiError::busy(5)),
            login_problem(&ApiError::internal()),
            login_problem(&ApiError::invalid_request("x")),
            login_problem(&throttled),
        ];
        for (position, sentence) in sentences.iter().enumerate() {
            assert!(!sentences[..position].contains(sentence), "{sentence}");
        }
    }

    #[test]
    fn a_wait_is_said_in_the_unit_a_person_would_use() {
        let throttled = |seconds| {
            login_problem(&ApiError { status: 429, retry_after: Some(seconds), ..ApiError::incorrect_credentials() })
        };
        assert!(throttled(30).contains("in 30 seconds"));
        assert!(throttled(1).contains("in a second"));
        assert!(throttled(601).contains("in 11 minutes"));
    }
}
