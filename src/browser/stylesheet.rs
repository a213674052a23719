//! The stylesheet of the pages behind the login. A page for those who are signed out has a part of it only, and says in an
//! attribute of the `html` element where the whole is. A login fetches it while the person types.

use std::cell::RefCell;

use leptos::prelude::document;

use super::{fetch, root_attribute};

/// The address of the whole stylesheet. A page that has the whole already does not have this attribute.
const ADDRESS: &str = "data-style";

thread_local! {
    /// The text that was fetched, until it is applied.
    static FETCHED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Fetches the stylesheet, if it is not there. Returns `false` if it does not come.
pub async fn load() -> bool {
    let Some(address) = root_attribute(ADDRESS) else { return true };
    if FETCHED.with_borrow(Option::is_some) {
        return true;
    }
    let answer = fetch::send("GET", &address, &[], None).await.filter(|answer| answer.status == 200);
    let came = answer.is_some();
    FETCHED.set(answer.map(|answer| answer.body));
    came
}

/// Puts the stylesheet that was fetched in the place of the one within the page. It applies at once, so nothing is ever
/// drawn without it. The element has the nonce that the page's policy asks for.
pub fn apply() {
    if let (Some(text), Ok(Some(style))) = (FETCHED.take(), document().query_selector("head style[nonce]")) {
        style.set_text_content(Some(&text));
    }
}
