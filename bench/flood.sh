#!/usr/bin/env bash
# Many logins at once (FLOOD_LOGINS, 1000) at a server in an empty folder: how each is answered, how much memory that
# takes, and whether others are served meanwhile. Linux only, as memory is read from /proc.
set -euo pipefail
# shellcheck source=bench/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# A file descriptor for each.
ulimit -n "$(ulimit -H -n)"
start_cloakroom
token=$(take_token)
python3 -B "$repo/bench/flood.py" "$PORT" "$server_pid" "$token" "${FLOOD_LOGINS:-1000}"
