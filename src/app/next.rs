//! Where to go after a login: the `next` of `/login?next=…`. Anybody can put any `next` into a link.

/// The page after a login without a `next`.
pub const HOME: &str = "/account";

/// The pages that a login may lead to.
const PAGES: [&str; 2] = ["/", HOME];

/// The address to go to after a login, from the login page's query (`?next=…`): `next` if its path is one of the pages,
/// with any query, or else [`HOME`]. Browsers do not agree on which addresses lead to another site. So only known paths
/// are accepted.
pub fn after_login(query: &str) -> String {
    let query = query.strip_prefix('?').unwrap_or(query);
    let next = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "next").map(|(_, value)| value);
    let is_page = |next: &str| {
        let path = next.split(['?', '#']).next().unwrap_or_default();
        // A slash at the end is allowed. `//` is not a page.
        let known = |page: &str| path == page || (page != "/" && path.strip_suffix('/') == Some(page));
        PAGES.into_iter().any(known) && !next.chars().any(char::is_control)
    };
    next.filter(|next| is_page(next)).map_or_else(|| HOME.to_owned(), std::borrow::Cow::into_owned)
}

/// The address of the login page that leads back to `location` after the login.
pub fn login_from(location: &str) -> String {
    if location == "/" {
        return "/login".to_owned();
    }
    let next: String = form_urlencoded::byte_serialize(location.as_bytes()).collect();
    format!("/login?next={next}")
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::select};
    use url::Url;

    use super::*;

    /// Where a login leads if its link had this `next`.
    fn next(next: &str) -> String {
        after_login(&format!("?a=1&next={}", form_urlencoded::byte_serialize(next.as_bytes()).collect::<String>()))
    }

    #[test]
    fn a_page_of_this_site_is_gone_to_as_it_is() {
        for path in ["/", "/account", "/account/", "/account?tab=items#foo", "/account?q=a%20b%26c", "/?//x"] {
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
            "/account?a\nb",
        ] {
            assert_eq!(next(elsewhere), HOME, "{elsewhere:?}");
        }
        assert_eq!(after_login(""), HOME);
        assert_eq!(after_login("?next"), HOME);
    }

    #[test]
    fn the_way_back_survives_the_login_page() {
        assert_eq!(login_from("/account"), "/login?next=%2Faccount");
        assert_eq!(login_from("/account?a=1&b=2"), "/login?next=%2Faccount%3Fa%3D1%26b%3D2");
        assert_eq!(login_from("/"), "/login");
        let there = "/account?q=a%20b%26c";
        assert_eq!(after_login(login_from(there).strip_prefix("/login").unwrap_or_default()), there);
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
                "\t",
            ][..],
        );
        let text = vec(any::<char>(), 0..6).prop_map(String::from_iter);
        vec(prop_oneof![4 => part.prop_map(str::to_owned), 1 => text], 0..8).prop_map(|parts| parts.concat())
    }

    /// Whether a browser on the login page takes this address for a page of this site.
    fn is_page_of_this_site(to: &str) -> bool {
        let here = Url::parse("https://cloakroom.example/login").expect("an address");
        let there = here.join(to).expect("an address");
        there.origin() == here.origin() && ["/", "/account", "/account/"].contains(&there.path())
    }

    proptest! {
        #[test]
        fn every_link_leads_to_a_page_of_this_site(next_is in words(), query in words()) {
            for to in [next(&next_is), after_login(&query), after_login(&format!("?next={query}"))] {
                prop_assert!(is_page_of_this_site(&to), "{:?}", to);
            }
        }
    }
}
