//! `cloakroom client …`, beside a running server.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    rows::Rows,
    support::{Home, Server, get, login, said, token},
};

/// A client, as the command line tells of it.
struct Told {
    client_id: String,
    secret: String,
}

impl Told {
    /// What the command line said, after this sentence.
    #[track_caller]
    fn of(told: &str, sentence: &str) -> Self {
        let lines: Vec<_> = told.lines().collect();
        let [first, client_id, secret] = lines[..] else { panic!("{told}") };
        assert_eq!(first, format!("{sentence} Keep the secret: it is not shown again."));
        let text = |line: &str, name: &str| line.strip_prefix(name).expect(name).to_owned();
        Self { client_id: text(client_id, "client_id: "), secret: text(secret, "client_secret: ") }
    }

    /// Posts a form as this client.
    fn post(&self, server: &Server, path: &str, form: &str) -> String {
        let basic = STANDARD.encode(format!("{}:{}", self.client_id, self.secret));
        let length = form.len();
        server.ask(&format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Basic {basic}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{form}"
        ))
    }

    /// A token of its own.
    fn token(&self, server: &Server) -> String {
        token(&self.post(server, "/token", "grant_type=client_credentials"))
    }
}

/// Adds a client with these options.
#[track_caller]
fn add(home: &Home, name: &str, options: &[&str]) -> Told {
    let told = said(home.run(&[&["client", "add", name], options].concat(), ""));
    Told::of(&told, &format!("Added the client {name}."))
}

#[test]
fn a_client_is_added_beside_a_running_server_and_known_on_the_next_request() {
    let home = Home::new();
    said(home.run(&["user", "add", "ada"], "correct horse battery\n"));
    let server = home.serve();
    let billing = add(&home, "billing", &["--scope", "items me"]);
    assert_eq!(billing.client_id, "client/billing");
    assert!(billing.secret.starts_with("cloakroom_client_secret_"));
    let own = billing.token(&server);
    assert!(server.ask(&get("/status", &own)).starts_with("HTTP/1.1 200 "));
    assert!(server.ask(&get("/users/me", &own)).starts_with("HTTP/1.1 401 "));
    let ada = token(&server.ask(&login("ada", "correct horse battery")));
    let told = billing.post(&server, "/introspect", &format!("token={ada}"));
    assert!(told.contains(r#""active":true"#) && told.contains(r#""username":"ada""#), "{told}");
}

#[test]
fn clients_are_listed_by_name_with_their_scopes_and_without_a_secret() {
    let home = Home::new();
    let [first, second] = [add(&home, "portal", &[]), add(&home, "billing", &["--scope", "items me"])];
    let list = said(home.run(&["client", "list"], ""));
    let columns: Vec<Vec<_>> = list.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(columns.len(), 2);
    assert_eq!(columns[0][..2], ["client/billing", "me items"]);
    assert_eq!(columns[1][..2], ["client/portal", ""]);
    assert!(columns.iter().all(|columns| columns[2].ends_with('Z')), "{list}");
    assert!(!list.contains(&first.secret) && !list.contains(&second.secret));
}

#[test]
fn a_new_secret_and_a_removal_hold_on_the_next_request() {
    let home = Home::new();
    let server = home.serve();
    let old = add(&home, "billing", &["--scope", "me"]);
    let own = old.token(&server);
    let told = said(home.run(&["client", "secret", "billing"], ""));
    let new = Told::of(&told, "The client billing has a new secret. What was issued by the old one has ended.");
    assert_ne!(new.secret, old.secret);
    assert!(server.ask(&get("/status", &own)).starts_with("HTTP/1.1 401 "));
    let refused = old.post(&server, "/token", "grant_type=client_credentials");
    assert!(refused.starts_with("HTTP/1.1 401 ") && refused.contains(r#"www-authenticate: Basic realm="cloakroom""#));
    let own = new.token(&server);
    assert!(server.ask(&get("/status", &own)).starts_with("HTTP/1.1 200 "));
    let told = said(home.run(&["client", "remove", "billing"], ""));
    assert_eq!(told, "Removed the client billing. What was issued to it has ended.\n");
    assert!(server.ask(&get("/status", &own)).starts_with("HTTP/1.1 401 "));
    assert!(new.post(&server, "/introspect", "token=x").starts_with("HTTP/1.1 401 "));
    assert_eq!(said(home.run(&["client", "list"], "")), "");
}

#[test]
fn a_client_that_can_not_be_is_refused_with_a_line_that_says_what_to_do() {
    let home = Home::new();
    add(&home, "billing", &[]);
    for (arguments, words) in [
        (&["add", "a b"][..], "1 to 64 letters"),
        (&["add", "client/a"], "1 to 64 letters"),
        (&["add", ""], "1 to 64 letters"),
        (&["add", "new", "--scope", "me root"], "unknown scope: use me"),
        (&["add", "new", "--scope", "offline_access"], "unknown scope: use me"),
        (&["add", "billing"], "already: `cloakroom client secret billing` gives it a new secret"),
        (&["secret", "nobody"], "no client \"nobody\""),
        (&["secret", "client/billing"], "1 to 64 letters"),
        (&["remove", "nobody"], "no client \"nobody\""),
        (&["remove", "BILLING"], "no client \"BILLING\""),
    ] {
        let line = home.fail(&[&["client"], arguments].concat(), "");
        assert!(line.contains(words), "{arguments:?}: {line}");
    }
    assert_eq!(said(home.run(&["client", "list"], "")).lines().count(), 1);
}

#[test]
fn looking_for_clients_where_no_database_is_says_so_and_makes_none() {
    let home = Home::with_sqlite();
    for arguments in [&["list"][..], &["secret", "billing"], &["remove", "billing"]] {
        let line = home.fail(&[&["client"], arguments].concat(), "");
        assert!(line.contains("there is no database"), "{line}");
    }
    assert_eq!(std::fs::read_dir(home.folder.path()).expect("the folder").count(), 0);
}

#[test]
fn each_client_that_fails_to_authenticate_leaves_one_line_without_the_secret() {
    let home = Home::new();
    let mut server = home.serve();
    let billing = add(&home, "billing", &["--scope", "me"]);
    billing.token(&server);
    let wrong = "cloakroom_client_secret_of_somebody";
    let ask = |client_id: &str| {
        let client = Told { client_id: client_id.to_owned(), secret: wrong.to_owned() };
        client.post(&server, "/token", "grant_type=client_credentials");
    };
    ask("client/billing");
    // A secret that stands in the wrong place.
    ask("cloakroom_client_secret_in_the_wrong_place");
    let log = server.stop();
    let lines: Vec<_> =
        log.iter().filter(|line| line["message"].as_str().is_some_and(|m| m.contains("client auth"))).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[0]["message"], "client authentication failed");
    assert_eq!(lines[0]["client"], "client/billing");
    assert!(lines[1].get("client").is_none());
    let all = serde_json::to_string(&log).expect("JSON");
    assert!(!all.contains("cloakroom_client_secret_"), "{all}");
}

#[test]
fn a_copy_of_the_database_has_the_clients_and_the_sessions_that_belong_to_them() {
    let home = Home::new();
    said(home.run(&["user", "add", "ada"], "correct horse battery\n"));
    let portal = add(&home, "portal", &["--scope", "me"]);
    let form = "username=ada&password=correct+horse+battery&scope=me+offline_access";
    let mut server = home.serve();
    let answer = portal.post(&server, "/token", form);
    let refresh = answer.split('"').find(|text| text.starts_with("cloakroom_refresh_")).expect("a token").to_owned();
    server.stop();
    said(home.run(&["database", "copy", "--to", "sqlite://other.db"], ""));
    let clients =
        "SELECT client_id || '|' || secret || '|' || version || '|' || scopes || '|' || created_at FROM clients";
    let other = format!("sqlite://{}", home.path("other.db").display());
    assert_eq!(Rows::texts(&other, clients), Rows::texts(&home.url_from_elsewhere(), clients));
    let copied = home.with("CLOAKROOM__DATABASE__URL", "sqlite://other.db");
    let server = copied.serve();
    let renewal = format!("grant_type=refresh_token&refresh_token={refresh}");
    assert!(portal.post(&server, "/token", &renewal).starts_with("HTTP/1.1 200 "));
}
