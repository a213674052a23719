//! The API's description: for programs at `/openapi.json`, for people at `/docs`.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    io::{self, Read},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Extension,
    body::Bytes,
    extract::{Path, rejection::PathRejection},
    http::{
        HeaderMap,
        header::{ACCEPT_RANGES, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY},
    },
    response::{Html, IntoResponse, Response},
};
use flate2::read::GzDecoder;
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerFile};

use super::accept_encoding::prefers_gzip;
use crate::{
    error::ApiError,
    server::{openapi::CommonErrors, routes::around::DOCS_POLICY},
};

/// The document, written once. It is the same for every client. An extension of its route. `None` if it cannot be written.
#[derive(Clone)]
pub struct Document(Option<Bytes>);

impl Document {
    /// Writes the document.
    pub fn of(document: &OpenApi) -> Self {
        let written = serde_json::to_vec(document);
        Self(
            written
                .inspect_err(|error| tracing::error!(%error, "the OpenAPI document cannot be written"))
                .ok()
                .map(Bytes::from),
        )
    }
}

/// The path of the page around Swagger UI.
pub const PAGE_PATH: &str = "/docs";
/// The path of that page's files.
pub const FILE_PATH: &str = "/docs/{name}";

/// The page around Swagger UI.
const PAGE: &str = include_str!("docs.html");
/// Our own files of that page. The page's policy allows no inline scripts or styles.
const OURS: [(&str, &str, &str); 2] =
    [("docs.css", "text/css", include_str!("docs.css")), ("docs.js", "text/javascript", include_str!("docs.js"))];
/// The files of Swagger UI. They are compiled into the program: the page loads nothing from other servers.
const SWAGGER_UI: [&str; 2] = ["swagger-ui.css", "swagger-ui-bundle.js"];

/// Read the OpenAPI document
///
/// The document that describes this API (OpenAPI 3.1).
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "service",
    operation_id = "openapi",
    responses((status = 200, description = "The document", body = Object), CommonErrors)
)]
pub async fn openapi(Extension(Document(document)): Extension<Document>) -> Result<Response, ApiError> {
    let document = document.ok_or_else(ApiError::internal)?;
    Ok(([(CONTENT_TYPE, "application/json")], document).into_response())
}

/// `GET /docs`: the API to read and to try out.
pub async fn page() -> impl IntoResponse {
    ([(CONTENT_SECURITY_POLICY, DOCS_POLICY)], Html(PAGE))
}

/// `GET /docs/{name}`: the files of the page.
pub async fn file(name: Result<Path<String>, PathRejection>, headers: HeaderMap) -> Response {
    // No file has a name that is not UTF-8.
    let name = name.map(|Path(name)| name).unwrap_or_default();
    if let Some((_, content_type, text)) = OURS.iter().find(|(ours, ..)| *ours == name) {
        return ([(CONTENT_TYPE, *content_type)], *text).into_response();
    }
    let part = SWAGGER_UI.contains(&&*name).then(|| utoipa_swagger_ui::serve(&name, Arc::new(Config::default())));
    match part.and_then(Result::ok).flatten() {
        Some(file) => swagger_ui(&name, file, prefers_gzip(&headers)),
        None => ApiError::not_found().into_response(),
    }
}

/// A file of Swagger UI, in gzip as it is compiled in, or decompressed.
fn swagger_ui(name: &str, file: SwaggerFile<'static>, gzip: bool) -> Response {
    let headers = [
        (CONTENT_TYPE, &*file.content_type),
        (CACHE_CONTROL, "max-age=3600"),
        (VARY, "accept-encoding"),
        // Not in parts, and so not compressed on the way either.
        (ACCEPT_RANGES, "none"),
    ];
    if gzip {
        let body = match file.bytes {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => bytes.into(),
        };
        return (headers, [(CONTENT_ENCODING, "gzip")], body).into_response();
    }
    match decompressed(name, &file.bytes) {
        Ok(body) => (headers, body).into_response(),
        Err(error) => {
            tracing::error!(%error, name, "a file of Swagger UI cannot be decompressed");
            ApiError::internal().into_response()
        }
    }
}

/// The decompressed file. It is kept: the work is done once.
fn decompressed(name: &str, gzipped: &[u8]) -> io::Result<Bytes> {
    static KEPT: Mutex<BTreeMap<String, Bytes>> = Mutex::new(BTreeMap::new());
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(bytes) = kept.get(name) {
        return Ok(bytes.clone());
    }
    let mut bytes = Vec::new();
    GzDecoder::new(gzipped).read_to_end(&mut bytes)?;
    Ok(kept.entry(name.to_owned()).or_insert(bytes.into()).clone())
}
