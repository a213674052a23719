//! The OpenAPI document's parts that are not a handler's own: what the API is called, how one authenticates, and what it
//! refuses. The operations come from the handlers in `server::routes`, which also puts the document together; so it
//! lists what is served, and nothing else.

mod form;
mod refusals;

pub use form::OAuth2PasswordRequestForm;
pub use refusals::{BearerRefusals, NotReady, PagingRefusals, Refusals, ScopedRefusals, TokenRefusals};
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

/// The security scheme's name, FastAPI's word for it.
pub const SCHEME: &str = "OAuth2PasswordBearer";

/// The frame that the operations are put into.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Cloakroom",
        description = "Hand over your password once, get a token, collect your items: the OAuth2 password flow of the \
                       FastAPI security tutorial.\n\n\
                       Log in at `POST /token` (here: **Authorize**), then send the token as \
                       `Authorization: Bearer …`. Every error is JSON with a `detail`.\n\n\
                       The password grant is for first-party clients at most: RFC 9700 (§2.4) advises against it altogether."
    ),
    tags(
        (name = "OAuth2", description = "Get a token"),
        (name = "users", description = "The current user, and what is theirs"),
        (name = "service", description = "The service itself")
    )
)]
struct Frame;

/// The document without operations.
pub fn frame() -> openapi::OpenApi {
    let mut document = Frame::openapi();
    // Relative, as in the tutorial: wherever the document was found, the token endpoint is beside it.
    let flow = Flow::Password(Password::new("token", ScopeSentences::from_iter(Scopes::ALL.describe())));
    let mut components = document.components.take().unwrap_or_default();
    components.add_security_scheme(SCHEME, SecurityScheme::OAuth2(OAuth2::new([flow])));
    components.schemas.extend(refusals::schemas());
    document.components = Some(components);
    document
}

/// Says of every answer of these operations that no cache may keep it.
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
