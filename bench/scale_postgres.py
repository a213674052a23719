"""A PostgreSQL for the measurements of scale, in a temporary folder and on 127.0.0.1. Unlike that of the tests
(scripts/postgres.sh), it waits for the disk: what it has committed outlives a crash. SCALE_FOLDER is the folder for it."""

import contextlib
import os
import pathlib
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import servers

# What is not here is PostgreSQL's default: fsync, full_page_writes and synchronous_commit are on.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "2GB",
    "maintenance_work_mem": "1GB",
    "effective_cache_size": "12GB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "shared_preload_libraries": "pg_stat_statements",
    "timezone": "UTC",
}


class Postgres:
    """A PostgreSQL that runs."""

    def __init__(self, process, port, password, folder):
        self.process, self.port, self.password, self.folder = process, port, password, folder

    @property
    def pid(self):
        return self.process.pid

    def url(self, database, port=None):
        return f"postgres://postgres:{self.password}@127.0.0.1:{port or self.port}/{database}"

    def run(self, database, *statements):
        """Runs statements, each in its own transaction, on one connection. Returns the rows of all of them, as lists of
        texts."""
        command = ["psql", "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--field-separator=\x1f",
                   "--set=ON_ERROR_STOP=1", self.url(database)]  # fmt: skip
        environment = os.environ | {"PGOPTIONS": "-c client_min_messages=warning"}
        done = subprocess.run(
            command, input=";\n".join(statements), env=environment, stdout=subprocess.PIPE, text=True, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(f"PostgreSQL refused {statements}")
        return [line.split("\x1f") for line in done.stdout.splitlines()]

    def value(self, database, statement):
        return self.run(database, statement)[0][0]

    @contextlib.contextmanager
    def database(self, name):
        """A database that is there until the block ends."""
        self.run("postgres", f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
        try:
            yield name
        finally:
            self.run("postgres", f"DROP DATABASE {name} WITH (FORCE)")


def programs():
    """The folder with PostgreSQL's programs."""
    command = [servers.REPO / "scripts/setup.sh", "postgres-path"]
    return pathlib.Path(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip())


@contextlib.contextmanager
def running():
    """Runs PostgreSQL until the block ends, and removes its folder."""
    # SIGTERM must run the `finally` blocks.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    binaries = programs()
    # PostgreSQL refuses to run as root.
    owner = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
    folder = pathlib.Path(tempfile.mkdtemp(prefix="cloakroom-scale.", dir=os.environ.get("SCALE_FOLDER")))
    process = None
    try:
        data, log, password = folder / "data", folder / "log", secrets.token_hex(16)
        secret = folder / "password"
        data.mkdir()
        secret.write_text(password)
        if owner:
            for path in (folder, data, secret):
                shutil.chown(path, "postgres", "postgres")
        environment = os.environ | {"LC_ALL": "C"}
        with log.open("wb") as output:
            quiet = {"cwd": folder, "env": environment, "stdout": output, "stderr": output} | owner
            initdb = [binaries / "initdb", f"--pgdata={data}", "--username=postgres", f"--pwfile={secret}",
                      "--auth=scram-sha-256", "--locale=C", "--encoding=UTF8"]  # fmt: skip
            if subprocess.run(initdb, check=False, **quiet).returncode != 0:
                sys.exit(f"initdb failed:\n{log.read_text()}")
            port = servers.free_port()
            settings = [f"-c{name}={value}" for name, value in SETTINGS.items()]
            # In a session of its own: Ctrl-C reaches this program only, which ends PostgreSQL when it is done with it.
            command = [binaries / "postgres", "-D", data, f"-cport={port}", *settings]
            process = subprocess.Popen(command, start_new_session=True, **quiet)
        wait_until_ready(process, data, log)
        yield Postgres(process, port, password, folder)
    finally:
        if process is not None:
            # At once, without saving: the folder goes anyway.
            process.send_signal(signal.SIGQUIT)
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def wait_until_ready(process, data, log):
    deadline = time.monotonic() + 60
    while True:
        with contextlib.suppress(OSError):
            if "ready" in (data / "postmaster.pid").read_text():
                return
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"PostgreSQL did not start:\n{log.read_text()}")
        time.sleep(0.05)


def log_position(postgres, database):
    """How much PostgreSQL has written to its log of changes (WAL), in bytes."""
    return float(postgres.value(database, "SELECT pg_current_wal_insert_lsn() - '0/0'"))


def version(postgres):
    return re.match(r"[\d.]+", postgres.value("postgres", "SHOW server_version"))[0]
