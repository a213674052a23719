use proptest::{collection::vec, prelude::*, sample::select};

use super::*;
use crate::{error::Detail, model::Title};

/// The members of an imagined call: a title, a note that can be removed, a flag and scopes.
type Read = (String, Option<Option<String>>, Option<bool>, Option<Scopes>);

/// Reads them, or returns where which rule is broken.
fn read(json: &[u8]) -> Result<Read, Vec<(String, String)>> {
    let text = |text: &str| Ok::<_, BrokenRule>(text.to_owned());
    let read = || {
        let mut members = Members::parse(json)?;
        let title = members.required("title", |text| Title::parse(text).map(|title| title.as_str().to_owned()));
        let (note, flag) = (members.clearable("note", text), members.flag("flag"));
        let scopes = members.scopes("scopes");
        members.finish(title.map(|title| (title, note, flag, scopes)))
    };
    read().map_err(|error: ApiError| match error.body.detail {
        Detail::Fields(fields) => {
            fields.into_iter().map(|field| (field.loc.join("."), field.kind.into_owned())).collect()
        }
        Detail::Text(text) => unreachable!("a list of fields, not {text}"),
    })
}

#[test]
fn members_are_taken_and_what_is_left_out_is_not_what_is_null() {
    assert_eq!(read(br#"{"title": " a "}"#), Ok(("a".to_owned(), None, None, None)));
    let all = br#"{"scopes": ["me", "items"], "flag": true, "note": null, "title": "a"}"#;
    let scopes = Scopes::parse("me items").ok();
    assert_eq!(read(all), Ok(("a".to_owned(), Some(None), Some(true), scopes)));
    assert_eq!(read(br#"{"title": "a", "scopes": []}"#).map(|(.., scopes)| scopes), Ok(Some(Scopes::default())));
}

#[test]
fn every_broken_member_is_named_with_its_rule() {
    for (json, broken) in [
        (r#"{}"#, &[("body.title", "missing")][..]),
        (r#"{"title": null}"#, &[("body.title", "string_type")]),
        (
            r#"{"title": 1, "flag": "true", "note": []}"#,
            &[("body.title", "string_type"), ("body.note", "string_type"), ("body.flag", "bool_type")],
        ),
        (r#"{"title": "", "owner": "ada"}"#, &[("body.title", "string_too_short"), ("body.owner", "extra_forbidden")]),
        (r#"{"title": "a", "title": "a"}"#, &[("body.title", "value_error")]),
        (r#"{"title": "a", "scopes": "me"}"#, &[("body.scopes", "list_type")]),
        (r#"{"title": "a", "scopes": ["me", "root", 1]}"#, &[("body.scopes.1", "enum"), ("body.scopes.2", "enum")]),
        ("", &[("body", "missing")]),
        ("[]", &[("body", "model_attributes_type")]),
        ("null", &[("body", "model_attributes_type")]),
        (r#""text""#, &[("body", "model_attributes_type")]),
        ("{", &[("body", "json_invalid")]),
        (r#"{"title": "a"} x"#, &[("body", "json_invalid")]),
        (r#"{"title": "\ud800"}"#, &[("body", "json_invalid")]),
        (r#"{"title": "a", "x": 1e400}"#, &[("body", "json_invalid")]),
        ("{'title': 'a'}", &[("body", "json_invalid")]),
    ] {
        let expected: Vec<_> = broken.iter().map(|(at, kind)| ((*at).to_owned(), (*kind).to_owned())).collect();
        assert_eq!(read(json.as_bytes()), Err(expected), "{json}");
    }
}

#[test]
fn deep_nesting_and_many_members_are_refused_in_few_words() {
    let deep = format!(r#"{{"title": {}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(read(deep.as_bytes()), Err(vec![("body".to_owned(), "json_invalid".to_owned())]));
    let many: Vec<_> = (0..10_000).map(|number| format!(r#""{number}": 1"#)).collect();
    let many = format!("{{{}}}", many.join(","));
    assert_eq!(read(many.as_bytes()), Err(vec![("body".to_owned(), "too_long".to_owned())]));
}

/// Arbitrary bytes, often made of the parts of such an object.
fn json() -> impl Strategy<Value = Vec<u8>> {
    let part = select(
        &[
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\"title\"",
            "\"note\"",
            "\"flag\"",
            "\"scopes\"",
            "\"me\"",
            "null",
            "true",
            "\\ud800",
            "\\u0000",
            "1e400",
            "-",
            "{\"title\":\"a\"",
            "}",
        ][..],
    );
    let bytes = prop_oneof![8 => part.prop_map(|part| part.as_bytes().to_vec()), 1 => vec(any::<u8>(), 0..4)];
    vec(bytes, 0..12).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_with_what_is_broken(json in json()) {
        match read(&json) {
            Ok((title, ..)) => prop_assert!(!title.is_empty()),
            Err(broken) => prop_assert!(!broken.is_empty()),
        }
    }
}
