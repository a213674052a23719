//! The accounts, one a row. Where there is no room for a table, each is a card.

use leptos::prelude::*;
use leptos_router::components::A;

use crate::{
    app::{components::list::missing::Missing, session::Session, who},
    browser::locale,
    model::Account,
};

/// The columns.
const COLUMNS: [&str; 7] = ["Username", "Full name", "E-mail", "Scopes", "State", "Created", "Last login"];

/// The table. The roles are said again, because a browser forgets them where the rows are drawn as cards.
#[component]
pub fn Table(users: Vec<Account>, is_pending: Signal<bool>) -> impl IntoView {
    let session = expect_context::<Session>();
    let me = untrack(|| session.token()).map(|token| who::username(&token)).unwrap_or_default();
    let row = |account: Account| view! { <Row is_me=account.username == me account /> };
    view! {
        <table class="table users-table" role="table" aria-label="Users" aria-busy=move || is_pending.get().to_string()>
            <thead role="rowgroup">
                <tr role="row">
                    {COLUMNS.map(|name| view! { <th role="columnheader" scope="col">{name}</th> }).collect_view()}
                </tr>
            </thead>
            <tbody role="rowgroup">{users.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

#[component]
fn Row(account: Account, is_me: bool) -> impl IntoView {
    let Account { username, email, full_name, disabled, scopes, created_at, last_login_at } = account;
    let text = |text: Option<String>| match text {
        Some(text) => view! { <bdi class="clamped">{text}</bdi> }.into_any(),
        None => view! { <Missing /> }.into_any(),
    };
    // An address is broken at its `@` first.
    let address = |address: Option<String>| match address.as_deref().and_then(|address| address.split_once('@')) {
        Some((name, host)) => {
            view! { <bdi class="clamped">{name.to_owned()} "@" <wbr /> {host.to_owned()}</bdi> }.into_any()
        }
        None => text(address),
    };
    let day = |moment: String| {
        let date = locale::date(&moment);
        view! { <time datetime=moment>{date}</time> }
    };
    view! {
        <tr role="row">
            <td role="cell" class="username">
                <A href=format!("/admin/users/{username}")>{username.clone()}</A>
                {is_me.then(|| view! { " " <span class="tag">"you"</span> })}
            </td>
            <td role="cell" data-label="Full name">{text(full_name)}</td>
            <td role="cell" data-label="E-mail">{address(email)}</td>
            <td role="cell" data-label="Scopes">
                <ul class="tags">{scopes.into_iter().map(|name| view! { <li class="tag">{name}</li> }).collect_view()}</ul>
            </td>
            <td role="cell" data-label="State">
                <State disabled />
            </td>
            <td role="cell" data-label="Created">{day(created_at)}</td>
            <td role="cell" data-label="Last login">
                {match last_login_at {
                    Some(moment) => day(moment).into_any(),
                    None => "never".into_any(),
                }}
            </td>
        </tr>
    }
    .into_any()
}

/// Whether an account is disabled, in a word.
#[component]
fn State(disabled: bool) -> impl IntoView {
    view! {
        <span class="state" class:disabled=disabled>
            {if disabled { "Disabled" } else { "Active" }}
        </span>
    }
}
