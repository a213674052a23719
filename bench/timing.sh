#!/usr/bin/env bash
# Measures whether the time of a login reveals if the user exists, or what kind of hash the user has, with the default cost
# of a hash: first without bcrypt hashes, then with some of two costs. TIMING_LOGINS is the number of logins of each kind
# (200).
set -euo pipefail
# shellcheck source=bench/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

logins=${TIMING_LOGINS:-200}
# Three guesses for each user: that many failures cause no wait.
users=$(((logins + 2) / 3))
# With this, each login can come from a different address (X-Forwarded-For).
export CLOAKROOM__SERVER__TRUSTED_PROXIES=127.0.0.1

# hash_of KIND: no password of this measurement fits it.
hash_of() {
    case $1 in
    argon2) echo "\$argon2id\$v=19\$m=65536,t=3,p=4\$wagCPXjifgvUFBzq4hqe3w\$CYaIb8sB+wtD+Vu/P4uod1+Qof8h+1g7bbDlBID48Rc" ;;
    bcrypt-*) printf "\$2b\$%02d\$v0mLTs2aEybUXqvtHYy9reRL2CLj/CvzFE7wKrEg4PnUxEIGNDLkm" "${1#bcrypt-}" ;;
    esac
}

# measure KIND…: with users of these kinds, and unknown ones.
measure() {
    start_cloakroom
    for kind in "$@"; do
        for ((number = 0; number < users; number++)); do
            printf '{"username": "%s-%d", "hashed_password": "%s"}\n' "$kind" "$number" "$(hash_of "$kind")"
        done
    done >"$work/users"
    (cd "$folder" && cloakroom user import "$work/users")
    python3 -B "$repo/bench/timing.py" "$PORT" "$logins" "$users" "$@"
    stop_server
}

measure argon2
measure argon2 bcrypt-8 bcrypt-10
