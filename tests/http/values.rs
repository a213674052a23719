//! The rules of values: usernames, e-mail addresses, full names and new passwords, as the calls apply them.

use serde_json::{Value, json};

use super::{
    calls::{person, with},
    support::{Answer, Client, PASSWORD, TestApp},
};

/// A sign-up with this password.
fn with_password(password: &str) -> Value {
    json!({"username": "ada", "password": password})
}

/// Changes the password, from [`PASSWORD`].
async fn choose(client: &Client, new_password: &str) -> Answer {
    let body = json!({"current_password": PASSWORD, "new_password": new_password});
    client.put_json("/users/me/password", body).await
}

#[tokio::test]
async fn a_username_is_1_to_64_letters_digits_and_the_six_signs() {
    let app = TestApp::start().await;
    let grace = app.admin().await;
    for username in ["a", "0", "ada.lovelace", "x_y-z", "ada+test@example.com", "Men", "-", "a..", &"a".repeat(64)] {
        let answer = app.anonymous().post_json("/users", person(username)).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["username"]), (201, &json!(username)));
        let login = app.try_to_log_in(username, PASSWORD).await;
        let token = login.json()["access_token"].as_str().expect("a token").to_owned();
        assert_eq!(app.with_token(&token).get("/users/me").await.json()["username"], username);
        assert_eq!(grace.get(&format!("/users/{username}")).await.json()["username"], username);
    }
}

#[tokio::test]
async fn a_username_of_other_characters_or_that_is_too_long_is_refused() {
    let app = TestApp::start().await;
    let others = ["", " ", "a b", " ada", "ada ", "a/b", "a\nb", "ä", "a\u{202e}b", "a\0", "а", "a%20b", ".", ".."];
    for username in others.into_iter().chain([&*"a".repeat(65)]) {
        let answer = app.anonymous().post_json("/users", person(username)).await;
        answer.assert_broken(&[("body.username", "value_error")]);
    }
    assert_eq!(app.count_users().await, 0);
}

#[tokio::test]
async fn the_username_me_is_reserved_in_any_case_of_letters() {
    let app = TestApp::start().await;
    let grace = app.admin().await;
    for username in ["me", "Me", "ME"] {
        for client in [&app.anonymous(), &grace] {
            let answer = client.post_json("/users", person(username)).await;
            answer.assert_broken(&[("body.username", "value_error")]);
            assert!(answer.broken_rule().contains("reserved"));
        }
    }
}

#[tokio::test]
async fn a_username_never_changes() {
    let app = TestApp::start().await;
    let (ada, grace) = (app.user().await, app.admin().await);
    let body = json!({"username": "eve"});
    for answer in [ada.patch_json("/users/me", body.clone()).await, grace.patch_json("/users/ada", body).await] {
        answer.assert_broken(&[("body.username", "extra_forbidden")]);
    }
    assert_eq!(ada.get("/users/me").await.json()["username"], "ada");
}

#[tokio::test]
async fn an_email_address_is_validated_and_trimmed_by_each_call_that_sets_it() {
    let app = TestApp::start().await;
    let (ada, grace) = (app.user().await, app.admin().await);
    let set = async |email: &str| {
        let sign_up = with(person(&format!("user-{}", app.count_users().await)), "email", email);
        let body = json!({"email": email});
        [
            app.anonymous().post_json("/users", sign_up).await,
            ada.patch_json("/users/me", body.clone()).await,
            grace.patch_json("/users/grace", body).await,
        ]
    };
    let long = format!("{}@example.com", "a".repeat(65));
    for email in
        ["", "ada", "@example.com", "ada@", "a@b@c", "a b@c", "a\r\n@c", "a@b..c", "a@\0", "ä@example.com", &long]
    {
        for answer in set(email).await {
            answer.assert_broken(&[("body.email", "value_error")]);
        }
    }
    let longest = format!("{}@{}", "a".repeat(64), ["b".repeat(63), "c".repeat(63), "d".repeat(61)].join("."));
    assert_eq!(longest.len(), 254);
    for answer in set(&format!("{longest}d")).await {
        answer.assert_broken(&[("body.email", "string_too_long")]);
    }
    let answer = ada.patch_json("/users/me", json!({"email": longest})).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["email"]), (200, &json!(longest)));
    let [sign_up, mine, theirs] = set(" Ada@example.com\n").await;
    assert_eq!((sign_up.status.as_u16(), &sign_up.json()["email"]), (201, &json!("Ada@example.com")));
    for answer in [mine, theirs] {
        answer.assert_refused(409, "The e-mail address is taken: use another, or log in");
    }
}

#[tokio::test]
async fn a_full_name_is_any_text_of_1_to_255_characters_on_one_line_and_is_trimmed() {
    let app = TestApp::start().await;
    let (ada, grace) = (app.user().await, app.admin().await);
    let set = async |full_name: &str| {
        let sign_up = with(person(&format!("user-{}", app.count_users().await)), "full_name", full_name);
        let body = json!({"full_name": full_name});
        [
            app.anonymous().post_json("/users", sign_up).await,
            ada.patch_json("/users/me", body.clone()).await,
            grace.patch_json("/users/ada", body).await,
        ]
    };
    let longest = "ä".repeat(255);
    for (full_name, stored) in [
        ("山田 太郎", "山田 太郎"),
        (" \tAda L. \n", "Ada L."),
        ("<b>O'Brien</b> \"🦀\" %_\\", "<b>O'Brien</b> \"🦀\" %_\\"),
        ("null", "null"),
        (&format!(" {longest} "), &longest),
    ] {
        for answer in set(full_name).await {
            assert_eq!(answer.json()["full_name"], stored, "{}", answer.status);
        }
        assert_eq!(ada.get("/users/me").await.json()["full_name"], stored);
    }
    for (full_name, kind) in [
        ("", "string_too_short"),
        (" \t\n", "string_too_short"),
        ("Ada\tL.", "value_error"),
        ("Ada\nL.", "value_error"),
        ("\u{1b}[31mAda", "value_error"),
        ("Ada\0L", "value_error"),
        ("Ada\u{85}L", "value_error"),
        (&"ä".repeat(256), "string_too_long"),
    ] {
        for answer in set(full_name).await {
            answer.assert_broken(&[("body.full_name", kind)]);
        }
    }
}

#[tokio::test]
async fn a_password_has_at_least_15_characters_by_default() {
    let app = TestApp::start().await;
    let answer = app.anonymous().post_json("/users", with_password("Vx7 qkz mwp 4t")).await;
    answer.assert_broken(&[("body.password", "string_too_short")]);
    assert!(answer.broken_rule().contains("at least 15 characters"));
    assert_eq!(app.anonymous().post_json("/users", with_password("Vx7 qkz mwp 4tu")).await.status, 201);
}

#[tokio::test]
async fn a_password_has_at_least_8_characters_where_the_setting_says_so() {
    let app = TestApp::start_with(&["password.min-length=8"]).await;
    let answer = app.anonymous().post_json("/users", with_password("Vx7 qkz")).await;
    answer.assert_broken(&[("body.password", "string_too_short")]);
    assert!(answer.broken_rule().contains("at least 8 characters"));
    assert_eq!(app.anonymous().post_json("/users", with_password("Vx7 qkzm")).await.status, 201);
}

#[tokio::test]
async fn a_password_is_counted_in_characters_of_nfc_and_is_the_same_in_each_spelling() {
    let app = TestApp::start().await;
    let (composed, decomposed) = ("zwölf süße Äpfel", "zwo\u{308}lf su\u{308}ße A\u{308}pfel");
    // Fourteen characters, however they are written.
    let short = app.anonymous().post_json("/users", with_password("zwo\u{308}lf su\u{308}ße Äpf")).await;
    short.assert_broken(&[("body.password", "string_too_short")]);
    assert_eq!(app.anonymous().post_json("/users", with_password(decomposed)).await.status, 201);
    for spelling in [composed, decomposed] {
        assert_eq!(app.try_to_log_in("ada", spelling).await.status, 200, "{spelling:?}");
    }
}

#[tokio::test]
async fn a_password_has_at_most_1024_bytes_and_whoever_chose_one_can_log_in_with_it() {
    let app = TestApp::start().await;
    let longest = "Vx7qkzmw ä ".repeat(86)[..1024].to_owned();
    app.anonymous()
        .post_json("/users", with_password(&format!("{longest}!")))
        .await
        .assert_broken(&[("body.password", "string_too_long")]);
    assert_eq!(app.anonymous().post_json("/users", with_password(&longest)).await.status, 201);
    assert_eq!(app.try_to_log_in("ada", &longest).await.status, 200);
    // As it is typed it is too long for the token endpoint. In NFC it is not.
    let decomposed = "o\u{308}Vx7qkzmw".repeat(100);
    let answer = app.anonymous().post_json("/users", with(with_password(&decomposed), "username", "bob")).await;
    answer.assert_broken(&[("body.password", "string_too_long")]);
}

#[tokio::test]
async fn a_password_of_any_characters_is_kept_as_it_is_typed() {
    let app = TestApp::start().await;
    for (number, password) in [
        "  correct horse battery  ",
        "корректная лошадь",
        "🦀🌧🎷🧦🪴🚲🥐🧭🪁🦔🧶🍋🛶🎈🔭",
        "correct\nhorse\tbattery",
        "correct\0horse battery",
        "only lower case letters",
        "\"%&=+'\\;-- purple horsefeathers",
    ]
    .into_iter()
    .enumerate()
    {
        let username = format!("user-{number}");
        let answer = app.anonymous().post_json("/users", with(with_password(password), "username", &*username)).await;
        assert_eq!(answer.status, 201, "{password:?}");
        assert_eq!(app.try_to_log_in(&username, password).await.status, 200, "{password:?}");
    }
    app.try_to_log_in("user-0", "correct horse battery").await.assert_oauth2(401, "invalid_grant");
}

#[tokio::test]
async fn a_common_password_or_one_made_of_known_words_is_refused_with_the_reason_by_each_call() {
    let app = TestApp::start().await;
    let grace = app.admin().await;
    let email = "lady.byron@example.org";
    let person = with(with(person("ada.lovelace"), "email", email), "full_name", "Ada");
    assert_eq!(app.anonymous().post_json("/users", person.clone()).await.status, 201);
    let ada = app.log_in("ada.lovelace").await;
    let other = with(with(person, "username", "Ada.LOVELACE"), "email", "Lady.Byron@Example.org");
    for (password, reason) in [
        ("passwordpassword", "one of the common ones"),
        ("qwertyuiopasdfgh", "one of the common ones"),
        ("ManchesterUnited2026", "one of the common ones"),
        ("ada.lovelace1843", "made of the username"),
        ("Ada.Lovelace Ada.Lovelace", "made of the username"),
        ("lady.byron@example.org!", "made of the e-mail address"),
        ("2026-LADY.BYRON-2026", "made of the e-mail address"),
        ("my-Cloakroom-2026", "made of the service's name"),
    ] {
        let answers = [
            ("body.password", app.anonymous().post_json("/users", with(other.clone(), "password", password)).await),
            ("body.password", grace.post_json("/users", with(other.clone(), "password", password)).await),
            ("body.password", grace.patch_json("/users/ada.lovelace", json!({"password": password})).await),
            ("body.new_password", choose(&ada, password).await),
        ];
        for (loc, answer) in answers {
            answer.assert_broken(&[(loc, "value_error")]);
            assert!(answer.broken_rule().contains(reason), "{loc} {password}: {}", answer.broken_rule());
        }
    }
    assert_eq!(choose(&ada, "lady.byron counts engines").await.status, 204, "enough other words");
}

#[tokio::test]
async fn an_administrators_new_address_counts_for_the_password_beside_it() {
    let app = TestApp::start().await;
    let grace = app.admin().await;
    app.user().await;
    let body = json!({"email": "babbage@example.org", "password": "2026-BABBAGE-2026"});
    grace.patch_json("/users/ada", body).await.assert_broken(&[("body.password", "value_error")]);
    assert_eq!(grace.patch_json("/users/ada", json!({"password": "2026-BABBAGE-2026"})).await.status, 200);
}

#[tokio::test]
async fn a_short_or_long_password_is_refused_by_each_call() {
    let app = TestApp::start().await;
    let (ada, grace) = (app.user().await, app.admin().await);
    for (password, kind) in [("Vx7 qkz mwp 4t", "string_too_short"), (&*"Vx7q ".repeat(205), "string_too_long")] {
        grace.patch_json("/users/ada", json!({"password": password})).await.assert_broken(&[("body.password", kind)]);
        choose(&ada, password).await.assert_broken(&[("body.new_password", kind)]);
        let body = with(person("bob"), "password", password);
        grace.post_json("/users", body).await.assert_broken(&[("body.password", kind)]);
    }
    assert_eq!(app.try_to_log_in("ada", PASSWORD).await.status, 200, "the password is the same");
}
