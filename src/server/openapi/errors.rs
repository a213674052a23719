//! The error answers of each operation. They are made from the values that the server sends: the status, body and
//! headers come from the table in [`crate::error`].

use std::collections::BTreeMap;

use utoipa::{
    IntoResponses, PartialSchema, ToSchema,
    openapi::{
        Content, ContentBuilder, Header, Ref, RefOr, Response, ResponseBuilder,
        example::ExampleBuilder,
        header::HeaderBuilder,
        schema::{ArrayBuilder, ObjectBuilder, Schema, Type},
    },
};

use crate::{
    error::{ApiError, Detail, FieldError},
    model::{ADMIN, BrokenRule, Scopes},
    server::{
        routes::api::paging,
        security::{
            any_token::AnyToken,
            caller::{ActiveUser, Fresh, Scoped, SignedIn},
        },
        store::Place,
    },
};

/// The errors of every operation.
pub struct CommonErrors;

/// The errors of the token endpoint.
pub struct TokenErrors;

/// The errors of a revocation.
pub struct RevocationErrors;

/// The errors of an introspection.
pub struct IntrospectionErrors;

/// The errors of a list.
pub struct WrongQuery;

/// The errors of a call with a JSON body.
pub struct BodyErrors;

/// The error of a path that names nothing.
pub struct Unknown;

/// The errors of a value that only one user can have.
pub struct Taken;

/// The error of a deletion that would leave no administrator.
pub struct LastAdministrator;

/// The error of one key too many.
pub struct TooManyKeys;

/// The errors of an administrator's change of an account.
pub struct AccountChangeErrors;

/// The errors of a sign-up.
pub struct SignUpErrors;

/// The errors of a change of the password. They replace those of other types with the same status.
pub struct PasswordChangeErrors;

/// The errors of the readiness check.
pub struct NotReady;

type Responses = BTreeMap<String, RefOr<Response>>;

impl IntoResponses for CommonErrors {
    fn responses() -> Responses {
        responses(faults())
    }
}

impl IntoResponses for TokenErrors {
    fn responses() -> Responses {
        let refusals = [
            ApiError::invalid_request("The field username is required"),
            ApiError::unsupported_grant_type(),
            ApiError::invalid_scope(),
            ApiError::incorrect_credentials(),
            ApiError::invalid_refresh_token(),
            ApiError::not_by_api_key(),
            ApiError::token_and_api_key(),
            ApiError::client_without_scopes(),
            ApiError::repeated_authorization(),
            ApiError::invalid_client(),
            ApiError::request_timeout(),
            ApiError::payload_too_large(),
            ApiError::too_many_failures(30),
            ApiError::internal(),
            ApiError::busy(5),
            ApiError::unavailable(),
            ApiError::too_slow(),
        ];
        responses(refusals.map(ApiError::in_oauth2_words))
    }
}

impl IntoResponses for RevocationErrors {
    fn responses() -> Responses {
        responses(bad_token_forms().into_iter().chain([ApiError::token_of_another_client().in_oauth2_words()]))
    }
}

impl IntoResponses for IntrospectionErrors {
    fn responses() -> Responses {
        responses(bad_token_forms())
    }
}

/// Refusals of a form with a token, and of the client that sends it.
fn bad_token_forms() -> [ApiError; 12] {
    let refusals = [
        ApiError::invalid_request("The field token is required"),
        ApiError::not_by_api_key(),
        ApiError::token_and_api_key(),
        ApiError::repeated_authorization(),
        ApiError::invalid_client(),
        ApiError::request_timeout(),
        ApiError::payload_too_large(),
        ApiError::too_many_failures(30),
        ApiError::internal(),
        ApiError::busy(5),
        ApiError::unavailable(),
        ApiError::too_slow(),
    ];
    refusals.map(ApiError::in_oauth2_words)
}

/// The errors of a call that any valid token or key may make, also a client's own token.
impl IntoResponses for AnyToken {
    fn responses() -> Responses {
        ActiveUser::responses()
    }
}

/// The errors of a call that any user's token or key may make.
impl IntoResponses for ActiveUser {
    fn responses() -> Responses {
        responses(bad_requests().into_iter().chain(bad_tokens()).chain([ApiError::invalid_api_key()]).chain(faults()))
    }
}

/// The errors of a call that needs a token or a key with these scopes.
impl<const NEEDED: u8> IntoResponses for Scoped<NEEDED> {
    fn responses() -> Responses {
        let more = [ApiError::invalid_api_key(), ApiError::insufficient_scope(Scopes::new(NEEDED))];
        responses(bad_requests().into_iter().chain(bad_tokens()).chain(more).chain(faults()))
    }
}

/// The errors of a call that needs a token with these scopes, and takes no key.
impl<const NEEDED: u8> IntoResponses for SignedIn<NEEDED> {
    fn responses() -> Responses {
        let more = [ApiError::insufficient_scope(Scopes::new(NEEDED)), ApiError::not_by_api_key()];
        responses(bad_requests().into_iter().chain(bad_tokens()).chain(more).chain(faults()))
    }
}

/// The errors of a call that needs a fresh token with these scopes.
impl<const NEEDED: u8> IntoResponses for Fresh<NEEDED> {
    fn responses() -> Responses {
        let more = [
            ApiError::insufficient_user_authentication(),
            ApiError::insufficient_scope(Scopes::new(NEEDED)),
            ApiError::not_by_api_key(),
        ];
        responses(bad_requests().into_iter().chain(bad_tokens()).chain(more).chain(faults()))
    }
}

impl IntoResponses for WrongQuery {
    fn responses() -> Responses {
        responses(paging::read::<Place>("skip=-1&limit=ten&after=x").err())
    }
}

impl IntoResponses for BodyErrors {
    fn responses() -> Responses {
        let broken = BrokenRule::too_short("title", "A title has at least one character");
        let body = [
            ApiError::broken_off(),
            ApiError::request_timeout(),
            ApiError::payload_too_large(),
            ApiError::unsupported_media_type(),
            ApiError::unprocessable(vec![FieldError::in_body(broken)]),
        ];
        responses(bad_requests().into_iter().chain(body))
    }
}

impl IntoResponses for Unknown {
    fn responses() -> Responses {
        responses([ApiError::not_found()])
    }
}

impl IntoResponses for Taken {
    fn responses() -> Responses {
        responses([ApiError::email_taken()])
    }
}

impl IntoResponses for LastAdministrator {
    fn responses() -> Responses {
        responses([ApiError::last_administrator()])
    }
}

impl IntoResponses for TooManyKeys {
    fn responses() -> Responses {
        responses([ApiError::too_many_api_keys()])
    }
}

impl IntoResponses for AccountChangeErrors {
    fn responses() -> Responses {
        let own = [
            ApiError::insufficient_scope(Scopes::new(ADMIN)),
            // With a password.
            ApiError::not_by_api_key(),
            ApiError::not_found(),
            ApiError::email_taken(),
            ApiError::last_administrator(),
            ApiError::busy(5),
        ];
        responses(own.into_iter().chain(faults()))
    }
}

impl IntoResponses for SignUpErrors {
    fn responses() -> Responses {
        let own = [
            ApiError::sign_up_off(),
            ApiError::not_by_api_key(),
            ApiError::username_taken(),
            ApiError::email_taken(),
            ApiError::too_many_sign_ups(30),
            ApiError::busy(5),
        ];
        responses(bad_tokens().into_iter().chain(own).chain(faults()))
    }
}

impl IntoResponses for PasswordChangeErrors {
    fn responses() -> Responses {
        let own = [
            ApiError::incorrect_password(),
            ApiError::broken_off(),
            ApiError::too_many_failures(30),
            ApiError::busy(5),
        ];
        responses(own.into_iter().chain(bad_requests()).chain(faults()))
    }
}

/// Requests that are refused for their header or their user.
fn bad_requests() -> [ApiError; 4] {
    [
        ApiError::inactive_user(),
        ApiError::repeated_authorization(),
        ApiError::repeated_api_key(),
        ApiError::token_and_api_key(),
    ]
}

/// No token, or a bad one.
fn bad_tokens() -> [ApiError; 2] {
    [ApiError::not_authenticated(), ApiError::invalid_token()]
}

/// What any call may end with.
fn faults() -> [ApiError; 3] {
    [ApiError::internal(), ApiError::unavailable(), ApiError::too_slow()]
}

impl IntoResponses for NotReady {
    fn responses() -> Responses {
        responses([ApiError::internal(), ApiError::unavailable()])
    }
}

/// One response for each status of these refusals.
pub(super) fn responses(refusals: impl IntoIterator<Item = ApiError>) -> Responses {
    let mut by_status = BTreeMap::<u16, Vec<ApiError>>::new();
    for refusal in refusals {
        by_status.entry(refusal.status).or_default().push(refusal);
    }
    by_status.into_iter().map(|(status, refusals)| (status.to_string(), response(&refusals).into())).collect()
}

/// The response of one status, with each of these refusals as an example.
fn response(refusals: &[ApiError]) -> Response {
    let examples = refusals.iter().map(|refusal| {
        let body = serde_json::to_value(&refusal.body).ok();
        (sentence(refusal), ExampleBuilder::new().value(body).build())
    });
    let schema = refusals.first().map(|refusal| Ref::from_schema_name(schema_name(refusal)));
    let content: Content = ContentBuilder::new().schema(schema).examples_from_iter(examples).build();
    // A bad token and a bad key have one sentence.
    let mut sentences: Vec<_> = refusals.iter().map(sentence).collect();
    sentences.dedup();
    let description = sentences.join(" · ");
    let mut response = ResponseBuilder::new().description(description).content("application/json", content);
    let challenges: Vec<_> = refusals.iter().filter_map(|refusal| refusal.challenge.clone()).collect();
    if !challenges.is_empty() {
        let schema = ObjectBuilder::new().schema_type(Type::String).examples(challenges);
        response = response.header("WWW-Authenticate", header("How to authenticate (RFC 6750 §3)", schema));
    }
    if let Some(seconds) = refusals.iter().find_map(|refusal| refusal.retry_after) {
        let schema = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).examples([seconds]);
        response = response.header("Retry-After", header("When to try again, in seconds", schema));
    }
    response.build()
}

/// The text of a refusal.
fn sentence(refusal: &ApiError) -> String {
    match &refusal.body.detail {
        Detail::Text(sentence) => sentence.clone().into_owned(),
        Detail::Fields(_) => "A value breaks a rule".to_owned(),
    }
}

fn header(description: &str, schema: ObjectBuilder) -> Header {
    HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build()
}

/// The schema of a refusal's body. Each schema has only one kind of `detail`, which is simpler for clients.
fn schema_name(refusal: &ApiError) -> &'static str {
    match (&refusal.body.detail, &refusal.body.error) {
        (Detail::Fields(_), _) => "HTTPValidationError",
        (Detail::Text(_), Some(_)) => "OAuth2Error",
        (Detail::Text(_), None) => "HTTPError",
    }
}

/// The schemas that [`schema_name`] names, and what they refer to.
pub fn schemas() -> impl IntoIterator<Item = (String, RefOr<Schema>)> {
    let text = |description: &str| ObjectBuilder::new().schema_type(Type::String).description(Some(description));
    let object = || ObjectBuilder::new().schema_type(Type::Object);
    let http_error = object()
        .description(Some("An error."))
        .property("detail", text("What went wrong, and what to do about it."))
        .required("detail");
    let oauth2_error = object()
        .description(Some("An error of OAuth2's endpoints (RFC 6749 §5.2)."))
        .property("detail", text("What went wrong, and what to do about it."))
        .property("error", text("RFC 6749's error code."))
        .property("error_description", text("The same text as `detail`, in RFC 6749's member."))
        .required("detail")
        .required("error")
        .required("error_description");
    let validation_error = object()
        .description(Some("Values that break a rule."))
        .property("detail", ArrayBuilder::new().items(Ref::from_schema_name(FieldError::name())))
        .required("detail");
    [
        ("HTTPError".to_owned(), http_error.into()),
        ("OAuth2Error".to_owned(), oauth2_error.into()),
        ("HTTPValidationError".to_owned(), validation_error.into()),
        (FieldError::name().into_owned(), FieldError::schema()),
    ]
}
