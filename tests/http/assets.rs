//! The UI's files: their versions, and how long a browser may keep them.

use super::support::{PRIVATE_KEY, TestApp};

const LOADER: &str = "__wasm_split.______________________.js";
const FILES: [(&str, &str); 6] = [
    ("pkg/cloakroom.css", "body{color:red}/*</style>*/"),
    ("pkg/cloakroom.js", "export {}"),
    ("pkg/cloakroom.wasm", "main"),
    (
        "pkg/__wasm_split.______________________.js",
        "// Why.\nfetch(new URL(\"./split_signed_in.wasm\", import.meta.url));\n",
    ),
    ("pkg/split_signed_in.wasm", "second"),
    ("favicon.svg", "<svg/>"),
];

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
    let page = app.visit("/account").await.text();
    let second = address(&page, "/pkg/split_signed_in.wasm").replace("/pkg/", "./");
    let answer = app.visit(&address(&page, &format!("/pkg/{LOADER}"))).await;
    assert_eq!(answer.header("content-type"), "text/javascript");
    assert_eq!(answer.text(), format!("fetch(new URL(\"{second}\", import.meta.url));"));
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
