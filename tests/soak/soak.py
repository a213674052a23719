"""What happens to servers, and takes too long for `make test`: full disks, broken ones, locks, clocks that jump, clients
that leave, too few file descriptors, and being told to stop in the middle of it all. Called by soak.sh."""

import contextlib
import json
import pathlib
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.parse

REPO = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(REPO / "tests/support"))
from checks import report  # noqa: E402
from cloakroom import CHEAP_HASHES, Cloakroom  # noqa: E402

ENOSPC, EIO = 28, 5


@contextlib.contextmanager
def serving(*before, **settings):
    """A server with cheap hashes, started by the command `before` it."""
    with Cloakroom.serving(*before, **CHEAP_HASHES | settings) as cloakroom:
        yield cloakroom


def token_of(cloakroom):
    return cloakroom.login()[1]["access_token"]


def seconds_of(call):
    start = time.monotonic()
    return call(), time.monotonic() - start


def is_whole(cloakroom):
    with contextlib.closing(sqlite3.connect(cloakroom.database, timeout=20)) as database:
        return database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def refused(answer):
    """Whether it says, in the API's words, that the database does not answer."""
    return answer[0] == 503 and answer[1]["detail"].startswith("The database is not answering")


# --- Disks ---


@contextlib.contextmanager
def failing(cloakroom, calls, errno):
    """Lets these calls of the system fail, as libfiu does it."""
    control = ["fiu-ctrl", "-f", f"{cloakroom.folder}/fiu"]
    names = [f"posix/io/{call}" for call in calls]
    enable = [part for name in names for part in ("-c", f"enable name={name},failinfo={errno}")]
    disable = [part for name in names for part in ("-c", f"disable name={name}")]
    subprocess.run([*control, *enable, str(cloakroom.pid)], check=True, timeout=20)
    try:
        yield
    finally:
        subprocess.run([*control, *disable, str(cloakroom.pid)], check=True, timeout=20)


def disks(_):
    writes = ["rw/pwrite", "rw/pwrite64", "sync/fsync", "sync/fdatasync"]
    reads = ["rw/pread", "rw/pread64"]
    with serving("fiu-run", "-x", "-f", "fiu") as cloakroom:
        token = token_of(cloakroom)
        for name, calls, errno in (("a full disk", writes, ENOSPC), ("a disk that cannot be written", writes, EIO)):
            with failing(cloakroom, calls, errno):
                answer = cloakroom.login()
                yield f"{name}: a login is a 503", refused(answer), answer
                answer = cloakroom.get("/users/me", token)
                yield f"{name}: what is only read is served", answer[0] == 200, answer
            yield f"{name}: the database is whole", is_whole(cloakroom), ""
            answer = cloakroom.login()
            yield f"{name}: once it is mended logins work, without a restart", answer[0] == 200, answer
        with failing(cloakroom, reads + writes, EIO):
            answers = [cloakroom.get("/users/me", token)[0] for _ in range(50)] + [cloakroom.login()[0]]
            yield "a disk that cannot be read: answers are good or 503", set(answers) <= {200, 503}, set(answers)
        answer = cloakroom.login()
        yield "a disk that cannot be read: once it is mended all works", answer[0] == 200, answer


def a_foreign_lock(_):
    with serving() as cloakroom:
        token = token_of(cloakroom)
        with contextlib.closing(sqlite3.connect(cloakroom.database, timeout=20, isolation_level=None)) as foreign:
            foreign.execute("BEGIN EXCLUSIVE")
            answer, seconds = seconds_of(cloakroom.login)
            yield "a foreign exclusive lock: a login is a 503", refused(answer), answer
            yield "a foreign exclusive lock: after the busy timeout of 5 s", 4.5 < seconds < 15, seconds
            answer = cloakroom.get("/users/me", token)
            yield "a foreign exclusive lock: reads go on", answer[0] == 200, answer
            foreign.execute("COMMIT")
        answer = cloakroom.login()
        yield "a foreign exclusive lock: once it is gone logins work", answer[0] == 200, answer


# --- Clocks ---


def clocks(_):
    with serving(
        LD_PRELOAD=str(next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))),
        FAKETIME_TIMESTAMP_FILE="clock",
        FAKETIME_NO_CACHE="1",
        FAKETIME_DONT_FAKE_MONOTONIC="1",
    ) as cloakroom:
        clock = pathlib.Path(cloakroom.folder, "clock")
        now = token_of(cloakroom)
        clock.write_text("+1h\n")
        answer = cloakroom.get("/users/me", now)
        yield "a clock an hour forth: a token of half an hour has expired", answer[0] == 401, answer
        ahead = token_of(cloakroom)
        answer = cloakroom.get("/users/me", ahead)
        yield "a clock an hour forth: a new login works", answer[0] == 200, answer
        clock.write_text("-1h\n")
        answer = cloakroom.get("/users/me", now)
        yield "a clock an hour back: the token is good again", answer[0] == 200, answer
        answer = cloakroom.get("/users/me", ahead)
        yield "a clock an hour back: so is one that was issued in the future", answer[0] == 200, answer
        answer = cloakroom.login()
        yield "a clock an hour back: a new login works", answer[0] == 200, answer


# --- Clients ---


def connect(cloakroom):
    host, port = cloakroom.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=30)


def post(form, address):
    body = urllib.parse.urlencode(form)
    return (
        "POST /token HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"X-Forwarded-For: {address}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def clients_that_leave(_):
    with Cloakroom.serving(CLOAKROOM__SERVER__TRUSTED_PROXIES="127.0.0.1") as cloakroom:
        for number in range(1000):
            with connect(cloakroom) as client:
                # Nobody who would have to wait.
                form = {"username": f"nobody-{number}", "password": "no horse"}
                client.sendall(post(form, f"10.0.{number >> 8}.{number & 255}"))
                time.sleep(0.02)
        # What was begun is finished, two at a time; nothing else is.
        answer, seconds = seconds_of(cloakroom.login)
        while answer[0] == 503 and seconds < 60:
            time.sleep(1)
            answer = cloakroom.login()
        yield "1000 clients gone mid-hash: the next login works", answer[0] == 200, answer
        answer = cloakroom.get("/health/ready")
        yield "1000 clients gone mid-hash: the queue is empty", answer[0] == 200, answer


def too_few_file_descriptors(_):
    soft_and_hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with serving("sh", "-c", 'ulimit -n 64; exec "$@"', "sh") as cloakroom:
        token = token_of(cloakroom)
        idle = [connect(cloakroom) for _ in range(100)]
        yield "too few file descriptors: the server lives", cloakroom.is_running(), ""
        for client in idle:
            client.close()
        answer = cloakroom.get("/users/me", token)
        yield "too few file descriptors: once they are free it serves", answer[0] == 200, answer
        answer = cloakroom.login()
        yield "too few file descriptors: logins too", answer[0] == 200, answer
    yield "and nobody else's limit was changed", resource.getrlimit(resource.RLIMIT_NOFILE) == soft_and_hard, ""


# --- Stopping ---


def log_in_until_closed(cloakroom, number, acknowledged, broken):
    """As one user, each time from another address; notes the last that was acknowledged, and what was no answer."""
    for attempt in range(100_000):
        address = f"10.{number}.{attempt >> 8}.{attempt & 255}"
        try:
            data = urllib.parse.urlencode({"username": f"user-{number}", "password": "correct horse"}).encode()
            status, answer = cloakroom.send("/token", data=data, headers={"X-Forwarded-For": address})
        except OSError:
            # No connection: the door is closed.
            return
        except json.JSONDecodeError as error:
            broken.append(error)
            return
        if status == 200:
            acknowledged[number] = address
        elif status != 503:
            broken.append((status, answer))


def told_to_stop_under_load(_):
    settings = CHEAP_HASHES | {"CLOAKROOM__SERVER__TRUSTED_PROXIES": "127.0.0.1"}
    acknowledged, broken = {}, []
    with Cloakroom.serving(**settings) as cloakroom:
        for number in range(8):
            cloakroom.run("user", "add", f"user-{number}", line="correct horse")
        threads = [
            threading.Thread(target=log_in_until_closed, args=(cloakroom, number, acknowledged, broken))
            for number in range(8)
        ]
        for thread in threads:
            thread.start()
        time.sleep(3)
        code, seconds = seconds_of(lambda: cloakroom.stop(signal.SIGTERM))
        for thread in threads:
            thread.join()
        yield "SIGTERM under load: it ends by itself", code == 0, code
        yield "SIGTERM under load: within ten seconds", seconds < 11, seconds
        yield "SIGTERM under load: every answer was one", not broken, broken[:3]
        yield "SIGTERM under load: there was load", len(acknowledged) == 8, acknowledged
        with contextlib.closing(sqlite3.connect(cloakroom.database)) as database:
            query = "SELECT username, address FROM login_addresses JOIN users ON users.id = user_id"
            kept = set(database.execute(query))
        lost = {(f"user-{number}", address) for number, address in acknowledged.items()} - kept
        yield "SIGTERM under load: nothing acknowledged is lost", not lost, lost
        yield "SIGTERM under load: the database is whole", is_whole(cloakroom), ""


if __name__ == "__main__":
    groups = (disks, a_foreign_lock, clocks, clients_that_leave, too_few_file_descriptors, told_to_stop_under_load)
    sys.exit(report(None, *groups))
