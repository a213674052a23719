#!/usr/bin/env bash
# Whether the time of a login tells if there is a user of that name (TIMING_LOGINS, 200, of each kind), with the default
# cost of a hash.
set -euo pipefail
# shellcheck source=bench/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

logins=${TIMING_LOGINS:-200}
# Three guesses each, which is what costs nothing.
users=$(((logins + 2) / 3))
# Each login comes from an address of its own.
export CLOAKROOM__SERVER__TRUSTED_PROXIES=127.0.0.1
start_cloakroom
for ((number = 0; number < users; number++)); do
    printf 'correct horse\n' | add_user "user-$number" >/dev/null
done
python3 -B "$repo/bench/timing.py" "$PORT" "$logins" "$users"
