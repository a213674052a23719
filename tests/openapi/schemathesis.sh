#!/usr/bin/env bash
# Schemathesis sends requests that the OpenAPI document allows, and requests that it forbids. The arguments are options
# of `schemathesis run`. CLOAKROOM_BIN is the path of another server than the release.
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
"$repo/scripts/setup.sh" python
# -B: no __pycache__ beside the sources.
exec "$repo/.venv/bin/python" -B "$repo/tests/openapi/schemathesis.py" "$@"
