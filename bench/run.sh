#!/usr/bin/env bash
# Measures requests per second, of Cloakroom and of the FastAPI tutorial's own program on uvicorn. The servers run one
# after the other on this machine, with the same user, the same password hash and the same key. The load comes from the
# same cores. So compare these figures with each other only, and not with figures from elsewhere.
#
# BENCH_SECONDS is the length of one measurement (10). Logins are slow, so their measurement is half as long again.
set -euo pipefail
# Numbers are printed with a decimal point, not with a comma.
export LC_ALL=C
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
"$repo/scripts/setup.sh" bench
# shellcheck source=bench/common.sh
source "$repo/bench/common.sh"

seconds=${BENCH_SECONDS:-10}

# load CONNECTIONS SECONDS PATH: prints requests per second, p50 and p99 in milliseconds, and the number of failures.
load() {
    wrk -t1 -c"$1" -d"$2"s --timeout 30s -s "$repo/bench/wrk.lua" "$base$3" | awk '/^RESULT/ { print $2, $3, $4, $5 }'
}

# measure NAME: prints one line of the table, for the running server.
measure() {
    local token profile logins failed
    token=$(take_token)
    # The path ends with a slash, because FastAPI redirects without it.
    TOKEN=$token load 32 3 /users/me/ >/dev/null
    profile=$(TOKEN=$token load 32 "$seconds" /users/me/)
    logins=$(FORM=$LOGIN_FORM load 8 $((seconds * 3 / 2)) /token)
    failed=$(awk '{ failed += $4 } END { print failed }' <<<"$profile"$'\n'"$logins")
    # shellcheck disable=SC2086 # the words are the columns
    printf '%-22s | %10.0f %8.2f %8.2f | %9.1f %8.0f %8.0f | %6d\n' "$1" ${profile% *} ${logins% *} "$failed"
}

tutorial() {
    # No __pycache__ beside the source.
    export PYTHONDONTWRITEBYTECODE=1
    exec "$repo/.venv/bin/uvicorn" --app-dir "$repo/bench" tutorial:app --host 127.0.0.1 --port "$PORT" \
        --workers "$workers" --log-level warning --no-access-log
}

kib() {
    if [[ -e $1 ]]; then awk '{ printf "%.1f", $1 / 1024 }' <<<"$(wc -c <"$1")"; else echo none; fi
}

# Only the printing is piped. A server started inside a pipe would escape the trap that ends it.
heading() {
    echo "$(getconf _NPROCESSORS_ONLN) cores; 32 connections for /users/me, 8 for /token; p50 and p99 in ms"
    echo
    printf '%-22s | %10s %8s %8s | %9s %8s %8s | %6s\n' "" "/users/me" "" "" "/token" "" "" ""
    printf '%-22s | %10s %8s %8s | %9s %8s %8s | %6s\n' "" "requests/s" p50 p99 "logins/s" p50 p99 failed
}

sizes() {
    local name file pkg=$repo/target/site/pkg
    echo
    printf '%-22s | %10s %8s\n' "downloads, in KiB" plain brotli
    for file in cloakroom.{wasm,js,css} split_signed_in.wasm __wasm_split.______________________.js; do
        # The name of the script that loads the second WASM is too long for the column.
        name=${file/#__wasm_split.*/loader}
        printf '%-22s | %10s %8s\n' "$name" "$(kib "$pkg/$file")" "$(kib "$pkg/$file.br")"
    done
}

mkdir -p "$repo/bench/results"
report=$repo/bench/results/$(date +%Y-%m-%d-%H%M%S).txt

heading | tee "$report"
start_cloakroom
measure Cloakroom | tee -a "$report"
stop_server
for workers in 1 2; do
    start_server tutorial
    measure "tutorial, $workers worker(s)" | tee -a "$report"
    stop_server
done
sizes | tee -a "$report"
