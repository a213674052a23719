//! What is only told about an account, and not changed here.

use leptos::prelude::*;

use super::shown::Shown;
use crate::{browser::locale, model::Account};

/// State, creation, last login.
#[component]
pub fn Facts(shown: Shown) -> impl IntoView {
    let moment = |moment: String| {
        let text = locale::date_and_time_of(&moment);
        view! { <time datetime=moment>{text}</time> }
    };
    let facts = move || {
        let Account { disabled, created_at, last_login_at, .. } = shown.account();
        view! {
            <div>
                <dt>"State"</dt>
                <dd>
                    <span class="state" class:disabled=disabled>
                        {if disabled { "Disabled" } else { "Active" }}
                    </span>
                    {shown.is_own.then(|| view! { " " <span class="tag">"you"</span> })}
                </dd>
            </div>
            <div>
                <dt>"Created"</dt>
                <dd>{moment(created_at)}</dd>
            </div>
            <div>
                <dt>"Last login"</dt>
                <dd>
                    {match last_login_at {
                        Some(login) => moment(login).into_any(),
                        None => "never".into_any(),
                    }}
                </dd>
            </div>
        }
    };
    view! { <dl class="facts">{facts}</dl> }
}
