#!/usr/bin/env bash
# Tests the server under faults of the machine, for at most ten minutes. Linux only. CLOAKROOM_BIN is the path of
# another server than the release.
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
"$repo/scripts/setup.sh" soak
# -B: no __pycache__ beside the sources.
exec timeout 600 "$repo/.venv/bin/python" -B "$repo/tests/soak/soak.py"
