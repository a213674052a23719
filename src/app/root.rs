//! The root of each page, as the server renders it and the browser hydrates it.

use std::{error::Error, fmt};

use leptos::{either::Either, prelude::*};
use web_sys::HtmlElement;

use super::{
    entrance::Entrance,
    pages::{self, View},
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
    /// Draws the page, if it is not in the main WASM.
    view: Option<View>,
) -> impl IntoView {
    let session = Session::new();
    let entrance =
        Entrance::new(session, |page| Box::pin(signed_in::load(page, true)), page.audience == Audience::SignedIn);
    provide_context(session);
    provide_context(entrance);
    provide_context(entrance.prefetched);
    match view {
        Some(view) => Either::Left(view()),
        None => Either::Right(pages::in_main(page)),
    }
}

/// What the server rendered: the element to hydrate, and what [`App`] needs. There is nothing to hydrate on a page that
/// is not in the table.
///
/// # Errors
/// The WASM of the page could not be fetched. A later call tries again.
pub async fn rendered() -> Result<Option<(HtmlElement, AppProps)>, MissingPart> {
    let (Some(page), Some(element)) = (table::find(&browser::path()), browser::app_element()) else {
        return Ok(None);
    };
    Ok(Some((element, AppProps { page, view: view_of(page).await? })))
}

/// Fetches the WASM that a page needs beside the main one, and returns what draws the page. `None` if the page is in the
/// main WASM. On the server, it is there at once.
///
/// # Errors
/// The WASM could not be fetched. A later call tries again.
pub async fn view_of(page: &'static Page) -> Result<Option<View>, MissingPart> {
    match page.audience {
        Audience::SignedIn => signed_in::load(page, false).await.map(Some).ok_or(MissingPart),
        Audience::SignedOut => pages::load_signed_out(page).await.map_err(|_| MissingPart),
    }
}

/// A part of the program could not be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingPart;

impl fmt::Display for MissingPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a part of the program could not be fetched")
    }
}

impl Error for MissingPart {}
