#!/usr/bin/env bash
# Many slow clients (SLOW_CLIENTS, 1000) at a server in an empty folder, and whether others are served meanwhile. Linux
# only, as memory is read from /proc.
set -euo pipefail
# shellcheck source=bench/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# A file descriptor for each.
ulimit -n "$(ulimit -H -n)"
start_cloakroom
token=$(take_token)
python3 -B "$repo/bench/slow.py" "$PORT" "$server_pid" "$token" "${SLOW_CLIENTS:-1000}"
