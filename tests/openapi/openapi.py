"""Checks that the OpenAPI document is valid, and that tools can use it. Called by openapi.sh."""

import pathlib
import re
import subprocess
import sys

from openapi_spec_validator import OpenAPIV31SpecValidator

REPO = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(REPO / "tests/support"))
from checks import report  # noqa: E402
from cloakroom import Cloakroom  # noqa: E402
from commands import run  # noqa: E402

NODE_PROGRAMS = REPO / "end2end/node_modules/.bin"
# A client that uses the types as docs/api.md says. It does not compile if they are missing.
CLIENT = """
import type { components, paths } from "./cloakroom";
type Answer = paths["/users/me"]["get"]["responses"][200]["content"]["application/json"];
export const username = (user: Answer): string => user.username;
export const same = (user: components["schemas"]["User"]): Answer => user;
// @ts-expect-error: there is no such field, so the types are not simply `any`.
export const password = (user: Answer) => user.password;
"""


def document(cloakroom):
    status, found = cloakroom.get("/openapi.json")
    yield "/openapi.json is there", status == 200, found
    yield "its version is OpenAPI 3.1", found.get("openapi", "").startswith("3.1."), found.get("openapi")
    errors = [error.message for error in OpenAPIV31SpecValidator(found).iter_errors()]
    yield "openapi-spec-validator finds nothing wrong with it", not errors, errors


def types(cloakroom):
    def node_program(name, *arguments):
        return run([NODE_PROGRAMS / name, *arguments], cloakroom.folder, stderr=subprocess.STDOUT)

    code, printed = node_program("openapi-typescript", f"{cloakroom.url}/openapi.json", "--output", "cloakroom.ts")
    yield "openapi-typescript generates types from it", code == 0, printed
    yield "openapi-typescript prints no warning", not re.search("warn|⚠", printed, re.IGNORECASE), printed
    pathlib.Path(cloakroom.folder, "client.ts").write_text(CLIENT)
    code, printed = node_program("tsc", "--noEmit", "--strict", "client.ts")
    yield "a client that uses them compiles", code == 0, printed


if __name__ == "__main__":
    with Cloakroom.serving() as server:
        sys.exit(report(server, document, types))
