//! What a client calls itself, in words: `Firefox on Linux`.

/// Browsers, by a word in their name. A browser also names those that it is like, so the order matters.
const BROWSERS: [(&str, &str); 12] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

/// Systems, in the same way.
const SYSTEMS: [(&str, &str); 8] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

/// The client in words. What is no browser is its own first word, without a version: `curl`.
pub fn in_words(user_agent: Option<&str>) -> String {
    let Some(name) = user_agent.map(str::trim).filter(|name| !name.is_empty()) else {
        return "A program without a name".to_owned();
    };
    let find = |known: &[(&str, &'static str)]| {
        known.iter().find(|(word, _)| name.contains(word)).map(|(_, in_words)| *in_words)
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, Some(system)) if name.starts_with("Mozilla/") => format!("A browser on {system}"),
        (None, _) => {
            let word = name.split([' ', '/']).next().unwrap_or_default();
            word.chars().take(40).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn browsers_and_systems_are_named_and_programs_by_their_own_word() {
        let webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
        for (name, expected) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0".to_owned(), "Firefox on Linux"),
            (
                format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {webkit} Chrome/142.0.0.0 Safari/537.36"),
                "Chrome on Windows",
            ),
            (
                format!("Mozilla/5.0 (Windows NT 10.0) {webkit} Chrome/142.0.0.0 Safari/537.36 Edg/142.0"),
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/26.0 Safari/605.1.15"
                    .to_owned(),
                "Safari on macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1".to_owned(),
                "Safari on iPhone",
            ),
            (
                format!("Mozilla/5.0 (Linux; Android 10; K) {webkit} Chrome/142.0.0.0 Mobile Safari/537.36"),
                "Chrome on Android",
            ),
            ("Mozilla/5.0 (X11; Linux x86_64)".to_owned(), "A browser on Linux"),
            ("curl/8.14.1".to_owned(), "curl"),
            ("python-requests/2.32".to_owned(), "python-requests"),
            ("x".repeat(300), &"x".repeat(40)),
        ] {
            assert_eq!(in_words(Some(&name)), expected, "{name}");
        }
        assert_eq!(in_words(None), "A program without a name");
        assert_eq!(in_words(Some(" ")), "A program without a name");
    }
}
