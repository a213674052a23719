//! The table of pages. It feeds the server's routes, the router in the browser, `gate.js`, `next` and the menu.
//!
//! To add a page, write its file in `pages/` and add one line to the table here.

use crate::model::{ADMIN, ITEMS, ME, Scopes};

/// The table, as an argument of another macro. [`PAGES`] is made of it here, and the views in `pages/mod.rs`.
///
/// A line names the component, the title, the WASM that it is in, and the paths that lead to it. Pages that are opened
/// together are in one WASM; `signed_in` is that of the frame. `:name` in a path stands for any part. `needs`
/// are the scopes without which the page shows nothing. `loads` is what the page loads first: a login begins these
/// requests before the page is there.
///
/// The API owns `/items`, `/users` and `/token`: no page has a path that begins so.
macro_rules! with_the_table {
    ($macro:ident) => {
        $macro! {
            in_main {
                login::Login "Log in" at ["/login"];
            }
            signed_out {
                signup::SignUp "Sign up" in signup at ["/signup"];
            }
            signed_in {
                account::Account "Account" in signed_in at ["/account", "/"] needs ME loads ["/users/me", "/users/me/items"];
                items::Items "Items" in items at ["/my-items"] needs ITEMS loads ["/users/me"];
                settings::Settings "Settings" in settings at ["/settings", "/settings/:part"] needs ME loads ["/users/me"];
                users::Users "Users" in admin at ["/admin"] needs ADMIN loads ["/users/me"];
                user::User "User" in admin at ["/admin/users/:username"] needs ADMIN loads ["/users/me"];
            }
        }
    };
}
pub(super) use with_the_table;

/// A page.
#[derive(Debug)]
pub struct Page {
    /// The paths. The first one is in the menu.
    pub paths: &'static [&'static str],
    /// The title.
    pub title: &'static str,
    /// Who may see the page.
    pub audience: Audience,
    /// The scopes without which the page shows nothing.
    pub needs: Scopes,
    /// The WASM files that the page needs beside the main one, by the names that `cargo leptos --split` knows them by.
    pub splits: &'static [&'static str],
    /// What the page loads first.
    pub loads: &'static [&'static str],
}

/// Who may see a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Those who are not signed in.
    SignedOut,
    /// Those who are signed in.
    SignedIn,
}

macro_rules! pages {
    (
        in_main { $($main:ident :: $main_view:ident $main_title:literal at [$($main_path:literal),+];)* }
        signed_out {
            $($out:ident :: $out_view:ident $out_title:literal in $out_split:ident at [$($out_path:literal),+];)*
        }
        signed_in {
            $(
                $in:ident :: $in_view:ident $in_title:literal in $split:ident at [$($in_path:literal),+]
                needs $needs:ident $(loads [$($loads:literal),+])?;
            )*
        }
    ) => {
        /// All pages.
        pub const PAGES: &[Page] = &[
            $(Page {
                paths: &[$($main_path),+],
                title: $main_title,
                audience: Audience::SignedOut,
                needs: Scopes::new(0),
                splits: &[],
                loads: &[],
            },)*
            $(Page {
                paths: &[$($out_path),+],
                title: $out_title,
                audience: Audience::SignedOut,
                needs: Scopes::new(0),
                splits: &[stringify!($out_split)],
                loads: &[],
            },)*
            $(Page {
                paths: &[$($in_path),+],
                title: $in_title,
                audience: Audience::SignedIn,
                needs: Scopes::new($needs),
                splits: &["signed_in", stringify!($split)],
                loads: &[$($($loads),+)?],
            },)*
        ];
    };
}
with_the_table!(pages);

/// The page of those who are not signed in.
pub const LOGIN: &str = "/login";
/// The page after a login that asked for no other page.
pub const HOME: &str = "/account";

/// The page at a path. One slash at the end is allowed.
pub fn find(path: &str) -> Option<&'static Page> {
    PAGES.iter().find(|page| page.paths.iter().any(|pattern| fits(pattern, path)))
}

/// Whether a path fits a path of the table.
fn fits(pattern: &str, path: &str) -> bool {
    // `//` is never a page.
    let trimmed = path.strip_suffix('/').filter(|path| !path.is_empty() && !path.ends_with('/'));
    let path = trimmed.unwrap_or(path);
    let mut parts = path.split('/');
    let fits =
        |part: &str| parts.next().is_some_and(|given| given == part || part.starts_with(':') && !given.is_empty());
    pattern.split('/').all(fits) && parts.next().is_none()
}

/// The pages of the menu for a token with these scopes, each with its address: those for who is signed in, without a
/// variable part in their path.
pub fn menu(scopes: Scopes) -> impl Iterator<Item = (&'static str, &'static Page)> {
    PAGES
        .iter()
        .filter(move |page| page.audience == Audience::SignedIn && scopes.contains(page.needs))
        .filter_map(|page| Some((*page.paths.first()?, page)))
        .filter(|(path, _)| !path.contains(':'))
}

/// A title with the site's name.
pub fn full_title(title: &str) -> String {
    format!("{title} · Cloakroom")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_page_is_found_with_one_slash_at_the_end_and_not_with_two() {
        for path in ["/account", "/account/", "/"] {
            assert_eq!(find(path).map(|page| page.title), Some("Account"), "{path}");
        }
        for path in ["", "//", "///", "/account//", "//account", "account", "/account/x", "/nowhere", "/Account"] {
            assert!(find(path).is_none(), "{path}");
        }
    }

    #[test]
    fn a_part_with_a_colon_stands_for_any_part_that_is_not_empty() {
        for path in ["/things/Foo", "/things/%2F/"] {
            assert!(fits("/things/:id", path), "{path}");
        }
        for path in ["/things", "/things/", "/things/a/b", "/things//", "/other/Foo"] {
            assert!(!fits("/things/:id", path), "{path}");
        }
    }

    #[test]
    fn no_path_is_there_twice_and_none_is_covered_by_an_earlier_one() {
        let paths: Vec<_> = PAGES.iter().flat_map(|page| page.paths).collect();
        for (position, path) in paths.iter().enumerate() {
            assert!(!paths[..position].iter().any(|earlier| fits(earlier, path)), "{path}");
        }
        for needed in [LOGIN, HOME] {
            assert!(find(needed).is_some(), "{needed}");
        }
    }

    #[test]
    fn the_menu_has_the_account_and_each_address_once() {
        let addresses: Vec<_> = menu(Scopes::ALL).map(|(path, _)| path).collect();
        assert!(addresses.contains(&HOME) && !addresses.contains(&LOGIN));
        assert_eq!(addresses.len(), addresses.iter().collect::<HashSet<_>>().len());
    }
}
