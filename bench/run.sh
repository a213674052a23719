#!/usr/bin/env bash
# Measures the server (run.py) and the pages (end2end/bench), and writes bench/RESULTS.md. It takes less than 15 minutes on
# two cores. Close other programs first. BENCH_ROUNDS and BENCH_RUNS are how often each is measured (5).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cpu() {
    sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1 | grep . || sysctl -n machdep.cpu.brand_string
}

version_of() {
    .venv/bin/python -c 'import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))' "$1"
}

introduction() {
    local changes=
    if [[ -n $(git status --porcelain -- . ':!bench/RESULTS.md') ]]; then changes=", with changes that are not committed"; fi
    cat <<TEXT
# Results of \`make bench\`

- $(date -u +%Y-%m-%d), commit $(git rev-parse --short HEAD)$changes
- $(getconf _NPROCESSORS_ONLN) cores of $(cpu), $(uname -sr)
- $(rustc --version | cut -d ' ' -f 1-2), $(.venv/bin/python --version), FastAPI $(version_of fastapi), uvicorn $(version_of uvicorn)

The servers and the load share the cores. So compare these numbers with each other only, and not with numbers from
elsewhere. Each number is the median of $BENCH_ROUNDS rounds, with the smallest and the largest in parentheses. In each
round the load goes to one server after the other. A ratio is made within a round.
TEXT
}

export BENCH_ROUNDS=${BENCH_ROUNDS:-5} BENCH_RUNS=${BENCH_RUNS:-5}
export CLOAKROOM_BIN=${CLOAKROOM_BIN:-$PWD/target/release/cloakroom}
results=$(mktemp)
trap 'rm -f "$results"' EXIT
introduction | tee "$results"
.venv/bin/python -B bench/run.py | tee -a "$results"
echo >>"$results"
(cd end2end && npx playwright test --config bench.config.ts) | tee /dev/stderr | sed -n '/^## /,/without it\.$/p' >>"$results"
mv "$results" bench/RESULTS.md
chmod 644 bench/RESULTS.md
