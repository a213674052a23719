//! Where to go after a login: the `next` of `/login?next=…`, which anybody can put into a link.

/// Where a login leads when nothing else is asked for.
pub const HOME: &str = "/account";

/// `next` if it is a path of this site, or else [`HOME`]. Browsers take `//host`, `/\host` and paths with tabs or line
/// breaks in them for other sites; none of those is a path.
pub fn or_home(next: Option<&str>) -> &str {
    let is_path = |next: &&str| {
        let mut characters = next.chars();
        characters.next() == Some('/')
            && !matches!(characters.next(), Some('/'))
            && !next.chars().any(|c| c == '\\' || c.is_whitespace() || c.is_control())
    };
    next.filter(is_path).unwrap_or(HOME)
}

/// The login page's address for somebody who is at `location` and is to come back there.
pub fn login_from(location: &str) -> String {
    if location == "/" {
        return "/login".to_owned();
    }
    let next: String = form_urlencoded::byte_serialize(location.as_bytes()).collect();
    format!("/login?next={next}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_this_site_is_gone_to() {
        for path in ["/", "/account", "/account?tab=items#foo", "/a/b%20c", "/users//me"] {
            assert_eq!(or_home(Some(path)), path);
        }
    }

    #[test]
    fn anything_else_leads_home() {
        for next in [
            "",
            "account",
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
        ] {
            assert_eq!(or_home(Some(next)), HOME, "{next:?}");
        }
        assert_eq!(or_home(None), HOME);
    }

    #[test]
    fn the_way_back_survives_the_login_page() {
        assert_eq!(login_from("/account"), "/login?next=%2Faccount");
        assert_eq!(login_from("/account?a=1&b=2"), "/login?next=%2Faccount%3Fa%3D1%26b%3D2");
        assert_eq!(login_from("/"), "/login");
    }
}
