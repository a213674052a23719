//! There is always an administrator who is not disabled.

use cloakroom::model::{ME, Scopes, UserUpdate};
use futures::future::join;
use serde_json::{Value, json};

use super::support::{Answer, Client, TestApp};

const LAST: &str = "This is the last administrator who is not disabled: grant the scope admin to another user first";

/// Each way to take an administrator's place away: the method, the path and the body. The last one is for oneself only.
fn ways(username: &str) -> [(&'static str, String, Value); 6] {
    let path = format!("/users/{username}");
    [
        ("PATCH", path.clone(), json!({"disabled": true})),
        ("PATCH", path.clone(), json!({"scopes": ["me", "items"]})),
        ("PATCH", path.clone(), json!({"scopes": []})),
        ("PATCH", path.clone(), json!({"disabled": true, "scopes": ["admin"], "full_name": "Eve"})),
        ("DELETE", path, json!({})),
        ("DELETE", "/users/me".to_owned(), json!({})),
    ]
}

async fn go(client: &Client, (method, path, body): &(&str, String, Value)) -> Answer {
    client.call(method, path, &[], body.to_string()).await
}

/// How many administrators can log in.
async fn administrators(app: &TestApp) -> usize {
    let users = app.state.store.users_after("").await.expect("a database");
    users.iter().filter(|user| !user.user.disabled && user.user.scopes.is_administrators()).count()
}

#[tokio::test]
async fn the_last_one_is_not_disabled_demoted_or_deleted() {
    let app = TestApp::start().await;
    let (_, grace) = (app.user().await, app.admin().await);
    let before = grace.get("/users/grace").await;
    for way in ways("grace") {
        go(&grace, &way).await.assert_refused(409, LAST);
        let after = grace.get("/users/grace").await;
        assert_eq!((after.json(), after.etag()), (before.json(), before.etag()), "{way:?}");
    }
}

#[tokio::test]
async fn a_disabled_administrator_does_not_count() {
    let app = TestApp::start().await;
    let grace = app.admin().await;
    app.create("alan", Scopes::ALL).await;
    app.set_disabled("alan", true).await;
    for way in ways("grace") {
        go(&grace, &way).await.assert_refused(409, LAST);
    }
    // Alan can be demoted and deleted: that takes nobody away.
    assert_eq!(go(&grace, &ways("alan")[1]).await.status, 200);
    assert_eq!(go(&grace, &ways("alan")[4]).await.status, 204);
}

#[tokio::test]
async fn with_another_one_each_way_is_open() {
    for number in 0..ways("grace").len() {
        let app = TestApp::start().await;
        let grace = app.admin().await;
        app.create("alan", Scopes::ALL).await;
        let answer = go(&grace, &ways("grace")[number]).await;
        assert!([200, 204].contains(&answer.status.as_u16()), "{} {}", answer.status, answer.text());
        assert_eq!(administrators(&app).await, 1);
        let alan = app.log_in("alan").await;
        go(&alan, &ways("alan")[number]).await.assert_refused(409, LAST);
    }
}

#[tokio::test]
async fn the_last_one_changes_everything_else() {
    let app = TestApp::start().await;
    let (_, grace) = (app.user().await, app.admin().await);
    for body in [
        json!({"full_name": "Grace", "email": "grace@example.com"}),
        json!({"disabled": false}),
        json!({"scopes": ["admin"]}),
        json!({"scopes": ["me", "admin"]}),
    ] {
        assert_eq!(grace.patch_json("/users/grace", body.clone()).await.status, 200, "{body}");
    }
    assert_eq!(
        grace.patch_json("/users/ada", json!({"disabled": true})).await.status,
        200,
        "others are no administrators"
    );
    assert_eq!(grace.delete("/users/ada").await.status, 204);
}

#[tokio::test]
async fn a_scope_whose_name_only_contains_admin_makes_no_administrator() {
    let app = TestApp::start().await;
    let (_, grace) = (app.user().await, app.admin().await);
    app.execute("UPDATE users SET scopes = 'me administrator xadmin admin:read' WHERE username = 'ada'").await;
    go(&grace, &ways("grace")[1]).await.assert_refused(409, LAST);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_take_each_others_place_away_at_the_same_time_one_stays() {
    let app = TestApp::start().await;
    for round in 0..30 {
        let (a, b) = (format!("a-{round}"), format!("b-{round}"));
        for username in [&a, &b] {
            app.create(username, Scopes::ALL).await;
        }
        let clients = [app.log_in(&a).await, app.log_in(&b).await];
        // Now there are just these two.
        if round > 0 {
            for other in [format!("a-{}", round - 1), format!("b-{}", round - 1)] {
                let _ = app.state.store.delete_user(&other, &Default::default(), 0).await;
            }
        }
        assert_eq!(administrators(&app).await, 2);
        let number = round % 5;
        let one = |client: Client, username: &str| {
            let way = ways(username)[number].clone();
            tokio::spawn(async move { go(&client, &way).await })
        };
        let [by_a, by_b] = clients;
        let (first, second) = join(one(by_a, &b), one(by_b, &a)).await;
        let mut statuses = [first, second].map(|answer| answer.expect("an answer").status.as_u16());
        statuses.sort_unstable();
        assert!([200, 204].contains(&statuses[0]), "{statuses:?}");
        // The second was the last one, or had lost the scope, the account or the token by then.
        assert!([400, 401, 403, 409].contains(&statuses[1]), "{statuses:?}");
        assert_eq!(administrators(&app).await, 1, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_leave_at_the_same_time_one_stays() {
    let app = TestApp::start().await;
    for round in 0..20 {
        for username in ["a", "b"] {
            if app.state.store.find_user(username).await.expect("a database").is_none() {
                app.create(username, Scopes::ALL).await;
            }
        }
        let leave = |client: Client| tokio::spawn(async move { client.delete("/users/me").await });
        let (a, b) = join(leave(app.log_in("a").await), leave(app.log_in("b").await)).await;
        let answers = [a.expect("an answer"), b.expect("an answer")];
        Answer::assert_statuses(&answers, vec![204, 409]);
        assert_eq!(administrators(&app).await, 1, "round {round}");
    }
}

#[tokio::test]
async fn where_there_is_none_at_all_others_are_not_held_back() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    let update = UserUpdate { scopes: Some(Scopes::new(ME)), ..UserUpdate::default() };
    app.change("ada", update).await;
    app.create("bob", Scopes::AT_SIGN_UP).await;
    assert_eq!(ada.get("/users/me").await.status, 200);
    assert_eq!(app.log_in("bob").await.delete("/users/me").await.status, 204);
}
