#!/usr/bin/env bash
# Exchanges tokens and password hashes with the FastAPI tutorial's program, PyJWT and pwdlib. Uses OAuth2's calls with client
# libraries, oauthlib and Authlib. Then runs FastAPI's own tests of that tutorial. CLOAKROOM_BIN is the path of another server
# than the release.
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
"$repo/scripts/setup.sh" python
# -B: no __pycache__ beside the sources.
"$repo/.venv/bin/python" -B "$repo/tests/interop/interop.py"
"$repo/.venv/bin/python" -B "$repo/tests/interop/client_libraries.py"
exec "$repo/.venv/bin/python" -B "$repo/tests/interop/fastapi_tests.py"
