#!/usr/bin/env bash
# Copies 100,000 users and 1,000,000 items from SQLite to PostgreSQL and back, compares what came back row by row, and prints
# how long it took. PostgreSQL is there only for this, and does not wait for the disk. CLOAKROOM_BIN is the path of another
# program than the release.
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
exec "$repo/scripts/postgres.sh" python3 -B "$repo/bench/copying.py"
