//! Pages, files, and what is answered where nothing is.

use axum::{
    body::Body,
    http::{Method, Request, header},
};

use super::support::{Answer, BROWSER, TestApp};

/// What a person's browser gets at this address.
async fn visit(app: &TestApp, path: &str) -> Answer {
    let request = Request::get(path).header(header::ACCEPT, BROWSER).body(Body::empty()).expect("a request");
    app.anonymous().send(request).await
}

#[tokio::test]
async fn each_page_is_rendered_with_its_title_with_and_without_a_trailing_slash() {
    let app = TestApp::start().await;
    for (path, title) in [
        ("/", "Your account · Cloakroom"),
        ("/account", "Your account · Cloakroom"),
        ("/account/", "Your account · Cloakroom"),
        ("/login", "Log in · Cloakroom"),
        ("/login/", "Log in · Cloakroom"),
        ("/login?next=/account", "Log in · Cloakroom"),
    ] {
        let answer = visit(&app, path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.header("content-type").starts_with("text/html"), "{path}");
        assert!(answer.text().contains(&format!("<title>{title}</title>")), "{path}");
    }
}

#[tokio::test]
async fn the_login_form_can_not_be_submitted_before_it_is_hydrated_and_never_into_a_url() {
    let app = TestApp::start().await;
    let page = visit(&app, "/login").await.text();
    let form = &page[page.find("<form").expect("a form")..page.find("</form>").expect("its end")];
    assert!(form.contains(r#"method="post""#) && form.contains(r#"action="/token""#));
    let submit = &form[form.find(r#"<button type="submit""#).expect("a submit button")..];
    assert!(submit[..submit.find('>').expect("the tag's end")].contains(" disabled"));
    assert!(form.contains(r#"autocomplete="username""#) && form.contains(r#"autocomplete="current-password""#));
}

#[tokio::test]
async fn an_unknown_page_is_the_uis_404_for_a_browser() {
    let app = TestApp::start().await;
    for path in ["/nowhere", "/nowhere/", "/account/nowhere", "/favicon.png", "/login//", "//login"] {
        let answer = visit(&app, path).await;
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
    for path in ["/users/nobody", "/users", "/items/Foo", "/token/x", "/status/x"] {
        visit(&app, path).await.assert_refused(404, "Not Found");
    }
    visit(&app, "/users/me").await.assert_refused(401, "Not authenticated");
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
