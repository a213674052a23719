//! `POST /items`, and `GET`, `PATCH` and `DELETE /items/{item_id}`: one's own items, and somebody else's.

use std::{collections::HashSet, sync::Arc};

use axum::{body::Body, http::HeaderMap};
use cloakroom::{
    model::{ItemCreate, Scopes, Title},
    server::{
        items,
        store::{Actor, EndedBy, Proof},
    },
};
use futures::stream;
use serde_json::{Value, json};

use super::support::{Answer, Client, TestApp};

const INVALID: &str = "Could not validate credentials";

#[tokio::test]
async fn a_new_item_is_answered_with_its_address_and_version_and_its_address_answers_the_same() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    for path in ["/items", "/items/"] {
        let created = ada.post_json(path, json!({"title": "Black umbrella", "description": "A little wet"})).await;
        assert_eq!(created.status, 201);
        created.assert_not_stored();
        let item = created.json();
        let expected = json!({
            "item_id": item["item_id"],
            "owner": "ada",
            "title": "Black umbrella",
            "description": "A little wet",
        });
        assert_eq!(item, expected);
        let location = created.header("location");
        assert_eq!(Some(location), item["item_id"].as_str().map(|id| format!("/items/{id}")).as_deref());
        let tag = created.etag();
        for path in [location.to_owned(), format!("{location}/")] {
            let read = ada.get(&path).await;
            assert_eq!(
                (read.status.as_u16(), read.json(), read.header("etag")),
                (200, item.clone(), tag.as_str()),
                "{path}"
            );
            read.assert_not_stored();
        }
    }
}

#[tokio::test]
async fn a_description_that_is_left_out_null_or_blank_is_left_out_of_the_item() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    for description in [json!(null), json!(""), json!(" \n\t")] {
        let created = ada.post_json("/items", json!({"title": "Hat", "description": description})).await.json();
        assert_eq!(created, json!({"item_id": created["item_id"], "owner": "ada", "title": "Hat"}));
        let path = ada.leave("Coat").await;
        ada.patch_json(&path, json!({"description": "Navy blue"})).await;
        let changed = ada.patch_json(&path, json!({"description": description})).await;
        assert_eq!((changed.status.as_u16(), changed.json().get("description")), (200, None), "{description}");
    }
    let left_out = ada.post_json("/items", json!({"title": "Hat"})).await.json();
    assert_eq!(left_out.get("description"), None);
}

#[tokio::test]
async fn a_change_keeps_what_it_does_not_name_and_an_empty_one_changes_nothing() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let mut item = ada.post_json("/items", json!({"title": "Coat", "description": "Navy blue"})).await.json();
    let path = format!("/items/{}", item["item_id"].as_str().expect("an id"));
    for (change, title, description) in [
        (json!({"title": " Winter coat "}), "Winter coat", json!("Navy blue")),
        (json!({}), "Winter coat", json!("Navy blue")),
        (json!({"description": "Gloves inside"}), "Winter coat", json!("Gloves inside")),
        (json!({"title": "Coat", "description": null}), "Coat", json!(null)),
        (json!({}), "Coat", json!(null)),
    ] {
        item["title"] = title.into();
        item["description"] = description;
        if item["description"].is_null() {
            item.as_object_mut().expect("an item").remove("description");
        }
        let changed = ada.patch_json(&format!("{path}/"), &change).await;
        assert_eq!((changed.status.as_u16(), changed.json()), (200, item.clone()), "{change}");
        changed.assert_not_stored();
        let read = ada.get(&path).await;
        assert_eq!((read.json(), read.header("etag")), (item.clone(), changed.header("etag")), "{change}");
    }
}

#[tokio::test]
async fn a_deleted_item_is_gone_for_every_call() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    for slash in ["", "/"] {
        let (path, kept) = (ada.leave("Umbrella").await + slash, ada.leave("Hat").await);
        let deleted = ada.delete(&path).await;
        assert_eq!((deleted.status.as_u16(), deleted.text().as_str(), deleted.header("content-type")), (204, "", ""));
        ada.get(&path).await.assert_refused(404, "Not Found");
        ada.patch_json(&path, json!({"title": "Hat"})).await.assert_refused(404, "Not Found");
        ada.delete(&path).await.assert_refused(404, "Not Found");
        assert_eq!(ada.get(&kept).await.status, 200, "the others stay");
    }
    assert_eq!(ada.get("/items").await.json()["count"], 2);
}

#[tokio::test]
async fn the_tutorials_item_without_a_title_is_read_and_gets_one() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    app.leave_items("ada", &["Foo"]).await;
    let mut foo = json!({"item_id": "Foo", "owner": "ada"});
    assert_eq!(ada.get("/items/Foo").await.json(), foo);
    assert_eq!(ada.patch_json("/items/Foo", json!({"description": "A bar"})).await.status, 200);
    foo["description"] = "A bar".into();
    assert_eq!(ada.get("/items/Foo").await.json(), foo);
    assert_eq!(ada.patch_json("/items/Foo", json!({"title": "Foo"})).await.json()["title"], "Foo");
}

#[tokio::test]
async fn ids_are_made_by_the_server_short_safe_in_a_url_and_never_the_same() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let mut ids = HashSet::new();
    for _ in 0..50 {
        let path = ada.leave("The same title").await;
        let id = path.strip_prefix("/items/").expect("an item's path").to_owned();
        assert!((8..=22).contains(&id.len()), "{id}");
        assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'), "{id}");
        assert!(ids.insert(id), "an id twice");
    }
}

#[tokio::test]
async fn each_call_needs_the_scope_that_the_contract_names_and_nothing_is_done_without() {
    let app = TestApp::start().await;
    app.admin().await;
    app.leave_items("grace", &["Hat"]).await;
    let title = || json!({"title": "Coat"}).to_string();
    for scope in ["items", "items:write", "me me:write admin"] {
        let grace = app.log_in_for("grace", scope).await;
        for (method, path, needed, status) in [
            ("POST", "/items", "items:write", 201),
            ("PATCH", "/items/Hat", "items:write", 200),
            ("GET", "/items", "items", 200),
            ("GET", "/items/Hat", "items", 200),
            ("DELETE", "/items/Nowhere", "items:write", 404),
        ] {
            let answer = grace.call(method, path, &[], title()).await;
            if scope == needed {
                assert_eq!(answer.status, status, "{method} {path} with {scope}");
                continue;
            }
            answer.assert_refused(403, "Not enough permissions");
            let challenge = format!(r#"Bearer error="insufficient_scope", scope="{needed}""#);
            assert_eq!(answer.header("www-authenticate"), challenge, "{method} {path} with {scope}");
        }
    }
    let reader = app.log_in_for("grace", "items").await;
    reader.delete("/items/Hat").await.assert_refused(403, "Not enough permissions");
    assert_eq!(reader.get("/items").await.json()["count"], 2, "one of before, and one made with items:write");
    for (method, path) in [("POST", "/items"), ("GET", "/items"), ("GET", "/items/Hat"), ("DELETE", "/items/Hat")] {
        let answer = app.anonymous().call(method, path, &[], title()).await;
        answer.assert_refused(401, "Not authenticated");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
}

/// All of an answer but the request's id.
fn whole(answer: Answer) -> (u16, HeaderMap, String) {
    let mut headers = answer.headers.clone();
    assert!(headers.remove("x-request-id").is_some());
    (answer.status.as_u16(), headers, answer.text())
}

/// Every call for one item, with good, bad and no bodies, and with tags.
async fn every_call(client: &Client, path: &str, tag: &str) -> Vec<Answer> {
    vec![
        client.get(path).await,
        client.patch_json(path, json!({"title": "Mine"})).await,
        client.patch_json(path, json!({})).await,
        client.patch_json(path, json!({"owner": "ada"})).await,
        client.patch_json(path, "{").await,
        client.patch_if(path, tag, json!({"title": "Mine"})).await,
        client.patch_if(path, "\"1\"", json!({"title": "Mine"})).await,
        client.delete_if(path, "\"1\"").await,
        client.delete_if(path, tag).await,
        client.delete(path).await,
    ]
}

#[tokio::test]
async fn somebody_elses_item_and_an_unknown_one_are_the_same_404_to_the_byte() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    app.create("eve", Scopes::AT_SIGN_UP).await;
    // An administrator who is one for other calls only counts as everybody else.
    app.admin().await;
    let hers = ada.leave("Umbrella").await;
    let before = ada.get(&hers).await;
    for other in [app.log_in("eve").await, app.log_in_for("grace", "me items items:write").await] {
        let theirs = every_call(&other, &hers, before.header("etag")).await;
        let unknown = every_call(&other, "/items/000000000000", before.header("etag")).await;
        let refused = theirs.iter().filter(|answer| answer.status == 404).count();
        assert_eq!(refused, 8, "all but the two with a broken body");
        for (call, (theirs, unknown)) in theirs.into_iter().zip(unknown).enumerate() {
            assert_eq!(whole(theirs), whole(unknown), "call {call}");
        }
    }
    assert_eq!(whole(ada.get(&hers).await), whole(before), "nothing was changed");
}

#[tokio::test]
async fn an_administrator_reads_changes_and_deletes_anyones_item_and_its_owner_stays() {
    let app = TestApp::start().await;
    let (ada, grace) = (app.user().await, app.admin().await);
    let path = ada.leave("Umbrella").await;
    assert_eq!(grace.get(&path).await.json(), ada.get(&path).await.json());
    let changed = grace.patch_json(&path, json!({"title": "Lost umbrella"})).await;
    assert_eq!((changed.status.as_u16(), &changed.json()["owner"]), (200, &json!("ada")));
    assert_eq!(whole(ada.get(&path).await), whole(grace.get(&path).await));
    assert_eq!(ada.get("/items").await.json()["data"], json!([changed.json()]), "it is still hers");
    assert_eq!(grace.get("/items").await.json()["count"], 0, "and not the administrator's");
    assert_eq!(grace.delete(&path).await.status, 204);
    ada.get(&path).await.assert_refused(404, "Not Found");
}

#[tokio::test]
async fn an_id_of_any_shape_that_names_no_item_is_a_404_in_json() {
    let app = TestApp::start().await;
    let grace = app.admin().await;
    app.leave_items("grace", &["Foo"]).await;
    let long = "a".repeat(5000);
    for id in [
        "foo",
        "Foo%20",
        "%46oo%00",
        "%00",
        "%2f",
        "Foo%2f",
        "%2fFoo",
        "..",
        ".",
        "%2e%2e",
        "..%2fFoo",
        "...",
        "a.b",
        "Foo.json",
        "%ff",
        "%c3",
        "%c3%28",
        "%ed%a0%80",
        "%f0%9f%a7%a5",
        "%",
        "%zz",
        "Foo%",
        "+",
        "*",
        "'",
        "%22",
        "Foo'--",
        "%25",
        "_oo",
        "F%25",
        "-1",
        "0",
        "null",
        "%0a",
        "%0d%0a",
        "Foo;a=b",
        "Foo%3f",
        "Foo%23",
        ":id",
        "{item_id}",
        "%7bitem_id%7d",
        "me",
        "~",
        "@",
        &long,
    ] {
        let path = format!("/items/{id}");
        let answers =
            [grace.get(&path).await, grace.patch_json(&path, json!({"title": "Hat"})).await, grace.delete(&path).await];
        for answer in answers {
            answer.assert_refused(404, "Not Found");
        }
    }
    assert_eq!(grace.get("/items/%46oo").await.json()["item_id"], "Foo", "an encoded letter is the letter");
}

#[tokio::test]
async fn an_id_with_odd_characters_is_found_by_its_encoded_path() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    app.leave_items("ada", &["a/b", "ä ö", "50%", "..", "?#"]).await;
    for (path, id) in [
        ("/items/a%2Fb", "a/b"),
        ("/items/%C3%A4%20%c3%b6", "ä ö"),
        ("/items/50%25", "50%"),
        ("/items/%2e%2E", ".."),
        ("/items/%3F%23", "?#"),
    ] {
        assert_eq!(ada.get(path).await.json()["item_id"], id, "{path}");
        assert_eq!(ada.delete(path).await.status, 204, "{path}");
    }
}

#[tokio::test]
async fn head_is_get_without_the_body_and_other_methods_are_a_405_with_those_that_work() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let path = ada.leave("Hat").await;
    let (get, head) = (ada.get(&path).await, ada.call_with("HEAD", &path, &[], "").await);
    assert_eq!((head.status, head.header("etag"), head.body.len()), (get.status, get.header("etag"), 0));
    for (path, allowed) in [("/items", "GET,HEAD,POST"), (path.as_str(), "GET,HEAD,PATCH,DELETE")] {
        let answer = ada.put_json(path, r#"{"title": "Coat"}"#).await;
        answer.assert_refused(405, "Method Not Allowed");
        assert_eq!(answer.header("allow"), allowed, "{path}");
    }
}

#[tokio::test]
async fn a_user_who_is_deleted_while_an_item_is_on_its_way_has_no_valid_token() {
    let app = Arc::new(TestApp::start().await);
    let (ada, meanwhile) = (app.user().await, Arc::clone(&app));
    // The body comes after the token was checked.
    let body = stream::once(async move {
        meanwhile.execute("DELETE FROM users").await;
        Ok::<_, std::io::Error>(json!({"title": "Umbrella"}).to_string())
    });
    ada.call("POST", "/items", &[], Body::from_stream(body)).await.assert_refused(401, INVALID);
    ada.post_json("/items", json!({"title": "Umbrella"})).await.assert_refused(401, INVALID);
    ada.get("/items").await.assert_refused(401, INVALID);
}

#[tokio::test]
async fn an_item_of_an_owner_who_is_gone_is_refused_as_an_invalid_token_and_the_next_write_works() {
    let app = TestApp::start().await;
    app.create("eve", Scopes::AT_SIGN_UP).await;
    let eve = app.state.store.find_user("eve").await.expect("a database").expect("a user").user;
    app.execute("DELETE FROM users").await;
    let new = ItemCreate { title: Title::parse("Umbrella").expect("a title"), description: None };
    let actor = Actor {
        id: eve.id.clone(),
        tokens_valid_from: eve.tokens_valid_from,
        proof: Proof::Token(EndedBy::Revocation(String::new())),
        needed: Scopes::default(),
    };
    let refused = items::create(&app.state.store, &eve, new, &actor).await.expect_err("a refusal");
    assert_eq!(refused, cloakroom::error::ApiError::invalid_token());
    let ada = app.user().await;
    ada.leave("Hat").await;
    assert_eq!(ada.get("/items").await.json()["count"], Value::from(1));
}
