//! What only PostgreSQL makes possible: several servers on one database. Run by `make unit`, or with
//! `scripts/postgres.sh cargo test --features ssr --test http -- --include-ignored postgres`.

use std::time::Duration;

use cloakroom::{
    model::{Scopes, UserUpdate},
    server::store::NewUser,
};
use futures::future::{join, join_all};
use serde_json::json;

use super::{
    signed_in::{Tokens, assert_over},
    support::{PASSWORD, TestApp},
};

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn what_one_server_changes_holds_on_the_next_request_of_every_other() {
    let [one, other, third] = <[_; 3]>::try_from(TestApp::start_several(3, &[]).await).ok().expect("three");
    let ada = one.user().await;
    let there = [other.with_token(ada.token()), third.with_token(ada.token())];
    let all_answer = async |path: &'static str, status: u16| {
        for client in &there {
            assert_eq!(client.get(path).await.status, status, "{path}");
        }
    };
    for _ in 0..20 {
        all_answer("/users/me", 200).await;
        one.set_disabled("ada", true).await;
        all_answer("/users/me", 400).await;
        other.set_disabled("ada", false).await;
        all_answer("/users/me", 200).await;
        let scopes = |scopes| UserUpdate { scopes: Scopes::parse(scopes).ok(), ..UserUpdate::default() };
        third.change("ada", scopes("items")).await;
        all_answer("/users/me", 403).await;
        one.change("ada", scopes("me items me:write items:write")).await;
        all_answer("/users/me", 200).await;
    }
    let item = there[0].post_json("/items", json!({"title": "Umbrella"})).await;
    assert_eq!(item.status, 201);
    assert_eq!(ada.get("/items").await.json(), json!({"data": [item.json()], "count": 1}));
    one.set_password("ada", "syzygy of the spheres").await;
    all_answer("/users/me", 401).await;
    other.set_password("ada", PASSWORD).await;
    let ada = third.log_in("ada").await;
    assert_eq!(one.with_token(ada.token()).delete("/users/me").await.status, 204);
    assert_eq!(ada.get("/users/me").await.status, 401);
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn of_two_administrators_who_are_taken_away_by_two_servers_at_once_one_stays() {
    let servers = TestApp::start_several(2, &[]).await;
    let all = Scopes::ALL;
    // With a third one, neither is the last: the one who comes later has lost the scope.
    servers[0].create("joan", all).await;
    for round in 0..10 {
        if round == 5 {
            servers[0].execute("DELETE FROM users").await;
        }
        let names = [format!("grace-{round}"), format!("hedy-{round}")];
        for name in &names {
            servers[0].create(name, all).await;
        }
        let admins = join_all(names.iter().map(|name| servers[0].log_in(name))).await;
        let demote = async |server: &TestApp, by: usize, name: &str| {
            server
                .with_token(admins[by].token())
                .patch_json(&format!("/users/{name}"), json!({"scopes": ["me"]}))
                .await
                .status
        };
        let (one, other) = futures::join!(demote(&servers[0], 0, &names[1]), demote(&servers[1], 1, &names[0]));
        let mut statuses = [one.as_u16(), other.as_u16()];
        statuses.sort_unstable();
        assert!(matches!(statuses, [200, 403]), "{statuses:?}");
        servers[0].execute("DELETE FROM users WHERE username <> 'joan'").await;
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn the_counts_of_lists_are_right_after_changes_in_parallel_on_two_servers() {
    let servers = TestApp::start_several(2, &[]).await;
    let admin = servers[0].admin().await;
    let ada = servers[1].user().await;
    let clients = [servers[0].with_token(ada.token()), servers[1].with_token(ada.token())];
    let made = join_all((0..60).map(|number| clients[number % 2].post_json("/items", json!({"title": "Hat"})))).await;
    assert!(made.iter().all(|answer| answer.status == 201));
    let ids: Vec<_> = made.iter().map(|answer| answer.json()["item_id"].as_str().expect("an id").to_owned()).collect();
    let deleted = join_all(ids.iter().take(20).enumerate().map(|(number, id)| {
        let path = format!("/items/{id}");
        let client = clients[number % 2].clone();
        async move { client.delete(&path).await.status }
    }))
    .await;
    assert!(deleted.iter().all(|status| *status == 204));
    assert_eq!(ada.get("/items?limit=1").await.json()["count"], 40);
    let people = (0..20).map(|number| {
        let body = super::calls::person(&format!("person-{number}"));
        let client = servers[number % 2].anonymous();
        async move { client.post_json("/users", body).await.status }
    });
    assert!(join_all(people).await.iter().all(|status| *status == 201));
    assert_eq!(admin.get("/users?limit=1").await.json()["count"], 22);
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn accounts_are_deleted_beside_changes_of_their_items_on_other_servers() {
    let servers = TestApp::start_several(2, &[]).await;
    let admin = servers[0].admin().await;
    for round in 0..10 {
        let ada = servers[1].user().await;
        let made = join_all((0..6).map(|_| ada.post_json("/items", json!({"title": "Hat"})))).await;
        let paths: Vec<_> =
            made.iter().map(|item| format!("/items/{}", item.json()["item_id"].as_str().expect("an id"))).collect();
        let other = servers[0].with_token(ada.token());
        let by_owner = join_all(paths[..3].iter().map(|path| other.delete(path)));
        let by_admin = join_all(paths[3..].iter().map(|path| admin.delete(path)));
        let more = join_all((0..3).map(|_| ada.post_json("/items", json!({"title": "Coat"}))));
        let (gone, one, two, three) = futures::join!(ada.delete("/users/me"), by_owner, by_admin, more);
        assert_eq!(gone.status, 204, "round {round}: {}", gone.text());
        for answer in one.iter().chain(&two).chain(&three) {
            // Before the account was deleted, or after.
            assert!([201, 204, 401, 404].contains(&answer.status.as_u16()), "round {round}: {}", answer.text());
        }
        assert_eq!(admin.get("/users").await.json()["count"], 1);
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn what_a_disabled_administrator_began_before_does_not_land_afterwards() {
    let app = TestApp::start().await;
    let grace = app.admin().await;
    app.create("hedy", Scopes::ALL).await;
    let hedy = app.log_in("hedy").await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    // Another program holds the row.
    let mut other = app.database.connect().await;
    other.execute("BEGIN; SELECT id FROM users WHERE username = 'ada' FOR UPDATE").await;
    let promoted = tokio::spawn(async move {
        hedy.patch_json("/users/ada", json!({"scopes": ["me", "items", "admin"]})).await.status.as_u16()
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let demotion = tokio::spawn(async move {
        grace.patch_json("/users/hedy", json!({"scopes": ["me"], "disabled": true})).await.status.as_u16()
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!demotion.is_finished(), "it waits for the change that began before it");
    other.execute("COMMIT").await;
    assert_eq!((promoted.await.expect("an answer"), demotion.await.expect("an answer")), (200, 200));
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn connections_that_are_cut_are_made_anew() {
    let app = TestApp::start().await;
    let ada = app.user().await;
    for _ in 0..5 {
        // So several connections are idle.
        let lists = join_all((0..20).map(|_| ada.get("/items"))).await;
        assert!(lists.iter().all(|list| list.status == 200));
        app.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() \
             AND application_name = current_setting('application_name')",
        )
        .await;
        // A look-up of a token is tried again.
        let users = join_all((0..20).map(|_| ada.get("/users/me"))).await;
        assert!(users.iter().all(|user| user.status == 200));
        // A write is not.
        let mut refused = 0;
        while refused < 20 {
            let answer = ada.post_json("/items", json!({"title": "Hat"})).await;
            if answer.status == 201 {
                break;
            }
            assert_eq!(answer.status, 503, "{}", answer.text());
            refused += 1;
        }
        assert!(refused < 20);
    }
    assert_eq!(ada.get("/items?limit=1").await.json()["count"], 5);
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn guessing_at_five_servers_gains_nothing_over_guessing_at_one() {
    let servers = TestApp::start_several(5, &[]).await;
    servers[0].create("ada", Scopes::AT_SIGN_UP).await;
    for name in ["ada", "nobody"] {
        // One after the other: three typos cost nothing, and the next guess has to wait.
        let form = format!("username={name}&password=wrong");
        let mut statuses = Vec::new();
        for number in 0..6 {
            statuses.push(servers[number % 5].anonymous().post_form("/token", &form).await.status.as_u16());
            // A wait of minutes, for a slow day.
            servers[0].execute("UPDATE failures SET until = until + 200000").await;
        }
        servers[0].execute("DELETE FROM failures").await;
        assert_eq!(statuses, [401, 401, 401, 401, 429, 429], "{name}");
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn of_guesses_in_parallel_at_five_servers_as_many_are_looked_at_as_of_one_after_the_other() {
    let servers = TestApp::start_several(5, &[]).await;
    servers[0].create("ada", Scopes::AT_SIGN_UP).await;
    let guesses = (0..40).map(|number| {
        let client = servers[number % 5].anonymous();
        async move { client.post_form("/token", "username=ada&password=wrong").await.status.as_u16() }
    });
    let statuses = join_all(guesses).await;
    let count = |status| statuses.iter().filter(|other| **other == status).count();
    // Four, and one more for each second that passes meanwhile.
    assert!((4..=6).contains(&count(401)), "{statuses:?}");
    assert_eq!(count(401) + count(429), 40, "{statuses:?}");
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn right_passwords_in_parallel_at_five_servers_all_get_in() {
    let servers = TestApp::start_several(5, &[]).await;
    servers[0].create("ada", Scopes::AT_SIGN_UP).await;
    let logins = (0..40).map(|number| {
        let client = servers[number % 5].anonymous();
        async move { client.post_form("/token", &format!("username=ada&password={PASSWORD}")).await.status.as_u16() }
    });
    assert_eq!(join_all(logins).await, [200; 40]);
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn guesses_of_a_server_that_was_killed_count_as_failures_after_a_while() {
    let app = TestApp::start().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let wrong = "username=ada&password=wrong";
    for _ in 0..3 {
        assert_eq!(app.anonymous().post_form("/token", wrong).await.status, 401);
    }
    assert_eq!(app.anonymous().post_form("/token", wrong).await.status, 401);
    // As if the fourth had begun at a server that was killed: the third is still counted, and so is its guess.
    app.execute("DELETE FROM guesses").await;
    let began = std::time::Instant::now();
    app.execute(
        "INSERT INTO guesses (key, id, expires_at) SELECT key, 'killed', \
         CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) + 1500 FROM failures",
    )
    .await;
    app.execute("UPDATE failures SET count = 3, until = NULL").await;
    let waited = app.anonymous().post_form("/token", wrong).await;
    assert!(began.elapsed().as_millis() > 1000, "it waits for the one in progress");
    assert_eq!(waited.status, 429, "which has failed then");
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn sign_ups_are_counted_by_all_servers_together() {
    let servers = TestApp::start_several(3, &[]).await;
    let mut statuses = Vec::new();
    for number in 0..63 {
        let body = super::calls::person(&format!("person-{number}"));
        statuses.push(servers[number % 3].anonymous().post_json("/users", body).await.status.as_u16());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 61);
    assert_eq!(statuses[61..], [429, 429]);
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_nul_is_found_nowhere_and_breaks_nothing() {
    let app = TestApp::start().await;
    let grace = app.admin().await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    for path in ["/users/ad%00a", "/items/%00"] {
        assert_eq!(grace.get(path).await.status, 404, "{path}");
        assert_eq!(grace.delete(path).await.status, 404, "{path}");
    }
    let login = app.anonymous().post_form("/token", "username=ada%00&password=correct").await;
    assert_eq!(login.status, 401);
    let token = app.sign("ada\0", cloakroom::server::clock::unix_seconds() + 60);
    assert_eq!(app.with_token(&token).get("/users/me").await.status, 401);
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_name_that_is_given_away_at_the_moment_of_its_deletion_opens_nothing_with_old_tokens() {
    let app = TestApp::start().await;
    app.user().await;
    let mut deletion = app.database.connect().await;
    deletion
        .execute(
            "BEGIN; DELETE FROM users WHERE username = 'ada'; \
             INSERT INTO deleted_usernames VALUES (encode(sha256('ada'), 'hex'), 4102444800)",
        )
        .await;
    let user = NewUser {
        id: "another".to_owned(),
        username: "ada".to_owned(),
        email: None,
        full_name: None,
        hashed_password: String::new(),
        disabled: false,
        scopes: Scopes::default(),
        created_at: 0,
    };
    // It waits for the deletion.
    let (inserted, ()) = tokio::join!(app.state.store.insert_user(&user, None), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        deletion.execute("COMMIT").await;
    });
    assert_eq!(inserted.expect("a new user").user.tokens_valid_from, 4_102_444_800);
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_session_that_ends_at_one_server_is_refused_by_the_next_request_at_every_other() {
    let [one, other, third] = <[_; 3]>::try_from(TestApp::start_several(3, &[]).await).ok().expect("three");
    one.create("ada", Scopes::AT_SIGN_UP).await;
    for number in 0..20 {
        let tokens = one.sign_in("ada").await;
        let plain = other.log_in("ada").await;
        for server in [&one, &other, &third] {
            assert_eq!(server.with(&tokens).get("/users/me").await.status, 200);
            assert_eq!(server.with_token(plain.token()).get("/users/me").await.status, 200);
        }
        match number % 3 {
            0 => one.revoke(&tokens.refresh).await,
            1 => one.revoke(&tokens.access).await,
            _ => assert_eq!(one.with(&tokens).delete("/users/me/sessions").await.status, 204),
        }
        third.revoke(plain.token()).await;
        for server in [&other, &third, &one] {
            if number % 3 < 2 {
                assert_over(server, &tokens).await;
            }
            server
                .with_token(plain.token())
                .get("/users/me")
                .await
                .assert_refused(401, "Could not validate credentials");
        }
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn parallel_renewals_at_several_servers_get_one_successor() {
    let servers = TestApp::start_several(3, &[]).await;
    servers[0].create("ada", Scopes::AT_SIGN_UP).await;
    let mut tokens = servers[0].sign_in("ada").await;
    for _ in 0..5 {
        let answers = join_all((0..21).map(|number| servers[number % 3].refresh(&tokens.refresh))).await;
        let all: Vec<_> = answers.iter().map(Tokens::of).collect();
        assert!(all.iter().all(|one| one.refresh == all[0].refresh));
        tokens = all[8].clone();
    }
    servers[0].let_the_grace_pass().await;
    assert_eq!(servers[1].refresh(&tokens.refresh).await.status, 200);
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_renewal_at_the_moment_of_an_end_leaves_nothing_that_goes_on() {
    let servers = TestApp::start_several(2, &[]).await;
    servers[0].create("ada", Scopes::AT_SIGN_UP).await;
    for number in 0..30 {
        let tokens = servers[0].sign_in("ada").await;
        let end = async {
            match number % 3 {
                0 => servers[1].set_password("ada", PASSWORD).await,
                1 => servers[1].set_disabled("ada", true).await,
                _ => servers[1].revoke(&tokens.refresh).await,
            }
        };
        let (renewed, ()) = join(join_all((0..4).map(|_| servers[0].refresh(&tokens.refresh))), end).await;
        servers[0].set_disabled("ada", false).await;
        assert_over(&servers[0], &tokens).await;
        for answer in renewed.iter().filter(|answer| answer.status == 200) {
            assert_over(&servers[1], &Tokens::of(answer)).await;
        }
        assert!(renewed.iter().all(|answer| [200, 400].contains(&answer.status.as_u16())));
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn wrong_secrets_of_clients_are_counted_by_all_servers_together() {
    let servers = TestApp::start_several(3, &[]).await;
    let machine = servers[0].add_client("billing", "me").await;
    let form = "grant_type=client_credentials";
    let wrong = machine.with_secret("cloakroom_client_secret_x");
    let answers = join_all((0..21).map(|number| servers[number % 3].post_as(&wrong, "/token", form))).await;
    let looked_at = answers.iter().filter(|answer| answer.status == 401).count();
    // Four need no wait. How many more there are depends on how long this takes.
    assert!((4..21).contains(&looked_at), "{looked_at}");
    assert!(answers.iter().all(|answer| [401, 429].contains(&answer.status.as_u16())));
    for server in &servers {
        assert_eq!(server.post_as(&machine, "/token", form).await.status, 200);
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn many_sessions_of_a_client_end_at_all_servers_while_they_are_renewed_and_ended_elsewhere() {
    let servers = TestApp::start_several(3, &["password.queue=1000"]).await;
    servers[0].create("ada", Scopes::AT_SIGN_UP).await;
    let mut machine = servers[0].add_client("portal", "").await;
    let ada = servers[1].log_in("ada").await;
    for _ in 0..5 {
        let tokens = join_all((0..12).map(|number| servers[number % 3].sign_in_by(&machine, "ada"))).await;
        let renewals =
            join_all((0..10).map(|number| servers[number % 3].refresh_by(&machine, &tokens[number].refresh)));
        let ends = ada.delete("/users/me/sessions");
        let (renewed, (new, ended)) = join(renewals, join(servers[2].change_client_secret("portal"), ends)).await;
        assert_eq!(ended.status, 204);
        for (number, tokens) in tokens.iter().enumerate() {
            assert_over(&servers[number % 3], tokens).await;
        }
        for answer in &renewed {
            assert!([200, 400, 401, 429].contains(&answer.status.as_u16()), "{}", answer.text());
            if answer.status == 200 {
                let tokens = Tokens::of(answer);
                servers[0].with(&tokens).get("/users/me").await.assert_refused(401, "Could not validate credentials");
                servers[1].refresh_by(&new, &tokens.refresh).await.assert_oauth2(400, "invalid_grant");
            }
        }
        machine = new;
    }
}
