#!/usr/bin/env bash
# Measures whether the time of a login reveals if the user exists, with the default cost of a hash. TIMING_LOGINS is the
# number of logins of each kind (200).
set -euo pipefail
# shellcheck source=bench/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

logins=${TIMING_LOGINS:-200}
# Three guesses for each user: that many failures cause no wait.
users=$(((logins + 2) / 3))
# With this, each login can come from a different address (X-Forwarded-For).
export CLOAKROOM__SERVER__TRUSTED_PROXIES=127.0.0.1
start_cloakroom
for ((number = 0; number < users; number++)); do
    printf 'correct horse battery\n' | add_user "user-$number" >/dev/null
done
python3 -B "$repo/bench/timing.py" "$PORT" "$logins" "$users"
