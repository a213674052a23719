//! The tutorial's users and their items. They are created only if the settings enable the demo.

use uuid::Uuid;

use crate::{
    model::Scopes,
    server::store::{NewItem, NewUser, Store, StoreError},
};

/// The username and password that the server prints at its start.
pub const LOGIN: (&str, &str) = ("johndoe", "secret");

/// The username and password of the user who is disabled.
pub const DISABLED_LOGIN: (&str, &str) = ("alice", "secret2");

/// A demo user. Each item is an id, a title and a description.
struct DemoUser {
    username: &'static str,
    full_name: &'static str,
    email: &'static str,
    /// A PHC string, made by pwdlib with the tutorial's parameters.
    hashed_password: &'static str,
    disabled: bool,
    items: [(&'static str, Option<&'static str>, Option<&'static str>); 3],
}

const USERS: [DemoUser; 2] = [
    DemoUser {
        username: LOGIN.0,
        full_name: "John Doe",
        email: "johndoe@example.com",
        // The tutorial's own hash of `secret`.
        hashed_password: "$argon2id$v=19$m=65536,t=3,p=4$wagCPXjifgvUFBzq4hqe3w$CYaIb8sB+wtD+Vu/P4uod1+Qof8h+1g7bbDlBID48Rc",
        disabled: false,
        items: [
            // The tutorial's own item has only an id and an owner.
            ("Foo", None, None),
            ("Umbrella", Some("Black umbrella"), Some("Wooden handle, a little wet")),
            ("Coat", Some("Winter coat"), Some("Navy blue, gloves in the left pocket")),
        ],
    },
    DemoUser {
        username: DISABLED_LOGIN.0,
        full_name: "Alice Wonderson",
        email: "alice@example.com",
        // The hash of `secret2`.
        hashed_password: "$argon2id$v=19$m=65536,t=3,p=4$QQDQt6LX7OfquUTmIFZTNw$E4aeYxjQkWYbLKeGSi20giE2s5Gcb1PotjHLWdmWV18",
        disabled: true,
        items: [
            ("Hat", Some("Top hat"), Some("Size 10/6")),
            ("Watch", Some("Pocket watch"), Some("Runs late")),
            ("Key", Some("Golden key"), None),
        ],
    },
];

/// Creates the missing demo users and their items, at the time `now` in Unix milliseconds. An existing user is not
/// changed.
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
        match store.insert_user(&new, None).await {
            Ok(_) => insert_items(store, &id, user.items, now).await?,
            Err(StoreError::Taken(_)) => {}
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
    // One millisecond apart: "oldest first" is then the order of this list.
    for (created_at, (item_id, title, description)) in (now..).zip(items) {
        let item = NewItem {
            item_id: item_id.to_owned(),
            owner_id: owner_id.to_owned(),
            title: title.map(str::to_owned),
            description: description.map(str::to_owned),
            created_at,
        };
        match store.insert_item(&item, None).await {
            // Another user's item has this id: the demo goes without the item.
            Ok(_) | Err(StoreError::Taken(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
