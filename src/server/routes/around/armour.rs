//! Security headers for browsers. Every answer has them. Pages have their own policy of what they may load and do
//! (Content-Security-Policy Level 3). The token is in the browser's storage: the policy protects it from injected
//! scripts.

use axum::http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{
        CONTENT_SECURITY_POLICY, CONTENT_TYPE, Entry, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
        X_CONTENT_TYPE_OPTIONS,
    },
};
use leptos::{
    config::{Env, LeptosOptions},
    nonce::use_nonce,
    prelude::use_context,
};
use leptos_axum::ResponseOptions;

/// Headers of every answer.
static HEADERS: [(HeaderName, HeaderValue); 4] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    // An answer that is not a page may do nothing, even if a browser treats it as a page.
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    ),
];

/// Further headers of pages.
static ON_PAGES: [(HeaderName, HeaderValue); 2] = [
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), midi=(), \
             payment=(), usb=()",
        ),
    ),
];

/// The header of servers that are reached by HTTPS. For a year, in seconds, a browser then uses HTTPS only.
static HSTS: (HeaderName, HeaderValue) = (STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));

/// The policy of `/docs`. Swagger UI's icons are `data:` images.
pub const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                               connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
                               frame-ancestors 'none'";

/// Adds the headers that an answer does not have yet. `https` tells whether clients reach the server by HTTPS.
pub fn put_on(https: bool, headers: &mut HeaderMap) {
    let is_page = headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let on_pages = ON_PAGES.iter().filter(|_| is_page);
    let hsts = https.then_some(&HSTS);
    for (name, value) in HEADERS.iter().chain(on_pages).chain(hsts) {
        if let Entry::Vacant(header) = headers.entry(name) {
            header.insert(value.clone());
        }
    }
}

/// Sets the policy of the page that is being rendered. Inline scripts run, and inline styles apply, only with this
/// page's nonce.
pub fn set_page_policy(options: &LeptosOptions) {
    let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) else { return };
    // `cargo leptos watch` tells the page to reload, through a separate port.
    let reload = match options.env {
        Env::DEV => format!(" ws://127.0.0.1:{0} ws://localhost:{0}", options.reload_port),
        Env::PROD => String::new(),
    };
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; \
         img-src 'self'; connect-src 'self'{reload}; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types default"
    );
    if let Ok(policy) = HeaderValue::try_from(policy) {
        response.insert_header(CONTENT_SECURITY_POLICY, policy);
    }
}
