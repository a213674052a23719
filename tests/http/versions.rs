//! Conditional changes of users: `ETag` and `If-Match`.

use cloakroom::model::Scopes;
use futures::future::join;
use serde_json::{Value, json};

use super::{
    calls::{OUTDATED, person, with},
    support::{Answer, Client, PASSWORD, TestApp},
};

/// The two ways to change a user: the user's own, and an administrator's.
async fn app_with_both() -> (TestApp, [(Client, &'static str); 2]) {
    let app = TestApp::start().await;
    let (ada, grace) = (app.user().await, app.admin().await);
    (app, [(ada, "/users/me"), (grace, "/users/ada")])
}

#[tokio::test]
async fn a_tag_that_is_current_is_good_for_one_change_and_the_second_is_a_412_that_changes_nothing() {
    let (_app, ways) = app_with_both().await;
    for (client, path) in &ways {
        let tag = client.get(path).await.etag();
        let first = client.patch_if(path, &tag, json!({"full_name": "First"})).await;
        assert_eq!((first.status.as_u16(), &first.json()["full_name"]), (200, &json!("First")));
        assert_ne!(first.etag(), tag);
        let second = client.patch_if(path, &tag, json!({"full_name": "Second"})).await;
        second.assert_refused(412, OUTDATED);
        let now = client.get(path).await;
        assert_eq!((&now.json()["full_name"], now.etag()), (&json!("First"), first.etag()));
        assert_eq!(client.patch_if(path, &now.etag(), json!({"full_name": "Third"})).await.status, 200);
    }
}

#[tokio::test]
async fn the_user_and_the_account_have_one_tag() {
    let (_app, [(ada, mine), (grace, theirs)]) = app_with_both().await;
    let tag = ada.get(mine).await.etag();
    assert_eq!(grace.get(theirs).await.etag(), tag);
    grace.patch_json(theirs, json!({"scopes": ["me", "me:write"]})).await;
    ada.patch_if(mine, &tag, json!({"full_name": "Ada"})).await.assert_refused(412, OUTDATED);
}

#[tokio::test]
async fn a_login_and_a_list_change_no_tag_and_each_change_does() {
    let (app, [(ada, mine), (grace, theirs)]) = app_with_both().await;
    let mut tags = vec![ada.get(mine).await.etag()];
    app.log_in("ada").await;
    grace.get("/users").await;
    app.try_to_log_in("ada", "wrong").await;
    assert_eq!(ada.get(mine).await.etag(), tags[0]);
    for body in [
        json!({"email": "ada@example.com"}),
        json!({"full_name": "Ada"}),
        json!({"scopes": ["me", "me:write"]}),
        json!({"disabled": true}),
        json!({"disabled": false}),
        json!({"password": "another horse battery"}),
    ] {
        let changed = grace.patch_json(theirs, body).await.etag();
        assert!(!tags.contains(&changed), "{changed}");
        assert_eq!(grace.get(theirs).await.etag(), changed);
        tags.push(changed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_changes_at_the_same_time_with_one_tag_exactly_one_holds() {
    let (app, ways) = app_with_both().await;
    for round in 0..20 {
        let (client, path) = &ways[round % 2];
        let tag = client.get(path).await.etag();
        let one = |(client, path): (Client, &'static str), name: &'static str| {
            let tag = tag.clone();
            tokio::spawn(async move { client.patch_if(path, &tag, json!({"full_name": name})).await })
        };
        // Both the same way, or each another way.
        let other = if round % 4 < 2 { ways[round % 2].clone() } else { ways[1 - round % 2].clone() };
        let (a, b) = join(one((client.clone(), path), "A"), one(other, "B")).await;
        let answers = [a.expect("an answer"), b.expect("an answer")];
        Answer::assert_statuses(&answers, vec![200, 412]);
        let winner = if answers[0].status == 200 { "A" } else { "B" };
        assert_eq!(app.log_in("ada").await.get("/users/me").await.json()["full_name"], winner);
    }
}

#[tokio::test]
async fn a_weak_or_malformed_tag_matches_nothing() {
    let (app, ways) = app_with_both().await;
    for (client, path) in &ways {
        let tag = client.get(path).await.etag();
        let bare = tag.trim_matches('"');
        for other in [
            format!("W/{tag}"),
            bare.to_owned(),
            format!("'{bare}'"),
            format!("\"0{bare}\""),
            format!("\"{bare}"),
            format!("\"{bare},\""),
            format!("\"{bare}x\""),
            "\"\"".to_owned(),
            "\"%\"".to_owned(),
            "\"x\"".to_owned(),
            String::new(),
            "\"*\"".to_owned(),
        ] {
            client.patch_if(path, &other, json!({"full_name": "Eve"})).await.assert_refused(412, OUTDATED);
            client.delete_if(path, &other).await.assert_refused(412, OUTDATED);
        }
        assert_eq!(client.get(path).await.json()["full_name"], Value::Null);
    }
    assert_eq!(app.count_users().await, 2);
}

#[tokio::test]
async fn a_star_matches_any_version_and_one_good_tag_among_others_is_enough() {
    let (_app, ways) = app_with_both().await;
    for (client, path) in &ways {
        assert_eq!(client.patch_if(path, "*", json!({"full_name": "Ada"})).await.status, 200);
        let tag = client.get(path).await.etag();
        let several = format!("\"1\", {tag} ,W/\"x\"");
        assert_eq!(client.patch_if(path, &several, json!({"full_name": "Ada"})).await.status, 200);
    }
}

#[tokio::test]
async fn a_delete_with_an_old_tag_deletes_nothing_and_with_the_current_one_it_does() {
    let (app, ways) = app_with_both().await;
    for (client, path) in &ways {
        let old = client.get(path).await.etag();
        let new = client.patch_json(path, json!({"full_name": "Ada"})).await.etag();
        client.delete_if(path, &old).await.assert_refused(412, OUTDATED);
        assert_eq!(client.get(path).await.status, 200);
        assert_eq!(client.delete_if(path, &new).await.status, 204);
        app.create("ada", Scopes::AT_SIGN_UP).await;
    }
}

#[tokio::test]
async fn the_tag_of_a_deleted_user_is_not_good_for_the_next_one_of_that_name() {
    let (app, [_, (grace, path)]) = app_with_both().await;
    let old = grace.get(path).await.etag();
    grace.delete(path).await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    grace.patch_if(path, &old, json!({"disabled": true})).await.assert_refused(412, OUTDATED);
}

#[tokio::test]
async fn a_password_is_changed_only_on_the_condition_too() {
    let (app, [(ada, path), _]) = app_with_both().await;
    let old = ada.get(path).await.etag();
    ada.patch_json(path, json!({"full_name": "Ada"})).await;
    let body = json!({"current_password": PASSWORD, "new_password": "purple umbrella stand"}).to_string();
    let put = async |tag: &str| ada.call("PUT", "/users/me/password", &[("if-match", tag)], body.clone()).await;
    put(&old).await.assert_refused(412, OUTDATED);
    assert_eq!(app.try_to_log_in("ada", PASSWORD).await.status, 200);
    assert_eq!(put(&ada.get(path).await.etag()).await.status, 204);
}

#[tokio::test]
async fn what_an_administrator_creates_has_the_tag_of_its_account() {
    let app = TestApp::start().await;
    let grace = app.admin().await;
    let created = grace.post_json("/users", with(person("ada"), "scopes", json!(["me"]))).await;
    assert_eq!(grace.get("/users/ada").await.etag(), created.etag());
    let unknown = grace.patch_if("/users/nobody", &created.etag(), json!({})).await;
    unknown.assert_refused(404, "Not Found");
}
