//! Pages, files, and the answers for unknown paths.

use axum::{
    body::Body,
    http::{Method, Request, header},
};

use super::support::{BROWSER, TestApp};

#[tokio::test]
async fn each_page_is_rendered_with_its_title_with_and_without_a_trailing_slash() {
    let app = TestApp::start().await;
    for (path, title) in [
        ("/", "Account · Cloakroom"),
        ("/account", "Account · Cloakroom"),
        ("/account/", "Account · Cloakroom"),
        ("/login", "Log in · Cloakroom"),
        ("/login/", "Log in · Cloakroom"),
        ("/login?next=/account", "Log in · Cloakroom"),
    ] {
        let answer = app.visit(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.header("content-type").starts_with("text/html"), "{path}");
        assert!(answer.text().contains(&format!("<title>{title}</title>")), "{path}");
    }
}

#[tokio::test]
async fn the_login_form_never_puts_a_password_into_a_url() {
    let app = TestApp::start().await;
    let page = app.visit("/login").await.text();
    let form = &page[page.find("<form").expect("a form")..page.find("</form>").expect("its end")];
    assert!(form.contains(r#"method="post""#) && form.contains(r#"action="/token""#));
    assert!(form.contains(r#"autocomplete="username""#) && form.contains(r#"autocomplete="current-password""#));
}

#[tokio::test]
async fn a_page_tells_gate_js_who_may_see_it_and_the_404_page_is_for_everybody() {
    let app = TestApp::start().await;
    for (path, audience) in [
        ("/", r#" data-audience="signed-in""#),
        ("/account/", r#" data-audience="signed-in""#),
        ("/login", r#" data-audience="signed-out""#),
        ("/nowhere", ""),
    ] {
        let page = app.visit(path).await.text();
        let html = page.split("<html").nth(1).and_then(|rest| rest.split('>').next()).expect("an element");
        assert_eq!(html.contains("data-audience"), !audience.is_empty(), "{path}");
        assert!(html.starts_with(&format!(" lang=\"en\"{audience}")), "{path}");
        assert_eq!(page.contains("importmap"), !audience.is_empty(), "{path}: the 404 page needs no WASM");
    }
}

#[tokio::test]
async fn a_page_says_the_settings_that_forms_need() {
    for (overrides, said) in [
        (&[][..], r#" data-password-min-length="15" data-sign-up="on""#),
        (&["password.min-length=20", "accounts.sign-up=false"], r#" data-password-min-length="20" data-sign-up="off""#),
    ] {
        let app = TestApp::start_with(overrides).await;
        for path in ["/login", "/signup", "/settings"] {
            assert!(app.visit(path).await.text().contains(said), "{path} {said}");
        }
    }
}

#[tokio::test]
async fn the_login_page_of_a_demo_says_how_to_log_in_and_no_other_page_does() {
    let demo = TestApp::start_with(&["demo.enabled=true"]).await;
    let page = demo.visit("/login").await.text();
    for said in ["class=\"demo\"", ".demo {", ".demo button", "johndoe", "secret", "alice", "secret2"] {
        assert!(page.contains(said), "{said}");
    }
    let plain = TestApp::start().await;
    for page in [
        plain.visit("/login").await.text(),
        plain.visit("/account").await.text(),
        demo.visit("/account").await.text(),
        demo.visit("/signup").await.text(),
        demo.visit("/nowhere").await.text(),
    ] {
        assert!(!page.contains("demo") && !page.contains("johndoe") && !page.contains("alice"));
    }
}

#[tokio::test]
async fn an_unknown_page_is_the_uis_404_for_a_browser() {
    let app = TestApp::start().await;
    for path in ["/nowhere", "/nowhere/", "/account/nowhere", "/favicon.png", "/login//", "//login"] {
        let answer = app.visit(path).await;
        assert_eq!(answer.status, 404);
        assert!(answer.text().contains("Nothing hangs here"), "{path}");
    }
}

#[tokio::test]
async fn an_unknown_path_is_json_for_everybody_else_and_below_the_apis_paths_for_browsers_too() {
    let app = TestApp::start().await;
    for path in ["/nowhere", "/users/me/nowhere", "/%ff", "/..%2f..%2fetc%2fpasswd"] {
        app.anonymous().get(path).await.assert_refused(404, "Not Found");
    }
    for path in ["/users/nobody/x", "/items/Foo/x", "/token/x", "/status/x"] {
        app.visit(path).await.assert_refused(404, "Not Found");
    }
    for path in ["/users/me", "/users", "/users/nobody", "/items", "/items/Foo"] {
        app.visit(path).await.assert_refused(401, "Not authenticated");
    }
}

#[tokio::test]
async fn posting_to_a_page_or_to_nowhere_is_json() {
    let app = TestApp::start().await;
    let post = async |path: &str| {
        let request = Request::builder().method(Method::POST).uri(path).header(header::ACCEPT, BROWSER);
        app.anonymous().send(request.body(Body::empty()).expect("a request")).await
    };
    post("/login").await.assert_refused(405, "Method Not Allowed");
    post("/nowhere").await.assert_refused(404, "Not Found");
}

#[tokio::test]
async fn files_of_the_site_are_served_and_nothing_around_it() {
    let app = TestApp::start().await;
    let site = app.folder.path().join("site");
    std::fs::create_dir_all(site.join("pkg")).expect("a folder");
    std::fs::write(site.join("pkg/cloakroom.css"), "body{}".repeat(100)).expect("a file");
    std::fs::write(app.folder.path().join("outside.txt"), "secret").expect("a file");
    let answer = app.anonymous().get("/pkg/cloakroom.css").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "text/css"));
    assert_eq!(answer.header("cache-control"), "no-cache");
    let modified = answer.header("last-modified").to_owned();
    let again = Request::get("/pkg/cloakroom.css").header(header::IF_MODIFIED_SINCE, modified);
    assert_eq!(app.anonymous().send(again.body(Body::empty()).expect("a request")).await.status, 304);
    for path in ["/pkg", "/../outside.txt", "/pkg/../../outside.txt", "/pkg/%2e%2e/%2e%2e/outside.txt", "/cloakroom.db"]
    {
        app.anonymous().get(path).await.assert_refused(404, "Not Found");
    }
}

#[tokio::test]
async fn pages_and_files_are_compressed_and_the_api_is_not() {
    let app = TestApp::start().await;
    let get = async |path: &str| {
        let request = Request::get(path).header(header::ACCEPT_ENCODING, "gzip, br").header(header::ACCEPT, BROWSER);
        app.anonymous().send(request.body(Body::empty()).expect("a request")).await
    };
    assert_eq!(get("/login").await.header("content-encoding"), "br");
    assert_eq!(get("/users/me").await.header("content-encoding"), "");
}

/// A server with these files in its site.
async fn app_with_files(files: &[(&str, &str)]) -> TestApp {
    TestApp::start_with_site(&[], files).await
}

#[tokio::test]
async fn a_file_whose_name_begins_with_a_dot_is_never_served() {
    let app = app_with_files(&[(".env", "SECRET=1"), (".git/config", "x"), ("pkg/.hidden", "x"), ("pkg/a", "x")]).await;
    for path in ["/.env", "/%2eenv", "/.git/config", "/pkg/.hidden", "/pkg/%2Ehidden", "/pkg/%2e%2e/.env"] {
        app.anonymous().get(path).await.assert_refused(404, "Not Found");
    }
    assert_eq!(app.anonymous().get("/pkg/a").await.status, 200);
}

#[tokio::test]
async fn a_client_that_takes_no_coding_at_all_gets_the_answer_as_it_is() {
    let app = app_with_files(&[("pkg/a.css", "body{}")]).await;
    for refused in ["identity;q=0", "*;q=0", "identity;q=0, zstd"] {
        let headers = [("accept-encoding", refused)];
        let answer = app.anonymous().call_with("GET", "/health/live", &headers, "").await;
        assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, r#"{"status":"ok"}"#), "{refused}");
        let answer = app.anonymous().call_with("GET", "/pkg/a.css", &headers, "").await;
        assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, "body{}"), "{refused}");
        app.anonymous().call_with("GET", "/nowhere", &headers, "").await.assert_refused(404, "Not Found");
    }
}

#[tokio::test]
async fn the_files_of_the_docs_come_in_gzip_only_to_a_client_that_takes_it() {
    let app = TestApp::start().await;
    let gzipped =
        app.anonymous().call_with("GET", "/docs/swagger-ui.css", &[("accept-encoding", "gzip, br")], "").await;
    assert_eq!((gzipped.header("content-encoding"), &gzipped.body[..2]), ("gzip", &[0x1f, 0x8b][..]));
    for headers in [&[][..], &[("accept-encoding", "br")], &[("accept-encoding", "gzip;q=0")]] {
        let plain = app.anonymous().call_with("GET", "/docs/swagger-ui.css", headers, "").await;
        assert_eq!((plain.status.as_u16(), plain.header("vary")), (200, "accept-encoding"));
        assert_eq!(plain.header("content-encoding"), "", "{headers:?}");
        assert!(plain.text().contains(".swagger-ui"), "{headers:?}");
    }
}

#[tokio::test]
async fn a_part_of_a_file_is_sent_only_while_it_is_the_file_that_the_client_began_with() {
    let app = app_with_files(&[("pkg/a.txt", "0123456789")]).await;
    let whole = app.anonymous().get("/pkg/a.txt").await;
    let (etag, modified) = (whole.header("etag").to_owned(), whole.header("last-modified").to_owned());
    let part = async |condition: &str| {
        let answer = app
            .anonymous()
            .call_with("GET", "/pkg/a.txt", &[("range", "bytes=2-4"), ("if-range", condition)], "")
            .await;
        (answer.status.as_u16(), answer.text())
    };
    assert_eq!(part(&etag).await, (206, "234".to_owned()));
    for other in ["\"another\"", &format!("W/{etag}"), &modified, "nonsense"] {
        assert_eq!(part(other).await, (200, "0123456789".to_owned()), "{other}");
    }
    std::fs::write(app.folder.path().join("site/pkg/a.txt"), "another build").expect("a file");
    assert_eq!(part(&etag).await, (200, "another build".to_owned()));
}

#[tokio::test]
async fn a_range_that_does_not_count_is_answered_with_the_whole_file() {
    let app = app_with_files(&[("pkg/a.txt", "0123456789")]).await;
    for range in ["items=0-1", "bytes=0-1,4-5", "bytes=x-y", "BYTES", "bytes=-"] {
        let answer = app.anonymous().call_with("GET", "/pkg/a.txt", &[("range", range)], "").await;
        assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, "0123456789"), "{range}");
    }
    let head = Request::head("/pkg/a.txt").header("range", "bytes=0-1").body(Body::empty()).expect("a request");
    let answer = app.anonymous().send(head).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-length")), (200, "10"));
    let answer = app.anonymous().call_with("GET", "/pkg/a.txt", &[("range", "bytes=10-")], "").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-range")), (416, "bytes */10"));
}
