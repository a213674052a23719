#!/usr/bin/env bash
# The OpenAPI document, read by a validator and by a program that makes TypeScript of it. CLOAKROOM_BIN names another
# server than the release.
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
"$repo/scripts/setup.sh" python
# -B: no __pycache__ beside the sources.
exec "$repo/.venv/bin/python" -B "$repo/tests/openapi/openapi.py"
