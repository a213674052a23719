//! `cloakroom user …`, `cloakroom secret`, and the errors that stop the start.

use super::support::{Home, get, login, token};

#[track_caller]
fn said(output: std::process::Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
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
    ] {
        let line = home.fail(arguments, input);
        assert!(line.contains(words), "{arguments:?}: {line}");
    }
    assert_eq!(said(home.run(&["user", "list"], "")).lines().count(), 1);
}

#[test]
fn looking_where_no_database_is_says_so_and_makes_none() {
    let home = Home::new();
    for arguments in [&["user", "list"][..], &["user", "disable", "ada"], &["user", "passwd", "ada"]] {
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
        ("database.url=postgres://localhost/x", "database.url"),
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
    let home = Home::new();
    let notes = "These are my notes. ".repeat(100);
    std::fs::write(home.path("cloakroom.db"), &notes).expect("a file");
    let line = home.fail(&[], "");
    assert!(line.contains("cloakroom.db is not a database"), "{line}");
    assert_eq!(std::fs::read_to_string(home.path("cloakroom.db")).expect("the file"), notes);
    assert_eq!(std::fs::read_dir(home.folder.path()).expect("the folder").count(), 1, "no other file was created");
}
