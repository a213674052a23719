#!/usr/bin/env bash
# Tokens and password hashes, exchanged with the FastAPI tutorial's program, PyJWT and pwdlib. CLOAKROOM_BIN names
# another server than the release.
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
"$repo/scripts/setup.sh" python
export CLOAKROOM_BIN=${CLOAKROOM_BIN:-$repo/target/release/cloakroom}
if [[ ! -x $CLOAKROOM_BIN ]]; then
    echo "$CLOAKROOM_BIN is missing. Run \`make build\` first." >&2
    exit 1
fi
# -B: no __pycache__ beside the sources.
exec "$repo/.venv/bin/python" -B "$repo/tests/interop/interop.py"
