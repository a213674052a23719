# Sourced by the scripts in this folder. It runs one server at a time, on a free loopback port, in an empty temporary
# folder. When the script ends, for any reason, a trap ends the server by its process id.
# shellcheck shell=bash

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# CLOAKROOM_BIN is the path of another server than the release. The server is started in another folder, so the path is
# made absolute.
bin=${CLOAKROOM_BIN:-$repo/target/release/cloakroom}
if [[ $bin != /* ]]; then bin=$PWD/$bin; fi
# The tutorial's own key, and its user's password. Both are public. Use them for benchmarks only.
secret_key=09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7
export LOGIN_FORM='username=johndoe&password=secret'

work=$(mktemp -d)
server_pid=
base=
folder=

stop_server() {
    if [[ -n $server_pid ]]; then
        kill "$server_pid" 2>/dev/null || true
        wait "$server_pid" 2>/dev/null || true
        server_pid=
    fi
}

trap 'stop_server; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# start_server FUNCTION: calls FUNCTION in a new process and a new empty folder, with PORT in the environment. FUNCTION
# must `exec` the server. Waits until the server answers. Sets $base, $folder and $server_pid.
start_server() {
    local log=$work/server.log
    PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    export PORT
    base=http://127.0.0.1:$PORT
    folder=$(mktemp -d "$work/XXXXXX")
    (cd "$folder" && "$1") >"$log" 2>&1 &
    server_pid=$!
    for _ in {1..100}; do
        if curl --silent --output /dev/null "$base/users/me/"; then return; fi
        kill -0 "$server_pid" 2>/dev/null || break
        sleep 0.1
    done
    echo "The server did not start:" >&2
    cat "$log" >&2
    return 1
}

start_cloakroom() {
    if [[ ! -x $bin ]]; then
        echo "$bin is missing. Run \`make build\` first." >&2
        return 1
    fi
    start_server cloakroom
}

# cloakroom ARGUMENT…: becomes the program, with its database in the current folder.
cloakroom() {
    # Without the variable that names the binary: the server would refuse it as a mistyped setting.
    exec env -u CLOAKROOM_BIN LEPTOS_SITE_ROOT="$repo/target/site" LEPTOS_SITE_ADDR="127.0.0.1:$PORT" \
        CLOAKROOM__METRICS__ADDR=127.0.0.1:0 \
        CLOAKROOM__DATABASE__URL="sqlite://$PWD/cloakroom.db" CLOAKROOM__TOKEN__SECRET_KEY="$secret_key" \
        CLOAKROOM__DEMO__ENABLED=true "$bin" "$@"
}

# add_user NAME: adds a user to the database of the running server. The password comes from standard input.
add_user() {
    (cd "$folder" && cloakroom user add "$1")
}

take_token() {
    curl --silent --show-error --fail --data "$LOGIN_FORM" "$base/token" |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])'
}
