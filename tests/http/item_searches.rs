//! `GET /items?q=…`: what a search finds.

use cloakroom::model::Scopes;
use serde_json::json;

use super::{
    calls::of_each,
    item_lists::{MANY, read, walk, with_many},
    support::{Client, TestApp},
};

/// The ids that a search finds, sorted. The texts are queries, percent-encoded.
async fn found(client: &Client, q: &str) -> Vec<String> {
    let (mut ids, count) = read(client, &format!("/items?q={q}")).await;
    assert_eq!(count, ids.len(), "{q}");
    ids.sort();
    ids
}

#[tokio::test]
async fn a_search_looks_in_title_description_and_id_without_regard_to_case() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    app.leave_items("ada", &["Grün-1", "other"]).await;
    app.create("eve", Scopes::AT_SIGN_UP).await;
    app.leave_items("eve", &["Grün of Eve"]).await;
    let path = async |title: &str, description: &str| {
        let created = ada.post_json("/items", json!({"title": title, "description": description})).await;
        created.json()["item_id"].as_str().expect("an id").to_owned()
    };
    let (coat, hat) = (path("Ein grüner Mantel", "").await, path("Hut", "so GRÜN\nwie Gras").await);
    let cyrillic = path("ЗОНТ", "ΟΔΟΣΑ").await;
    let mut green = vec!["Grün-1".to_owned(), coat.clone(), hat.clone()];
    green.sort();
    // grün, GRÜN, gRüN: no item of Eve's.
    for q in ["gr%C3%BCn", "GR%C3%9CN", "gR%c3%bcN"] {
        assert_eq!(found(&ada, q).await, green, "{q}");
    }
    for (q, ids) in [
        ("mantel", vec![&coat]),
        ("%D0%B7%D0%BE%D0%BD%D1%82", vec![&cyrillic]),
        ("wie+gras", vec![&hat]),
        ("wie%20GRAS", vec![&hat]),
        (&hat.to_uppercase(), vec![&hat]),
        ("gr%C3%BCner++mantel", vec![]),
        ("eve", vec![]),
        ("ada", vec![]),
        ("nothing+like+it", vec![]),
    ] {
        assert_eq!(found(&ada, q).await.iter().collect::<Vec<_>>(), ids, "{q}");
    }
    for q in ["", "&q=", "x&q="] {
        assert_eq!(found(&ada, q).await.len(), 5, "an empty search is none: {q}");
    }
    assert_eq!(found(&ada, "mantel&q=HUT").await, [hat], "the last one counts");
}

#[tokio::test]
async fn a_search_knows_the_two_small_letters_of_a_greek_capital() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    // The last letter of a word is another one: ς instead of σ.
    for title in ["ΟΔΟΣΑ", "οδοσα", "ΟΔΟΣ", "οδος"] {
        ada.leave(title).await;
    }
    for q in ["%CE%9F%CE%94%CE%9F%CE%A3", "%CE%BF%CE%B4%CE%BF%CF%83", "%CE%BF%CE%B4%CE%BF%CF%82"] {
        assert_eq!(found(&ada, q).await.len(), 4, "{q}");
    }
}

#[tokio::test]
async fn the_signs_of_patterns_and_of_sql_stand_for_themselves_in_a_search() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let titles = ["100% wool", "snake_case", r"back\slash", "it's", "\"quoted\"", "[a-z]*?", "plain; -- text"];
    for title in titles {
        ada.leave(title).await;
    }
    for (q, title) in [
        ("%25", 0),
        ("0%25+", 0),
        ("_", 1),
        ("e_c", 1),
        ("%5C", 2),
        ("%5Cs", 2),
        ("'", 3),
        ("t's", 3),
        ("%22", 4),
        ("%5Ba-z%5D", 5),
        ("*", 5),
        ("?", 5),
        (";+--", 6),
    ] {
        let page = ada.get(&format!("/items?q={q}")).await.json();
        assert_eq!(
            (of_each(&page["data"], "title"), &page["count"]),
            (vec![titles[title].to_owned()], &json!(1)),
            "{q}"
        );
    }
    for q in ["%25%25", "__", "s%25e", "k%5C%5Cs", "''", "%5C%25", "%5C_", "' OR '1'='1".replace(' ', "+").as_str()] {
        assert_eq!(found(&ada, q).await, [""; 0], "{q}");
    }
}

#[tokio::test]
async fn a_search_has_up_to_255_characters() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    ada.leave(&"ä".repeat(255)).await;
    assert_eq!(found(&ada, &"%C3%84".repeat(255)).await.len(), 1);
    ada.get(&format!("/items?q={}", "%C3%84".repeat(256))).await.assert_broken(&[("query.q", "string_too_long")]);
}

#[tokio::test]
async fn a_search_sees_a_change_at_once() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let path = ada.leave("Umbrella").await;
    ada.patch_json(&path, json!({"title": "Hat", "description": "Top"})).await;
    for (q, count) in [("umbrella", 0), ("hat", 1), ("top", 1)] {
        assert_eq!(found(&ada, q).await.len(), count, "{q}");
    }
    ada.patch_json(&path, json!({"description": null})).await;
    for (q, count) in [("hat", 1), ("top", 0)] {
        assert_eq!(found(&ada, q).await.len(), count, "{q}");
    }
    ada.delete(&path).await;
    assert_eq!(found(&ada, "hat").await.len(), 0);
}

#[tokio::test]
async fn a_search_has_pages_and_links_like_the_whole_list() {
    let (_app, ada, all) = with_many().await;
    // What matches `1-`: a part of the list, from both of its halves.
    let matching: Vec<_> = all.iter().filter(|id| id.contains("1-")).cloned().collect();
    assert!((2..MANY).contains(&matching.len()));
    for limit in 1..=matching.len() {
        let expected = (matching.clone(), matching.len().div_ceil(limit));
        assert_eq!(walk(&ada, &format!("/items?q=1-&limit={limit}")).await, expected, "limit {limit}");
        for skip in 0..=matching.len() {
            let path = format!("/items?q=1-&skip={skip}&limit={limit}");
            let expected = matching.iter().skip(skip).take(limit).cloned().collect();
            assert_eq!(read(&ada, &path).await, (expected, json!(matching.len())), "{path}");
        }
    }
    let app = TestApp::start().await;
    let ada = app.user().await;
    for number in 0..3 {
        ada.leave(&format!("50% & #{number} ä+ö")).await;
    }
    assert_eq!(walk(&ada, "/items?limit=1&q=50%25+%26+%23&skip=0").await.1, 3, "the link encodes the search");
    assert_eq!(walk(&ada, "/items?limit=2&q=%C3%84%2B%C3%B6").await.1, 2);
}
