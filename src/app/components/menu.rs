//! The frame's menus: the pages, and the user's own.

use leptos::prelude::*;
use leptos_router::components::A;

use super::{icons::icon, mark::Brand, theme_choice::ThemeChoice};
use crate::{
    app::{
        ask::{Ask, discard},
        log_out::log_out,
        me::Me,
        pages,
        session::Session,
        table::menu,
        unsaved::Unsaved,
        who,
    },
    browser,
};

/// The id of the button that opens the user's menu.
const BUTTON: &str = "user-button";

/// The side of the frame: the brand, a link to each page that the token opens, and the user's menu. On a phone the links
/// are at the bottom of the screen, and the rest is at its top.
#[component]
pub fn Side() -> impl IntoView {
    let session = expect_context::<Session>();
    let link = |(path, page): (&'static str, &'static crate::app::table::Page)| {
        // The page's WASM comes while the person aims.
        let prepare = move || leptos::task::spawn_local(async move { drop(pages::load(page).await) });
        view! {
            <li on:pointerenter=move |_| prepare() on:focusin=move |_| prepare()>
                <A href=path strict_trailing_slash=false>
                    {icon(page.title)}
                    <span>{page.title}</span>
                </A>
            </li>
        }
    };
    view! {
        <header class="side">
            <Brand />
            <nav aria-label="Pages">
                <ul>{move || menu(who::scopes(session)).map(link).collect_view()}</ul>
            </nav>
            <UserMenu />
        </header>
    }
    .into_any()
}

/// The user's menu: who is signed in, and the way out.
#[component]
fn UserMenu() -> impl IntoView {
    let session = expect_context::<Session>();
    let (ask, unsaved) = (expect_context::<Ask>(), expect_context::<Unsaved>());
    let Me(me) = expect_context();
    let username = move || session.token().map(|token| who::username(&token)).unwrap_or_default();
    let name = move || match me.get() {
        Some(Ok(user)) => user.full_name.unwrap_or(user.username),
        Some(Err(_)) | None => username(),
    };
    let press_log_out = move |_| {
        leptos::task::spawn_local(async move {
            if !unsaved.is_any() || ask.ask(discard()).await {
                unsaved.forget();
                log_out(session);
            } else {
                // The menu has closed behind the question.
                request_animation_frame(|| browser::focus(BUTTON));
            }
        });
    };
    view! {
        <div class="user">
            <button
                type="button"
                id=BUTTON
                class="user-button"
                popovertarget="user-menu"
                aria-label=move || format!("{}: your menu", name())
            >
                <span class="avatar" aria-hidden="true">{move || who::initials(&name())}</span>
                <span class="user-name" aria-hidden="true" dir="auto">{name}</span>
            </button>
            <div id="user-menu" class="user-menu" popover="auto" role="group" aria-label="Your menu">
                <p>
                    <strong dir="auto">{name}</strong>
                    <span class="hint">{username}</span>
                </p>
                <ThemeChoice name="theme-in-menu" legend="Theme" />
                <button type="button" class="quiet" on:click=press_log_out>
                    "Log out"
                </button>
            </div>
        </div>
    }
    .into_any()
}
