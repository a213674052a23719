//! The lists that administrators read: of all users, and of somebody's items.

use cloakroom::model::Scopes;
use serde_json::{Value, json};

use super::{
    calls::{of_each, person, with},
    support::{Answer, Client, TestApp},
};

/// The usernames of a page, and how many users match.
fn listed(answer: &Answer) -> (Vec<String>, i64) {
    let body = answer.json();
    assert_eq!(answer.status, 200, "{body}");
    (of_each(&body["data"], "username"), body["count"].as_i64().expect("a number"))
}

/// An app with these users, besides the administrator grace.
async fn app_with(usernames: &[&str]) -> (TestApp, Client) {
    let app = TestApp::start().await;
    for username in usernames {
        app.create(username, Scopes::AT_SIGN_UP).await;
    }
    let grace = app.admin().await;
    (app, grace)
}

#[tokio::test]
async fn the_list_is_by_username_in_any_case_of_letters_and_counts_everybody() {
    let (_app, grace) = app_with(&["bob", "Carol", "ada", "Zoe", "_x", "9"]).await;
    let all = ["9", "_x", "ada", "bob", "Carol", "grace", "Zoe"];
    for (query, part) in [
        ("", &all[..]),
        ("?skip=2", &all[2..]),
        ("?limit=3", &all[..3]),
        ("?skip=1&limit=2", &all[1..3]),
        ("?skip=5", &all[5..]),
        ("?skip=7", &[]),
        ("?skip=9223372036854775807", &[]),
        ("?limit=0", &[]),
        ("?q=", &all[..]),
    ] {
        for path in ["/users", "/users/"] {
            let (names, count) = listed(&grace.get(&format!("{path}{query}")).await);
            assert_eq!((names, count), (part.iter().map(|name| (*name).to_owned()).collect(), 7), "{query}");
        }
    }
    let page = grace.get("/users?limit=1").await.json();
    assert_eq!(page.as_object().map(serde_json::Map::len), Some(2), "data and count");
    assert_eq!(page["data"][0], grace.get("/users/9").await.json());
}

#[tokio::test]
async fn a_hundred_users_come_at_most() {
    let (app, grace) = app_with(&[]).await;
    for number in 0..100 {
        app.create(&format!("user-{number:03}"), Scopes::AT_SIGN_UP).await;
    }
    let (names, count) = listed(&grace.get("/users").await);
    assert_eq!((names.len(), count), (100, 101));
}

#[tokio::test]
async fn the_link_to_the_next_page_leads_through_the_whole_list_also_of_a_search() {
    let (_app, grace) = app_with(&["bob", "Bea", "b+b@example.com", "B.B", "b_b", "dora", "b-b"]).await;
    for search in ["", "&q=B", "&q=b%2Bb%40"] {
        let (whole, count) = listed(&grace.get(&format!("/users?limit=100{search}")).await);
        assert!(!whole.is_empty() && i64::try_from(whole.len()) == Ok(count));
        for limit in 1..=whole.len() {
            let (mut names, mut pages, mut next) = (Vec::new(), 0, Some(format!("/users?limit={limit}{search}")));
            while let Some(path) = next {
                let page = grace.get(&path).await;
                let (part, of) = listed(&page);
                assert_eq!(of, count, "{path}");
                names.extend(part);
                (pages, next) = (pages + 1, page.next_page());
            }
            assert_eq!((&names, pages), (&whole, whole.len().div_ceil(limit)), "limit {limit}{search}");
        }
    }
}

#[tokio::test]
async fn a_search_finds_a_part_of_the_username_the_name_or_the_address_in_any_case_of_letters() {
    let (app, grace) = app_with(&[]).await;
    for (username, email, full_name) in [
        ("Ada", "countess@example.com", "Ada Lovelace"),
        ("juergen", "juergen@example.org", "Jürgen ÄRGER"),
        ("per_cent", "a%b@example.org", "100% sure\\really"),
        ("percent", "ab@example.org", "Αθηνά 山田"),
    ] {
        let body = with(with(person(username), "email", email), "full_name", full_name);
        assert_eq!(app.anonymous().post_json("/users", body).await.status, 201);
    }
    for (q, names) in [
        ("ada", &["Ada"][..]),
        ("LOVE", &["Ada"]),
        ("COUNTESS@", &["Ada"]),
        ("jürgen", &["juergen"]),
        ("JÜRGEN ä", &["juergen"]),
        ("ärger", &["juergen"]),
        ("ΑΘΗΝΆ", &["percent"]),
        ("山", &["percent"]),
        ("%", &["per_cent"]),
        ("a%b", &["per_cent"]),
        ("r_c", &["per_cent"]),
        ("\\", &["per_cent"]),
        ("example.org", &["juergen", "per_cent", "percent"]),
        ("nobody", &[]),
        ("' OR 1=1 --", &[]),
        (" ", &["Ada", "juergen", "per_cent", "percent"]),
    ] {
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("q", q).finish();
        let (found, count) = listed(&grace.get(&format!("/users?{query}")).await);
        assert_eq!((found, count), (names.iter().map(|name| (*name).to_owned()).collect(), names.len() as i64), "{q}");
    }
}

#[tokio::test]
async fn a_search_sees_a_change_and_forgets_what_was_before() {
    let (_app, grace) = app_with(&["ada"]).await;
    let found = async |q: &str| listed(&grace.get(&format!("/users?q={q}")).await).0;
    grace.patch_json("/users/ada", json!({"full_name": "Lovelace", "email": "countess@example.com"})).await;
    assert_eq!((found("lovelace").await, found("countess").await), (vec!["ada".to_owned()], vec!["ada".to_owned()]));
    grace.patch_json("/users/ada", json!({"full_name": "King", "email": null})).await;
    assert_eq!((found("lovelace").await, found("countess").await), (vec![], vec![]));
    assert_eq!((found("king").await, found("ada").await), (vec!["ada".to_owned()], vec!["ada".to_owned()]));
}

#[tokio::test]
async fn skip_limit_and_search_out_of_range_are_named() {
    let (app, grace) = app_with(&["ada"]).await;
    app.leave_items("ada", &["coat"]).await;
    for path in ["/users", "/users/ada/items"] {
        for (query, broken) in [
            ("skip=-1", &[("query.skip", "greater_than_equal")][..]),
            ("limit=-1", &[("query.limit", "greater_than_equal")]),
            ("limit=101", &[("query.limit", "less_than_equal")]),
            ("skip=9223372036854775808", &[("query.skip", "less_than_equal")]),
            ("skip=x&limit=1.5", &[("query.skip", "int_parsing"), ("query.limit", "int_parsing")]),
            ("q=a%00", &[("query.q", "value_error")]),
            (&format!("q={}", "a".repeat(256)), &[("query.q", "string_too_long")]),
        ] {
            grace.get(&format!("{path}?{query}")).await.assert_broken(broken);
        }
    }
}

#[tokio::test]
async fn an_administrator_reads_somebodys_items_newest_first_and_searches_them() {
    let (app, grace) = app_with(&["ada", "bob"]).await;
    app.leave_items("ada", &["coat", "hat", "top-hat"]).await;
    app.leave_items("grace", &["scarf"]).await;
    let ids = |answer: &Answer| -> (Vec<String>, Value) {
        let body = answer.json();
        (of_each(&body["data"], "item_id"), body["count"].clone())
    };
    for (query, names, count) in [
        ("", &["top-hat", "hat", "coat"][..], 3),
        ("?skip=1&limit=1", &["hat"], 3),
        ("?q=HAT", &["top-hat", "hat"], 2),
        ("?q=scarf", &[], 0),
    ] {
        for slash in ["", "/"] {
            let answer = grace.get(&format!("/users/ada/items{slash}{query}")).await;
            assert_eq!(ids(&answer), (names.iter().map(|name| (*name).to_owned()).collect(), json!(count)), "{query}");
        }
    }
    assert_eq!(
        grace.get("/users/ada/items?q=coat").await.json()["data"][0],
        json!({"item_id": "coat", "owner": "ada"})
    );
    assert_eq!(grace.get("/users/bob/items").await.json(), json!({"data": [], "count": 0}));
    let first = grace.get("/users/ada/items?limit=2").await;
    let second = grace.get(&first.next_page().expect("a next page")).await;
    assert_eq!((ids(&second).0, second.next_page()), (vec!["coat".to_owned()], None));
}
