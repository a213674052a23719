//! Properties of all settings, mistyped settings included: the error is one line and does not contain the secret.

use std::io::Write;

use proptest::{collection::vec, prelude::*, sample::select};

use super::*;

/// Every secret here begins with this.
const MARK: &str = "hunter2";

fn text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..12).prop_map(String::from_iter)
}

/// Arbitrary text, often made of the parts of settings.
fn words() -> impl Strategy<Value = String> {
    let part = select(
        &[
            "token",
            "password",
            "leptos",
            "server",
            "secret-key",
            "expires-in",
            "queue",
            "site-addr",
            "allow-origins",
            ".",
            "=",
            "-",
            "[",
            "]",
            "[0]",
            "[-1]",
            "[9223372036854775807]",
            "{",
            "}",
            ",",
            "\"",
            "'",
            "\\",
            "\"\\u001b\"",
            "#",
            " ",
            "1",
            "true",
            "https://a.example",
        ][..],
    );
    let part = prop_oneof![4 => part.prop_map(str::to_owned), 1 => text()];
    vec(part, 0..8).prop_map(|parts| parts.concat())
}

fn secret() -> impl Strategy<Value = String> {
    "[A-Za-z0-9+/=_-]{0,60}".prop_map(|rest| format!("{MARK}{rest}"))
}

/// A line of the file that contains the secret, often mistyped.
fn secret_line() -> impl Strategy<Value = String> {
    let key = select(&["secret-key", "token.secret-key", "token", "secret-key.x", "secret key", "\"\\u001b\""][..]);
    let quote = || select(&["", "\"", "'", "\"\"\"", "\"\"\"\n", "[\"", "\"]", "{ x = \"", "\" }", "\\", "\n"][..]);
    (key, select(&[" = ", ": ", " "][..]), quote(), secret(), quote())
        .prop_map(|(key, equals, open, secret, close)| format!("{key}{equals}{open}{secret}{close}"))
}

fn file() -> impl Strategy<Value = String> {
    let line = prop_oneof![select(&["[token]", "[password]"][..]).prop_map(str::to_owned), secret_line(), words()];
    vec(line, 0..6).prop_map(|lines| lines.join("\n"))
}

fn environment() -> impl Strategy<Value = HashMap<String, String>> {
    let name = |names: &'static [&'static str]| select(names).prop_map(str::to_owned);
    let secret_name = name(&[
        "CLOAKROOM__TOKEN__SECRET_KEY",
        "CLOAKROOM__TOKEN__PREVIOUS_SECRET_KEYS",
        "CLOAKROOM__TOKEN",
        "CLOAKROOM__TOKEN__SECRET_KEY__X",
    ]);
    let other_name = prop_oneof![
        name(&[
            "CLOAKROOM__PASSWORD__QUEUE",
            "CLOAKROOM__X[9223372036854775807]",
            "CLOAKROOM__SERVER__ALLOW_ORIGINS",
            "LEPTOS_ENV",
            "LEPTOS_SITE_ADDR"
        ]),
        words().prop_map(|words| format!("CLOAKROOM__{words}")),
    ];
    let variable = prop_oneof![(secret_name, secret()), (other_name, words())];
    vec(variable, 0..4).prop_map(HashMap::from_iter)
}

fn overrides() -> impl Strategy<Value = Vec<String>> {
    let keys =
        ["token.secret-key=", "token=", "token.secret-key ", "token.secret-key:", "token.secret-key.x=", "token.="];
    let secret = (select(keys.to_vec()), secret()).prop_map(|(key, secret)| format!("{key}{secret}"));
    vec(prop_oneof![secret, words()], 0..4)
}

fn check(text: &str, environment: HashMap<String, String>, overrides: &[String]) -> Result<(), TestCaseError> {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(text.as_bytes()).expect("a writable temporary file");
    if let Err(error) = Settings::read(Some(file.path()), environment, overrides) {
        let error = error.to_string();
        prop_assert!(!error.contains(char::is_control), "not one line: {:?}", error);
        prop_assert!(!error.contains(MARK), "the error contains the secret: {}", error);
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_file_is_read_or_refused_in_one_line_without_the_secret(file in file()) {
        check(&file, HashMap::new(), &[])?;
    }

    #[test]
    fn an_environment_is_read_or_refused_in_one_line_without_the_secret(environment in environment()) {
        check("", environment, &[])?;
    }

    #[test]
    fn overrides_are_read_or_refused_in_one_line_without_the_secret(overrides in overrides()) {
        check("", HashMap::new(), &overrides)?;
    }

    #[test]
    fn all_of_them_are_read_or_refused_in_one_line_without_the_secret(
        file in file(),
        environment in environment(),
        overrides in overrides(),
    ) {
        check(&file, environment, &overrides)?;
    }
}
