#!/usr/bin/env bash
# Measures the lists with 100,000 items of one user, and with 1,000,000 users, beside the same calls on ten rows.
set -euo pipefail
# shellcheck source=bench/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

"$repo/scripts/setup.sh" python
start_cloakroom
"$repo/.venv/bin/python" -B "$repo/bench/lists.py" "$PORT" "$folder/cloakroom.db" "$secret_key"
