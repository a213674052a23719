//! A user's API keys. Only somebody who has logged in reads, makes and ends them: a key that was stolen makes no other one.

use axum::{Json, extract::State, http::StatusCode};

use super::{body::Members, path::InPath};
use crate::{
    error::ApiError,
    model::{ApiKey, ApiKeyCreate, KeyLifetime, KeyName, ME, ME_WRITE},
    server::{
        accounts,
        clock::{self, rfc_3339},
        openapi::{BodyErrors, TooManyKeys, Unknown},
        security::caller::{Fresh, SignedIn},
        state::AppState,
        store::KeyRow,
    },
};

type MayRead = SignedIn<ME>;
type MayMake = Fresh<ME_WRITE>;
type MayEnd = SignedIn<ME_WRITE>;

/// Read the current user's API keys
///
/// Returns the keys that are good, the newest first. The keys themselves are not among what is returned.
#[utoipa::path(
    get,
    path = "/users/me/api-keys",
    tag = "API keys",
    responses((status = 200, description = "The keys", body = Vec<ApiKey>), MayRead)
)]
pub async fn read_own_api_keys(
    SignedIn(caller): MayRead,
    State(state): State<AppState>,
) -> Result<Json<Vec<ApiKey>>, ApiError> {
    let rows = state.store.api_keys_of(&caller.user.id, clock::unix_milliseconds()).await?;
    Ok(Json(rows.into_iter().map(ApiKey::from).collect()))
}

/// Make an API key
///
/// Makes a key for a program, which sends it as `X-API-Key`. The member `api_key` has it, this once. It opens what its scopes and its
/// user's open, but never passwords, sessions or keys. It needs a fresh token: log in and repeat this within five minutes.
#[utoipa::path(
    post,
    path = "/users/me/api-keys",
    tag = "API keys",
    request_body = ApiKeyCreate,
    responses((status = 201, description = "The key", body = ApiKey), MayMake, TooManyKeys, BodyErrors)
)]
pub async fn create_api_key(
    Fresh(caller): MayMake,
    State(state): State<AppState>,
    mut body: Members,
) -> Result<(StatusCode, Json<ApiKey>), ApiError> {
    let name = body.required("name", KeyName::parse);
    let scopes = body.required_scopes("scopes", |scopes| accounts::scopes_of_key(scopes, caller.scopes));
    let expires_in = body.optional_number("expires_in", KeyLifetime::new);
    let new = body.finish(name.zip(scopes).map(|(name, scopes)| ApiKeyCreate { name, scopes, expires_in }))?;
    let actor = caller.actor_with(new.scopes);
    let (row, key) = accounts::create_api_key(&state, &caller.user, new, &actor).await?;
    let made = ApiKey { api_key: Some(key.as_str().to_owned()), ..ApiKey::from(row) };
    Ok((StatusCode::CREATED, Json(made)))
}

/// End an API key
///
/// The key is refused from now on.
#[utoipa::path(
    delete,
    path = "/users/me/api-keys/{key_id}",
    tag = "API keys",
    params(("key_id" = String, Path, description = "The key's id")),
    responses((status = 204, description = "The key is ended"), MayEnd, Unknown)
)]
pub async fn end_own_api_key(
    SignedIn(caller): MayEnd,
    State(state): State<AppState>,
    InPath(key_id): InPath,
) -> Result<StatusCode, ApiError> {
    accounts::end_api_key(&state, &caller.user, &key_id, &caller.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<KeyRow> for ApiKey {
    fn from(row: KeyRow) -> Self {
        Self {
            key_id: row.key_id,
            name: row.name,
            scopes: row.granted.names().map(str::to_owned).collect(),
            created_at: rfc_3339(row.created_at),
            last_used_at: row.last_used_at.map(rfc_3339),
            expires_at: row.expires_at.map(rfc_3339),
            api_key: None,
        }
    }
}
