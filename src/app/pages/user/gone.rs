//! What is said when somebody else deletes the account while it is edited.

use leptos::prelude::*;
use leptos_router::components::A;

use super::shown::{GONE, Shown};

/// Says so, above the cards. They stay, with what was typed.
#[component]
pub fn Gone(shown: Shown) -> impl IntoView {
    let gone = move || {
        shown.is_gone().then(|| {
            view! {
                <div class="problem" id=GONE tabindex="-1">
                    <p>"This account was deleted elsewhere. Nothing can be saved any more."</p>
                    <A href="/admin" attr:class="button">
                        "Back to all users"
                    </A>
                </div>
            }
        })
    };
    view! {
        <div class="alert" role="alert">
            {gone}
        </div>
    }
    .into_any()
}
