//! Messages for people when something goes wrong.

use leptos::prelude::*;

use crate::error::{ApiError, Detail};

/// The message for a refused login. It says what to do.
pub fn login_problem(refusal: &ApiError) -> String {
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

/// When to try again.
fn wait(seconds: u32) -> String {
    match seconds {
        0 | 1 => "in a second".to_owned(),
        2..=90 => format!("in {seconds} seconds"),
        _ => format!("in {} minutes", seconds.div_ceil(60)),
    }
}

/// The message for a refused change. It says what to do.
pub fn change_problem(refusal: &ApiError) -> String {
    let wait = refusal.retry_after.map_or_else(|| "in a moment".to_owned(), wait);
    match (refusal.status, &refusal.body.detail) {
        (ApiError::UNREACHABLE, _) => {
            // The request may have arrived, and only its answer be lost.
            "The server cannot be reached. Check your connection, and look whether it was saved before you try again."
                .to_owned()
        }
        (401, _) if refusal.is_stale_token() => "Nothing was changed, as the password was not typed again.".to_owned(),
        (401, _) => "Your session has ended.".to_owned(),
        (403, _) => "Your account is not allowed to do this.".to_owned(),
        (404, _) => "It is not there any more.".to_owned(),
        (412, _) => "It was changed elsewhere meanwhile.".to_owned(),
        (429, _) => format!("Too many attempts. Try again {wait}."),
        (503, _) => format!("The server is busy right now. Try again {wait}."),
        (400..500, Detail::Text(sentence)) => format!("{sentence}."),
        (400..500, Detail::Fields(fields)) => {
            fields.iter().map(|field| format!("{}.", field.msg)).collect::<Vec<_>>().join(" ")
        }
        _ => "Something went wrong on the server. Look whether it was saved before you try again.".to_owned(),
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
    #[prop(into)]
    retry: UnsyncCallback<()>,
) -> impl IntoView {
    let why = match refusal.status {
        ApiError::UNREACHABLE => "the server cannot be reached",
        403 => "your account is not allowed to see it",
        404 => "it is not there",
        _ => "the server had a problem",
    };
    view! {
        <div class="problem" role="alert">
            <p>{format!("{what} did not load: {why}.")}</p>
            <button type="button" class="quiet" on:click=move |_| retry.run(())>
                "Retry"
            </button>
        </div>
    }
    .into_any()
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
