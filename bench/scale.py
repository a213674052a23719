"""How far Cloakroom goes: what one login and one request cost, on SQLite and on PostgreSQL, with one server and with two,
with ten users and with ten million. Prints the tables of docs/scale.md, and writes them there. SCALE_USERS is the number
of users, and SCALE_ROUNDS the number of rounds."""

import datetime
import os
import pathlib
import platform
import subprocess
import tempfile
import time

import scale_cost
import scale_many
import scale_model
import scale_postgres
import scale_report
import scale_requests
import scale_side
import servers

USERS = int(os.environ.get("SCALE_USERS", "10_000_000"))
ROUNDS = int(os.environ.get("SCALE_ROUNDS", "3"))


def introduction(report, postgres):
    report.begin("run")
    git = ["git", "-C", servers.REPO, "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(git, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    cpu = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
    cores = f"{os.cpu_count()} cores of {cpu}, shared by the load, the servers and PostgreSQL"
    now, version = datetime.datetime.now(datetime.UTC), scale_postgres.version(postgres)
    report.line(f"- {now:%Y-%m-%d}, commit {commit}, PostgreSQL {version}")
    report.line(f"- {cores}; Linux {platform.release()}")
    report.line(f"- {USERS:,} users, {ROUNDS} rounds")
    settings = ", ".join(f"`{name}` {value}" for name, value in scale_postgres.SETTINGS.items() if name in SHOWN)
    durable = "`fsync`, `full_page_writes` and `synchronous_commit` are on"
    report.line(f"- PostgreSQL waits for the disk ({durable}); {settings}")


SHOWN = {"shared_buffers", "max_wal_size", "random_page_cost", "max_connections"}


def main():
    begin = time.monotonic()
    report = scale_report.Report()
    with tempfile.TemporaryDirectory() as folder, scale_postgres.running() as postgres:
        wrk = scale_requests.Wrk(folder)
        introduction(report, postgres)
        with postgres.database("side") as database:
            with scale_side.setups(postgres, database, folder) as setups:
                scale_side.measure(report, wrk, setups, ROUNDS)
            scale_cost.measure(report, postgres, database, wrk)
        with postgres.database("few") as few, postgres.database("many") as many:
            trigrams = scale_many.fill(report, postgres, (few, many), USERS)
            with scale_side.serving(postgres.url(few), cheap=True) as small, \
                    scale_side.serving(postgres.url(many), cheap=True) as large:  # fmt: skip
                both = scale_many.Database(few, scale_many.FEW, small), scale_many.Database(many, USERS, large)
                scale_many.calls(report, wrk, *both, ROUNDS)
                scale_many.lists(report, *both)
                scale_many.trigrams(report, postgres, wrk, *both, trigrams)
    report.begin("run")
    report.line(f"- It took {(time.monotonic() - begin) / 60:.0f} minutes")
    scale_model.add(report)
    report.write()


if __name__ == "__main__":
    main()
