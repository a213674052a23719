//! The parts of the OpenAPI document that belong to no single handler: the title, the security scheme and the errors.
//! The operations come from the handlers in `server::routes`, which also puts the document together. So the document
//! lists exactly what is served.

mod errors;
mod form;

pub use errors::{BearerErrors, CommonErrors, NotReady, PagingErrors, ScopedErrors, TokenErrors};
pub use form::OAuth2PasswordRequestForm;
use utoipa::{
    OpenApi,
    openapi::{
        self,
        header::HeaderBuilder,
        schema::{ObjectBuilder, Type},
        security::{Flow, OAuth2, Password, Scopes as ScopeSentences, SecurityScheme},
    },
};

use crate::model::Scopes;

/// The security scheme's name, the same as in FastAPI.
pub const SCHEME: &str = "OAuth2PasswordBearer";

/// The title, the description and the tags of the document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Cloakroom",
        description = "Hand over your password once, get a token, collect your items: the OAuth2 password flow of the \
                       FastAPI security tutorial.\n\n\
                       Log in at `POST /token` (here: **Authorize**), then send the token as \
                       `Authorization: Bearer …`. Every error is JSON with a `detail`.\n\n\
                       The password grant is only for first-party clients. RFC 9700 (§2.4) says not to use it at all."
    ),
    tags(
        (name = "OAuth2", description = "Get a token"),
        (name = "users", description = "The current user and the user's items"),
        (name = "service", description = "The service itself")
    )
)]
struct Frame;

/// The document without operations.
pub fn frame() -> openapi::OpenApi {
    let mut document = Frame::openapi();
    // A relative URL, as in the tutorial: the token endpoint is always beside the document.
    let flow = Flow::Password(Password::new("token", ScopeSentences::from_iter(Scopes::ALL.describe())));
    let mut components = document.components.take().unwrap_or_default();
    components.add_security_scheme(SCHEME, SecurityScheme::OAuth2(OAuth2::new([flow])));
    components.schemas.extend(errors::schemas());
    document.components = Some(components);
    document
}

/// Describes, for every answer of these operations, the headers that forbid caching.
pub fn never_stored(document: &mut openapi::OpenApi) {
    let operations = document.paths.paths.values_mut().flat_map(|path| [&mut path.get, &mut path.post]).flatten();
    for response in operations.flat_map(|operation| operation.responses.responses.values_mut()) {
        if let openapi::RefOr::T(response) = response {
            for (name, value) in [("Cache-Control", "no-store"), ("Pragma", "no-cache")] {
                let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some([value]));
                response.headers.insert(name.to_owned(), HeaderBuilder::new().schema(Some(schema)).build().into());
            }
        }
    }
}
