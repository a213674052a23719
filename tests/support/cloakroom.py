"""A server for the tests in Python. Each of them starts its own."""

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

REPO = pathlib.Path(__file__).resolve().parents[2]
# CLOAKROOM_BIN is the path of another server than the release. The server is started in another folder, so the path is
# made absolute.
BIN = pathlib.Path(os.environ.get("CLOAKROOM_BIN", REPO / "target/release/cloakroom")).absolute()

# Settings for a server with cheap password hashes, so that logins are fast.
CHEAP_HASHES = {
    "CLOAKROOM__PASSWORD__MEMORY_KIB": "64",
    "CLOAKROOM__PASSWORD__ITERATIONS": "1",
    "CLOAKROOM__PASSWORD__PARALLELISM": "1",
}


class Cloakroom:
    """A server with the demo's users, in a temporary folder and on a port that the system gives it."""

    def __init__(self, folder, settings):
        self.folder = folder
        self.database = os.path.join(folder, "cloakroom.db")
        # Settings in the environment of the person who runs the tests must not reach the server.
        inherited = {name: value for name, value in os.environ.items() if not re.match("LEPTOS_|CLOAKROOM_", name)}
        self.environment = inherited | {
            "LEPTOS_SITE_ROOT": str(REPO / "target/site"),
            "LEPTOS_SITE_ADDR": "127.0.0.1:0",
            "CLOAKROOM__METRICS__ADDR": "127.0.0.1:0",
            "CLOAKROOM__DATABASE__URL": f"sqlite://{self.database}",
            "CLOAKROOM__DEMO__ENABLED": "true",
            **settings,
        }

    @classmethod
    @contextlib.contextmanager
    def serving(cls, *before, **settings):
        """Runs the server until the block ends. `before` is a command that starts the server, such as `sh -c …`.
        `settings` are environment variables."""
        if not os.access(BIN, os.X_OK):
            sys.exit(f"{BIN} is missing. Run `make build` first.")
        # SIGTERM must run the `finally` blocks. They end the server, and the processes that the caller started.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        with tempfile.TemporaryDirectory() as folder:
            cloakroom = cls(folder, settings)
            log = pathlib.Path(folder, "server.log")
            with log.open("wb") as output:
                cloakroom.process = subprocess.Popen(
                    [*before, BIN], cwd=folder, env=cloakroom.environment,
                    stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                )  # fmt: skip
            try:
                cloakroom.url = wait_until_open(cloakroom.process, log)
                yield cloakroom
            finally:
                try:
                    cloakroom.stop(signal.SIGTERM)
                finally:
                    cloakroom.process.kill()

    @property
    def pid(self):
        return self.process.pid

    def is_running(self):
        return self.process.poll() is None

    def stop(self, how):
        """Sends a signal, unless the server has already ended. Returns the exit code."""
        if self.is_running():
            self.process.send_signal(how)
        return self.process.wait(timeout=20)

    def run(self, *arguments, line="", before=()):
        """Runs the command line on the same database, with a line of standard input, after the command `before` it.
        Returns whether it succeeded."""
        command, answer = [*before, BIN, *arguments], line + "\n"
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, input=answer, text=True, timeout=60, check=False
        )
        return done.returncode == 0

    def add_client(self, name, scope):
        """Adds a confidential client. Returns its id and its secret."""
        done = subprocess.run(
            [BIN, "client", "add", name, "--scope", scope],
            cwd=self.folder, env=self.environment, text=True, capture_output=True, timeout=60, check=True,
        )  # fmt: skip
        return [re.search(rf"^{word}: (\S+)$", done.stdout, re.MULTILINE)[1] for word in ("client_id", "client_secret")]

    def get(self, path, token=None):
        """Returns the status and the JSON of the answer; so does `login`."""
        return self.send(path, headers={"Authorization": f"Bearer {token}"} if token else {})

    def login(self, username="johndoe", password="secret"):
        return self.send("/token", data=urllib.parse.urlencode({"username": username, "password": password}).encode())

    def send(self, path, **request):
        try:
            with urllib.request.urlopen(urllib.request.Request(self.url + path, **request), timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)


def wait_until_open(server, log):
    """Waits until the server logs its address. Returns that address."""
    deadline = time.monotonic() + 20
    while True:
        said = log.read_text()
        if open_at := re.search(r"Cloakroom is open: (\S+)\n", said):
            return open_at[1]
        if server.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"The server did not start:\n{said}")
        time.sleep(0.05)
