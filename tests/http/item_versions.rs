//! `ETag` and `If-Match` of items: what was changed meanwhile is not overwritten.

use std::collections::HashSet;

use futures::future::join_all;
use serde_json::json;

use super::{
    calls::OUTDATED,
    support::{Client, TestApp},
};

/// The item's tag and title, as everybody reads them.
async fn state(client: &Client, path: &str) -> (String, String) {
    let answer = client.get(path).await;
    (answer.header("etag").to_owned(), answer.json()["title"].as_str().expect("a title").to_owned())
}

#[tokio::test]
async fn each_change_gives_another_tag_which_is_also_that_of_the_next_read() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let path = ada.leave("Hat").await;
    let mut tags = HashSet::from([state(&ada, &path).await.0]);
    for change in [
        json!({"title": "Coat"}),
        json!({"description": "A little wet"}),
        json!({"description": null}),
        json!({"title": "Hat"}),
        json!({"title": "Coat", "description": "Dry again"}),
    ] {
        let changed = ada.patch_json(&path, &change).await;
        assert_eq!(changed.header("etag"), state(&ada, &path).await.0, "{change}");
        assert!(tags.insert(changed.header("etag").to_owned()), "{change}: a tag twice");
    }
    assert_eq!(state(&ada, &path).await, state(&ada, &path).await, "reading changes nothing");
}

#[tokio::test]
async fn of_two_changes_with_one_tag_the_first_wins_and_the_second_changes_nothing() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let path = ada.leave("Hat").await;
    let (tag, _) = state(&ada, &path).await;
    let first = ada.patch_if(&path, &tag, json!({"title": "Coat"})).await;
    assert_eq!(first.status, 200);
    ada.patch_if(&path, &tag, json!({"title": "Scarf"})).await.assert_refused(412, OUTDATED);
    ada.delete_if(&path, &tag).await.assert_refused(412, OUTDATED);
    assert_eq!(state(&ada, &path).await, (first.header("etag").to_owned(), "Coat".to_owned()));
    let again = ada.patch_if(&path, first.header("etag"), json!({"title": "Scarf"})).await;
    assert_eq!((again.status.as_u16(), &again.json()["title"]), (200, &json!("Scarf")), "with the new tag it works");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_parallel_changes_with_one_tag_exactly_one_wins() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    for round in 0..5 {
        let path = ada.leave("Hat").await;
        let (tag, _) = state(&ada, &path).await;
        let changes = (0..16).map(|number| {
            let (ada, path, tag) = (ada.clone(), path.clone(), tag.clone());
            // Two of them delete it.
            tokio::spawn(async move {
                match number {
                    7 | 11 => ada.delete_if(&path, &tag).await,
                    _ => ada.patch_if(&path, &tag, json!({"title": format!("Coat {number}")})).await,
                }
            })
        });
        let mut winners = Vec::new();
        for answer in join_all(changes).await {
            let answer = answer.expect("an answer");
            match answer.status.as_u16() {
                200 | 204 => winners.push(answer),
                412 => answer.assert_refused(412, OUTDATED),
                // Only after it was deleted.
                status => assert_eq!(status, 404, "round {round}"),
            }
        }
        assert_eq!(winners.len(), 1, "round {round}");
        let (winner, after) = (winners.remove(0), ada.get(&path).await);
        match winner.status.as_u16() {
            204 => after.assert_refused(404, "Not Found"),
            _ => assert_eq!((after.json(), after.header("etag")), (winner.json(), winner.header("etag"))),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_changes_without_a_condition_all_happen_and_each_has_its_own_tag() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let path = ada.leave("Hat").await;
    let mut tags = HashSet::from([state(&ada, &path).await.0]);
    let changes = (0..16).map(|number| {
        let (ada, path) = (ada.clone(), path.clone());
        tokio::spawn(async move { ada.patch_json(&path, json!({"title": format!("Coat {number}")})).await })
    });
    for answer in join_all(changes).await {
        let answer = answer.expect("an answer");
        assert_eq!(answer.status, 200);
        assert!(tags.insert(answer.header("etag").to_owned()), "a tag twice");
    }
    assert!(tags.contains(&state(&ada, &path).await.0));
}

#[tokio::test]
async fn a_tag_that_is_weak_malformed_or_only_like_the_right_one_matches_nothing() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let path = ada.leave("Hat").await;
    let (tag, _) = state(&ada, &path).await;
    let digits = tag.trim_matches('"').to_owned();
    for wrong in [
        String::new(),
        digits.clone(),
        format!("W/{tag}"),
        format!("w/{tag}"),
        format!("'{digits}'"),
        format!("\"{digits}"),
        format!("\"0{digits}\""),
        format!("\"+{digits}\""),
        format!("\" {digits}\""),
        format!("\"{digits}0\""),
        format!("\"{}\"", &digits[..digits.len() - 1]),
        format!("\"{}\"", &digits[1..]),
        "\"%\"".to_owned(),
        "\"_\"".to_owned(),
        "\"\"".to_owned(),
        "\"*\"".to_owned(),
        "**".to_owned(),
        ",".to_owned(),
        "\"ä\"".to_owned(),
        format!("\"{}\"", "9".repeat(5000)),
        "\"1\", \"2\", W/\"3\"".to_owned(),
    ] {
        ada.patch_if(&path, &wrong, json!({"title": "Coat"})).await.assert_refused(412, OUTDATED);
        ada.delete_if(&path, &wrong).await.assert_refused(412, OUTDATED);
    }
    assert_eq!(state(&ada, &path).await, (tag, "Hat".to_owned()));
}

#[tokio::test]
async fn one_right_tag_among_several_is_enough_and_a_star_matches_every_version() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let path = ada.leave("Hat").await;
    for form in ["TAG", "\"1\", TAG", "TAG , \"1\"", "\"x\",TAG,W/\"2\"", "*", " * "] {
        let right = form.replace("TAG", &state(&ada, &path).await.0);
        let changed = ada.patch_if(&path, &right, json!({"title": form})).await;
        assert_eq!((changed.status.as_u16(), &changed.json()["title"]), (200, &json!(form.trim())), "{form}");
    }
    let (tag, _) = state(&ada, &path).await;
    let lines = [("if-match", "\"1\""), ("if-match", &tag)];
    let changed = ada.call("PATCH", &path, &lines, json!({"title": "In two lines"}).to_string()).await;
    assert_eq!(changed.status, 200);
    assert_eq!(ada.delete_if(&path, changed.header("etag")).await.status, 204);
    let another = ada.leave("Coat").await;
    assert_eq!(ada.delete_if(&another, "*").await.status, 204);
}

#[tokio::test]
async fn a_missing_item_is_a_404_whatever_the_condition_says() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let path = ada.leave("Hat").await;
    let (tag, _) = state(&ada, &path).await;
    assert_eq!(ada.delete(&path).await.status, 204);
    for path in [path.as_str(), "/items/nowhere"] {
        for tag in [tag.as_str(), "\"1\"", "*", "W/\"1\"", ""] {
            ada.patch_if(path, tag, json!({"title": "Coat"})).await.assert_refused(404, "Not Found");
            ada.delete_if(path, tag).await.assert_refused(404, "Not Found");
        }
    }
}

#[tokio::test]
async fn an_administrator_and_the_owner_share_one_tag_and_overwrite_nothing_of_each_other() {
    let app = TestApp::start().await;
    let (ada, grace) = (app.user().await, app.admin().await);
    let path = ada.leave("Hat").await;
    let (tag, _) = state(&grace, &path).await;
    assert_eq!(state(&ada, &path).await.0, tag);
    assert_eq!(ada.patch_if(&path, &tag, json!({"title": "Coat"})).await.status, 200);
    grace.patch_if(&path, &tag, json!({"title": "Scarf"})).await.assert_refused(412, OUTDATED);
    grace.delete_if(&path, &tag).await.assert_refused(412, OUTDATED);
    assert_eq!(state(&grace, &path).await.1, "Coat");
}
