//! Pages of other origins (CORS, the Fetch standard §3.2). Unless the settings list origins, no browser lets another
//! site's page read an answer. This module grants no permissions: only the bearer token does.

use std::time::Duration;

use axum::{
    Router,
    extract::Request,
    http::{
        HeaderValue, Method,
        header::{ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, CONTENT_TYPE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE},
    },
};
use tower::ServiceExt;
use tower_http::cors::CorsLayer;

use crate::server::settings::Origin;

/// How long a browser may cache the answer to a preflight.
const MAX_AGE: Duration = Duration::from_secs(600);

/// Opens the routes to pages of these origins. A page can send a token. Cookies and other credentials of the browser
/// are not allowed.
pub fn open_to(origins: &[Origin], router: Router) -> Router {
    let origins: Vec<_> = origins.iter().filter_map(|origin| HeaderValue::from_str(origin.as_str()).ok()).collect();
    if origins.is_empty() {
        return router;
    }
    let cors = CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE])
        .expose_headers([LOCATION, RETRY_AFTER, WWW_AUTHENTICATE])
        .max_age(MAX_AGE);
    let open = router.clone().layer(cors);
    // The layer answers every OPTIONS request. An OPTIONS request that is not a preflight goes to the router instead.
    Router::new().fallback(async move |request: Request| {
        let preflight = request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        let plain = request.method() == Method::OPTIONS && !preflight;
        if plain { router.oneshot(request).await } else { open.oneshot(request).await }
    })
}
