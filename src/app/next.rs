//! Where to go after a login: the `next` of `/login?next=…`. Anybody can put any `next` into a link.

use super::table::{self, Audience, HOME, LOGIN, PAGES, Page};

/// The address to go to after a login, from the login page's `?next=…`: `next` if its path is one of the pages for
/// those who are signed in, with any query, or else [`HOME`]. Browsers do not agree on which addresses lead to another
/// site. So only known paths are accepted.
pub fn after_login(next: Option<String>) -> String {
    let is_page = |next: &String| {
        let path = next.split(['?', '#']).next().unwrap_or_default();
        let known = table::find(path).is_some_and(|page| page.audience == Audience::SignedIn);
        known && is_plain(path) && !next.chars().any(char::is_control)
    };
    next.filter(is_page).unwrap_or_else(|| HOME.to_owned())
}

/// Whether a browser takes a path as it is. It takes `\` for `/`, and removes `.` and `..`, also if they are encoded.
fn is_plain(path: &str) -> bool {
    !path.contains('\\') && !path.split('/').any(is_dots)
}

/// Whether a part of a path is nothing but dots. It searches no text: that would make the login page a kilobyte heavier.
fn is_dots(part: &str) -> bool {
    let mut bytes = part.bytes();
    let is_dot = |first: u8, bytes: &mut std::str::Bytes<'_>| match first {
        b'.' => true,
        b'%' => bytes.next() == Some(b'2') && bytes.next().is_some_and(|byte| byte.eq_ignore_ascii_case(&b'e')),
        _ => false,
    };
    let mut dots = 0;
    while let Some(first) = bytes.next() {
        if !is_dot(first, &mut bytes) {
            return false;
        }
        dots += 1;
    }
    dots > 0
}

/// The page that [`after_login`] leads to.
pub fn page_after_login(next: Option<String>) -> &'static Page {
    let address = after_login(next);
    let path = address.split(['?', '#']).next().unwrap_or_default();
    // `after_login` returns the address of a page.
    table::find(path).unwrap_or(&PAGES[0])
}

/// The address of the login page that leads back to `location` after the login.
pub fn login_from(location: &str) -> String {
    if location == "/" {
        return LOGIN.to_owned();
    }
    let next: String = form_urlencoded::byte_serialize(location.as_bytes()).collect();
    format!("{LOGIN}?next={next}")
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::select};
    use url::Url;

    use super::*;

    /// Where a login leads if its link had this `next`.
    fn next(next: &str) -> String {
        after_login(Some(next.to_owned()))
    }

    #[test]
    fn a_page_of_this_site_is_gone_to_as_it_is() {
        for path in [
            "/",
            "/account",
            "/account/",
            "/account?tab=items#foo",
            "/account?q=a%20b%26c",
            "/?//x",
            "/settings/password",
            "/admin/users/ada",
        ] {
            assert_eq!(next(path), path);
        }
    }

    #[test]
    fn anything_else_leads_home() {
        for elsewhere in [
            "",
            "account",
            "//",
            "//?x",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            " /account",
            "https://evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "/a\\b",
            "/\u{2028}x",
            "/login",
            "/login/",
            "/login?next=/login",
            "/.//evil.example",
            "/account/../login",
            "/account//",
            "/account/x",
            "/settings/..\\token",
            "/settings/..",
            "/settings/%2e%2E",
            "/admin/users/.",
            "/settings/\\evil.example",
            "/account?a\nb",
        ] {
            assert_eq!(next(elsewhere), HOME, "{elsewhere:?}");
        }
        assert_eq!(after_login(None), HOME);
    }

    #[test]
    fn the_way_back_survives_the_login_page() {
        assert_eq!(login_from("/account"), "/login?next=%2Faccount");
        assert_eq!(login_from("/account?a=1&b=2"), "/login?next=%2Faccount%3Fa%3D1%26b%3D2");
        assert_eq!(login_from("/"), "/login");
        let there = "/account?q=a%20b%26c";
        let query = login_from(there).split_off("/login?".len());
        let next = form_urlencoded::parse(query.as_bytes()).map(|(_, next)| next.into_owned()).next();
        assert_eq!(after_login(next), there);
    }

    /// Arbitrary text, mixed with pieces of addresses.
    fn words() -> impl Strategy<Value = String> {
        let part = select(
            &[
                "/",
                "//",
                "\\",
                "account",
                "/account",
                ".",
                "..",
                "evil.example",
                "https:",
                "@",
                ":",
                "?",
                "#",
                "%2f",
                "%2e",
                "%5c",
                "/settings/",
                "/admin/users/",
                "\t",
            ][..],
        );
        let text = vec(any::<char>(), 0..6).prop_map(String::from_iter);
        vec(prop_oneof![4 => part.prop_map(str::to_owned), 1 => text], 0..8).prop_map(|parts| parts.concat())
    }

    /// Whether a browser on the login page takes this address for a page of this site.
    fn is_page_of_this_site(to: &str) -> bool {
        let here = Url::parse("https://cloakroom.example/login").expect("an address");
        let there = here.join(to);
        there.is_ok_and(|there| there.origin() == here.origin() && table::find(there.path()).is_some())
    }

    proptest! {
        #[test]
        fn every_link_leads_to_a_page_of_this_site(next_is in words()) {
            let to = next(&next_is);
            prop_assert!(is_page_of_this_site(&to), "{:?}", to);
        }
    }
}
