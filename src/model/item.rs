//! An item as it is sent over the wire.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An item that a user left in the cloakroom. The JSON omits `title` and `description` if they are unset, so the
/// tutorial's `{"item_id": "Foo", "owner": "johndoe"}` is an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "item_id": "Umbrella",
    "owner": "johndoe",
    "title": "Black umbrella",
    "description": "Wooden handle, a little wet",
}))]
pub struct Item {
    /// The item's name in URLs, unique on this server.
    pub item_id: String,
    /// The username of the owner.
    pub owner: String,
    /// The title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub title: Option<String>,
    /// The description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub description: Option<String>,
}
