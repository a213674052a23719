//! What must stay secret: a start that would give it away is refused.

use std::{fs, os::unix::fs::symlink};

use super::support::{Home, SECRET_KEY};

/// The key that the FastAPI tutorial prints.
const TUTORIALS_KEY: &str = "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7";

#[test]
fn a_database_that_everybody_could_download_stops_the_start_and_is_not_created() {
    let home = Home::new().with("LEPTOS_SITE_ROOT", "site").with("CLOAKROOM__DATABASE__URL", "sqlite://site/data/x.db");
    assert!(home.fail(&[], "").contains("the database site/data/x.db is inside leptos.site-root"));
    assert!(!home.path("site").exists(), "neither the site's folder exists yet, nor the database's");

    let home = Home::new().with("LEPTOS_SITE_ROOT", "site").with("CLOAKROOM__DATABASE__URL", "sqlite://data/x.db");
    fs::create_dir_all(home.path("data")).expect("a folder");
    fs::create_dir_all(home.path("site")).expect("a folder");
    symlink("../site/real.db", home.path("data/x.db")).expect("a link");
    assert!(home.fail(&[], "").contains("the database data/x.db is inside"), "a link to a file that does not exist");
    fs::write(home.path("site/real.db"), "").expect("a file");
    assert!(home.fail(&[], "").contains("the database data/x.db is inside"), "a link to a file");
    fs::remove_file(home.path("data/x.db")).expect("a link");
    fs::hard_link(home.path("site/real.db"), home.path("data/x.db")).expect("a link");
    assert!(home.fail(&[], "").contains("the database data/x.db is inside"), "a hard link");
}

#[test]
fn a_site_that_holds_more_than_the_ui_stops_the_start() {
    for root in [".", "..", "/", "site/.."] {
        let home = Home::new().with("LEPTOS_SITE_ROOT", root);
        fs::create_dir(home.path("site")).expect("a folder");
        let said = home.fail(&[], "");
        assert!(said.contains("leptos.site-root") && said.contains("folder that the program runs in"), "{said}");
    }
    let home = Home::new().with("LEPTOS_SITE_ROOT", "");
    assert!(home.fail(&[], "").contains("leptos.site-root is empty"));

    let home = Home::new().with("LEPTOS_SITE_ROOT", "site");
    fs::create_dir(home.path("site")).expect("a folder");
    fs::write(home.path("site/settings.toml"), "").expect("a file");
    let said = home.fail(&["--config", "site/settings.toml"], "");
    assert!(said.contains("the settings file site/settings.toml is inside"), "{said}");
}

#[test]
fn a_key_file_or_a_tls_key_that_everybody_could_download_stops_the_start() {
    let home = Home::with_sqlite().with("LEPTOS_SITE_ROOT", "site").without("CLOAKROOM__TOKEN__SECRET_KEY");
    fs::create_dir(home.path("site")).expect("a folder");
    fs::write(home.path("site/x"), "").expect("a file");
    symlink("site/x", home.path("cloakroom.key")).expect("a link");
    assert!(home.fail(&[], "").contains("the key file cloakroom.key is inside"));
    fs::remove_file(home.path("cloakroom.key")).expect("a link");
    symlink("site/x", home.path("cloakroom.keys")).expect("a link");
    assert!(home.fail(&[], "").contains("the key file cloakroom.keys is inside"));

    let home = Home::new()
        .with("LEPTOS_SITE_ROOT", "site")
        .with("CLOAKROOM__TLS__CERTIFICATE", "cert.pem")
        .with("CLOAKROOM__TLS__KEY", "site/key.pem");
    fs::create_dir(home.path("site")).expect("a folder");
    let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    fs::write(home.path("cert.pem"), pair.cert.pem()).expect("a file");
    fs::write(home.path("site/key.pem"), pair.signing_key.serialize_pem()).expect("a file");
    assert!(home.fail(&[], "").contains("the TLS key site/key.pem is inside"));
}

#[test]
fn a_key_that_everybody_knows_stops_the_start_in_production() {
    for key in [TUTORIALS_KEY, &TUTORIALS_KEY.to_uppercase(), &"0".repeat(64), "a-string-secret-at-least-256-bits-long"]
    {
        let home = Home::new().with("LEPTOS_ENV", "PROD").with("CLOAKROOM__TOKEN__SECRET_KEY", key);
        let said = home.fail(&[], "");
        assert!(said.contains("token.secret-key is known to everybody") && !said.contains(key), "{said}");
        assert!(!home.path("cloakroom.db").exists(), "nothing was created");
    }
    let home = Home::new().with("LEPTOS_ENV", "PROD").with("CLOAKROOM__TOKEN__PREVIOUS_SECRET_KEYS", TUTORIALS_KEY);
    let said = home.fail(&[], "");
    assert!(
        said.contains("token.previous-secret-keys is known to everybody") && !said.contains(TUTORIALS_KEY),
        "{said}"
    );
    let home = Home::with_sqlite().with("LEPTOS_ENV", "PROD").without("CLOAKROOM__TOKEN__SECRET_KEY");
    fs::write(home.path("cloakroom.key"), format!("{TUTORIALS_KEY}\n")).expect("a file");
    assert!(home.fail(&[], "").contains("the key in the key file is known to everybody"));
    Home::new().with("LEPTOS_ENV", "PROD").with("CLOAKROOM__TOKEN__SECRET_KEY", SECRET_KEY).serve();
}

#[test]
fn a_setting_with_one_underscore_too_few_stops_the_start() {
    let home = Home::new().with("CLOAKROOM_TOKEN__SECRET_KEY", "hunter2-hunter2-hunter2-hunter2-hunter2");
    let said = home.fail(&[], "");
    assert!(said.contains("CLOAKROOM_TOKEN__SECRET_KEY") && !said.contains("hunter2"), "{said}");
    Home::new().with("CLOAKROOM_SERVICE_HOST", "10.0.0.1").with("CLOAKROOM_PORT", "tcp://10.0.0.1:80").serve();
}
