//! The pages. A page is one file here, and one line in the table in `table.rs`. What all pages share is in
//! `signed_in.rs`: the menu, the frame, the title.

mod not_found;

use leptos::{either::Either, prelude::*};
use leptos_router::{
    components::{FlatRoutes, Route},
    path,
};

pub use self::not_found::NotFound;
use super::table::{Page, with_the_table};

/// Names the pages' files, and makes the view of the pages for those who are signed out and the routes of the others.
/// It is a macro because the router takes the routes as types. For a line `account::Account "Your account" at
/// ["/account"]` it writes `mod account;` and `<Route path=path!("/account") view=account::Account />`.
macro_rules! views {
    (
        signed_out { $($out:ident :: $out_view:ident $out_title:literal at $out_paths:tt;)* }
        signed_in {
            $($in:ident :: $in_view:ident $in_title:literal at [$($in_path:tt),+] $(loads $in_loads:tt)?;)*
        }
    ) => {
        $(mod $out;)*
        $(mod $in;)*

        /// A page for those who are not signed in.
        pub fn signed_out(page: &Page) -> impl IntoView + use<> {
            one_of!(page.title, $($out_title $out::$out_view)*)
        }

        /// The pages for those who are signed in. The address bar says which.
        #[component]
        pub fn SignedInRoutes() -> impl IntoView {
            view! {
                <FlatRoutes fallback=NotFound>
                    $($(<Route path=path!($in_path) view=$in::$in_view />)+)*
                </FlatRoutes>
            }
        }
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
