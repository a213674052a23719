//! `GET /users/me`, `GET /users/me/items`, `GET /status`.

use cloakroom::model::Scopes;
use serde_json::{Value, json};

use super::{
    calls::of_each,
    support::{Answer, TestApp},
};

#[tokio::test]
async fn a_user_has_exactly_four_fields() {
    let app = TestApp::start_with(&["demo.enabled=true"]).await;
    let johndoe = app.with_token(&app.sign("johndoe", i64::from(u32::MAX)));
    for path in ["/users/me", "/users/me/"] {
        let answer = johndoe.get(path).await;
        assert_eq!(answer.status, 200);
        answer.assert_not_stored();
        let expected = json!({
            "username": "johndoe",
            "email": "johndoe@example.com",
            "full_name": "John Doe",
            "disabled": false,
        });
        assert_eq!(answer.json(), expected);
    }
}

#[tokio::test]
async fn what_a_user_did_not_say_is_null() {
    let app = TestApp::start().await;
    let body = app.user().await.get("/users/me").await.json();
    assert_eq!(body, json!({"username": "ada", "email": null, "full_name": null, "disabled": false}));
}

#[tokio::test]
async fn the_tutorials_item_is_answered_as_in_the_tutorial() {
    let app = TestApp::start_with(&["demo.enabled=true"]).await;
    let johndoe = app.with_token(&app.sign("johndoe", i64::from(u32::MAX)));
    let items = johndoe.get("/users/me/items/").await.json();
    assert_eq!(items[0], json!({"item_id": "Foo", "owner": "johndoe"}));
    let umbrella = json!({
        "item_id": "Umbrella",
        "owner": "johndoe",
        "title": "Black umbrella",
        "description": "Wooden handle, a little wet",
    });
    assert_eq!(items[1], umbrella);
    assert_eq!(items.as_array().map(Vec::len), Some(3), "johndoe's items only, not alice's");
}

#[tokio::test]
async fn items_are_ones_own_oldest_first() {
    let app = TestApp::start().await;
    let (ada, grace) = (app.user().await, app.admin().await);
    app.leave_items("ada", &["b", "a", "c"]).await;
    app.leave_items("grace", &["d"]).await;
    let names = |items: Value| of_each(&items, "item_id");
    assert_eq!(names(ada.get("/users/me/items").await.json()), ["b", "a", "c"]);
    assert_eq!(names(grace.get("/users/me/items").await.json()), ["d"], "an administrator too gets only their own");
    assert_eq!(names(ada.get("/users/me/items?skip=1").await.json()), ["a", "c"]);
    assert_eq!(names(ada.get("/users/me/items/?skip=1&limit=1").await.json()), ["a"]);
    assert_eq!(names(ada.get("/users/me/items?skip=9").await.json()), [""; 0]);
}

#[tokio::test]
async fn a_hundred_items_come_at_most() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let names: Vec<_> = (0..101).map(|number| format!("item-{number:03}")).collect();
    app.leave_items("ada", &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let items = ada.get("/users/me/items").await.json();
    assert_eq!(items.as_array().map(Vec::len), Some(100));
}

#[tokio::test]
async fn the_link_to_the_next_page_leads_through_the_whole_list() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let names = ["b", "a", "ä ö", "x&limit=1", "50%", "#", "a.b", ""];
    app.leave_items("ada", &names).await;
    app.create("grace", Scopes::AT_SIGN_UP).await;
    app.leave_items("grace", &["grace's"]).await;
    // Two more, created in the same millisecond as the first.
    app.execute("UPDATE items SET created_at = 0 WHERE item_id IN ('a', 'ä ö')").await;
    let whole = ada.get("/users/me/items").await;
    assert_eq!(whole.next_page(), None, "there is one page only");
    for limit in 1..=names.len() {
        let (mut items, mut pages, mut next) = (Vec::new(), 0, Some(format!("/users/me/items?limit={limit}")));
        while let Some(path) = next {
            let page = ada.get(&path).await;
            items.extend(page.json().as_array().expect("a list").clone());
            (pages, next) = (pages + 1, page.next_page());
        }
        assert_eq!(Value::from(items), whole.json(), "limit {limit}");
        assert_eq!(pages, names.len().div_ceil(limit), "limit {limit}");
    }
}

#[tokio::test]
async fn the_next_page_is_right_although_its_place_is_gone_and_skip_counts_from_there() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    app.leave_items("ada", &["a", "b", "c", "d", "e"]).await;
    let next = ada.get("/users/me/items?limit=2").await.next_page().expect("a next page");
    app.execute("DELETE FROM items WHERE item_id IN ('a', 'b')").await;
    let names = |answer: Answer| of_each(&answer.json(), "item_id");
    assert_eq!(names(ada.get(&next).await), ["c", "d"]);
    assert_eq!(names(ada.get(&format!("{next}&skip=1")).await), ["d", "e"]);
    assert_eq!(names(ada.get("/users/me/items?limit=0").await), [""; 0]);
}

#[tokio::test]
async fn a_place_that_is_none_is_reported_as_a_broken_value() {
    let app = TestApp::start().await;
    let answer = app.user().await.get("/users/me/items?after=somewhere").await;
    assert_eq!(answer.status, 422);
    let detail = &answer.json()["detail"][0];
    assert_eq!((&detail["loc"], &detail["type"]), (&json!(["query", "after"]), &json!("value_error")));
}

#[tokio::test]
async fn without_items_there_is_an_empty_list() {
    let app = TestApp::start().await;
    assert_eq!(app.user().await.get("/users/me/items").await.json(), json!([]));
}

#[tokio::test]
async fn a_limit_out_of_range_is_reported_as_fastapi_does() {
    let app = TestApp::start().await;
    let answer = app.user().await.get("/users/me/items?limit=101&skip=x").await;
    assert_eq!(answer.status, 422);
    let expected = json!({"detail": [
        {
            "loc": ["query", "limit"],
            "msg": "Input should be less than or equal to 100",
            "type": "less_than_equal",
        },
        {
            "loc": ["query", "skip"],
            "msg": "Input should be a valid integer, unable to parse string as an integer",
            "type": "int_parsing",
        },
    ]});
    assert_eq!(answer.json(), expected);
}

#[tokio::test]
async fn the_status_is_ok_for_any_valid_token() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::default()).await;
    let ada = app.log_in("ada").await;
    for path in ["/status", "/status/"] {
        assert_eq!(ada.get(path).await.json(), json!({"status": "ok"}));
    }
}
