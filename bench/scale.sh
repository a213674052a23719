#!/usr/bin/env bash
# Measures how far Cloakroom goes (scale.py), and writes the tables of docs/scale.md. It takes about 20 minutes on two
# cores, and 15 GB of the temporary folder, or of SCALE_FOLDER. Linux only. Close other programs first.
#
# Not within scripts/postgres.sh: the PostgreSQL of the tests does not wait for the disk.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

for tool in psql wrk; do
    if ! command -v $tool >/dev/null; then
        echo "$tool is missing (Debian, Ubuntu: apt-get install postgresql wrk)" >&2
        exit 1
    fi
done
export CLOAKROOM_BIN=${CLOAKROOM_BIN:-$PWD/target/release/cloakroom}
exec .venv/bin/python -B bench/scale.py
