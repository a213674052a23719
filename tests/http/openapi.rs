//! Compares the OpenAPI document with the API itself.

use std::collections::BTreeSet;

use axum::{
    body::Body,
    http::{Method, Request, header},
};
use cloakroom::model::Scopes;
use serde_json::{Value, json};

use super::support::{Client, TestApp, document};

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS"];

/// Every call of the API's contract, and the health checks.
const CONTRACT: [(&str, &str); 36] = [
    ("POST", "/token"),
    ("GET", "/users/me"),
    ("GET", "/users/me/items"),
    ("GET", "/status"),
    ("POST", "/users"),
    ("PATCH", "/users/me"),
    ("PUT", "/users/me/password"),
    ("DELETE", "/users/me"),
    ("GET", "/items"),
    ("POST", "/items"),
    ("GET", "/items/{item_id}"),
    ("PATCH", "/items/{item_id}"),
    ("DELETE", "/items/{item_id}"),
    ("GET", "/users"),
    ("GET", "/users/{username}"),
    ("PATCH", "/users/{username}"),
    ("DELETE", "/users/{username}"),
    ("GET", "/users/{username}/items"),
    ("POST", "/revoke"),
    ("POST", "/introspect"),
    ("GET", "/users/me/sessions"),
    ("DELETE", "/users/me/sessions"),
    ("DELETE", "/users/me/sessions/{session_id}"),
    ("GET", "/users/me/ended-sessions"),
    ("GET", "/users/me/api-keys"),
    ("POST", "/users/me/api-keys"),
    ("DELETE", "/users/me/api-keys/{key_id}"),
    ("GET", "/users/{username}/sessions"),
    ("DELETE", "/users/{username}/sessions"),
    ("GET", "/openapi.json"),
    ("GET", "/.well-known/oauth-authorization-server"),
    ("GET", "/.well-known/jwks.json"),
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
    // These two are not part of the API, so they are neither served nor listed.
    ("GET", "/users/me/nowhere"),
    ("POST", "/status"),
];

/// Each operation of the document: its method, its path and its description.
fn operations() -> Vec<(String, String, &'static Value)> {
    let paths = document()["paths"].as_object().expect("paths");
    let of_path = |(path, item): (&String, &'static Value)| {
        let methods = item.as_object().expect("operations").iter();
        methods.map(|(method, operation)| (method.to_uppercase(), path.clone(), operation)).collect::<Vec<_>>()
    };
    paths.iter().flat_map(of_path).collect()
}

/// Sends a request with an empty JSON object, which no call can use.
async fn send(client: &Client, method: &str, path: &str) -> super::support::Answer {
    let path = path.replace("{item_id}", "Foo").replace("{username}", "nobody").replace("{session_id}", "none");
    let path = path.replace("{key_id}", "none");
    client.call(method, &path, &[("accept", "application/json")], "{}").await
}

#[tokio::test]
async fn the_document_is_served_as_openapi_3_1_with_and_without_a_trailing_slash() {
    let app = TestApp::start().await;
    for path in ["/openapi.json", "/openapi.json/"] {
        let answer = app.anonymous().get(path).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json()["openapi"], "3.1.0");
        assert_eq!(&answer.json(), document());
    }
}

#[tokio::test]
async fn each_method_of_a_listed_path_is_served_just_when_it_is_listed() {
    let app = TestApp::start().await;
    for path in document()["paths"].as_object().expect("paths").keys() {
        let listed: Vec<_> =
            operations().into_iter().filter(|(_, of, _)| of == path).map(|(method, ..)| method).collect();
        for method in METHODS {
            let answer = send(&app.anonymous(), method, path).await;
            let served = answer.status != 405 && answer.status != 404;
            assert_eq!(served, listed.contains(&method.to_owned()), "{method} {path}");
            if !served {
                let allowed = answer.header("allow").split(',').filter(|method| *method != "HEAD");
                assert_eq!(
                    BTreeSet::from_iter(allowed),
                    listed.iter().map(String::as_str).collect(),
                    "{method} {path}"
                );
            }
        }
    }
}

#[tokio::test]
async fn each_call_of_the_contract_is_listed_just_when_it_is_served() {
    let app = TestApp::start().await;
    let listed: Vec<_> = operations().into_iter().map(|(method, path, _)| (method, path)).collect();
    for (method, path) in CONTRACT {
        let answer = send(&app.anonymous(), method, path).await;
        let served = answer.status != 404 && answer.status != 405;
        assert_eq!(served, listed.contains(&(method.to_owned(), path.to_owned())), "{method} {path}");
    }
    for (method, path) in listed {
        assert!(CONTRACT.contains(&(&*method, &*path)), "{method} {path} is not in the contract");
    }
}

#[tokio::test]
async fn the_pages_are_no_part_of_the_api() {
    let app = TestApp::start().await;
    for page in ["/", "/account", "/login", "/docs"] {
        assert_eq!(app.anonymous().get(page).await.status, 200, "{page}");
        assert!(document()["paths"].get(page).is_none(), "{page}");
    }
}

#[tokio::test]
async fn an_operation_wants_just_the_scopes_that_it_lists() {
    let app = TestApp::start().await;
    let all: Vec<_> = Scopes::ALL.names().collect();
    for (number, (method, path, operation)) in operations().into_iter().enumerate() {
        // One of the operations deletes the user.
        let username = format!("ada-{number}");
        app.create(&username, Scopes::ALL).await;
        let with_scopes = async |scopes: &[&str]| app.log_in_for(&username, &scopes.join(" ")).await;
        let anonymous = send(&app.anonymous(), &method, &path).await;
        let wants_a_token = operation["security"].as_array().is_some_and(|ways| !ways.contains(&json!({})));
        if !wants_a_token {
            assert_ne!(anonymous.status, 401, "{method} {path}");
            continue;
        }
        if operation["security"] == json!([{"HTTPBasic": []}]) {
            // It wants a client, and no user's token will do.
            anonymous.assert_oauth2(401, "invalid_client");
            send(&with_scopes(&all).await, &method, &path).await.assert_oauth2(401, "invalid_client");
            continue;
        }
        anonymous.assert_refused(401, "Not authenticated");
        let scopes = operation.pointer("/security/0/OAuth2PasswordBearer").expect("scopes").as_array().expect("a list");
        let scopes: Vec<_> = scopes.iter().map(|scope| scope.as_str().expect("a name")).collect();
        for missing in &scopes {
            let others: Vec<_> = all.iter().copied().filter(|name| name != missing).collect();
            let answer = send(&with_scopes(&others).await, &method, &path).await;
            answer.assert_refused(403, "Not enough permissions");
            let challenge = format!(r#"Bearer error="insufficient_scope", scope="{}""#, scopes.join(" "));
            assert_eq!(answer.header("www-authenticate"), challenge);
        }
        let just_enough = if scopes.is_empty() { &["items:write"][..] } else { &scopes };
        let answer = send(&with_scopes(just_enough).await, &method, &path).await;
        assert!(![401, 403].contains(&answer.status.as_u16()), "{method} {path} {}", answer.status);
    }
}

#[tokio::test]
async fn an_operation_takes_an_api_key_just_when_it_lists_it() {
    let app = TestApp::start().await;
    let mut count = 0;
    for (number, (method, path, operation)) in operations().into_iter().enumerate() {
        let username = format!("ada-{number}");
        app.create(&username, Scopes::ALL).await;
        let key = app.log_in(&username).await.make_key(&Scopes::ALL.names().collect::<Vec<_>>()).await.key;
        let answer = send(&app.with_key(&key), &method, &path).await;
        let ways = operation["security"].as_array().cloned().unwrap_or_default();
        let is_open = ways.is_empty();
        if is_open || ways.contains(&json!({"APIKeyHeader": []})) {
            assert!(![401, 403].contains(&answer.status.as_u16()), "{method} {path} {}", answer.status);
            count += usize::from(!is_open);
        } else {
            answer.assert_refused(403, "An API key cannot do this: log in");
        }
    }
    assert_eq!(count, 14);
}

#[test]
fn the_security_schemes_are_the_tutorials_with_every_scope_and_its_sentence_and_fastapis_for_keys() {
    let scopes: serde_json::Map<_, _> =
        Scopes::ASKABLE.describe().map(|(name, sentence)| (name.to_owned(), sentence.into())).collect();
    assert_eq!(scopes.len(), 6);
    let expected = json!({"type": "oauth2", "flows": {"password": {"tokenUrl": "token", "refreshUrl": "token", "scopes": scopes}}});
    let schemes = &document()["components"]["securitySchemes"];
    assert_eq!(schemes["OAuth2PasswordBearer"], expected);
    let expected = json!({
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "Made by `POST /users/me/api-keys`. Send a token or a key, not both.",
    });
    assert_eq!(schemes["APIKeyHeader"], expected);
}

#[test]
fn the_cookie_of_the_pages_is_a_scheme_and_has_a_form_of_its_own() {
    let schemes = &document()["components"]["securitySchemes"];
    let cookie = &schemes["APIKeyCookie"];
    let expected = (json!("apiKey"), json!("cookie"), json!("__Secure-cloakroom-{session_id}"));
    assert_eq!((&cookie["type"], &cookie["in"], &cookie["name"]), (&expected.0, &expected.1, &expected.2));
    let form = &document()["components"]["schemas"]["OAuth2CookieRequestForm"];
    assert_eq!(form["required"], json!(["grant_type", "session_id"]));
    let names: Vec<_> = schemes.as_object().expect("schemes").keys().collect();
    assert_eq!(names, ["APIKeyCookie", "APIKeyHeader", "HTTPBasic", "OAuth2PasswordBearer"]);
}

#[test]
fn clients_authenticate_by_http_basic_and_may_leave_that_out_where_users_log_in_and_out() {
    let scheme = &document()["components"]["securitySchemes"]["HTTPBasic"];
    assert_eq!((&scheme["type"], &scheme["scheme"]), (&json!("http"), &json!("basic")));
    let of_clients: Vec<_> = operations()
        .into_iter()
        .filter(|(.., operation)| operation["security"].to_string().contains("HTTPBasic"))
        .map(|(_, path, operation)| (path, &operation["security"]))
        .collect();
    let (optional, required) = (json!([{}, {"HTTPBasic": []}]), json!([{"HTTPBasic": []}]));
    let or_a_cookie = json!([{}, {"HTTPBasic": []}, {"APIKeyCookie": []}]);
    let expected = [("/introspect", &required), ("/revoke", &optional), ("/token", &or_a_cookie)];
    assert_eq!(of_clients, expected.map(|(path, security)| (path.to_owned(), security)));
}

#[test]
fn every_operation_has_a_name_a_sentence_and_an_example_of_each_answer() {
    for (method, path, operation) in operations() {
        for member in ["operationId", "summary", "description"] {
            assert!(operation[member].is_string(), "{method} {path} {member}");
        }
        assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{method} {path}");
        for (status, response) in operation["responses"].as_object().expect("responses") {
            // RFC 7009 §2.2: a revocation is answered with a 200 and nothing.
            if status == "204" || (status == "200" && path == "/revoke") {
                assert!(response["content"].is_null(), "{method} {path} {status}");
                continue;
            }
            let content = &response["content"]["application/json"];
            // The response has its own example, or its type has one.
            let schema = content.pointer("/schema/items/$ref").or_else(|| content.pointer("/schema/$ref"));
            let named = |at: &Value| document().pointer(at.as_str().expect("a reference").trim_start_matches('#'));
            let of_type = schema.and_then(named);
            // A page has entries of a type that has an example.
            let of_entries = of_type.and_then(|of| of.pointer("/properties/data/items"));
            let of_type = of_entries.or(of_type);
            let examples =
                [&content["examples"], &content["example"], of_type.map_or(&Value::Null, |of| &of["example"])];
            let described = examples.iter().any(|example| !example.is_null())
                || of_type.is_some_and(|of| of["properties"]["status"]["example"].is_string());
            assert!(described || path == "/openapi.json", "{method} {path} {status}");
        }
    }
}

#[test]
fn a_json_body_is_described_without_other_members_and_each_of_its_members_is_described() {
    let mut count = 0;
    for (method, path, operation) in operations() {
        let Some(body) = operation.pointer("/requestBody/content/application~1json/schema/$ref") else { continue };
        let schema = document().pointer(body.as_str().expect("a reference").trim_start_matches('#')).expect("a schema");
        assert_eq!(schema["additionalProperties"], json!(false), "{method} {path}");
        for (name, member) in schema["properties"].as_object().expect("members") {
            let described = member["description"].is_string() || member["oneOf"][0]["description"].is_string();
            assert!(described, "{method} {path} {name}");
        }
        count += 1;
    }
    assert_eq!(count, 7);
}

#[tokio::test]
async fn the_form_is_described_field_by_field_as_it_is_read() {
    let form = &document()["components"]["schemas"]["OAuth2PasswordRequestForm"];
    assert_eq!(form["required"], json!(["username", "password"]));
    assert_eq!(form["properties"]["grant_type"]["anyOf"][0]["pattern"], "^password$");
    for secret in ["password", "client_secret"] {
        assert_eq!(form["properties"][secret]["format"], "password");
    }
    let names: Vec<_> = Scopes::ASKABLE.names().collect();
    let one = names.join("|");
    assert_eq!(form["properties"]["scope"]["pattern"], format!("^(({one})( ({one}))*)?$"));
    let app = TestApp::start().await;
    for field in form["properties"].as_object().expect("fields").keys() {
        // A known field may be sent once only. An unknown field is ignored.
        let twice = format!("username=a&password=b&{field}=password&{field}=password");
        app.anonymous().post_form("/token", &twice).await.assert_oauth2(400, "invalid_request");
    }
    let unknown = app.anonymous().post_form("/token", "username=a&password=b&other=x&other=x").await;
    unknown.assert_oauth2(401, "invalid_grant");
}

#[tokio::test]
async fn the_metadata_tells_where_and_how_to_get_a_token() {
    let app = TestApp::start_with(&["server.public-url=https://cloakroom.example.com"]).await;
    let expected = json!({
        "issuer": "https://cloakroom.example.com",
        "token_endpoint": "https://cloakroom.example.com/token",
        "revocation_endpoint": "https://cloakroom.example.com/revoke",
        "introspection_endpoint": "https://cloakroom.example.com/introspect",
        "jwks_uri": "https://cloakroom.example.com/.well-known/jwks.json",
        "scopes_supported": ["me", "items", "me:write", "items:write", "admin", "offline_access"],
        "response_types_supported": [],
        "grant_types_supported": ["password", "refresh_token", "client_credentials"],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_basic"],
        "revocation_endpoint_auth_methods_supported": ["none", "client_secret_basic"],
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic"],
        "service_documentation": "https://cloakroom.example.com/docs",
    });
    for path in ["/.well-known/oauth-authorization-server", "/.well-known/oauth-authorization-server/"] {
        assert_eq!(app.anonymous().get(path).await.json(), expected);
    }
}

#[tokio::test]
async fn without_a_public_url_the_metadata_names_the_address_served_and_not_the_one_asked_for() {
    let app = TestApp::start_with(&["leptos.site-addr=127.0.0.1:3456"]).await;
    let request = Request::get("/.well-known/oauth-authorization-server").header(header::HOST, "evil.example");
    let body = app.anonymous().send(request.body(Body::empty()).expect("a request")).await.json();
    assert_eq!(body["issuer"], "http://127.0.0.1:3456");
}

#[tokio::test]
async fn swagger_ui_is_served_from_here_and_asks_nobody_else() {
    let app = TestApp::start().await;
    for path in ["/docs", "/docs/"] {
        let page = app.anonymous().get(path).await;
        assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
        let page = page.text();
        assert!(!page.contains("http://") && !page.contains("https://"), "the page names another host");
        for (path, content_type) in [
            ("/docs/swagger-ui-bundle.js", "text/javascript"),
            ("/docs/swagger-ui.css", "text/css"),
            ("/docs/docs.js", "text/javascript"),
            ("/docs/docs.css", "text/css"),
        ] {
            assert!(page.contains(path));
            let file = app.anonymous().get(path).await;
            assert_eq!((file.status.as_u16(), file.header("content-type")), (200, content_type), "{path}");
        }
    }
    for path in ["/docs/nothing.js", "/docs/index.html", "/docs/%2e%2e/Cargo.toml"] {
        app.anonymous().get(path).await.assert_refused(404, "Not Found");
    }
    assert_eq!(send(&app.anonymous(), Method::POST.as_str(), "/docs").await.status, 405);
}
