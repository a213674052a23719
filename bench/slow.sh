#!/usr/bin/env bash
# Connects many slow clients to a server in an empty folder. SLOW_CLIENTS is their number (1000). Measures whether other
# clients are served meanwhile. Linux only, because memory is read from /proc.
set -euo pipefail
# shellcheck source=bench/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# Each client needs a file descriptor.
ulimit -n "$(ulimit -H -n)"
start_cloakroom
token=$(take_token)
python3 -B "$repo/bench/slow.py" "$PORT" "$server_pid" "$token" "${SLOW_CLIENTS:-1000}"
