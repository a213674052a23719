#!/usr/bin/env bash
# Many logins at once (FLOOD_LOGINS, 200) at a server in an empty folder: how each is answered, how much memory that
# takes, and whether others are served meanwhile. Linux only, as memory is read from /proc.
set -euo pipefail
# shellcheck source=bench/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

start_cloakroom
token=$(take_token)
python3 "$repo/bench/flood.py" "$PORT" "$server_pid" "$token" "${FLOOD_LOGINS:-200}"
