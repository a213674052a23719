#!/usr/bin/env bash
# Runs the examples in docs/api.md as a reader would. CLOAKROOM_BIN is the path of another server than the release.
# CLOAKROOM_EXAMPLE is the path of the compiled examples/client.rs.
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
"$repo/scripts/setup.sh" python
# -B: no __pycache__ beside the sources.
exec "$repo/.venv/bin/python" -B "$repo/tests/examples/examples.py"
