#!/usr/bin/env bash
# The examples of docs/api.md, as a reader runs them. CLOAKROOM_BIN names another server than the release, and
# CLOAKROOM_EXAMPLE the compiled examples/client.rs.
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
"$repo/scripts/setup.sh" python
# -B: no __pycache__ beside the sources.
exec "$repo/.venv/bin/python" -B "$repo/tests/examples/examples.py"
