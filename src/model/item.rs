//! An item, as the wire sees it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Something a user left in the cloakroom. `title` and `description` are left out of the JSON when unset, so the
/// tutorial's `{"item_id": "Foo", "owner": "johndoe"}` is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "item_id": "Umbrella",
    "owner": "johndoe",
    "title": "Black umbrella",
    "description": "Wooden handle, a little wet",
}))]
pub struct Item {
    /// Its name in URLs, unique on this server.
    pub item_id: String,
    /// The username of whoever it belongs to.
    pub owner: String,
    /// What a person calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub title: Option<String>,
    /// What else there is to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub description: Option<String>,
}
