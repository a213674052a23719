//! Pages of other origins (CORS, the Fetch standard §3.2). Unless the settings list origins, no browser lets another
//! site's page read an answer. This module grants no permissions: only the bearer token and the API key do.

use std::time::Duration;

use axum::{
    extract::Request,
    http::{
        HeaderName, HeaderValue, Method,
        header::{
            ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, CONTENT_TYPE, ETAG, IF_MATCH, LINK, LOCATION, RETRY_AFTER,
            WWW_AUTHENTICATE,
        },
    },
};
use tower_http::cors::CorsLayer;

use crate::server::{security::api_key_header::API_KEY_HEADER, settings::Origin};

/// How long a browser may cache the answer to a preflight.
const MAX_AGE: Duration = Duration::from_secs(600);

/// The layer that opens answers to pages of these origins. A page can send a token or an API key. Cookies and other credentials of the
/// browser are not allowed. `None` without origins.
pub fn layer(origins: &[Origin]) -> Option<CorsLayer> {
    let origins: Vec<_> = origins.iter().filter_map(|origin| HeaderValue::from_str(origin.as_str()).ok()).collect();
    let layer = CorsLayer::new()
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE, IF_MATCH, HeaderName::from_static(API_KEY_HEADER)])
        .expose_headers([ETAG, LINK, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE])
        .max_age(MAX_AGE);
    (!origins.is_empty()).then(|| layer.allow_origin(origins))
}

/// Whether the request is OPTIONS without being a preflight. The layer would answer it. The router must.
pub fn is_plain_options(request: &Request) -> bool {
    request.method() == Method::OPTIONS && !request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}
