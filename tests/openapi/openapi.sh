#!/usr/bin/env bash
# Validates the OpenAPI document, and generates TypeScript types from it. CLOAKROOM_BIN is the path of another server
# than the release.
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
"$repo/scripts/setup.sh" python
# -B: no __pycache__ beside the sources.
exec "$repo/.venv/bin/python" -B "$repo/tests/openapi/openapi.py"
