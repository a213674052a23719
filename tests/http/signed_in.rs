//! A client that stays signed in: a login for the scope `offline_access`, and what its refresh token gets.

use serde_json::Value;

use super::support::{Answer, Client, PASSWORD, TestApp};

/// The answer of the token endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Tokens {
    pub access: String,
    pub refresh: String,
}

impl Tokens {
    /// Of a successful answer.
    #[track_caller]
    pub fn of(answer: &Answer) -> Self {
        let json = answer.json();
        assert_eq!(answer.status, 200, "{json}");
        let text = |name: &str| json[name].as_str().unwrap_or_else(|| panic!("no {name}")).to_owned();
        Self { access: text("access_token"), refresh: text("refresh_token") }
    }

    /// The id of the session.
    pub fn session_id(&self) -> String {
        let jwt = cloakroom::model::Jwt::read(&self.access).expect("a JWT");
        jwt.claims["sid"].as_str().expect("a session").to_owned()
    }
}

impl TestApp {
    /// Logs a user in, to stay signed in.
    pub async fn sign_in(&self, username: &str) -> Tokens {
        self.sign_in_for(username, "me items me:write items:write offline_access").await
    }

    /// The same, for these scopes only.
    pub async fn sign_in_for(&self, username: &str, scope: &str) -> Tokens {
        let form = format!("username={username}&password={PASSWORD}&scope={scope}");
        Tokens::of(&self.anonymous().post_form("/token", &form).await)
    }

    /// Uses a refresh token.
    pub async fn refresh(&self, token: &str) -> Answer {
        self.refresh_for(token, "").await
    }

    /// The same, for these scopes only.
    pub async fn refresh_for(&self, token: &str, scope: &str) -> Answer {
        let form = format!("grant_type=refresh_token&refresh_token={token}&scope={scope}");
        self.anonymous().post_form("/token", &form).await
    }

    /// Revokes a token.
    pub async fn revoke(&self, token: &str) {
        let answer = self.anonymous().post_form("/revoke", &format!("token={token}")).await;
        assert_eq!((answer.status.as_u16(), &*answer.text()), (200, ""));
        answer.assert_not_stored();
    }

    /// A client with the access token.
    pub fn with(&self, tokens: &Tokens) -> Client {
        self.with_token(&tokens.access)
    }

    /// Lets so much time pass for sessions that 10 seconds are over.
    pub async fn let_the_grace_pass(&self) {
        self.execute("UPDATE used_refresh_tokens SET used_at = used_at - 10001").await;
    }
}

/// The ids of the sessions in a list.
pub fn ids(list: &Value) -> Vec<String> {
    let sessions = list.as_array().expect("a list").iter();
    sessions.map(|session| session["session_id"].as_str().expect("an id").to_owned()).collect()
}

/// Checks that a session is over: neither of its tokens opens anything.
pub async fn assert_over(app: &TestApp, tokens: &Tokens) {
    app.with(tokens).get("/users/me").await.assert_refused(401, "Could not validate credentials");
    app.refresh(&tokens.refresh).await.assert_oauth2(400, "invalid_grant");
}
