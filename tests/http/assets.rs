//! The UI's files: their versions, and how long a browser may keep them.

use super::support::{PRIVATE_KEY, TestApp};

const LOADER: &str = "__wasm_split.______________________.js";
const FILES: [(&str, &str); 9] = [
    ("pkg/cloakroom.css", "body{color:red}/*</style>*/@layer behind-the-login;main{color:blue}/*</style>*/"),
    ("pkg/cloakroom.js", "export {}"),
    ("pkg/cloakroom.wasm", "main"),
    (
        "pkg/__wasm_split.______________________.js",
        "// Why.\nfetch(\"./split_signed_in.wasm\");fetch(\"./split_settings.wasm\");fetch(\"./split_signup.wasm\");fetch(\"./chunk_8.wasm\");\n",
    ),
    ("pkg/split_signed_in.wasm", "second"),
    ("favicon.svg", "<svg/>"),
    ("pkg/chunk_8.wasm", "shared"),
    ("pkg/split_settings.wasm", "settings"),
    ("pkg/__wasm_split_manifest.json", MANIFEST),
];
/// A page's splits share a file. What the loader does not name is never fetched.
const MANIFEST: &str = r#"{
    "signed_in": ["chunk_8", "split_signed_in"],
    "settings": ["chunk_8", "split_settings", "unknown"],
    "signup": ["chunk_8", "split_signup"]
}"#;

async fn app(env: &str, files: &[(&str, &str)]) -> TestApp {
    TestApp::start_with_site(&[PRIVATE_KEY, &format!("leptos.env={env}")], files).await
}

/// The versioned address of a file, as the page says it.
fn address(page: &str, path: &str) -> String {
    let start = page.find(&format!("{path}?v=")).unwrap_or_else(|| panic!("{path} is not on the page"));
    page[start..].split('"').next().expect("an address").to_owned()
}

#[tokio::test]
async fn a_file_is_kept_for_good_in_production_under_the_address_that_the_page_says() {
    for (env, kept) in [("PROD", "public, max-age=31536000, immutable"), ("DEV", "no-cache")] {
        let app = app(env, &FILES).await;
        let page = app.visit("/account").await.text();
        for path in ["/pkg/cloakroom.js", "/pkg/cloakroom.wasm", "/pkg/split_signed_in.wasm", "/favicon.svg"] {
            let answer = app.visit(&address(&page, path)).await;
            assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, kept), "{env} {path}");
            for other in [path.to_owned(), format!("{path}?w=0")] {
                assert_eq!(app.visit(&other).await.header("cache-control"), "no-cache", "{env} {other}");
            }
        }
    }
}

#[tokio::test]
async fn a_file_that_changes_gets_another_address_and_the_others_keep_theirs() {
    let before = app("PROD", &FILES).await.visit("/account").await.text();
    let mut files = FILES;
    files[4].1 = "another second";
    let after = app("PROD", &files).await.visit("/account").await.text();
    for path in ["/pkg/cloakroom.js", "/pkg/cloakroom.wasm", "/favicon.svg"] {
        assert_eq!(address(&before, path), address(&after, path), "{path}");
    }
    // The loader names the second WASM with its version.
    for path in ["/pkg/split_signed_in.wasm", LOADER] {
        assert_ne!(address(&before, path), address(&after, path), "{path}");
    }
}

#[tokio::test]
async fn another_builds_version_of_a_file_is_not_found_in_production() {
    for (env, status) in [("PROD", 404), ("DEV", 200)] {
        let app = app(env, &FILES).await;
        for path in ["/pkg/cloakroom.js", "/pkg/split_signed_in.wasm", &format!("/pkg/{LOADER}")] {
            let answer = app.visit(&format!("{path}?v=0123456789abcdef")).await;
            assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (status, "no-cache"), "{env} {path}");
        }
    }
}

#[tokio::test]
async fn the_loader_fetches_the_address_that_the_page_preloads() {
    let app = app("PROD", &FILES).await;
    let page = app.visit("/settings").await.text();
    let named = ["split_signed_in", "split_settings", "chunk_8"].map(|name| {
        let address = address(&page, &format!("/pkg/{name}.wasm"));
        format!("fetch(\"{}\");", address.replace("/pkg/", "./"))
    });
    let answer = app.visit(&address(&page, &format!("/pkg/{LOADER}"))).await;
    assert_eq!(answer.header("content-type"), "text/javascript");
    for fetch in named {
        assert!(answer.text().contains(&fetch), "{fetch}");
    }
    assert!(answer.text().contains("./split_signup.wasm?v=") && !answer.text().contains("Why."));
    assert!(answer.header("cache-control").ends_with("immutable"));
    // The scripts import each other by plain names. The import map leads to the addresses with versions.
    let map = page.split("\"importmap\"").nth(1).expect("an import map");
    for name in ["/pkg/cloakroom.js", &format!("/pkg/{LOADER}")] {
        assert!(map.contains(&format!("\"{name}\":\"{}\"", address(&page, name))), "{name}");
    }
}

#[tokio::test]
async fn the_login_page_does_not_load_what_is_behind_the_login() {
    let app = app("PROD", &FILES).await;
    let page = app.visit("/login").await.text();
    assert!(page.contains("/pkg/cloakroom.wasm?v=") && !page.contains("split_signed_in"));
    assert!(page.contains(r"body{color:red}/*<\/style>*/"), "the stylesheet is within the page, and does not end it");
}

/// The files that a page preloads, without their versions, in the order of the page.
fn preloads(page: &str) -> Vec<String> {
    let links = page.split("<link rel=\"preload\" href=\"/pkg/").skip(1);
    links.filter_map(|rest| rest.split('?').next()).map(str::to_owned).collect()
}

#[tokio::test]
async fn a_page_preloads_the_wasm_of_its_splits_each_once() {
    let app = app("PROD", &FILES).await;
    for (path, expected) in [
        ("/login", &["cloakroom.wasm"][..]),
        ("/signup", &["cloakroom.wasm", "chunk_8.wasm", "split_signup.wasm"]),
        ("/account", &["cloakroom.wasm", "chunk_8.wasm", "split_signed_in.wasm"]),
        ("/settings", &["cloakroom.wasm", "chunk_8.wasm", "split_signed_in.wasm", "split_settings.wasm"]),
        ("/my-items", &["cloakroom.wasm", "chunk_8.wasm", "split_signed_in.wasm"]),
        ("/nowhere", &[]),
    ] {
        assert_eq!(preloads(&app.visit(path).await.text()), expected, "{path}");
    }
}

#[tokio::test]
async fn a_manifest_that_cannot_be_read_counts_as_empty() {
    for manifest in ["", "nonsense", "[]", r#"{"settings": 1}"#] {
        let mut files = FILES;
        files[8].1 = manifest;
        let app = app("PROD", &files).await;
        assert!(app.state.assets.is_split);
        assert_eq!(preloads(&app.visit("/settings").await.text()), ["cloakroom.wasm"], "{manifest}");
    }
}

#[tokio::test]
async fn a_build_that_was_not_split_is_noticed() {
    let mut files = FILES;
    files[3].1 = "";
    assert!(!app("PROD", &files).await.state.assets.is_split);
}

#[tokio::test]
async fn the_login_page_has_a_part_of_the_stylesheet_and_says_where_the_whole_is() {
    let app = app("PROD", &FILES).await;
    for (path, is_whole, says_where) in
        [("/login", false, true), ("/signup", true, false), ("/nowhere", false, false), ("/account", true, false)]
    {
        let page = app.visit(path).await.text();
        assert!(page.contains("body{color:red}"), "{path}");
        assert_eq!(page.contains(r"main{color:blue}/*<\/style>*/"), is_whole, "{path}");
        assert_eq!(page.contains(" data-style=\""), says_where, "{path}");
        assert!(!page.contains("rel=\"stylesheet\""), "{path}");
    }
    let page = app.visit("/login").await.text();
    let whole = app.visit(&address(&page, "/pkg/cloakroom.css")).await;
    assert_eq!(whole.text(), FILES[0].1);
    assert!(whole.header("cache-control").ends_with("immutable"));
}

#[tokio::test]
async fn a_stylesheet_without_the_cut_is_on_every_page() {
    let mut files = FILES;
    files[0].1 = "body{color:red}main{color:blue}";
    let app = app("PROD", &files).await;
    for path in ["/login", "/account", "/nowhere"] {
        assert!(app.visit(path).await.text().contains("body{color:red}main{color:blue}</style>"), "{path}");
    }
}
