"""Where Cloakroom answers FastAPI's own tests differently than the tutorial does, and why. Called by fastapi_tests.py.

A difference is one part of one answer, and has both values. `tutorial` is what the test wants. `ours` is what the
server must answer, exactly."""

from typing import Any, NamedTuple


class Difference(NamedTuple):
    tests: list[str]
    request: str
    # `status`, `body` or `challenge`, the header WWW-Authenticate.
    # `outline`: the document's outline, see below. It lacks the lines `tutorial`, and has the lines `ours`.
    # `form` is a part of the request. The test also sends `ours`, because its own form means something else here.
    part: str
    tutorial: Any
    ours: Any
    reason: str


def in_chapter(chapter, *tests):
    return [f"{test}[{chapter}]" for test in tests]


WRONG_LOGINS = ["test_login_incorrect_password", "test_login_incorrect_username"]
INVALID_TOKENS = [
    "test_incorrect_token", "test_token_no_sub", "test_token_no_username", "test_token_nonexistent_user",
]  # fmt: skip
WRONG_LOGIN = {"detail": "Incorrect username or password"}
INVALID_GRANT = {"error": "invalid_grant", "error_description": "Incorrect username or password"}

DIFFERENCES = [
    Difference(
        in_chapter("tutorial004", *WRONG_LOGINS) + in_chapter("tutorial005", *WRONG_LOGINS),
        "POST /token", "body", WRONG_LOGIN, WRONG_LOGIN | INVALID_GRANT,
        "RFC 6749 §5.2 wants `error`, and OAuth2 libraries read it. The tutorial's `detail` is the same.",
    ),
    Difference(
        in_chapter("tutorial005", *WRONG_LOGINS),
        "POST /token", "status", 400, 401,
        "The tutorial's chapters differ. Cloakroom answers like the main one, tutorial004.",
    ),
    Difference(
        in_chapter("tutorial004", *INVALID_TOKENS),
        "GET /users/me", "challenge", "Bearer", 'Bearer error="invalid_token"',
        "RFC 6750 §3.1 has this code for a bad token.",
    ),
    Difference(
        in_chapter("tutorial005", *INVALID_TOKENS),
        "GET /users/me", "challenge", 'Bearer scope="me"', 'Bearer error="invalid_token"',
        "RFC 6750 §3.1 has this code for a bad token. No scope would make the token good.",
    ),
    Difference(
        in_chapter("tutorial005", "test_token_no_scope"),
        "POST /token", "form", {}, {"scope": "items"},
        "A login that names no scope gets all of the user's scopes. To get a token without `me`, it must name another.",
    ),
    Difference(
        in_chapter("tutorial005", "test_token_no_scope"),
        "GET /users/me", "status", 401, 403,
        "RFC 6750 §3.1. A 401 makes clients log the user out.",
    ),
    Difference(
        in_chapter("tutorial005", "test_token_no_scope"),
        "GET /users/me", "challenge", 'Bearer scope="me"', 'Bearer error="insufficient_scope", scope="me"',
        "RFC 6750 §3.1 has this code for a missing scope.",
    ),
    Difference(
        in_chapter("tutorial004", "test_openapi_schema"),
        "GET /openapi.json", "outline",
        ["GET /users/me needs OAuth2PasswordBearer []", "GET /users/me/items needs OAuth2PasswordBearer []"],
        [
            "GET /users/me needs OAuth2PasswordBearer ['me']",
            "GET /users/me/items needs OAuth2PasswordBearer ['items', 'me']",
        ],
        "tutorial004 has no scopes yet. These are those of tutorial005.",
    ),
    Difference(
        in_chapter("tutorial004", "test_openapi_schema") + in_chapter("tutorial005", "test_openapi_schema"),
        "GET /openapi.json", "outline",
        ["POST /token answers 422"], ["POST /token answers 400", "POST /token answers 401"],
        "RFC 6749 §5.2: a login with a missing field is a 400. The tutorial leaves the 401 out of its document.",
    ),
    Difference(
        in_chapter("tutorial004", "test_openapi_schema") + in_chapter("tutorial005", "test_openapi_schema"),
        "GET /openapi.json", "outline",
        ["ValidationError.input", "ValidationError.ctx"], [],
        "An error does not repeat the input. The document has the members that FastAPI requires: loc, msg and type.",
    ),
]  # fmt: skip


def outline(document):
    """What a generated client relies on in an OpenAPI document, as a set of lines. Titles, descriptions and the names
    of operations are left out, and so is a path's last slash, which means nothing here."""
    schemas = document["components"]["schemas"]

    def members(place, schema):
        schema = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
        if "oneOf" in schema:
            # Each grant has a form of its own. A client relies on the one that it sends.
            return set().union(*(members(place, form) for form in schema["oneOf"]))
        required = {f"{place}.{name} is required" for name in schema.get("required", [])}
        return required | {f"{place}.{name}" for name in schema.get("properties", {})}

    lines = {f"openapi {document['openapi']}"}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            place = f"{method.upper()} {path.rstrip('/')}"
            lines |= {f"{place} answers {status}" for status in operation["responses"]}
            for needed in operation.get("security", []):
                lines |= {f"{place} needs {scheme} {sorted(scopes)}" for scheme, scopes in needed.items()}
            for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
                lines |= members(f"{place} takes {media_type}", content["schema"])
    for name, scheme in document["components"]["securitySchemes"].items():
        for flow, its in scheme.get("flows", {}).items():
            lines.add(f"{name} {scheme['type']} {flow} {its['tokenUrl']}")
            lines |= {f"{name} {scope}: {meaning}" for scope, meaning in its["scopes"].items()}
    for name in ("Token", "User", "HTTPValidationError", "ValidationError"):
        lines |= members(name, schemas[name])
    return lines
