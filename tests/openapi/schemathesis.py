"""Schemathesis sends requests that the OpenAPI document allows, and requests that it forbids. It compares the answers
with the document. It runs without a token, as johndoe, as an administrator and as a confidential client. Called by
schemathesis.sh, whose arguments are options of `schemathesis run`.

Each run sends different requests; that is possible because it is not part of `make test`. A run prints its seed, and
`--seed` repeats it.
"""

import base64
import contextlib
import json
import pathlib
import sqlite3
import sys

REPO = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(REPO / "tests/support"))
from checks import report  # noqa: E402
from cloakroom import CHEAP_HASHES, Cloakroom  # noqa: E402
from commands import run  # noqa: E402

SCHEMATHESIS = [
    pathlib.Path(sys.executable).parent / "schemathesis",
    "--config-file", str(REPO / "tests/openapi/schemathesis.toml"),
    "run",
    "--checks=all",
    "--phases=examples,coverage,fuzzing,stateful",
    "--max-examples=100",
    # Report all findings of an operation, not only the first.
    "--continue-on-failure",
    "--generation-database=none",
]  # fmt: skip
PASSWORD = "winter coat upstairs"
# These end the token that a run is made with. So they have a run of their own.
END_THE_TOKEN = ["DELETE /users/me", "PUT /users/me/password"]


def schemathesis(cloakroom, *options):
    _, document = cloakroom.get("/openapi.json")
    # Schemathesis tests a missing or invalid token only if the security scheme has the type "http". So the scheme is
    # replaced by HTTP bearer. OAuth2's tokens are sent in the same way (RFC 6750 §2.1).
    components = document["components"]
    components["securitySchemes"] = dict.fromkeys(components["securitySchemes"], {"type": "http", "scheme": "bearer"})
    pathlib.Path(cloakroom.folder, "openapi.json").write_text(json.dumps(document))
    command = [*SCHEMATHESIS, "--url", cloakroom.url, *options, *sys.argv[1:], "openapi.json"]
    code, _ = run(command, cloakroom.folder, timeout=900, stdout=None)
    return code == 0, f"exit code {code}"


def operations(choice, names):
    return [option for name in names for option in (f"--{choice}-name", name)]


def without_a_token(cloakroom):
    # Schemathesis would warn that requests without a token are refused.
    yield "Schemathesis finds no fault without a token", *schemathesis(cloakroom, "--warnings=off")


def with_a_token(cloakroom, username, password, others_name, others_password):
    def header(username, password):
        return "--header", f"Authorization: Bearer {cloakroom.login(username, password)[1]['access_token']}"

    # Both log in before the first run, which makes many logins fail.
    token, others_token = header(username, password), header(others_name, others_password)
    most = schemathesis(cloakroom, *token, *operations("exclude", END_THE_TOKEN))
    yield f"Schemathesis finds no fault as {username}", *most
    rest = schemathesis(cloakroom, *others_token, *operations("include", END_THE_TOKEN), "--warnings=off")
    yield f"nor in what ends the token of {others_name}", *rest


def as_users(cloakroom):
    add(cloakroom, "a-user")
    return with_a_token(cloakroom, "johndoe", "secret", "a-user", PASSWORD)


# Schemathesis finds the administrator's own name in the list of users, and disables or demotes it. With these triggers the
# server answers as for the last administrator: 409.
STAYS = """
CREATE TRIGGER stays BEFORE UPDATE ON users WHEN OLD.username = 'an-administrator' AND (NEW.disabled
    OR NEW.scopes <> OLD.scopes OR NEW.tokens_valid_from <> OLD.tokens_valid_from) BEGIN SELECT RAISE(IGNORE); END;
CREATE TRIGGER stays_there BEFORE DELETE ON users WHEN OLD.username = 'an-administrator'
    BEGIN SELECT RAISE(IGNORE); END;
"""


def as_administrators(cloakroom):
    add(cloakroom, "an-administrator", "--admin")
    add(cloakroom, "another", "--admin")
    with contextlib.closing(sqlite3.connect(cloakroom.database, timeout=20)) as connection:
        connection.executescript(STAYS)
    return with_a_token(cloakroom, "an-administrator", PASSWORD, "another", PASSWORD)


def as_a_client(cloakroom):
    credentials = base64.b64encode(":".join(cloakroom.add_client("a-client", "items")).encode()).decode()
    calls = operations("include", ["POST /token", "POST /revoke", "POST /introspect"])
    found = schemathesis(cloakroom, "--header", f"Authorization: Basic {credentials}", *calls, "--warnings=off")
    yield "Schemathesis finds no fault as a client", *found


def add(cloakroom, username, *options):
    if not cloakroom.run("user", "add", username, *options, line=PASSWORD):
        sys.exit(f"{username} could not be added.")


if __name__ == "__main__":
    # Many of the requests are logins and sign-ups. So the hashes are cheap.
    with Cloakroom.serving(**CHEAP_HASHES) as server:
        sys.exit(report(server, without_a_token, as_users, as_administrators, as_a_client))
