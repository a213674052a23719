//! The pages. A page is one file here, and one line in the table in `table.rs`. What all pages share is in
//! `signed_in.rs`: the menu, the frame, the title.
//!
//! Each page but the login page is in a WASM that the browser fetches when the page is first opened. The table says which.

mod lazy;
mod not_found;

use leptos::{either::Either, prelude::*, wasm_split::SplitLoaderError};
use leptos_router::{
    components::{FlatRoutes, Route},
    path,
};

use self::lazy::LazyPage;
pub use self::{lazy::View, not_found::NotFound};
use super::table::{Page, find, with_the_table};

/// Names the pages' files, makes a WASM of each page, and makes the routes. It is a macro because the router takes the
/// routes as types, and because `cargo leptos --split` goes by functions. For a line
/// `account::Account "Account" in signed_in at ["/account"] needs ME` it writes `mod account;`, the function `account`, which
/// fetches the page's WASM, and `<Route path=path!("/account") view=…/>`.
macro_rules! views {
    (
        in_main { $($main:ident :: $main_view:ident $main_title:literal at $main_paths:tt;)* }
        signed_out {
            $($out:ident :: $out_view:ident $out_title:literal in $out_split:ident at $out_paths:tt;)*
        }
        signed_in {
            $(
                $in:ident :: $in_view:ident $in_title:literal in $split:ident at [$($in_path:tt),+]
                needs $needs:ident $(loads $in_loads:tt)?;
            )*
        }
    ) => {
        $(mod $main;)*
        $(mod $out;)*
        $(mod $in;)*
        split! { $($out :: $out_view in $out_split;)* $($in :: $in_view in $split;)* }

        /// A page that is in the main WASM.
        pub fn in_main(page: &Page) -> impl IntoView + use<> {
            one_of!(page.title, $($main_title $main::$main_view)*)
        }

        /// Fetches the WASM of a page for those who are signed out, if that was not done yet, and returns what draws the
        /// page. `None` if the page is in the main WASM. On the server, it is there at once.
        ///
        /// # Errors
        /// The WASM could not be fetched. A later call tries again.
        pub async fn load_signed_out(page: &'static Page) -> Result<Option<View>, SplitLoaderError> {
            match page.title {
                $($out_title => $out().await.map(Some),)*
                _ => Ok(None),
            }
        }

        /// The same for a page for those who are signed in. The main WASM does not call it.
        ///
        /// # Errors
        /// The WASM could not be fetched. A later call tries again.
        pub async fn load(page: &'static Page) -> Result<Option<View>, SplitLoaderError> {
            match page.title {
                $($in_title => $in().await.map(Some),)*
                _ => Ok(None),
            }
        }

        /// The pages for those who are signed in. The address bar says which.
        #[component]
        pub fn SignedInRoutes() -> impl IntoView {
            view! {
                <FlatRoutes fallback=NotFound>
                    $($(<Route path=path!($in_path) view=|| view! { <LazyPage page=find($in_path) load=|page| Box::pin(load(page)) /> } />)+)*
                </FlatRoutes>
            }
        }
    };
}

/// For each page, a function that fetches its WASM. What it returns is in that WASM.
macro_rules! split {
    ($($module:ident :: $view:ident in $split:ident;)*) => {
        $(
            #[leptos::wasm_split::wasm_split($split, wasm_split_path = ::leptos::wasm_split, fallible)]
            fn $module() -> Result<View, SplitLoaderError> {
                Ok(|| view! { <$module::$view /> }.into_any())
            }
        )*
    };
}

/// The view of a page. The type names each view: an `AnyView` would make the WASM of every page a tenth heavier.
macro_rules! one_of {
    ($title:expr,) => {
        ()
    };
    ($title:expr, $first:literal $module:ident :: $view:ident $($others:tt)*) => {
        if $title == $first {
            Either::Left(view! { <$module::$view /> })
        } else {
            Either::Right(one_of!($title, $($others)*))
        }
    };
}

with_the_table!(views);
