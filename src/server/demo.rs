//! The tutorial's users, and a few things they left in the cloakroom. Only there when the settings ask for it.

use uuid::Uuid;

use super::store::{NewItem, NewUser, Store, StoreError};
use crate::model::Scopes;

/// Whom to log in as: said where the server says that it is open.
pub const LOGIN: (&str, &str) = ("johndoe", "secret");

/// A demo user: the PHC string, whether disabled, and the items: their id, title and description.
struct DemoUser {
    username: &'static str,
    full_name: &'static str,
    email: &'static str,
    /// Made by pwdlib with the tutorial's parameters.
    hashed_password: &'static str,
    disabled: bool,
    items: [(&'static str, Option<&'static str>, Option<&'static str>); 3],
}

const USERS: [DemoUser; 2] = [
    DemoUser {
        username: LOGIN.0,
        full_name: "John Doe",
        email: "johndoe@example.com",
        // `secret`: the tutorial's very hash.
        hashed_password: "$argon2id$v=19$m=65536,t=3,p=4$wagCPXjifgvUFBzq4hqe3w$CYaIb8sB+wtD+Vu/P4uod1+Qof8h+1g7bbDlBID48Rc",
        disabled: false,
        items: [
            // The tutorial's own item: an id and an owner.
            ("Foo", None, None),
            ("Umbrella", Some("Black umbrella"), Some("Wooden handle, a little wet")),
            ("Coat", Some("Winter coat"), Some("Navy blue, gloves in the left pocket")),
        ],
    },
    DemoUser {
        username: "alice",
        full_name: "Alice Wonderson",
        email: "alice@example.com",
        // `secret2`
        hashed_password: "$argon2id$v=19$m=65536,t=3,p=4$QQDQt6LX7OfquUTmIFZTNw$E4aeYxjQkWYbLKeGSi20giE2s5Gcb1PotjHLWdmWV18",
        disabled: true,
        items: [
            ("Hat", Some("Top hat"), Some("Size 10/6")),
            ("Watch", Some("Pocket watch"), Some("Runs late")),
            ("Key", Some("Golden key"), None),
        ],
    },
];

/// Creates the demo users that are not there yet, with their items, at the time `now` in Unix milliseconds. One who
/// is there stays as they are.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn insert(store: &Store, now: i64) -> Result<(), StoreError> {
    for user in USERS {
        let id = Uuid::now_v7().to_string();
        let new = NewUser {
            id: id.clone(),
            username: user.username.to_owned(),
            email: Some(user.email.to_owned()),
            full_name: Some(user.full_name.to_owned()),
            hashed_password: user.hashed_password.to_owned(),
            disabled: user.disabled,
            scopes: Scopes::AT_SIGN_UP,
            created_at: now,
        };
        match store.insert_user(&new).await {
            Ok(()) => insert_items(store, &id, user.items, now).await?,
            Err(StoreError::Taken) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn insert_items(
    store: &Store,
    owner_id: &str,
    items: [(&str, Option<&str>, Option<&str>); 3],
    now: i64,
) -> Result<(), StoreError> {
    // A millisecond apart, so that "oldest first" is the order they are written in.
    for (created_at, (item_id, title, description)) in (now..).zip(items) {
        let item = NewItem {
            item_id: item_id.to_owned(),
            owner_id: owner_id.to_owned(),
            title: title.map(str::to_owned),
            description: description.map(str::to_owned),
            created_at,
        };
        match store.insert_item(&item).await {
            // Somebody's item has that id already: the demo can do without.
            Ok(()) | Err(StoreError::Taken) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
