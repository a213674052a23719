use proptest::{collection::vec, prelude::*, sample::select, test_runner::TestRunner};
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::server::store::DatabaseSettings;

/// The tutorial's own hash of `secret`.
const HASH: &str = "$argon2id$v=19$m=65536,t=3,p=4$wagCPXjifgvUFBzq4hqe3w$CYaIb8sB+wtD+Vu/P4uod1+Qof8h+1g7bbDlBID48Rc";

/// Words of [`good`] that no message has.
const QUOTES: [&str; 4] = ["zaphod", "wagCPXjif", "CYaIb8sB", "Beeblebrox"];

fn good() -> String {
    let scopes = ["me", "items"];
    let (email, full_name) = ("zaphod@example.com", "Zaphod Beeblebrox");
    json!({"username": "zaphod", "email": email, "full_name": full_name, "disabled": true, "scopes": scopes,
        "hashed_password": HASH})
    .to_string()
}

/// An empty database, and a runtime for it.
fn database() -> (TempDir, tokio::runtime::Runtime, Store) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let settings = DatabaseSettings::at(format!("sqlite://{}", folder.path().join("cloakroom.db").display()));
    let store = runtime.block_on(Store::open(&settings)).expect("a new database");
    (folder, runtime, store)
}

/// All users, as lines.
async fn users(store: &Store) -> Vec<String> {
    let mut lines = Vec::new();
    export(store, &mut lines).await.expect("an export");
    String::from_utf8(lines).expect("UTF-8").lines().map(str::to_owned).collect()
}

/// Files: lines that are good, almost good, or anything at all.
fn file() -> impl Strategy<Value = Vec<u8>> {
    let name = "[a-f]{1,2}|[A-C]";
    let line = name.prop_map(|name| json!({"username": name, "hashed_password": HASH}).to_string().into_bytes());
    let almost = (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(at, byte)| {
        let mut line = good().into_bytes();
        let at = at.index(line.len());
        line[at] = byte;
        line
    });
    let any_bytes = vec(any::<u8>(), 0..40);
    let end = select(&["\n", "\r\n", "\n\n", " \n", ""][..]);
    let part = (prop_oneof![20 => line, 1 => almost, 1 => any_bytes], end);
    vec(part, 0..6)
        .prop_map(|parts| parts.into_iter().flat_map(|(line, end)| [line, end.as_bytes().to_vec()]).flatten().collect())
}

#[test]
fn any_file_is_imported_whole_or_not_at_all() {
    let (_folder, runtime, store) = database();
    let refused = std::cell::Cell::new(0);
    let tested = TestRunner::default().run(&file(), |file| {
        runtime.block_on(async {
            let before = users(&store).await;
            let would = import(&store, file.as_slice(), true, 0).await;
            prop_assert_eq!(&users(&store).await, &before, "a dry run does nothing");
            match (would, import(&store, file.as_slice(), false, 0).await) {
                (Ok(would), Ok(done)) => {
                    prop_assert_eq!(would, done);
                    let after = users(&store).await;
                    prop_assert_eq!(after.len() as u64, before.len() as u64 + done.created);
                    prop_assert!(before.iter().all(|user| after.contains(user)));
                    let again = import(&store, file.as_slice(), false, 0).await.ok();
                    let present = done.created + done.present;
                    prop_assert_eq!(again, Some(Imported { created: 0, present }));
                    Ok(())
                }
                (Err(would), Err(error)) => {
                    prop_assert_eq!(would.to_string(), error.to_string());
                    prop_assert!(matches!(error, ImportError::Line { number: 1.., .. }), "{}", error);
                    prop_assert_eq!(&users(&store).await, &before, "nothing of the file");
                    refused.set(refused.get() + 1);
                    Ok(())
                }
                (would, done) => Err(TestCaseError::fail(format!("{would:?}, but then {done:?}"))),
            }
        })
    });
    tested.expect("whole or not at all");
    // The files were good often enough to test something, and bad as well.
    assert!(runtime.block_on(users(&store)).len() > 10 && refused.get() > 10, "{}", refused.get());
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_in_words_that_quote_nothing(
        (from, length, new) in (any::<prop::sample::Index>(), 0..20_usize, vec(any::<u8>(), 0..8)),
    ) {
        let mut line = good().into_bytes();
        let from = from.index(line.len());
        let to = line.len().min(from + length);
        line.splice(from..to, new);
        if let Err(reason) = read(&line, 0) {
            prop_assert!(reason.is_ascii() && reason.len() < 200 && !reason.contains('\n'), "{}", reason);
            prop_assert!(QUOTES.iter().all(|word| !reason.contains(word)), "{}", reason);
        }
    }

    #[test]
    fn bytes_at_random_are_no_user(line in vec(any::<u8>(), 0..200)) {
        prop_assert!(read(&line, 0).is_err());
    }
}

#[test]
fn a_good_line_is_the_user_that_it_says() {
    let user = read(good().as_bytes(), 7).unwrap_or_else(|reason| unreachable!("{reason}"));
    let NewUser { id, username, email, full_name, hashed_password, disabled, scopes, created_at } = user;
    assert!(Uuid::parse_str(&id).is_ok());
    assert_eq!((username.as_str(), hashed_password.as_str()), ("zaphod", HASH));
    assert_eq!((email.as_deref(), full_name.as_deref()), (Some("zaphod@example.com"), Some("Zaphod Beeblebrox")));
    assert_eq!((disabled, scopes.to_string().as_str(), created_at), (true, "me items", 7));
}
