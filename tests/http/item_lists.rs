//! `GET /items` and `GET /users/{username}/items`: pages and counts. `GET /users/me/items` is in `me`, and searches are in
//! `item_searches`.

use cloakroom::model::Scopes;
use serde_json::{Value, json};

use super::{
    calls::of_each,
    support::{Client, TestApp},
};

/// How many items [`with_many`] leaves.
pub const MANY: usize = 23;

/// Ada with 23 items, of which up to four were created in the same millisecond. Eve has some in between. Returns Ada's
/// items in the order of the list: newest first, and within one millisecond by their ids, backwards.
pub async fn with_many() -> (TestApp, Client, Vec<String>) {
    let app = TestApp::start().await;
    let ada = app.user().await;
    // The ids' order is not the order of creation.
    let names: Vec<String> = (0..MANY).map(|age| format!("{:02}-{age}", age * 7 % MANY)).collect();
    app.leave_items("ada", &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    app.create("eve", Scopes::AT_SIGN_UP).await;
    app.leave_items("eve", &["00-eve", "11-eve", "22-eve", "99-eve"]).await;
    app.execute("UPDATE items SET created_at = created_at / 4").await;
    let mut aged: Vec<_> = names.into_iter().enumerate().map(|(age, name)| (age / 4, name)).collect();
    aged.sort();
    (app, ada, aged.into_iter().rev().map(|(_, name)| name).collect())
}

/// The ids of a page, and its count.
pub async fn read(client: &Client, path: &str) -> (Vec<String>, Value) {
    let answer = client.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    let page = answer.json();
    assert_eq!(page.as_object().map(|page| page.len()), Some(2), "data and count, and nothing else");
    (of_each(&page["data"], "item_id"), page["count"].clone())
}

/// Follows the links from this page on. Returns the ids, and how many pages there were.
pub async fn walk(client: &Client, first: &str) -> (Vec<String>, usize) {
    let (mut ids, mut pages, mut next) = (Vec::new(), 0, Some(first.to_owned()));
    while let Some(path) = next {
        let page = client.get(&path).await;
        ids.extend(of_each(&page.json()["data"], "item_id"));
        (pages, next) = (pages + 1, page.next_page());
        assert!(pages <= 100, "the links lead in a circle");
    }
    (ids, pages)
}

#[tokio::test]
async fn items_are_ones_own_newest_first_with_their_count() {
    let app = TestApp::start().await;
    let (ada, grace) = (app.user().await, app.admin().await);
    app.leave_items("ada", &["b", "a", "c"]).await;
    app.leave_items("grace", &["d"]).await;
    for path in ["/items", "/items/", "/items?skip=0&limit=100"] {
        assert_eq!(read(&ada, path).await, (["c", "a", "b"].map(str::to_owned).to_vec(), json!(3)), "{path}");
    }
    assert_eq!(read(&grace, "/items").await, (vec!["d".to_owned()], json!(1)), "an administrator's are their own, too");
    app.create("eve", Scopes::AT_SIGN_UP).await;
    let nothing = app.log_in("eve").await.get("/items").await;
    assert_eq!(nothing.json(), json!({"data": [], "count": 0}));
    nothing.assert_not_stored();
}

#[tokio::test]
async fn an_item_in_the_list_is_the_item_itself() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let item = ada.post_json("/items", json!({"title": "Grüner Mantel", "description": "naß"})).await.json();
    app.leave_items("ada", &["Foo"]).await;
    let foo = json!({"item_id": "Foo", "owner": "ada"});
    assert_eq!(ada.get("/items").await.json(), json!({"data": [item, foo], "count": 2}));
}

#[tokio::test]
async fn every_skip_and_limit_shows_just_that_part_of_the_list() {
    let (_app, ada, all) = with_many().await;
    for skip in 0..=MANY + 2 {
        for limit in (0..=MANY + 2).chain([100]) {
            let path = format!("/items?skip={skip}&limit={limit}");
            let expected: Vec<_> = all.iter().skip(skip).take(limit).cloned().collect();
            assert_eq!(read(&ada, &path).await, (expected, json!(MANY)), "{path}");
        }
    }
}

#[tokio::test]
async fn the_links_lead_from_every_page_through_the_rest_of_the_list() {
    let (_app, ada, all) = with_many().await;
    for limit in 1..=MANY + 1 {
        assert_eq!(walk(&ada, &format!("/items?limit={limit}")).await, (all.clone(), MANY.div_ceil(limit)), "{limit}");
    }
    for skip in 0..MANY {
        let (ids, pages) = walk(&ada, &format!("/items/?skip={skip}&limit=3")).await;
        assert_eq!((ids.as_slice(), pages), (&all[skip..], (MANY - skip).div_ceil(3)), "skip {skip}");
    }
    assert_eq!(walk(&ada, "/items").await.1, 1);
}

#[tokio::test]
async fn a_hundred_items_come_at_most_and_the_link_has_the_rest() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let names: Vec<_> = (0..101).map(|number| format!("item-{number:03}")).collect();
    app.leave_items("ada", &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let (ids, count) = read(&ada, "/items").await;
    assert_eq!((ids.len(), count), (100, json!(101)));
    assert_eq!(walk(&ada, "/items").await, (names.into_iter().rev().collect(), 2));
}

#[tokio::test]
async fn the_next_page_goes_on_where_it_was_although_items_come_and_go_meanwhile() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    app.leave_items("ada", &["a", "b", "c", "d", "e"]).await;
    let next = ada.get("/items?limit=2").await.next_page().expect("a next page");
    let new = ada.leave("A new one").await;
    for gone in ["/items/d", "/items/e"] {
        assert_eq!(ada.delete(gone).await.status, 204);
    }
    let ids = |ids: [&str; 2]| ids.map(str::to_owned).to_vec();
    assert_eq!(read(&ada, &next).await, (ids(["c", "b"]), json!(4)));
    assert_eq!(read(&ada, &format!("{next}&skip=1")).await, (ids(["b", "a"]), json!(4)), "skip counts from there");
    assert_eq!(format!("/items/{}", read(&ada, "/items").await.0[0]), new);
}

#[tokio::test]
async fn past_the_end_and_with_limit_0_there_is_an_empty_part_but_the_whole_count() {
    let (_app, ada, _) = with_many().await;
    for query in ["skip=23", "skip=24", "skip=9223372036854775807", "limit=0", "skip=22&limit=0", "after=-1.a"] {
        let answer = ada.get(&format!("/items?{query}")).await;
        assert_eq!((answer.json(), answer.next_page()), (json!({"data": [], "count": MANY}), None), "{query}");
    }
}

#[tokio::test]
async fn a_skip_a_limit_a_place_or_a_search_that_is_none_is_named_with_the_rule() {
    let app = TestApp::start().await;
    let grace = app.admin().await;
    let long = format!("q={}", "ä".repeat(256));
    for list in ["/items", "/users/grace/items"] {
        for (query, place, rule) in [
            ("limit=101", "query.limit", "less_than_equal"),
            ("limit=-1", "query.limit", "greater_than_equal"),
            ("limit=", "query.limit", "int_parsing"),
            ("limit=ten", "query.limit", "int_parsing"),
            ("limit=1.0", "query.limit", "int_parsing"),
            ("skip=-1", "query.skip", "greater_than_equal"),
            ("skip=9223372036854775808", "query.skip", "less_than_equal"),
            ("skip=0x1", "query.skip", "int_parsing"),
            ("skip=%00", "query.skip", "int_parsing"),
            ("skip=%ff", "query.skip", "int_parsing"),
            ("after=somewhere", "query.after", "value_error"),
            ("q=umbrella%00", "query.q", "value_error"),
            (&long, "query.q", "string_too_long"),
        ] {
            grace.get(&format!("{list}?{query}")).await.assert_broken(&[(place, rule)]);
        }
        assert_eq!(grace.get(&format!("{list}?limit=101&skip=x&q=%00")).await.broken().len(), 3);
    }
}

#[tokio::test]
async fn an_administrator_reads_anyones_items_as_their_owner_does() {
    let (app, ada, all) = with_many().await;
    let grace = app.admin().await;
    for query in ["", "?limit=5", "?skip=13&limit=4", "?q=1-&limit=2", "?skip=99"] {
        let (theirs, own) =
            (grace.get(&format!("/users/ada/items{query}")).await, ada.get(&format!("/items{query}")).await);
        assert_eq!((theirs.status.as_u16(), theirs.json()), (200, own.json()), "{query}");
        let own_next = own.next_page().map(|path| path.replace("/items?", "/users/ada/items?"));
        assert_eq!(theirs.next_page(), own_next, "{query}");
    }
    assert_eq!(walk(&grace, "/users/ada/items/?limit=4").await, (all, 6));
    app.create("A.b-c_d@e+f", Scopes::AT_SIGN_UP).await;
    app.leave_items("A.b-c_d@e+f", &["x", "y"]).await;
    for path in ["/users/A.b-c_d@e+f/items?limit=1", "/users/A%2Eb-c_d%40e%2Bf/items?limit=1"] {
        assert_eq!(walk(&grace, path).await.0, ["y", "x"]);
    }
}

#[tokio::test]
async fn only_an_administrator_reads_somebodys_items_and_an_unknown_user_is_a_404() {
    let app = TestApp::start().await;
    let (ada, grace) = (app.user().await, app.admin().await);
    for path in ["/users/ada/items", "/users/grace/items", "/users/nobody/items"] {
        for other in [&ada, &app.log_in_for("grace", "me items").await] {
            let refused = other.get(path).await;
            refused.assert_refused(403, "Not enough permissions");
            assert_eq!(
                refused.header("www-authenticate"),
                r#"Bearer error="insufficient_scope", scope="admin""#,
                "{path}"
            );
        }
        app.anonymous().get(path).await.assert_refused(401, "Not authenticated");
    }
    for name in ["nobody", "Ada", "ada%00", "%ff", "ada%2f", "..", &"a".repeat(5000)] {
        grace.get(&format!("/users/{name}/items")).await.assert_refused(404, "Not Found");
    }
}

#[tokio::test]
async fn the_tutorials_list_stays_oldest_first_and_a_bare_array() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    app.leave_items("ada", &["a", "b"]).await;
    ada.leave("c").await;
    assert_eq!(ada.patch_json("/items/a", json!({"title": "Changed"})).await.status, 200);
    let (old, new) = (of_each(&ada.get("/users/me/items").await.json(), "item_id"), read(&ada, "/items").await.0);
    assert_eq!((old[0].as_str(), old[1].as_str(), old.len()), ("a", "b", 3), "a change does not move an item");
    assert_eq!(new, old.into_iter().rev().collect::<Vec<_>>());
}
