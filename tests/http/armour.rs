//! The security headers for browsers.

use super::support::{PRIVATE_KEY, TestApp};

/// The value of one directive of a policy.
fn directive<'a>(policy: &'a str, name: &str) -> &'a str {
    let mut directives = policy.split(';').map(str::trim);
    directives.find_map(|directive| directive.strip_prefix(name)).map_or("", str::trim)
}

#[tokio::test]
async fn every_answer_says_what_a_browser_may_not_do_with_it() {
    let app = TestApp::start().await;
    for path in ["/login", "/nowhere", "/docs", "/docs/docs.js", "/users/me", "/users/nowhere", "/openapi.json"] {
        let answer = app.visit(path).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), value, "{path} {name}");
        }
        let page = answer.header("content-type").starts_with("text/html");
        assert_eq!(answer.header("permissions-policy").contains("camera=()"), page, "{path}");
        assert_eq!(answer.header("cross-origin-opener-policy") == "same-origin", page, "{path}");
        let policy = answer.header("content-security-policy");
        assert_eq!(directive(policy, "default-src"), "'none'", "{path}");
        assert_eq!(directive(policy, "base-uri"), "'none'", "{path}");
        assert_eq!(directive(policy, "frame-ancestors"), "'none'", "{path}");
        assert!(!policy.contains(" 'unsafe-"), "{path}");
        assert_eq!(answer.header("strict-transport-security"), "", "{path}: no HSTS over plain HTTP");
    }
}

#[tokio::test]
async fn a_page_has_a_policy_with_a_nonce_of_its_own_on_each_of_its_scripts_and_styles() {
    let app = TestApp::start_with(&["demo.enabled=true"]).await;
    let mut nonces = Vec::new();
    for path in ["/login", "/account", "/nowhere"] {
        let answer = app.visit(path).await;
        let policy = answer.header("content-security-policy");
        let script = directive(policy, "script-src");
        let nonce =
            script.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce").to_owned();
        assert_eq!(script, format!("'self' 'nonce-{nonce}' 'wasm-unsafe-eval'"));
        assert_eq!(directive(policy, "style-src"), format!("'self' 'nonce-{nonce}'"));
        assert_eq!(directive(policy, "object-src"), "'none'");
        assert_eq!(directive(policy, "form-action"), "'self'");
        let page = answer.text();
        for element in ["<script", "<style"] {
            let opened: Vec<_> = page.split(element).skip(1).filter_map(|rest| rest.split('>').next()).collect();
            assert!(!opened.is_empty(), "{path} {element}");
            assert!(opened.iter().all(|tag| tag.contains(&format!(r#"nonce="{nonce}""#))), "{path} {element}");
        }
        assert!(!page.contains(" style="), "{path}");
        assert!(nonce.len() >= 22, "a nonce has at least 128 bits");
        nonces.push(nonce);
    }
    nonces.dedup();
    assert_eq!(nonces.len(), 3);
}

#[tokio::test]
async fn where_clients_come_by_https_browsers_are_told_to_stay_with_it() {
    let app = TestApp::start_with(&["server.public-url=https://cloakroom.example.com"]).await;
    for path in ["/login", "/users/me"] {
        assert_eq!(app.visit(path).await.header("strict-transport-security"), "max-age=31536000");
    }
}

#[tokio::test]
async fn in_production_a_page_connects_to_its_own_server_only() {
    for (env, connect) in [("PROD", "'self'"), ("DEV", "'self' ws://127.0.0.1:3001 ws://localhost:3001")] {
        let app = TestApp::start_with(&[PRIVATE_KEY, &format!("leptos.env={env}")]).await;
        let answer = app.visit("/login").await;
        assert_eq!(directive(answer.header("content-security-policy"), "connect-src"), connect);
    }
}
