"""The programs that are compared, each on a free loopback port."""

import contextlib
import http.client
import os
import pathlib
import socket
import subprocess
import sys
import time

REPO = pathlib.Path(__file__).parents[1]
sys.path.insert(0, str(REPO / "tests/support"))

from cloakroom import BIN, Cloakroom  # noqa: E402

BARE = REPO / "target/release/examples/bare"
# The tutorial's own key. It is public. Use it for benchmarks only.
SECRET_KEY = "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7"
FORM = "username=johndoe&password=secret"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def cloakroom(database):
    """Cloakroom with the demo's users in this file, and with everything that it has in production."""
    settings = {"CLOAKROOM__TOKEN__SECRET_KEY": SECRET_KEY, "CLOAKROOM__DATABASE__URL": f"sqlite://{database}"}
    with Cloakroom.serving(**settings) as server:
        yield server


def first_answer(database):
    """Starts Cloakroom on this file. Returns the milliseconds until it answers."""
    port = free_port()
    settings = {"LEPTOS_SITE_ADDR": f"127.0.0.1:{port}", "CLOAKROOM__DATABASE__URL": f"sqlite://{database}"}
    folder = pathlib.Path(database).parent
    environment = Cloakroom(folder, settings | {"CLOAKROOM__TOKEN__SECRET_KEY": SECRET_KEY}).environment
    begin = time.perf_counter()
    with subprocess.Popen(BIN, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            wait_for(port, server)
            return 1000 * (time.perf_counter() - begin)
        finally:
            server.terminate()


@contextlib.contextmanager
def serving(*command):
    """Runs another server. Yields its URL."""
    port = free_port()
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen([part.format(port=port) for part in map(str, command)], env=environment) as process:
        try:
            wait_for(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def bare():
    return serving(BARE, "127.0.0.1:{port}")


def tutorial(workers):
    uvicorn = [REPO / ".venv/bin/uvicorn", "--app-dir", REPO / "bench", "tutorial:app", "--host", "127.0.0.1"]
    return serving(*uvicorn, "--port", "{port}", "--workers", workers, "--log-level", "warning", "--no-access-log")


def wait_for(port, process):
    """Waits until the server answers anything."""
    deadline = time.monotonic() + 20
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        try:
            connection.request("GET", "/users/me/")
            connection.getresponse().read()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit("a server did not start")
            time.sleep(0.001)
        finally:
            connection.close()
