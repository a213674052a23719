//! The root of each page, as the server renders it and the browser hydrates it.

use leptos::{either::Either, prelude::*, wasm_split::SplitLoaderError};
use web_sys::HtmlElement;

use super::{
    entrance::Entrance,
    pages,
    session::Session,
    signed_in,
    table::{self, Audience, Page},
};
use crate::browser;

/// What is on a page: the page itself, and the context that all pages share.
#[component]
pub fn App(
    /// The page that the server renders.
    page: &'static Page,
    /// Draws the page, if it is one for those who are signed in.
    signed_in: Option<signed_in::View>,
) -> impl IntoView {
    let session = Session::new();
    let entrance =
        Entrance::new(session, || Box::pin(async { signed_in::load_view().await.ok() }), signed_in.is_some());
    provide_context(session);
    provide_context(entrance);
    provide_context(entrance.prefetched);
    match signed_in {
        Some(view) => Either::Left(view()),
        None => Either::Right(pages::signed_out(page)),
    }
}

/// What the server rendered: the element to hydrate, and what [`App`] needs. There is nothing to hydrate on a page that
/// is not in the table.
///
/// # Errors
/// The WASM of the pages for those who are signed in could not be fetched. A later call tries again.
pub async fn rendered() -> Result<Option<(HtmlElement, AppProps)>, SplitLoaderError> {
    let (Some(page), Some(element)) = (table::find(&browser::path()), browser::app_element()) else {
        return Ok(None);
    };
    let signed_in = match page.audience {
        Audience::SignedIn => Some(signed_in::load_view().await?),
        Audience::SignedOut => None,
    };
    Ok(Some((element, AppProps { page, signed_in })))
}
