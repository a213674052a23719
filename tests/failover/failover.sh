#!/usr/bin/env bash
# Kills each part of a cluster in turn, under load, and checks each acknowledged write afterwards. Ten minutes at most.
# Linux only. CLOAKROOM_BIN is the path of another server than the release. Arguments are the names of faults: with some,
# only these are made. `--list` prints the names. FAILOVER_LOGS is a folder that keeps the logs of all parts.
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
"$repo/scripts/setup.sh" failover

# The newest PostgreSQL that has pg_rewind. npm's has not.
POSTGRES_PROGRAMS=$(find /usr/lib/postgresql/*/bin/pg_rewind | sort --version-sort | tail -n 1)
export POSTGRES_PROGRAMS=${POSTGRES_PROGRAMS%/*}
# haproxy is in /usr/sbin, which is not on everybody's PATH.
export PATH=$PATH:/usr/sbin

# In namespaces of their own, processes, mounts and shared memory end with the test, whatever happens. Only there can a
# disk be full. Some machines forbid them. Then the test cleans up by itself, and no disk is full.
apart=(unshare --mount --ipc --pid --fork --kill-child --mount-proc)
if [[ $(id -u) != 0 ]]; then
    apart=(unshare --user --map-current-user --keep-caps "${apart[@]:1}")
fi
if "${apart[@]}" true 2>/dev/null; then
    export FAILOVER_APART=yes
else
    apart=()
fi
# -B: no __pycache__ beside the sources. bash is the first process there, and takes over orphans. It waits for the test's own
# end, also after a signal. failover.py ends by itself after ten minutes.
exec ${apart[@]+"${apart[@]}"} \
    bash -c 'trap : HUP INT TERM; "$@"' bash python3 -B "$repo/tests/failover/failover.py" "$@"
