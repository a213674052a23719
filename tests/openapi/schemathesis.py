"""Schemathesis sends requests that the OpenAPI document allows, and requests that it forbids. It compares the answers
with the document. It runs once without a token and once as johndoe. Called by schemathesis.sh, whose arguments are
options of `schemathesis run`.

Each run sends different requests; that is possible because it is not part of `make test`. A run prints its seed, and
`--seed` repeats it.
"""

import json
import pathlib
import sys

REPO = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(REPO / "tests/support"))
from checks import report  # noqa: E402
from cloakroom import CHEAP_HASHES, Cloakroom  # noqa: E402
from commands import run  # noqa: E402

SCHEMATHESIS = [
    pathlib.Path(sys.executable).parent / "schemathesis",
    "run",
    "--checks=all",
    "--phases=examples,coverage,fuzzing,stateful",
    "--max-examples=100",
    # Report all findings of an operation, not only the first.
    "--continue-on-failure",
    "--generation-database=none",
]


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


def without_a_token(cloakroom):
    # Schemathesis would warn that requests without a token are refused.
    yield "Schemathesis finds no fault without a token", *schemathesis(cloakroom, "--warnings=off")


def with_johndoes_token(cloakroom):
    _, answer = cloakroom.login()
    header = f"Authorization: Bearer {answer['access_token']}"
    yield "Schemathesis finds no fault with johndoe's token", *schemathesis(cloakroom, "--header", header)


if __name__ == "__main__":
    # Many of the requests are logins, so the hashes are cheap.
    with Cloakroom.serving(**CHEAP_HASHES) as server:
        sys.exit(report(server, without_a_token, with_johndoes_token))
