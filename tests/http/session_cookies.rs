//! The cookie with the refresh token of Cloakroom's own pages.

use cloakroom::model::{Jwt, Scopes};
use futures::future::join_all;
use serde_json::Value;

use super::{
    signed_in::ids,
    support::{Answer, PASSWORD, TestApp},
};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A browser, with the one cookie that it keeps.
struct Browser<'a> {
    app: &'a TestApp,
    cookie: String,
    access: String,
}

impl<'a> Browser<'a> {
    /// Logs Ada in.
    async fn log_in(app: &'a TestApp, keep: bool) -> (Self, Answer) {
        let form = format!("username=ada&password={}&keep_signed_in={keep}", PASSWORD.replace(' ', "+"));
        let mut browser = Self { app, cookie: String::new(), access: String::new() };
        let answer = browser.post(&form, &[]).await;
        (browser, answer)
    }

    fn session_id(&self) -> String {
        Jwt::read(&self.access).expect("a JWT").claims["sid"].as_str().expect("a session").to_owned()
    }

    async fn renew(&mut self, more: &[(&str, &str)]) -> Answer {
        let form = format!("grant_type=refresh_token&session_id={}", self.session_id());
        self.post(&form, more).await
    }

    /// Posts a form to the token endpoint, and keeps the cookie and the token of the answer.
    async fn post(&mut self, form: &str, more: &[(&str, &str)]) -> Answer {
        let cookie = self.cookie.clone();
        let mut headers = vec![FORM, ("cookie", &cookie)];
        headers.extend_from_slice(more);
        let answer = self.app.anonymous().call("POST", "/token", &headers, form.to_owned()).await;
        if let Some((cookie, _)) = answer.header("set-cookie").split_once(';') {
            cookie.clone_into(&mut self.cookie);
        }
        if let Some(token) = answer.json().get("access_token").and_then(Value::as_str) {
            token.clone_into(&mut self.access);
        }
        answer
    }
}

async fn start(overrides: &[&str]) -> TestApp {
    let app = TestApp::start_with(overrides).await;
    app.create("ada", Scopes::AT_SIGN_UP).await;
    app
}

#[tokio::test]
async fn the_refresh_token_of_a_browser_is_in_a_cookie_and_in_no_answer() {
    for (overrides, prefix, secure) in [
        (&[][..], "cloakroom-", ""),
        (&["server.behind-proxy=true"], "__Secure-cloakroom-", " Secure;"),
        (&["server.public-url=https://cloakroom.example.com"], "__Secure-cloakroom-", " Secure;"),
    ] {
        let app = start(overrides).await;
        let (mut browser, answer) = Browser::log_in(&app, false).await;
        for answer in [answer, browser.renew(&[]).await] {
            assert_eq!(answer.status, 200, "{}", answer.text());
            let members: Vec<_> = answer.json().as_object().expect("an object").keys().cloned().collect();
            assert_eq!(members, ["access_token", "expires_in", "scope", "token_type"]);
            assert_eq!(answer.json()["scope"], "me items me:write items:write offline_access");
            assert!(!answer.text().contains("cloakroom_refresh_"));
            let cookie = answer.header("set-cookie");
            assert!(cookie.starts_with(&format!("{prefix}{}=cloakroom_refresh_", browser.session_id())), "{cookie}");
            assert!(cookie.ends_with(&format!("; HttpOnly; SameSite=Strict;{secure} Path=/token")), "{cookie}");
        }
        assert_eq!(app.with_token(&browser.access).get("/users/me").await.status, 200);
    }
}

#[tokio::test]
async fn keep_me_signed_in_decides_whether_the_cookie_outlives_the_browser() {
    let app = start(&[]).await;
    let (mut browser, answer) = Browser::log_in(&app, true).await;
    for answer in [answer, browser.renew(&[]).await] {
        let (_, age) = answer.header("set-cookie").rsplit_once("; Max-Age=").expect("an age");
        let age: u32 = age.parse().expect("seconds");
        assert!((1_209_500..=1_209_600).contains(&age), "{age}");
    }
}

#[tokio::test]
async fn a_cookie_is_rotated_like_any_refresh_token() {
    let app = start(&[]).await;
    let (mut browser, _) = Browser::log_in(&app, false).await;
    let first = browser.cookie.clone();
    browser.renew(&[]).await;
    let second = browser.cookie.clone();
    assert_ne!(first, second);
    // Another tab used the first one at the same time.
    browser.cookie.clone_from(&first);
    assert_eq!(browser.renew(&[]).await.status, 200);
    assert_eq!(browser.cookie, second);
    app.let_the_grace_pass().await;
    browser.cookie = first;
    browser.renew(&[]).await.assert_oauth2(400, "invalid_grant");
    browser.cookie = second;
    browser.renew(&[]).await.assert_oauth2(400, "invalid_grant");
}

#[tokio::test]
async fn what_another_sites_page_posts_gets_nothing() {
    let app = start(&[]).await;
    let (mut browser, _) = Browser::log_in(&app, true).await;
    for header in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        let answer = browser.renew(&[header]).await;
        answer.assert_oauth2(400, "invalid_request");
        assert!(!answer.headers.contains_key("set-cookie"));
        let form = format!("username=ada&password={}&keep_signed_in=true", PASSWORD.replace(' ', "+"));
        let answer = browser.post(&form, &[header]).await;
        answer.assert_oauth2(400, "invalid_request");
        assert!(!answer.headers.contains_key("set-cookie"));
    }
    let own = [("sec-fetch-site", "same-origin"), ("origin", "http://localhost")];
    assert_eq!(browser.renew(&own).await.status, 200);
    assert_eq!(browser.renew(&own[1..]).await.status, 200);
}

#[tokio::test]
async fn a_cookie_renews_its_own_session_only() {
    let app = start(&[]).await;
    let (mut one, _) = Browser::log_in(&app, false).await;
    let (other, _) = Browser::log_in(&app, false).await;
    let own = one.cookie.clone();
    one.cookie = String::new();
    one.renew(&[]).await.assert_oauth2(400, "invalid_grant");
    one.cookie.clone_from(&other.cookie);
    one.renew(&[]).await.assert_oauth2(400, "invalid_grant");
    // With both, each tab goes on as who it is.
    one.cookie = format!("{}; {own}", other.cookie);
    let session_id = one.session_id();
    assert_eq!(one.renew(&[]).await.status, 200);
    assert_eq!(one.session_id(), session_id);
}

#[tokio::test]
async fn a_logout_ends_the_session_and_removes_the_cookie() {
    let app = start(&[]).await;
    let (mut browser, _) = Browser::log_in(&app, true).await;
    let answer = app.anonymous().post_form("/revoke", &format!("token={}", browser.access)).await;
    let cookie = answer.header("set-cookie");
    assert!(
        cookie.starts_with(&format!(
            "cloakroom-{}=; HttpOnly; SameSite=Strict; Path=/token; Max-Age=0",
            browser.session_id()
        )),
        "{cookie}"
    );
    browser.renew(&[]).await.assert_oauth2(400, "invalid_grant");
}

#[tokio::test]
async fn a_browser_has_ten_sessions_at_most_and_the_oldest_one_ends() {
    let app = start(&[]).await;
    let mut browsers = Vec::new();
    for _ in 0..10 {
        browsers.push(Browser::log_in(&app, false).await.0);
    }
    let all: Vec<_> = browsers.iter().map(|browser| browser.cookie.clone()).collect();
    let form = format!("username=ada&password={}&keep_signed_in=false", PASSWORD.replace(' ', "+"));
    let answer = app.anonymous().call("POST", "/token", &[FORM, ("cookie", &all.join("; "))], form).await;
    let set: Vec<_> = answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().expect("text")).collect();
    assert_eq!(set.len(), 2);
    assert!(set[1].starts_with(&format!("cloakroom-{}=;", browsers[0].session_id())), "{set:?}");
    browsers[0].renew(&[]).await.assert_oauth2(400, "invalid_grant");
    assert_eq!(browsers[1].renew(&[]).await.status, 200);
    let list = app.log_in("ada").await.get("/users/me/sessions").await.json();
    assert_eq!(ids(&list).len(), 10);
}

#[tokio::test]
async fn when_the_password_is_typed_again_the_session_goes_on_and_is_fresh() {
    let app = start(&[]).await;
    let (mut browser, _) = Browser::log_in(&app, false).await;
    let (first, cookie) = (browser.session_id(), browser.cookie.clone());
    app.execute("UPDATE sessions SET auth_time = 1, started_at = 1, expires_at = expires_at - 1000000, last_possible_at = expires_at").await;
    let password = PASSWORD.replace(' ', "+");
    let form = format!("username=ada&password={password}&scope=me:write&keep_signed_in=true&session_id={first}");
    let answer = browser.post(&form, &[]).await;
    assert_eq!(answer.json()["scope"], "me:write offline_access");
    assert_eq!(browser.session_id(), first);
    assert_ne!(browser.cookie, cookie);
    assert_eq!(app.with_token(&browser.access).delete("/users/me").await.status, 204);
}

#[tokio::test]
async fn a_session_goes_on_for_its_own_user_only_and_with_the_right_password() {
    let app = start(&[]).await;
    app.create("eve", Scopes::AT_SIGN_UP).await;
    let (mut browser, _) = Browser::log_in(&app, false).await;
    let adas = (browser.session_id(), browser.cookie.clone());
    let password = PASSWORD.replace(' ', "+");
    let again = |username: &str, password: &str| {
        format!("username={username}&password={password}&keep_signed_in=false&session_id={}", adas.0)
    };
    browser.post(&again("ada", "wrong"), &[]).await.assert_oauth2(401, "invalid_grant");
    assert_eq!(browser.cookie, adas.1);
    browser.post(&again("eve", &password), &[]).await;
    assert_ne!(browser.session_id(), adas.0);
    // Without the cookie it is a new session.
    browser.cookie = String::new();
    browser.post(&again("ada", &password), &[]).await;
    assert_ne!(browser.session_id(), adas.0);
    // After a new password, too.
    browser.cookie.clone_from(&adas.1);
    app.set_password("ada", PASSWORD).await;
    browser.post(&again("ada", &password), &[]).await;
    assert_ne!(browser.session_id(), adas.0);
    assert_eq!(app.with_token(&browser.access).get("/users/me").await.status, 200);
}

#[tokio::test]
async fn a_cookie_of_another_name_ends_nobodys_session() {
    let app = start(&[]).await;
    app.create("eve", Scopes::AT_SIGN_UP).await;
    let (mut adas, _) = Browser::log_in(&app, false).await;
    let own = join_all((0..10).map(|_| app.sign_in("eve"))).await;
    let name = |number: usize| match number {
        0 => adas.session_id(),
        _ => format!("0198c0de-5e55-7000-8000-00000000000{number}"),
    };
    let cookies: Vec<_> =
        own.iter().enumerate().map(|(number, of)| format!("cloakroom-{}={}", name(number), of.refresh)).collect();
    let form = format!("username=eve&password={}&keep_signed_in=true", PASSWORD.replace(' ', "+"));
    let answer = app.anonymous().call("POST", "/token", &[FORM, ("cookie", &cookies.join("; "))], form).await;
    assert_eq!(answer.status, 200);
    assert_eq!(adas.renew(&[]).await.status, 200);
}

#[tokio::test]
async fn a_login_answers_with_no_more_cookies_than_a_browser_can_have() {
    let app = start(&[]).await;
    let id = |number: usize| format!("0198c0de-5e55-7000-8000-{number:012}");
    let ours: Vec<_> = (0..500).map(|number| format!("cloakroom-{}=x", id(number))).collect();
    let others: Vec<_> = (0..500).map(|number| format!("cloakroom-{number}=x")).collect();
    let form = format!("username=ada&password={}&keep_signed_in=true", PASSWORD.replace(' ', "+"));
    for (cookies, most) in [(ours, 21), (others, 1)] {
        let headers = [FORM, ("cookie", &*cookies.join("; "))];
        let answer = app.anonymous().call("POST", "/token", &headers, form.clone()).await;
        assert_eq!(answer.status, 200);
        assert!(answer.headers.get_all("set-cookie").iter().count() <= most);
    }
}

#[tokio::test]
async fn the_refresh_token_of_a_browser_comes_in_its_own_cookie_or_not_at_all() {
    let app = start(&[]).await;
    let (mut browser, _) = Browser::log_in(&app, true).await;
    let (_, token) = browser.cookie.split_once('=').expect("a value");
    // In a form, as another site's page could send it.
    let answer = app.refresh(token).await;
    answer.assert_oauth2(400, "invalid_grant");
    assert!(!answer.headers.contains_key("set-cookie"));
    // In a cookie with another session's name.
    let (other, _) = Browser::log_in(&app, true).await;
    let mixed =
        Browser { app: &app, cookie: format!("cloakroom-{}={token}", other.session_id()), access: other.access };
    let mut mixed = mixed;
    mixed.renew(&[]).await.assert_oauth2(400, "invalid_grant");
    // A program's token does not come in a cookie.
    let program = app.sign_in("ada").await;
    let cookie = format!("cloakroom-{}={}", program.session_id(), program.refresh);
    let mut program = Browser { app: &app, cookie, access: program.access };
    program.renew(&[]).await.assert_oauth2(400, "invalid_grant");
    assert_eq!(browser.renew(&[]).await.status, 200);
}

#[tokio::test]
async fn when_the_password_is_typed_again_an_old_cookie_ends_the_session() {
    let app = start(&[]).await;
    let (mut browser, _) = Browser::log_in(&app, false).await;
    let (first, old) = (browser.session_id(), browser.cookie.clone());
    browser.renew(&[]).await;
    let (newest, access) = (browser.cookie.clone(), browser.access.clone());
    let form = format!("username=ada&password={}&keep_signed_in=false&session_id={first}", PASSWORD.replace(' ', "+"));
    // Within the grace it goes on.
    browser.cookie.clone_from(&old);
    assert_eq!(browser.post(&form, &[]).await.status, 200);
    assert_eq!(browser.session_id(), first);
    assert_ne!(browser.cookie, newest);
    app.let_the_grace_pass().await;
    browser.cookie = old;
    assert_eq!(browser.post(&form, &[]).await.status, 200);
    assert_ne!(browser.session_id(), first);
    app.with_token(&access).get("/users/me").await.assert_refused(401, "Could not validate credentials");
    let ended = app.with_token(&browser.access).get("/users/me/ended-sessions").await.json();
    assert_eq!(ids(&ended), [first]);
}
