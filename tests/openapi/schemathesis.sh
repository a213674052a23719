#!/usr/bin/env bash
# Schemathesis, asking the server all that its OpenAPI document allows and much that it does not. Arguments are options
# of `schemathesis run`; CLOAKROOM_BIN names another server than the release.
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
"$repo/scripts/setup.sh" python
# -B: no __pycache__ beside the sources.
exec "$repo/.venv/bin/python" -B "$repo/tests/openapi/schemathesis.py" "$@"
