"""Schemathesis asks what the OpenAPI document allows, and what it does not, and compares the answers with it: once as
nobody and once as johndoe. Called by schemathesis.sh, whose arguments are options of `schemathesis run`.

Each run looks elsewhere, as it is not part of `make test`; it prints its seed, and `--seed` repeats it.
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
    # More than the first finding of each operation.
    "--continue-on-failure",
    "--generation-database=none",
]


def schemathesis(cloakroom, *options):
    _, document = cloakroom.get("/openapi.json")
    # Schemathesis tries what happens without a token, or with a made-up one, only where the scheme is one of HTTP's.
    # OAuth2's tokens are sent like those of this one (RFC 6750 §2.1).
    components = document["components"]
    components["securitySchemes"] = dict.fromkeys(components["securitySchemes"], {"type": "http", "scheme": "bearer"})
    pathlib.Path(cloakroom.folder, "openapi.json").write_text(json.dumps(document))
    command = [*SCHEMATHESIS, "--url", cloakroom.url, *options, *sys.argv[1:], "openapi.json"]
    code, _ = run(command, cloakroom.folder, timeout=900, stdout=None)
    return code == 0, f"exit code {code}"


def without_a_token(cloakroom):
    # It would warn that nobody is let in.
    yield "Schemathesis finds nothing without a token", *schemathesis(cloakroom, "--warnings=off")


def with_johndoes_token(cloakroom):
    _, answer = cloakroom.login()
    header = f"Authorization: Bearer {answer['access_token']}"
    yield "Schemathesis finds nothing with johndoe's", *schemathesis(cloakroom, "--header", header)


if __name__ == "__main__":
    # Many of the requests are logins.
    with Cloakroom.serving(**CHEAP_HASHES) as server:
        sys.exit(report(server, without_a_token, with_johndoes_token))
