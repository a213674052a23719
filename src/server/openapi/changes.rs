//! What calls that change something have in common: the condition, and the answer of a call that creates a user.

use std::collections::BTreeMap;

use utoipa::{
    IntoParams, IntoResponses, ToSchema,
    openapi::{
        ContentBuilder, Ref, RefOr, Required, Response, ResponseBuilder,
        header::HeaderBuilder,
        path::{Parameter, ParameterBuilder, ParameterIn},
        schema::{AnyOfBuilder, ObjectBuilder, Schema, Type},
    },
};

use super::errors::responses;
use crate::{
    error::ApiError,
    model::{Account, User},
};

/// A change that may be conditional: the header `If-Match`, and the answer if the condition does not hold.
pub struct Conditional;

/// The answer of a call that creates a user.
pub struct CreatedUser;

impl IntoParams for Conditional {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "The `ETag` that the change is meant for. With another one by now, nothing is changed.";
        let text = ObjectBuilder::new().schema_type(Type::String);
        vec![
            ParameterBuilder::new()
                .name("If-Match")
                .parameter_in(ParameterIn::Header)
                .required(Required::False)
                .description(Some(description))
                .schema(Some(text))
                .build(),
        ]
    }
}

impl IntoResponses for Conditional {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        responses([ApiError::outdated()])
    }
}

impl IntoResponses for CreatedUser {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let schema = AnyOfBuilder::new()
            .item(Ref::from_schema_name(User::name()))
            .item(Ref::from_schema_name(Account::name()))
            .build();
        let example = serde_json::json!({"username": "ada", "email": null, "full_name": null, "disabled": false});
        let content = ContentBuilder::new().schema(Some(Schema::from(schema))).example(Some(example)).build();
        let text = ObjectBuilder::new().schema_type(Type::String);
        let tag = HeaderBuilder::new().schema(Some(text)).description(Some("The user's version, for `If-Match`"));
        let created = ResponseBuilder::new()
            .description("The user; for an administrator, the account")
            .content("application/json", content)
            .header("ETag", tag.build());
        BTreeMap::from([("201".to_owned(), created.build().into())])
    }
}
