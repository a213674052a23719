use std::io::Write;

use super::*;

fn environment<const N: usize>(variables: [(&str, &str); N]) -> HashMap<String, String> {
    variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Reads the settings from a file with this text, this environment and these overrides.
fn read(text: &str, variables: HashMap<String, String>, overrides: &[&str]) -> Result<Settings, String> {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(text.as_bytes()).expect("a writable temporary file");
    let overrides: Vec<_> = overrides.iter().map(|&text| text.to_owned()).collect();
    Settings::read(Some(file.path()), variables, &overrides).map_err(|error| error.to_string())
}

#[test]
fn the_defaults_are_the_tutorials() {
    let settings = read("", HashMap::new(), &[]).expect("defaults");
    assert_eq!(settings.token.expires_in, 1800);
    let password = settings.password;
    assert_eq!((password.memory_kib, password.iterations, password.parallelism), (65536, 3, 4));
    assert!(!settings.demo.enabled);
    assert_eq!(settings.leptos.site_addr.to_string(), "127.0.0.1:3000");
}

#[test]
fn the_file_overrides_the_defaults_the_environment_the_file_and_a_flag_the_environment() {
    let file = "[token]\nexpires-in = 60\n[password]\nqueue = 7\nthreads = 3\n[leptos]\nsite-root = \"site\"";
    let variables = environment([
        ("CLOAKROOM__PASSWORD__QUEUE", "8"),
        ("CLOAKROOM__PASSWORD__THREADS", "4"),
        ("CLOAKROOM__DEMO__ENABLED", "true"),
        ("LEPTOS_SITE_ADDR", "127.0.0.1:4000"),
        ("LEPTOS_WATCH", "ON"),
        ("CLOAKROOMS", "not ours"),
    ]);
    let settings = read(file, variables, &["password.queue=9"]).expect("good settings");
    assert_eq!(settings.token.expires_in, 60);
    assert_eq!(settings.password.threads, Some(4));
    assert_eq!(settings.password.queue, 9);
    assert!(settings.demo.enabled);
    assert_eq!(settings.leptos.site_root, "site");
    assert_eq!(settings.leptos.site_addr.port(), 4000);
}

#[test]
fn a_secret_of_digits_only_stays_the_text_it_is() {
    let digits = "00001111222233334444555566667777";
    let settings = read("", environment([("CLOAKROOM__TOKEN__SECRET_KEY", digits)]), &[]).expect("good settings");
    assert_eq!(settings.token.secret_key.as_deref(), Some(digits));
}

#[test]
fn a_key_that_signs_with_hs256_does_not_go_with_another_algorithm_and_one_that_only_verifies_does() {
    let (key, other) = ("a".repeat(32), "b".repeat(40));
    for algorithm in ["EdDSA", "ES256"] {
        let algorithm = format!("token.algorithm={algorithm}");
        let error = read("", HashMap::new(), &[&algorithm, &format!("token.secret-key={key}")]).expect_err("a refusal");
        assert!(error.contains("token.previous-secret-keys") && !error.contains(&key), "{error}");
        let previous = format!("token.previous-secret-keys={key} {other}");
        let settings = read("", HashMap::new(), &[&algorithm, &previous]).expect("good settings");
        assert_eq!(settings.token.previous_secret_keys, [&*key, &*other]);
        assert!(!format!("{settings:?}").contains(&key), "no log line can show it");
    }
}

#[test]
fn origins_are_a_list_in_the_file_and_words_in_the_environment() {
    let read = |file: &str, variables| {
        let settings = read(file, variables, &[]).expect("good settings").server;
        settings.allow_origins.iter().map(|origin| origin.as_str().to_owned()).collect::<Vec<_>>()
    };
    let both = ["https://app.example.com", "http://localhost:5173"];
    let file = "[server]\nallow-origins = [\"https://app.example.com/\", \"http://localhost:5173\"]";
    assert_eq!(read(file, HashMap::new()), both);
    assert_eq!(read("", environment([("CLOAKROOM__SERVER__ALLOW_ORIGINS", &both.join(" "))])), both);
    assert_eq!(read(file, environment([("CLOAKROOM__SERVER__ALLOW_ORIGINS", "")])), [""; 0]);
}

#[test]
fn a_proxy_is_an_address_or_a_network() {
    let settings =
        read("", HashMap::new(), &["server.trusted-proxies=127.0.0.1 ::1 10.0.0.0/8"]).expect("good settings");
    let proxies: Vec<_> = settings.server.trusted_proxies.iter().map(ToString::to_string).collect();
    assert_eq!(proxies, ["127.0.0.1/32", "::1/128", "10.0.0.0/8"]);
    let settings = read("", HashMap::new(), &["server.proxy-header=forwarded"]).expect("good settings");
    assert_eq!(settings.server.proxy_header, ProxyHeader::Forwarded);
}

#[test]
fn an_empty_secret_counts_as_unset() {
    let settings = read("", environment([("CLOAKROOM__TOKEN__SECRET_KEY", "")]), &[]).expect("good settings");
    assert_eq!(settings.token.secret_key, None);
}

#[test]
fn an_unknown_key_is_named_in_one_line() {
    for (file, variables, overrides) in [
        ("[token]\nsecret-ky = \"x\"", HashMap::new(), vec![]),
        ("", environment([("CLOAKROOM__TOKEN__SECRET_KY", "x")]), vec![]),
        ("", HashMap::new(), vec!["token.secret-ky=x"]),
    ] {
        let error = read(file, variables, &overrides).expect_err("an unknown key");
        assert!(error.contains("secret-ky") && !error.contains('\n'), "{error}");
    }
    let error = read("[tokens]\nexpires-in = 5", HashMap::new(), &[]).expect_err("an unknown section");
    assert!(error.contains("tokens"), "{error}");
}

#[test]
fn a_value_of_the_wrong_kind_or_out_of_range_is_named_in_one_line() {
    for (assignment, key) in [
        ("server.public-url=https://example.com/cloakroom", "server.public-url"),
        ("server.allow-origins=https://example.com/ *", "server.allow-origins"),
        ("server.trusted-proxies=10.0.0.0/33", "server.trusted-proxies"),
        ("server.trusted-proxies=localhost", "server.trusted-proxies"),
        ("server.proxy-header=x-real-ip", "server.proxy-header"),
        ("tls.certificate=cert.pem", "tls.key"),
        ("limits.connections=0", "limits.connections"),
        ("database.connections=1", "database.connections"),
        ("database.timeout=0", "database.timeout"),
        ("limits.header-timeout=0", "limits.header-timeout"),
        ("limits.write-timeout=3601", "limits.write-timeout"),
        ("limits.body-timeout=0", "limits.body-timeout"),
        ("limits.body-timeout=31", "limits.body-timeout"),
        ("limits.request-timeout=3601", "limits.request-timeout"),
        ("token.expires-in=0", "token.expires-in"),
        ("token.expires-in=soon", "token.expires-in"),
        ("token.secret-key=too short", "token.secret-key"),
        ("token.previous-secret-keys=too short", "token.previous-secret-keys"),
        ("token.algorithm=HS512", "token.algorithm"),
        ("token.algorithm=none", "token.algorithm"),
        ("token.algorithm=eddsa", "token.algorithm"),
        ("password.memory-kib=31", "password.memory-kib"),
        ("password.memory-kib=-1", "password.memory-kib"),
        ("password.iterations=0", "password.iterations"),
        ("password.parallelism=0", "password.parallelism"),
        ("password.threads=0", "password.threads"),
        ("password.queue=1000000", "password.queue"),
        ("password.min-length=7", "password.min-length"),
        ("password.min-length=1025", "password.min-length"),
        ("accounts.sign-up=perhaps", "accounts.sign-up"),
        ("leptos.env=PRDO", "leptos.env"),
        ("leptos.site-addr=localhost", "leptos.site-addr"),
        ("leptos.site-root=", "leptos.site-root"),
        ("demo.enabled=perhaps", "demo.enabled"),
    ] {
        let error = read("", HashMap::new(), &[assignment]).expect_err(assignment);
        assert!(error.contains(key) && !error.contains('\n'), "{assignment}: {error}");
    }
}

#[test]
fn in_production_passwords_do_not_travel_in_the_open() {
    let public = ["leptos.env=PROD", "leptos.site-addr=0.0.0.0:3000"];
    let error = read("", HashMap::new(), &public).expect_err("a refusal");
    assert!(error.contains("tls.certificate") && error.contains("server.behind-proxy"), "{error}");
    for more in [
        &["server.behind-proxy=true"][..],
        &["tls.certificate=cert.pem", "tls.key=key.pem"],
        &["leptos.site-addr=127.0.0.1:3000"],
        &["leptos.site-addr=[::1]:3000"],
        &["leptos.env=DEV"],
    ] {
        assert!(read("", HashMap::new(), &[&public[..], more].concat()).is_ok(), "{more:?}");
    }
}

#[test]
fn demo_users_are_refused_in_production() {
    let error = read("", HashMap::new(), &["demo.enabled=true", "leptos.env=prod"]).expect_err("a refusal");
    assert!(error.contains("demo.enabled"), "{error}");
}

#[test]
fn a_file_that_was_named_has_to_be_there_and_to_be_toml() {
    let missing = Settings::read(Some(Path::new("no/such.toml")), HashMap::new(), &[]).expect_err("no such file");
    assert!(missing.to_string().contains("no/such.toml"), "{missing}");
    let broken = read("[token]\nsecret-key = \"hunter2 hunter2\n", HashMap::new(), &[]).expect_err("no TOML");
    assert!(broken.contains("line 2") && !broken.contains("hunter2") && !broken.contains('\n'), "{broken}");
    assert!(read("", HashMap::new(), &["token.expires-in"]).is_err());
}

#[test]
fn a_secret_in_the_wrong_place_is_not_quoted() {
    let secret = "hunter2 hunter2";
    for error in [
        read(&format!("token = \"{secret}\""), HashMap::new(), &[]),
        read("", environment([("CLOAKROOM__TOKEN", secret)]), &[]),
        read("", HashMap::new(), &[&format!("token={secret}")]),
        read("", HashMap::new(), &[&format!("token.secret-key {secret}")]),
        read("", HashMap::new(), &[&format!("token.secret-key:{secret}==")]),
        read("", HashMap::new(), &[&format!("token.previous-secret-keys={secret}")]),
    ] {
        let error = error.expect_err("a secret in the wrong place");
        assert!(!error.contains("hunter2") && !error.contains('\n'), "{error}");
    }
}

#[test]
fn a_key_that_no_line_could_hold_is_named_in_one_line() {
    let error = read(r#""a\nb\u001b" = 1"#, HashMap::new(), &[]).expect_err("an unknown key");
    assert!(error.contains("a b") && !error.contains(char::is_control), "{error:?}");
}

#[test]
fn no_list_is_made_of_a_key_with_brackets() {
    let list = "password[9223372036854775807]";
    assert!(read("", environment([(&format!("CLOAKROOM__{list}"), "1")]), &[]).is_err());
    assert!(read("", HashMap::new(), &[&format!("{list}=1")]).is_err());
}

#[test]
fn a_variable_that_looks_like_a_setting_and_is_none_is_named() {
    for name in [
        "CLOAKROOM_TOKEN__SECRET_KEY",
        "CLOAKROOM_TOKEN_SECRET_KEY",
        "CLOAKROOM_DEMO__ENABLED",
        "cloakroom_token__secret_key",
        "CLOAKROOM_",
        "CLOAKROOM_PORTS",
        "CLOAKROOM_PORT",
    ] {
        let error = read("", environment([(name, "hunter2hunter2hunter2hunter2hunter2")]), &[]).expect_err(name);
        assert!(error.contains(name), "{error}");
        assert!(!error.contains("hunter2") && !error.contains('\n'), "{error}");
    }
}

#[test]
fn what_kubernetes_sets_for_a_service_of_our_name_is_passed_over() {
    let variables = [
        ("CLOAKROOM_SERVICE_HOST", "10.0.0.1"),
        ("CLOAKROOM_SERVICE_PORT", "3000"),
        ("CLOAKROOM_SERVICE_PORT_HTTP", "3000"),
        ("CLOAKROOM_PORT", "tcp://10.0.0.1:3000"),
        ("CLOAKROOM_PORT_3000_TCP_ADDR", "10.0.0.1"),
        ("CLOAKROOM_METRICS_SERVICE_HOST", "10.0.0.2"),
        ("CLOAKROOM_METRICS_PORT", "tcp://10.0.0.2:9464"),
    ];
    assert!(read("", environment(variables), &[]).is_ok());
}
