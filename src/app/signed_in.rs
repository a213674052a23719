//! What those who are signed in see: an ordinary Leptos app with a router. It is a WASM of its own, which the browser
//! fetches while the person types, so the login page stays light.

use std::pin::Pin;

use futures::future::join;
use leptos::{prelude::*, wasm_split::SplitLoaderError};
use leptos_router::{components::Router, hooks::use_location};

use super::{
    ask::Ask,
    components::{
        leaving,
        menu::Side,
        offline::Offline,
        question::QuestionDialog,
        session_watch::SessionWatch,
        step_up_dialog::StepUpDialog,
        theme_choice::ChosenTheme,
        toasts::{ToastRegion, Toasts},
    },
    me::Me,
    page_name::PageName,
    pages::{self, SignedInRoutes, View},
    renewal::Renewal,
    session::Session,
    step_up::StepUp,
    table::{Page, find, full_title},
    theme,
    unsaved::Unsaved,
    way_out,
};
use crate::browser::{self, stylesheet};

/// Fetches the WASM of the frame and of a page, if that was not done yet, and returns what draws both. If the page takes
/// the place of the login page, it also fetches the stylesheet, and what it returns applies it. `None` if a part does not
/// come. A later call tries again.
pub async fn load(page: &'static Page, in_place: bool) -> Option<View> {
    frame().await.ok()?(page, in_place).await
}

/// Returns what draws the frame, as [`load`] does.
type Begin = fn(&'static Page, bool) -> Pin<Box<dyn Future<Output = Option<View>>>>;

/// Fetches the WASM of the frame. The main WASM calls nothing else of this file. So `cargo leptos --split` puts
/// everything else into another WASM, also what fetches the WASM of each page.
///
/// # Errors
/// The WASM could not be fetched. A later call tries again.
#[leptos::wasm_split::wasm_split(signed_in, wasm_split_path = ::leptos::wasm_split, fallible)]
fn frame() -> Result<Begin, SplitLoaderError> {
    Ok(|page, in_place| Box::pin(begin(page, in_place)))
}

async fn begin(page: &'static Page, in_place: bool) -> Option<View> {
    if !in_place {
        pages::load(page).await.ok()?;
        return Some(signed_in);
    }
    let (page, has_style) = join(pages::load(page), stylesheet::load()).await;
    page.is_ok_and(|_| has_style).then_some(signed_in_with_style)
}

/// Applies the stylesheet that was fetched, and draws the pages.
fn signed_in_with_style() -> AnyView {
    stylesheet::apply();
    signed_in()
}

/// The pages for those who are signed in, within the frame that they share. `gate.js` and the stylesheet hide the frame
/// while nobody is signed in.
fn signed_in() -> AnyView {
    provide_context(StepUp::new());
    provide_context(Renewal::new());
    provide_context(Ask::new());
    provide_context(PageName::new());
    provide_context(Unsaved::new());
    provide_context(Toasts::new());
    provide_context(Me::load());
    let session = expect_context::<Session>();
    // Effects run in the browser only.
    Effect::new(move |_| {
        session.follow_other_tabs();
        theme::follow_other_tabs();
    });
    provide_context(ChosenTheme::new());
    way_out::watch();
    leaving::watch_history();
    view! {
        <Router>
            <Frame />
        </Router>
    }
    .into_any()
}

#[component]
fn Frame() -> impl IntoView {
    leaving::watch();
    view! {
        <Title />
        <div class="frame needs-session" on:click:capture=leaving::on_click()>
            <Side />
            <div class="content">
                <Offline />
                <SessionWatch />
                <main id="main" tabindex="-1">
                    <SignedInRoutes />
                </main>
            </div>
            <ToastRegion />
            <StepUpDialog />
            <QuestionDialog />
        </div>
    }
    .into_any()
}

/// Keeps the title. After a change of page it gives the keyboard focus to the heading, as a browser begins anew when it
/// loads a page.
#[component]
fn Title() -> impl IntoView {
    let path = use_location().pathname;
    let (ask, name) = (expect_context::<Ask>(), expect_context::<PageName>());
    Effect::new(move || {
        let title = path.with(|path| match name.at(path) {
            Some(title) => full_title(&title),
            None => full_title(find(path).map_or("Page not found", |page| page.title)),
        });
        document().set_title(&title);
    });
    Effect::new(move |before: Option<()>| {
        path.track();
        // A question of the page that was left is answered.
        untrack(|| ask.answer(false));
        if before.is_some() {
            request_animation_frame(browser::focus_heading);
        }
    });
}
