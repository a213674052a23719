//! The server under test, and its clients.

use std::{
    collections::HashMap,
    ops::Deref,
    sync::{Arc, LazyLock},
};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header},
};
use cloakroom::{
    model::{ADMIN, ITEMS, ME, NewPassword, PasswordRules, Scopes, UserCreate, UserUpdate, Username},
    server::{
        accounts, clock, routes,
        settings::Settings,
        state::{AppState, StartError},
        store::{Condition, NewHash, NewItem, UserChange},
    },
};
use futures::future::join_all;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Row, sqlite::SqliteRow};
use tempfile::TempDir;
use tower::ServiceExt;

use super::database::{Database, Other};

/// The tutorial's key.
pub const SECRET_KEY: &str = "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7";
/// A setting for tests with `leptos.env` PROD, which refuses the tutorial's key.
pub const PRIVATE_KEY: &str = "token.secret-key=7b1d6a52f3c84e0b9d5e2f71a8c643903c5ae8d1f04b72967ed01cb8a5f3d264";
/// The password of every user made here.
pub const PASSWORD: &str = "correct horse battery";

/// The `Accept` header of a browser.
pub const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// The OpenAPI document.
pub fn document() -> &'static Value {
    static DOCUMENT: LazyLock<Value> =
        LazyLock::new(|| serde_json::to_value(routes::document()).expect("a document is JSON"));
    &DOCUMENT
}

/// The operations of the document for a path. A variable part of a template stands for any one part.
fn documented(path: &str) -> Option<&'static Value> {
    let paths = document()["paths"].as_object().expect("paths");
    let fits = |template: &str| {
        let (parts, others) = (path.split('/'), template.split('/'));
        parts.clone().count() == others.clone().count()
            && parts.zip(others).all(|(part, other)| part == other || (other.starts_with('{') && part != "me"))
    };
    paths.get(path).or_else(|| paths.iter().find(|(template, _)| fits(template)).map(|(_, operations)| operations))
}

/// A server with its own database.
pub struct TestApp {
    pub state: AppState,
    place: Place,
    router: Router,
}

/// Where a server runs.
#[derive(Clone)]
pub struct Place {
    pub folder: Arc<TempDir>,
    pub database: Arc<Database>,
    settings: Vec<String>,
}

impl Place {
    async fn open(self) -> TestApp {
        self.try_open().await.expect("a server that starts")
    }

    async fn try_open(self) -> Result<TestApp, StartError> {
        // Each server keeps some files open, and all of them are in one process.
        let _ = rlimit::increase_nofile_limit(4096);
        let file = self.folder.path().join("Leptos.toml");
        let settings = Settings::read(Some(&file), HashMap::new(), &self.settings).expect("good settings");
        let state = AppState::open(&settings).await?;
        Ok(TestApp { router: cloakroom::server::router(state.clone()), state, place: self })
    }
}

impl Deref for TestApp {
    type Target = Place;

    fn deref(&self) -> &Place {
        &self.place
    }
}

/// A client, with or without a token or an API key.
#[derive(Clone)]
pub struct Client {
    router: Router,
    token: Option<String>,
    key: Option<String>,
}

/// The server's answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl TestApp {
    /// Starts with the default settings, but with cheap hashing.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts with these settings too, written as for `--set`.
    pub async fn start_with(overrides: &[&str]) -> Self {
        Self::start_with_site(overrides, &[]).await
    }

    /// Starts with these settings and with these files of the UI, each a path and a text.
    pub async fn start_with_site(overrides: &[&str], files: &[(&str, &str)]) -> Self {
        Self::prepare(overrides, files).await.open().await
    }

    /// Starts several servers at once, on one database, with these settings too.
    pub async fn start_several(number: usize, overrides: &[&str]) -> Vec<Self> {
        let place = Self::prepare(overrides, &[]).await;
        join_all((0..number).map(|_| place.clone().open())).await
    }

    async fn prepare(overrides: &[&str], files: &[(&str, &str)]) -> Place {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (path, text) in files {
            let path = folder.path().join("site").join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a writable folder");
            std::fs::write(path, text).expect("a writable folder");
        }
        let database = Database::new(folder.path()).await;
        let defaults = [
            format!("database.url={}", database.url),
            format!("token.secret-key={SECRET_KEY}"),
            format!("leptos.site-root={}", folder.path().join("site").display()),
            "password.memory-kib=64".to_owned(),
            "password.iterations=1".to_owned(),
            "password.parallelism=1".to_owned(),
        ];
        let settings = defaults.into_iter().chain(overrides.iter().map(|&text| text.to_owned())).collect();
        std::fs::write(folder.path().join("Leptos.toml"), "").expect("a writable folder");
        Place { folder: Arc::new(folder), database: Arc::new(database), settings }
    }

    /// Stops the server and starts it again. Everything that was only in memory is gone.
    pub async fn restarted(&self) -> Self {
        self.state.store.close().await;
        self.place.clone().open().await
    }

    /// Another server on the same database, with the same settings.
    pub async fn beside(&self) -> Self {
        self.place.clone().open().await
    }

    /// Another server on the same database, with these settings too, if it starts.
    pub async fn try_beside(&self, overrides: &[&str]) -> Result<Self, StartError> {
        let mut place = self.place.clone();
        place.settings.extend(overrides.iter().map(|&text| text.to_owned()));
        place.try_open().await
    }

    /// A client without a token.
    pub fn anonymous(&self) -> Client {
        Client { router: self.router.clone(), token: None, key: None }
    }

    /// Ada, logged in, with the scopes of a new user.
    pub async fn user(&self) -> Client {
        self.create("ada", Scopes::AT_SIGN_UP).await;
        self.log_in("ada").await
    }

    /// Grace, logged in, with all scopes.
    pub async fn admin(&self) -> Client {
        self.create("grace", Scopes::parse("me items me:write items:write admin").expect("scopes")).await;
        self.log_in("grace").await
    }

    /// Creates a user with [`PASSWORD`].
    pub async fn create(&self, username: &str, scopes: Scopes) {
        self.create_with_password(username, PASSWORD, scopes).await;
    }

    /// Creates a user with this password.
    pub async fn create_with_password(&self, username: &str, password: &str, scopes: Scopes) {
        let user = UserCreate {
            username: Username::parse(username).expect("a username"),
            password: chosen(password),
            email: None,
            full_name: None,
            scopes: Some(scopes),
            disabled: None,
        };
        accounts::create_user(&self.state.store, &self.state.passwords, user, None).await.expect("a new user");
    }

    /// Changes a user as an administrator would.
    pub async fn change(&self, username: &str, update: UserUpdate) {
        accounts::change_user(&self.state.store, &self.state.passwords, username, update, &Condition::ANY)
            .await
            .expect("a user");
    }

    /// Disables or enables a user.
    pub async fn set_disabled(&self, username: &str, disabled: bool) {
        self.change(username, UserUpdate { disabled: Some(disabled), ..UserUpdate::default() }).await;
    }

    /// Gives a user a new password, as the operator would.
    pub async fn set_password(&self, username: &str, password: &str) {
        self.change(username, UserUpdate { password: Some(chosen(password)), ..UserUpdate::default() }).await;
    }

    /// Stores a hash. Tokens from before `tokens_valid_from` are refused.
    pub async fn set_hash(&self, username: &str, hash: &str, tokens_valid_from: i64) {
        let password = Some(NewHash { hashed_password: hash.to_owned(), tokens_valid_from, replaces: None });
        let change = UserChange { password, ..UserChange::default() };
        self.state.store.update_user(username, &change, &Condition::ANY).await.expect("a user");
    }

    /// Gives a user items of these names, oldest first.
    pub async fn leave_items(&self, username: &str, names: &[&str]) {
        let owner = self.state.store.find_user(username).await.expect("a database").expect("a user").user;
        for (created_at, name) in (0..).zip(names) {
            let item = NewItem {
                item_id: (*name).to_owned(),
                owner_id: owner.id.clone(),
                title: None,
                description: None,
                created_at,
            };
            self.state.store.insert_item(&item, None).await.expect("a new item");
        }
    }

    /// Logs a user in with [`PASSWORD`], through the token endpoint.
    pub async fn log_in(&self, username: &str) -> Client {
        self.log_in_for(username, "").await
    }

    /// Logs a user in for these scopes only. An empty `scope` asks for all scopes of the user.
    pub async fn log_in_for(&self, username: &str, scope: &str) -> Client {
        let form = format!("username={username}&password={PASSWORD}&scope={scope}");
        let answer = self.anonymous().post_form("/token", &form).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        self.with_token(answer.json()["access_token"].as_str().expect("a token"))
    }

    /// A client with this token.
    pub fn with_token(&self, token: &str) -> Client {
        Client { token: Some(token.to_owned()), ..self.anonymous() }
    }

    /// A client with this API key.
    pub fn with_key(&self, key: &str) -> Client {
        Client { key: Some(key.to_owned()), ..self.anonymous() }
    }

    /// A token of another service with the same key, with the scopes `me`, `items` and `admin`. It expires at `exp`, in Unix
    /// seconds.
    pub fn sign(&self, username: &str, exp: i64) -> String {
        let scope = Scopes::new(ME | ITEMS | ADMIN).to_string();
        let claims = json!({"sub": username, "exp": exp, "iat": clock::unix_seconds(), "scope": scope});
        sign(&claims)
    }

    /// All values of a table as text, a line for each row.
    pub async fn texts_of(&self, table: &str) -> String {
        match self.database.connect().await {
            Other::Sqlite(mut connection) => {
                let sql = AssertSqlSafe(format!("SELECT * FROM {table}"));
                let rows = sqlx::query(sql).fetch_all(&mut connection).await.expect("rows");
                connection.close().await.expect("a database");
                let text = |row: &SqliteRow| {
                    let value = |column| row.try_get_unchecked::<Option<String>, _>(column).expect("a text");
                    (0..row.len()).map(value).map(Option::unwrap_or_default).collect::<Vec<_>>().join(" ") + "\n"
                };
                rows.iter().map(text).collect()
            }
            Other::Postgres(mut connection) => {
                let sql = AssertSqlSafe(format!("SELECT CAST(t AS TEXT) || '\n' FROM {table} AS t"));
                sqlx::query_scalar::<_, String>(sql).fetch_all(&mut connection).await.expect("rows").concat()
            }
        }
    }

    /// What is kept: the values of a table, and with SQLite all files, also the log.
    pub async fn kept_with(&self, table: &str) -> String {
        let mut kept = self.texts_of(table).await;
        for file in std::fs::read_dir(self.folder.path()).expect("a folder") {
            let bytes = std::fs::read(file.expect("a file").path()).unwrap_or_default();
            kept.push_str(&String::from_utf8_lossy(&bytes));
        }
        kept
    }

    /// Runs SQL on the database as another program would: through a separate connection.
    pub async fn execute(&self, sql: &'static str) {
        let mut other = self.database.connect().await;
        other.execute(sql).await;
        // If the last connection to a file is not closed, its log stays.
        if let Other::Sqlite(connection) = other {
            connection.close().await.expect("a database");
        }
    }
}

/// A token with these claims, signed with [`SECRET_KEY`].
pub fn sign(claims: &Value) -> String {
    let key = jsonwebtoken::EncodingKey::from_secret(SECRET_KEY.as_bytes());
    jsonwebtoken::encode(&jsonwebtoken::Header::default(), claims, &key).expect("a token")
}

/// A password that somebody has chosen.
fn chosen(password: &str) -> NewPassword {
    let rules = PasswordRules { min_length: 8, username: "", email: None };
    accounts::new_password("password", password, rules).expect("a good password")
}

impl Client {
    /// A client without a token, for this router.
    pub fn of(router: Router) -> Self {
        Self { router, token: None, key: None }
    }

    /// The client's token.
    pub fn token(&self) -> &str {
        self.token.as_deref().expect("a client with a token")
    }

    /// `GET path`
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).expect("a request")).await
    }

    /// `POST path` with a form.
    pub async fn post_form(&self, path: &str, form: &str) -> Answer {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.replace(' ', "+")))
            .expect("a request");
        self.send(request).await
    }

    /// The same client, which sends this API key too.
    pub fn and_key(&self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..self.clone() }
    }

    /// Any request, with the client's token or key.
    pub async fn send(&self, mut request: Request<Body>) -> Answer {
        if let Some(token) = &self.token {
            let value = format!("Bearer {token}").parse().expect("a header value");
            request.headers_mut().insert(header::AUTHORIZATION, value);
        }
        if let Some(key) = &self.key {
            request.headers_mut().insert("x-api-key", HeaderValue::from_bytes(key.as_bytes()).expect("a header value"));
        }
        request.headers_mut().entry(header::HOST).or_insert(HeaderValue::from_static("localhost"));
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = self.router.clone().oneshot(request).await.expect("a router does not fail");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes().to_vec();
        let answer = Answer { status: parts.status, headers: parts.headers, body };
        answer.assert_documented(&method, &path);
        answer
    }
}

impl Answer {
    /// Checks that the OpenAPI document lists this answer and its headers. So every test also tests the document.
    #[track_caller]
    fn assert_documented(&self, method: &Method, path: &str) {
        let method = match *method {
            Method::GET | Method::HEAD => "get",
            Method::POST => "post",
            Method::PUT => "put",
            Method::PATCH => "patch",
            Method::DELETE => "delete",
            _ => return,
        };
        let path = path.strip_suffix('/').unwrap_or(path);
        let Some(operation) = documented(path).and_then(|operations| operations.get(method)) else { return };
        let response = &operation["responses"][self.status.as_str()];
        assert!(response.is_object(), "{method} {path} does not list {}", self.status);
        for name in ["Cache-Control", "ETag", "Link", "Location", "Pragma", "Retry-After", "WWW-Authenticate"] {
            if self.headers.contains_key(name) && self.header(name) != "no-cache" {
                assert!(response["headers"][name].is_object(), "{method} {path} {}: {name}", self.status);
            }
        }
    }

    /// The body, as JSON.
    pub fn json(&self) -> Value {
        let body = String::from_utf8_lossy(&self.body);
        assert_eq!(self.header("content-type"), "application/json", "{} {body}", self.status);
        serde_json::from_str(&body).expect("JSON")
    }

    /// The body, as text.
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("UTF-8")
    }

    /// The value of a header, or an empty string if it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// Checks the status and the `detail` of a refusal.
    #[track_caller]
    pub fn assert_refused(&self, status: u16, detail: &str) {
        assert_eq!((self.status.as_u16(), &self.json()["detail"]), (status, &Value::from(detail)));
    }

    /// Checks the status and the `error` of a refusal by the token endpoint, and what all its refusals have.
    #[track_caller]
    pub fn assert_oauth2(&self, status: u16, error: &str) {
        let body = self.json();
        assert_eq!((self.status.as_u16(), &body["error"]), (status, &Value::from(error)), "{body}");
        assert_eq!(body["detail"], body["error_description"]);
        let description = body["error_description"].as_str().expect("a sentence");
        assert!(description.chars().all(|c| matches!(c, ' ' | '!' | '#'..='[' | ']'..='~')), "{description}");
        self.assert_not_stored();
    }

    /// Checks that no cache may keep the answer.
    #[track_caller]
    pub fn assert_not_stored(&self) {
        assert_eq!((self.header("cache-control"), self.header("pragma")), ("no-store", "no-cache"));
    }
}
