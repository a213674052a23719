#!/usr/bin/env bash
# Sends many logins at once to a server in an empty folder. FLOOD_LOGINS is their number (1000). Measures the answers,
# the memory, and whether other clients are served meanwhile. Linux only, because memory is read from /proc.
set -euo pipefail
# shellcheck source=bench/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# Each login needs a file descriptor.
ulimit -n "$(ulimit -H -n)"
start_cloakroom
token=$(take_token)
python3 -B "$repo/bench/flood.py" "$PORT" "$server_pid" "$token" "${FLOOD_LOGINS:-1000}"
