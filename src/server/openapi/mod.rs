//! The parts of the OpenAPI document that belong to no single handler: the title, the security scheme and the errors.
//! The operations come from the handlers in `server::routes`, which also puts the document together. So the document
//! lists exactly what is served.

mod changes;
mod errors;
mod form;

use std::collections::BTreeSet;

pub use changes::{Conditional, CreatedUser};
pub use errors::{
    AccountChangeErrors, BodyErrors, CommonErrors, IntrospectionErrors, LastAdministrator, NotReady,
    PasswordChangeErrors, RevocationErrors, SignUpErrors, Taken, TokenErrors, TooManyKeys, Unknown, WrongQuery,
};
pub use form::{IntrospectionRequestForm, RevocationRequestForm, TokenRequest};
use utoipa::{
    OpenApi,
    openapi::{
        self, Header, PathItem, RefOr, Schema,
        header::HeaderBuilder,
        path::Operation,
        schema::{AdditionalProperties, ObjectBuilder, Type},
        security::{
            ApiKey, ApiKeyValue, Flow, HttpAuthScheme, HttpBuilder, OAuth2, Password, Scopes as ScopeSentences,
            SecurityRequirement, SecurityScheme,
        },
    },
};

use crate::model::Scopes;

/// The name of the tokens' security scheme, the same as in FastAPI.
pub const SCHEME: &str = "OAuth2PasswordBearer";
/// The name of the API keys' security scheme, the same as in FastAPI.
pub const KEY_SCHEME: &str = "APIKeyHeader";
/// The name of the scheme by which clients authenticate, in FastAPI's words too.
const CLIENT_SCHEME: &str = "HTTPBasic";
/// The name of the scheme of the cookies, in FastAPI's words too.
const COOKIE_SCHEME: &str = "APIKeyCookie";

/// The title, the description and the tags of the document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Cloakroom",
        description = "Hand over your password once, get a token, collect your items: the OAuth2 password flow of the \
                       FastAPI security tutorial.\n\n\
                       Log in at `POST /token` (here: **Authorize**), then send the token as \
                       `Authorization: Bearer …`. A program may send an API key as `X-API-Key` instead, where the operation \
                       lists it. Every error is JSON with a `detail`.\n\n\
                       The password grant is only for first-party clients. RFC 9700 (§2.4) says not to use it at all."
    ),
    tags(
        (name = "OAuth2", description = "Get a token"),
        (name = "sessions", description = "Where a user is signed in"),
        (name = "API keys", description = "What a user gives to programs"),
        (name = "users", description = "The current user, sign-up, and accounts for administrators"),
        (name = "items", description = "Items"),
        (name = "service", description = "The service itself")
    )
)]
struct Frame;

/// The document without operations.
pub fn frame() -> openapi::OpenApi {
    let mut document = Frame::openapi();
    // A relative URL, as in the tutorial: the token endpoint is always beside the document.
    let scopes = ScopeSentences::from_iter(Scopes::ASKABLE.describe());
    let flow = Flow::Password(Password::with_refresh_url("token", scopes, "token"));
    let mut components = document.components.take().unwrap_or_default();
    components.add_security_scheme(SCHEME, SecurityScheme::OAuth2(OAuth2::new([flow])));
    let header = ApiKeyValue::with_description(
        "X-API-Key",
        "Made by `POST /users/me/api-keys`. Send a token or a key, not both.",
    );
    components.add_security_scheme(KEY_SCHEME, SecurityScheme::ApiKey(ApiKey::Header(header)));
    let basic = HttpBuilder::new()
        .scheme(HttpAuthScheme::Basic)
        .description(Some("The id and the secret of a confidential client (RFC 6749 §2.3.1)"));
    components.add_security_scheme(CLIENT_SCHEME, SecurityScheme::Http(basic.build()));
    let cookie = ApiKeyValue::with_description(
        "__Secure-cloakroom-{session_id}",
        "The refresh token of Cloakroom's own pages, which no script can read. Each session has its own cookie. Without HTTPS its name \
         begins with `cloakroom-`.",
    );
    components.add_security_scheme(COOKIE_SCHEME, SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    components.schemas.extend(errors::schemas());
    document.components = Some(components);
    document
}

/// Completes the document: what follows from the operations themselves.
pub fn complete(document: &mut openapi::OpenApi) {
    for operation in operations(document) {
        require_scopes(operation);
        forbid_storing(operation);
    }
    close_bodies(document);
}

/// Says of each JSON body that it has no other members: they are refused.
fn close_bodies(document: &mut openapi::OpenApi) {
    let mut bodies = BTreeSet::new();
    for operation in operations(document) {
        let Some(RefOr::T(body)) = &operation.request_body else { continue };
        let Some(RefOr::T(json)) = body.content.get("application/json") else { continue };
        if let Some(RefOr::Ref(reference)) = &json.schema {
            bodies.extend(reference.ref_location.rsplit('/').next().map(str::to_owned));
        }
    }
    for (name, schema) in document.components.iter_mut().flat_map(|components| &mut components.schemas) {
        if let RefOr::T(Schema::Object(object)) = schema
            && bodies.contains(name)
        {
            object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        }
    }
}

/// All operations of the document.
fn operations(document: &mut openapi::OpenApi) -> impl Iterator<Item = &mut Operation> {
    document.paths.paths.values_mut().flat_map(|path| {
        let PathItem { get, put, post, patch, delete, .. } = path;
        [get, put, post, patch, delete].into_iter().flatten()
    })
}

/// Says which scopes an operation needs, unless it says so itself. They are in the challenge of its 403, which is made of the
/// handler's own extractor. An operation that refuses bad tokens and has no such 403 takes any token. One that refuses bad keys
/// takes a key, too.
fn require_scopes(operation: &mut Operation) {
    let challenge = |status: &str| match operation.responses.responses.get(status) {
        Some(RefOr::T(response)) => response.headers.get("WWW-Authenticate").map(examples_of),
        _ => None,
    };
    // The token endpoint's 401 is another one.
    let refuses = |word: &str| challenge("401").iter().flatten().any(|challenge| challenge.contains(word));
    let (takes_a_token, takes_a_key) = (refuses("invalid_token"), refuses("APIKey"));
    let scopes = challenge("403");
    let names = scopes.iter().flatten().find_map(|challenge| challenge.split_once("scope=\"")?.1.strip_suffix('"'));
    if operation.security.is_none() && takes_a_token {
        let names = names.unwrap_or_default().split(' ').filter(|name| !name.is_empty());
        let key = takes_a_key.then(|| SecurityRequirement::new(KEY_SCHEME, [""; 0]));
        operation.security = Some([SecurityRequirement::new(SCHEME, names)].into_iter().chain(key).collect());
    }
}

/// The example values of a header.
fn examples_of(header: &RefOr<Header>) -> Vec<String> {
    let RefOr::T(Header { schema: Some(RefOr::T(Schema::Object(text))), .. }) = header else { return Vec::new() };
    text.examples.iter().filter_map(|example| example.as_str().map(str::to_owned)).collect()
}

/// Describes, for every answer of an operation, the headers that forbid caching.
fn forbid_storing(operation: &mut Operation) {
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            for (name, value) in [("Cache-Control", "no-store"), ("Pragma", "no-cache")] {
                let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some([value]));
                response.headers.insert(name.to_owned(), HeaderBuilder::new().schema(Some(schema)).build().into());
            }
        }
    }
}
