#!/usr/bin/env bash
# Faults of the machine around the server, for at most ten minutes. Linux only. CLOAKROOM_BIN names another server than
# the release.
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
"$repo/scripts/setup.sh" soak
# -B: no __pycache__ beside the sources.
exec timeout 600 "$repo/.venv/bin/python" -B "$repo/tests/soak/soak.py"
