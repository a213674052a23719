//! Rate limits and lockout: too many failed logins at the token endpoint.

use std::{net::SocketAddr, pin::pin, time::Duration};

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Request, header},
};
use cloakroom::model::Scopes;

use super::support::{Answer, PASSWORD, TestApp};

/// A login from this address, with `forwarded_for` as the `X-Forwarded-For` header.
async fn log_in_via(app: &TestApp, address: &str, forwarded_for: &str, username: &str, password: &str) -> Answer {
    let socket = SocketAddr::new(address.parse().expect("an address"), 40000);
    let form = format!("username={username}&password={password}").replace(' ', "+");
    let request = Request::post("/token")
        .extension(ConnectInfo(socket))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("x-forwarded-for", forwarded_for);
    app.anonymous().send(request.body(Body::from(form)).expect("a request")).await
}

async fn log_in_from(app: &TestApp, address: &str, username: &str, password: &str) -> Answer {
    log_in_via(app, address, "", username, password).await
}

/// Guesses wrongly from this address until the rate limit refuses. Returns how many guesses were checked.
async fn guess_until_refused(app: &TestApp, address: &str, username: &str) -> usize {
    for guesses in 0..1000 {
        let answer = log_in_from(app, address, username, "wrong").await;
        if answer.status == 429 {
            return guesses;
        }
        answer.assert_oauth2(401, "invalid_grant");
    }
    unreachable!("never refused")
}

#[tokio::test]
async fn too_many_failures_are_answered_with_429_and_when_to_come_back_alike_for_a_name_that_does_not_exist() {
    let app = TestApp::with_ada().await;
    for username in ["ada", "nobody"] {
        assert!(guess_until_refused(&app, "192.0.2.1", username).await >= 3, "typos are forgiven");
    }
    let existing = log_in_from(&app, "192.0.2.1", "ada", "wrong").await;
    let unknown = log_in_from(&app, "192.0.2.1", "nobody", "wrong").await;
    existing.assert_oauth2(429, "temporarily_unavailable");
    assert!((1..=2).contains(&existing.header("retry-after").parse::<u32>().expect("seconds")));
    assert_eq!(existing.body, unknown.body);
    assert_eq!(existing.headers.keys().collect::<Vec<_>>(), unknown.headers.keys().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_guess_that_has_to_wait_is_not_hashed_even_if_it_is_right() {
    let app = TestApp::start_with(&["password.threads=1", "password.queue=0"]).await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    guess_until_refused(&app, "192.0.2.1", "ada").await;
    // While the only place is taken, every other hash is refused with 503.
    let mut hash = pin!(app.state.passwords.get_password_hash("held".to_owned()));
    let _ = futures::poll!(hash.as_mut());
    log_in_from(&app, "192.0.2.1", "ada", PASSWORD).await.assert_oauth2(429, "temporarily_unavailable");
}

#[tokio::test]
async fn of_200_parallel_guesses_no_more_are_looked_at_than_one_after_the_other_on_any_number_of_threads() {
    for threads in [1, 2, 64] {
        let threads = format!("password.threads={threads}");
        let app = TestApp::start_with(&[&threads, "password.queue=1000"]).await;
        app.create("ada", Scopes::AT_SIGN_UP).await;
        let guesses = (0..200).map(|number| {
            let (app, address) = (&app, format!("192.0.2.{number}"));
            async move { log_in_from(app, &address, "ada", "wrong").await.status.as_u16() }
        });
        let statuses = futures::future::join_all(guesses).await;
        let count = |wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
        // Four, and one more for each second that passes meanwhile.
        assert!((4..=6).contains(&count(401)), "{threads}: {}", count(401));
        assert_eq!(count(401) + count(429), 200, "{threads}");
    }
}

#[tokio::test]
async fn of_200_parallel_right_passwords_all_get_in_also_after_failures() {
    let app = TestApp::start_with(&["password.threads=64", "password.queue=1000"]).await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    for _ in 0..3 {
        log_in_from(&app, "203.0.113.1", "ada", "wrong").await.assert_oauth2(401, "invalid_grant");
    }
    let logins = (0..200).map(|number| {
        let (app, address) = (&app, format!("192.0.2.{number}"));
        async move { log_in_from(app, &address, "ada", PASSWORD).await.status.as_u16() }
    });
    assert_eq!(futures::future::join_all(logins).await, [200; 200]);
}

#[tokio::test]
async fn guesses_that_are_counted_at_the_same_time_are_all_counted() {
    let app = TestApp::with_ada().await;
    let store = &app.state.store;
    let counted = futures::future::join_all((0..200).map(|_| store.count_failed_login("ada"))).await;
    assert!(counted.iter().all(Result::is_ok));
    assert_eq!(store.find_user("ada").await.expect("a database").expect("ada").failed_logins, 200);
}

#[tokio::test]
async fn a_right_password_starts_the_count_anew() {
    let app = TestApp::with_ada().await;
    for _ in 0..5 {
        for _ in 0..3 {
            log_in_from(&app, "192.0.2.1", "ada", "wrong").await.assert_oauth2(401, "invalid_grant");
        }
        assert_eq!(log_in_from(&app, "192.0.2.1", "ada", PASSWORD).await.status, 200);
        let ada = app.state.store.find_user("ada").await.expect("a database").expect("ada");
        assert_eq!(ada.failed_logins, 0);
    }
}

#[tokio::test]
async fn the_owner_gets_in_where_they_were_before_while_somebody_else_guesses() {
    let app = TestApp::with_ada().await;
    assert_eq!(log_in_from(&app, "2001:db8:0:1::1", "ada", PASSWORD).await.status, 200);
    guess_until_refused(&app, "192.0.2.1", "ada").await;
    log_in_from(&app, "198.51.100.1", "ada", PASSWORD).await.assert_oauth2(429, "temporarily_unavailable");
    assert_eq!(log_in_from(&app, "2001:db8:0:1::2", "ada", PASSWORD).await.status, 200, "from the same /64");
    // Failures from elsewhere do not count for this address.
    assert_eq!(log_in_from(&app, "2001:db8:0:1::1", "ada", "wrong").await.status, 401);
}

#[tokio::test]
async fn an_address_that_tries_many_names_has_to_wait_and_an_ipv6_64_is_one_address() {
    for addresses in [["192.0.2.1", "192.0.2.1"], ["2001:db8::1", "2001:db8::2"]] {
        let app = TestApp::with_ada().await;
        let mut looked_at = 0;
        for number in 0..30 {
            let answer = log_in_from(&app, addresses[number % 2], &format!("user-{number}"), "wrong").await;
            looked_at += usize::from(answer.status == 401);
        }
        // The first 21 need no wait. A later one is checked too if its wait passes during the test.
        assert!((21..25).contains(&looked_at), "{looked_at}");
        log_in_from(&app, addresses[0], "ada", PASSWORD).await.assert_oauth2(429, "temporarily_unavailable");
        assert_eq!(log_in_from(&app, "198.51.100.1", "ada", PASSWORD).await.status, 200);
    }
}

#[tokio::test]
async fn forwarded_addresses_count_only_from_a_trusted_proxy() {
    for (trusted, expected) in [("", 21), ("192.0.2.1", 30)] {
        let app = TestApp::start_with(&[&format!("server.trusted-proxies={trusted}")]).await;
        let mut looked_at = 0;
        for number in 0..30 {
            let client = format!("198.51.100.{number}");
            let answer = log_in_via(&app, "192.0.2.1", &client, &format!("user-{number}"), "wrong").await;
            looked_at += usize::from(answer.status == 401);
        }
        assert_eq!(looked_at, expected, "trusted: {trusted:?}");
    }
}

#[tokio::test]
async fn after_100_failures_in_a_row_the_password_is_refused_until_it_is_reset_and_nobody_is_told() {
    let app = TestApp::with_ada().await;
    app.execute("UPDATE users SET failed_logins = 99").await;
    log_in_from(&app, "192.0.2.1", "ada", "wrong").await.assert_oauth2(401, "invalid_grant");
    // From another address, so that the limit for addresses does not apply. After a restart, so that no count is in
    // memory.
    let restarted = app.restarted().await;
    let locked = log_in_from(&restarted, "198.51.100.1", "ada", PASSWORD).await;
    let unknown = log_in_from(&restarted, "198.51.100.1", "nobody", PASSWORD).await;
    locked.assert_oauth2(401, "invalid_grant");
    assert_eq!(locked.body, unknown.body);

    restarted.set_password("ada", "another horse battery").await;
    assert_eq!(log_in_from(&restarted, "198.51.100.1", "ada", "another horse battery").await.status, 200);
}

#[tokio::test]
async fn after_a_reset_the_owner_still_gets_in_at_home_while_somebody_else_guesses() {
    let app = TestApp::with_ada().await;
    assert_eq!(log_in_from(&app, "203.0.113.1", "ada", PASSWORD).await.status, 200);
    app.set_password("ada", "another horse battery").await;
    guess_until_refused(&app, "192.0.2.1", "ada").await;
    log_in_from(&app, "198.51.100.1", "ada", "another horse battery")
        .await
        .assert_oauth2(429, "temporarily_unavailable");
    assert_eq!(log_in_from(&app, "203.0.113.1", "ada", "another horse battery").await.status, 200);
}

#[tokio::test]
async fn a_login_from_a_new_address_is_not_told_by_the_waits_elsewhere() {
    let app = TestApp::with_ada().await;
    // Three failures for each: the next one makes the one after it wait.
    for username in ["ada", "nobody"] {
        for _ in 0..3 {
            log_in_from(&app, "192.0.2.1", username, "wrong").await.assert_oauth2(401, "invalid_grant");
        }
    }
    assert_eq!(log_in_from(&app, "203.0.113.1", "ada", PASSWORD).await.status, 200);
    for username in ["ada", "nobody"] {
        log_in_from(&app, "192.0.2.2", username, "wrong").await.assert_oauth2(401, "invalid_grant");
        let answer = log_in_from(&app, "192.0.2.2", username, "wrong").await;
        assert_eq!(answer.status, 429, "{username} has no guess more than before");
    }
}

#[tokio::test]
async fn a_known_user_gets_in_while_somebody_at_the_same_address_tries_names() {
    let app = TestApp::with_ada().await;
    assert_eq!(log_in_from(&app, "192.0.2.1", "ada", PASSWORD).await.status, 200);
    for number in 0..25 {
        log_in_from(&app, "192.0.2.1", &format!("user-{number}"), "wrong").await;
    }
    log_in_from(&app, "192.0.2.1", "nobody", PASSWORD).await.assert_oauth2(429, "temporarily_unavailable");
    assert_eq!(log_in_from(&app, "192.0.2.1", "ada", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn the_subnets_of_one_ipv6_site_are_counted_together_too() {
    let app = TestApp::with_ada().await;
    let mut looked_at = 0;
    for subnet in 0..200 {
        let answer = log_in_from(&app, &format!("2001:db8:0:{subnet:x}::1"), &format!("user-{subnet}"), "wrong").await;
        looked_at += usize::from(answer.status == 401);
    }
    // One /56 has 256 subnets. A few more are looked at where a second passes meanwhile.
    assert!((41..60).contains(&looked_at), "{looked_at}");
}

#[tokio::test]
async fn ninety_nine_failures_and_the_right_password_open_the_account() {
    let app = TestApp::with_ada().await;
    app.execute("UPDATE users SET failed_logins = 99").await;
    assert_eq!(log_in_from(&app, "192.0.2.1", "ada", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_guess_whose_client_goes_away_is_a_guess_all_the_same() {
    let app = TestApp::start_with(&["password.memory-kib=65536", "password.iterations=15"]).await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    let counted = async || app.state.store.find_user("ada").await.expect("a database").expect("ada").failed_logins;
    for guesses in 1..=4 {
        let mut guess = Box::pin(log_in_from(&app, "192.0.2.1", "ada", "wrong"));
        while counted().await < guesses {
            assert!(futures::poll!(guess.as_mut()).is_pending(), "answered before the client could disconnect");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        drop(guess);
    }
    log_in_from(&app, "192.0.2.1", "ada", PASSWORD).await.assert_oauth2(429, "temporarily_unavailable");
}

#[tokio::test]
async fn a_login_that_is_cut_off_while_it_waits_for_a_thread_is_no_failure() {
    let app = TestApp::start_with(&["password.threads=1"]).await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    {
        // A turn is a thread: while it is held, nobody else hashes.
        let _turn = app.state.passwords.queue().expect("a place").turn().await.expect("a thread");
        for _ in 0..20 {
            let login = log_in_from(&app, "192.0.2.1", "ada", PASSWORD);
            assert!(tokio::time::timeout(Duration::from_millis(50), login).await.is_err(), "it waits");
        }
    }
    let ada = app.state.store.find_user("ada").await.expect("a database").expect("ada");
    assert_eq!(ada.failed_logins, 0);
    assert_eq!(log_in_from(&app, "192.0.2.1", "ada", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_login_that_found_the_queue_full_is_no_failure() {
    let app = TestApp::start_with(&["password.threads=1", "password.queue=0", "password.memory-kib=65536"]).await;
    let mut hash = pin!(app.state.passwords.get_password_hash("held".to_owned()));
    assert!(futures::poll!(hash.as_mut()).is_pending());
    for _ in 0..10 {
        let answer = log_in_from(&app, "192.0.2.1", "ada", "wrong").await;
        answer.assert_oauth2(503, "temporarily_unavailable");
    }
}

#[tokio::test]
async fn the_wait_is_over_when_it_was_said_to_be() {
    let app = TestApp::with_ada().await;
    guess_until_refused(&app, "192.0.2.1", "ada").await;
    let refused = log_in_from(&app, "192.0.2.1", "ada", PASSWORD).await;
    let wait = refused.header("retry-after").parse().expect("seconds");
    tokio::time::sleep(Duration::from_secs(wait)).await;
    assert_eq!(log_in_from(&app, "192.0.2.1", "ada", PASSWORD).await.status, 200);
}
