//! A page whose WASM may still be on its way.

use std::pin::Pin;

use futures::FutureExt;
use leptos::{prelude::*, task::spawn_local, wasm_split::SplitLoaderError};

use super::not_found::NotFound;
use crate::{app::table::Page, browser};

/// Draws a page.
pub type View = fn() -> AnyView;

/// Fetches the WASM of a page, if that was not done yet, and returns what draws the page.
pub type Load = fn(&'static Page) -> Pin<Box<dyn Future<Output = Result<Option<View>, SplitLoaderError>>>>;

/// Shows a page. If its WASM is not there yet, it shows a skeleton, and a problem with a retry if it does not come.
#[component]
pub fn LazyPage(
    /// The page; `None` is an address without a page.
    page: Option<&'static Page>,
    /// Fetches its WASM.
    load: Load,
) -> impl IntoView {
    let Some(page) = page else { return view! { <NotFound /> }.into_any() };
    match load(page).now_or_never() {
        // On the server, while the browser hydrates, and if the page was opened before.
        Some(Ok(Some(view))) => view(),
        _ => view! { <Opening page load /> }.into_any(),
    }
}

/// A page whose WASM is being fetched.
#[component]
fn Opening(page: &'static Page, load: Load) -> impl IntoView {
    let loaded = RwSignal::new(None::<Option<View>>);
    let failures = StoredValue::new(0_u32);
    let fetch = move || {
        // A server with a new version of the program no longer has the old files. Only a reload helps there.
        if failures.get_value() > 1 && browser::is_online() {
            return browser::reload();
        }
        loaded.set(None);
        spawn_local(async move {
            let view = load(page).await.ok().flatten();
            if view.is_none() {
                failures.try_update_value(|failures| *failures += 1);
            }
            // The person may have left the page.
            if loaded.try_set(Some(view)).is_none() {
                // The keyboard focus was on the heading of the skeleton, unless the person has moved it meanwhile.
                request_animation_frame(browser::focus_heading_if_lost);
            }
        });
    };
    fetch();
    move || match loaded.get() {
        None => view! {
            <div class="page">
                <h1>{page.title}</h1>
                <div class="skeleton" role="status" aria-label=format!("{}: loading", page.title)>
                    {(0..6).map(|_| view! { <span></span> }).collect_view()}
                </div>
            </div>
        }
        .into_any(),
        Some(Some(view)) => view(),
        Some(None) => view! {
            <div class="page">
                <h1>{page.title}</h1>
                <div class="problem" role="alert">
                    <p>"This page did not load. Check your connection and try again."</p>
                    <button type="button" class="quiet" on:click=move |_| fetch()>
                        "Retry"
                    </button>
                </div>
            </div>
        }
        .into_any(),
    }
}
