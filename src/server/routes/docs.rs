//! The API's description: for programs at `/openapi.json`, for people at `/docs`.

use std::{
    borrow::Cow,
    sync::{Arc, LazyLock},
};

use axum::{
    body::Bytes,
    extract::{Path, rejection::PathRejection},
    http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    response::{Html, IntoResponse, Response},
};
use utoipa_swagger_ui::{Config, SwaggerFile};

use super::armour::DOCS_POLICY;
use crate::{error::ApiError, server::docs::Refusals};

/// The document, made once: it is the same for everybody.
static DOCUMENT: LazyLock<serde_json::Result<Bytes>> =
    LazyLock::new(|| serde_json::to_vec(&super::document()).map(Bytes::from));

/// The page around Swagger UI.
const PAGE: &str = include_str!("docs.html");
/// What that page needs of ours: files of their own, as scripts and styles within a page are what an attacker writes.
const OURS: [(&str, &str, &str); 2] =
    [("docs.css", "text/css", include_str!("docs.css")), ("docs.js", "text/javascript", include_str!("docs.js"))];
/// And of Swagger UI, which is compiled into the program: nobody else is asked for it.
const SWAGGER_UI: [&str; 2] = ["swagger-ui.css", "swagger-ui-bundle.js"];

/// Read the OpenAPI document
///
/// The document that describes this API (OpenAPI 3.1).
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "service",
    operation_id = "openapi",
    responses((status = 200, description = "The document", body = Object), Refusals)
)]
pub async fn openapi() -> Result<Response, ApiError> {
    match &*DOCUMENT {
        Ok(document) => Ok(([(CONTENT_TYPE, "application/json")], document.clone()).into_response()),
        Err(error) => {
            tracing::error!(%error, "the OpenAPI document cannot be written");
            Err(ApiError::internal())
        }
    }
}

/// `GET /docs`: the API to read and to try out.
pub async fn page() -> impl IntoResponse {
    ([(CONTENT_SECURITY_POLICY, DOCS_POLICY)], Html(PAGE))
}

/// `GET /docs/{name}`: what the page consists of.
pub async fn file(name: Result<Path<String>, PathRejection>) -> Response {
    // What is not UTF-8 names nothing.
    let name = name.map(|Path(name)| name).unwrap_or_default();
    if let Some((_, content_type, text)) = OURS.iter().find(|(ours, ..)| *ours == name) {
        return ([(CONTENT_TYPE, *content_type)], *text).into_response();
    }
    let part = SWAGGER_UI.contains(&&*name).then(|| utoipa_swagger_ui::serve(&name, Arc::new(Config::default())));
    match part.and_then(Result::ok).flatten() {
        Some(SwaggerFile { bytes, content_type, .. }) => {
            let headers = [(CONTENT_TYPE, &*content_type), (CONTENT_ENCODING, "gzip"), (CACHE_CONTROL, "max-age=3600")];
            let body = match bytes {
                Cow::Borrowed(bytes) => Bytes::from_static(bytes),
                Cow::Owned(bytes) => bytes.into(),
            };
            (headers, body).into_response()
        }
        None => ApiError::not_found().into_response(),
    }
}
