//! `cloakroom user …`, `cloakroom secret`, and the errors that stop the start.

use super::support::{Home, get, login, post, said, token};

const PASSWORD: &str = "correct horse battery";

/// Adds a user with [`PASSWORD`] and these options.
#[track_caller]
fn add(home: &Home, username: &str, options: &[&str]) {
    let arguments = [&["user", "add", username], options].concat();
    assert_eq!(said(home.run(&arguments, &format!("{PASSWORD}\n"))), format!("Created {username}.\n"));
}

/// The scopes of each user, from `user list`.
#[track_caller]
fn scopes(home: &Home) -> Vec<(String, String)> {
    let list = said(home.run(&["user", "list"], ""));
    let columns = list.lines().map(|line| line.split('\t').map(str::to_owned).collect::<Vec<_>>());
    columns.map(|columns| (columns[0].clone(), columns[2].clone())).collect()
}

#[test]
fn a_user_is_added_with_a_password_from_standard_input_and_logs_in() {
    let home = Home::new();
    let added = home
        .run(&["user", "add", "ada", "--email", "ada@example.com", "--full-name", "Ada L."], "correct horse battery\n");
    assert_eq!(said(added), "Created ada.\n");
    assert_eq!(
        said(home.run(&["user", "list"], "")),
        "ada\tenabled\tme items me:write items:write\tada@example.com\tAda L.\n"
    );
    let server = home.serve();
    token(&server.ask(&login("ada", "correct horse battery")));
    assert!(
        server.ask(&login("ada", "correct horse battery\n")).starts_with("HTTP/1.1 401 "),
        "the line break is not part of the password"
    );
}

#[test]
fn what_is_changed_while_the_server_runs_holds_on_the_very_next_request() {
    let home = Home::new();
    said(home.run(&["user", "add", "ada"], "correct horse battery\n"));
    let server = home.serve();
    let ada = token(&server.ask(&login("ada", "correct horse battery")));
    assert!(server.ask(&get("/users/me", &ada)).starts_with("HTTP/1.1 200 "));
    said(home.run(&["user", "disable", "ada"], ""));
    assert!(server.ask(&get("/users/me", &ada)).contains("Inactive user"));
    said(home.run(&["user", "enable", "ada"], ""));
    assert!(server.ask(&get("/users/me", &ada)).starts_with("HTTP/1.1 200 "));
    said(home.run(&["user", "passwd", "ada"], "another horse battery\r\n"));
    assert!(server.ask(&get("/users/me", &ada)).starts_with("HTTP/1.1 401 "), "a token from before the change");
    assert!(server.ask(&login("ada", "correct horse battery")).starts_with("HTTP/1.1 401 "), "the old password");
    let again = token(&server.ask(&login("ada", "another horse battery")));
    assert!(server.ask(&get("/users/me", &again)).starts_with("HTTP/1.1 200 "));
}

#[test]
fn a_user_that_can_not_be_is_refused_with_a_line_that_says_what_to_do() {
    let home = Home::new();
    said(home.run(&["user", "add", "ada", "--email", "ada@example.com"], "correct horse battery\n"));
    for (arguments, input, words) in [
        (&["user", "add", "a b"][..], "correct horse battery\n", "1 to 64 letters"),
        (&["user", "add", "me"], "correct horse battery\n", "reserved"),
        (&["user", "add", "grace"], "short\n", "at least 15 characters"),
        (&["user", "add", "grace"], "", "at least 15 characters"),
        (&["user", "add", "grace", "--email", "nowhere"], "correct horse battery\n", "name@example.com"),
        (&["user", "add", "grace", "--full-name", "Grace\nH."], "correct horse battery\n", "one line"),
        (&["user", "add", "grace", "--scope", "me root"], "correct horse battery\n", "unknown scope"),
        (&["user", "add", "Ada"], "correct horse battery\n", "taken"),
        (&["user", "add", "grace", "--email", "ADA@example.com"], "correct horse battery\n", "taken"),
        (&["user", "passwd", "nobody"], "correct horse battery\n", "no user \"nobody\""),
        (&["user", "disable", "nobody"], "", "no user \"nobody\""),
        (&["user", "enable", "nobody"], "", "no user \"nobody\""),
        (&["user", "delete", "nobody"], "", "no user \"nobody\""),
        (&["user", "delete", "ADA"], "", "no user \"ADA\""),
    ] {
        let line = home.fail(arguments, input);
        assert!(line.contains(words), "{arguments:?}: {line}");
    }
    assert_eq!(said(home.run(&["user", "list"], "")).lines().count(), 1);
}

#[test]
fn an_administrator_is_added_with_all_scopes_and_manages_users_at_once() {
    let home = Home::new();
    add(&home, "grace", &["--admin"]);
    add(&home, "ada", &[]);
    add(&home, "eve", &["--scope", "items me"]);
    let all = "me items me:write items:write admin";
    let expected = [("ada", "me items me:write items:write"), ("eve", "me items"), ("grace", all)];
    assert_eq!(scopes(&home), expected.map(|(name, scopes)| (name.to_owned(), scopes.to_owned())));
    let server = home.serve();
    let [grace, ada] = ["grace", "ada"].map(|name| token(&server.ask(&login(name, PASSWORD))));
    assert!(server.ask(&get("/users/ada", &grace)).starts_with("HTTP/1.1 200 "));
    assert!(server.ask(&get("/users/ada", &ada)).starts_with("HTTP/1.1 403 "));
    let both = home.run(&["user", "add", "joan", "--admin", "--scope", "me"], &format!("{PASSWORD}\n"));
    assert_eq!(both.status.code(), Some(2), "either all scopes or these");
}

#[test]
fn scopes_are_set_for_the_very_next_request_and_no_scopes_open_nothing() {
    let home = Home::new();
    add(&home, "ada", &[]);
    let server = home.serve();
    let ada = token(&server.ask(&login("ada", PASSWORD)));
    let may = |path: &str| server.ask(&get(path, &ada)).starts_with("HTTP/1.1 200 ");
    assert!(may("/users/me") && may("/items"));
    for (set, scopes, me, items) in [
        (&["me"][..], "me", true, false),
        (&["items", "me"], "me items", true, true),
        (&["me items:write"], "me items:write", true, false),
        (&["--none"], "none", false, false),
        (&["me", "me", "items"], "me items", true, true),
    ] {
        let answer = said(home.run(&[&["user", "scopes", "ada"], set].concat(), ""));
        assert_eq!(answer, format!("ada has these scopes now: {scopes}\n"));
        assert_eq!((may("/users/me"), may("/items")), (me, items), "{set:?}");
    }
    let unsaid = home.run(&["user", "scopes", "ada"], "");
    assert_eq!(unsaid.status.code(), Some(2), "who only looks does not lock anybody out");
    assert_eq!(scopes(&home), [("ada".to_owned(), "me items".to_owned())]);
}

#[test]
fn scopes_that_do_not_exist_or_that_nobody_has_to_lose_are_refused_and_none_is_set() {
    let home = Home::new();
    add(&home, "grace", &["--admin"]);
    let before = scopes(&home);
    for (arguments, words) in [
        (&["grace", "me", "root"][..], "unknown scope"),
        (&["grace", "ME"], "unknown scope"),
        (&["grace", "me,items"], "unknown scope"),
        (&["grace", "me", "items"], "the last administrator"),
        (&["grace", "--none"], "the last administrator"),
        (&["nobody", "me"], "no user \"nobody\""),
        (&["GRACE", "me", "admin"], "no user \"GRACE\""),
    ] {
        let line = home.fail(&[&["user", "scopes"], arguments].concat(), "");
        assert!(line.contains(words), "{arguments:?}: {line}");
    }
    assert_eq!(scopes(&home), before);
}

#[test]
fn a_deleted_user_is_gone_with_all_items_on_the_very_next_request() {
    let home = Home::new();
    add(&home, "ada", &["--email", "ada@example.com"]);
    add(&home, "eve", &[]);
    let server = home.serve();
    let [ada, eve] = ["ada", "eve"].map(|name| token(&server.ask(&login(name, PASSWORD))));
    let mut addresses = Vec::new();
    for owner in [&ada, &eve] {
        let created = server.ask(&post("/items", owner, r#"{"title": "Umbrella"}"#));
        assert!(created.starts_with("HTTP/1.1 201 "), "{created}");
        let location = created.lines().find_map(|line| line.strip_prefix("location: ")).expect("an address");
        addresses.push(location.to_owned());
    }
    assert_eq!(said(home.run(&["user", "delete", "ada"], "")), "Deleted ada.\n");
    for path in ["/users/me", "/items", &addresses[0]] {
        assert!(server.ask(&get(path, &ada)).starts_with("HTTP/1.1 401 "), "{path}");
    }
    assert!(server.ask(&login("ada", PASSWORD)).starts_with("HTTP/1.1 401 "));
    assert!(server.ask(&get(&addresses[1], &eve)).starts_with("HTTP/1.1 200 "), "somebody else's stays");
    // The name and the address are free again, and have nothing of before.
    add(&home, "ada", &["--email", "ada@example.com", "--admin"]);
    let again = token(&server.ask(&login("ada", PASSWORD)));
    assert!(server.ask(&get("/items", &again)).ends_with(r#"{"data":[],"count":0}"#));
    assert!(server.ask(&get(&addresses[0], &again)).starts_with("HTTP/1.1 404 "), "not even for an administrator");
    assert!(server.ask(&get("/users/me", &ada)).starts_with("HTTP/1.1 401 "), "the old token stays dead");
}

#[test]
fn the_last_administrator_is_neither_deleted_nor_disabled_and_the_line_says_what_to_do() {
    let home = Home::new();
    add(&home, "grace", &["--admin"]);
    add(&home, "joan", &["--admin"]);
    said(home.run(&["user", "disable", "joan"], ""));
    for command in ["delete", "disable"] {
        let line = home.fail(&["user", command, "grace"], "");
        assert!(line.contains("the last administrator") && line.contains("grant the scope admin"), "{line}");
    }
    assert_eq!(scopes(&home).len(), 2);
    assert_eq!(said(home.run(&["user", "delete", "joan"], "")), "Deleted joan.\n", "she was disabled");
    add(&home, "ada", &["--admin"]);
    assert_eq!(said(home.run(&["user", "delete", "grace"], "")), "Deleted grace.\n", "there is another one now");
}

#[test]
fn looking_where_no_database_is_says_so_and_makes_none() {
    let home = Home::with_sqlite();
    for arguments in [
        &["user", "list"][..],
        &["user", "disable", "ada"],
        &["user", "passwd", "ada"],
        &["user", "scopes", "ada", "me"],
        &["user", "delete", "ada"],
        &["user", "export", "users.jsonl"],
        &["user", "export", "-"],
    ] {
        let line = home.fail(arguments, "correct horse battery\n");
        assert!(line.contains("there is no database"), "{line}");
    }
    assert_eq!(std::fs::read_dir(home.folder.path()).expect("the folder").count(), 0);
}

#[test]
fn a_reader_that_has_heard_enough_is_no_failure() {
    let home = Home::new();
    said(home.run(&["user", "add", "ada"], "correct horse battery\n"));
    let mut child = home.command(&["user", "list"]).spawn().expect("a process");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("its end").code(), Some(0));
}

#[test]
fn a_password_is_not_taken_from_an_argument() {
    let output = Home::new().run(&["user", "add", "ada", "correct horse battery"], "");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_new_secret_is_long_enough_to_be_one() {
    let home = Home::new();
    let secrets = [said(home.run(&["secret"], "")), said(home.run(&["secret"], ""))];
    assert_ne!(secrets[0], secrets[1]);
    assert!(secrets.iter().all(|line| line.trim().len() == 64 && line.trim().bytes().all(|b| b.is_ascii_hexdigit())));
}

#[test]
fn help_names_every_setting_that_the_documents_do() {
    let help = said(Home::new().run(&["--help"], ""));
    let rows = include_str!("../../docs/settings.md").lines().filter_map(|line| line.strip_prefix("| `"));
    let settings = rows.filter_map(|row| row.split_once("` | `").filter(|(key, _)| key.contains('.')));
    let mut count = 0;
    for (key, rest) in settings {
        let variable = rest.split('`').next().expect("a variable of the environment");
        assert!(help.contains(&format!("  {key} ")) && help.contains(&format!("  {variable} ")), "{key} {variable}");
        count += 1;
    }
    assert!(count > 20, "{count}");
    assert_eq!(help.lines().filter(|line| line.contains("  CLOAKROOM__") || line.contains("  LEPTOS_")).count(), count);
}

#[test]
fn a_setting_that_can_not_be_used_stops_the_start() {
    let home = Home::new();
    for (set, words) in [
        ("token.secret-ky=x", "secret-ky"),
        ("token.secret-key=short", "token.secret-key"),
        ("database.url=mysql://localhost/x", "database.url"),
        ("leptos.site-addr=nowhere", "leptos.site-addr"),
        ("leptos.site-addr=192.0.2.1:80", "cannot listen on 192.0.2.1:80"),
    ] {
        let line = home.fail(&["--set", set], "");
        assert!(line.contains(words), "{set}: {line}");
    }
    let prod = Home::new().with("CLOAKROOM__DEMO__ENABLED", "true").with("LEPTOS_ENV", "PROD");
    assert!(prod.fail(&[], "").contains("demo.enabled"));
}

#[test]
fn a_file_that_is_no_database_stops_the_start_and_stays_as_it_is() {
    let home = Home::with_sqlite();
    let notes = "These are my notes. ".repeat(100);
    std::fs::write(home.path("cloakroom.db"), &notes).expect("a file");
    let line = home.fail(&[], "");
    assert!(line.contains("cloakroom.db is not a database"), "{line}");
    assert_eq!(std::fs::read_to_string(home.path("cloakroom.db")).expect("the file"), notes);
    assert_eq!(std::fs::read_dir(home.folder.path()).expect("the folder").count(), 1, "no other file was created");
}
