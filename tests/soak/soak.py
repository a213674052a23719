"""Faults that are too slow for `make test`: full disks, broken disks, locks, clocks that jump, clients that disconnect,
too few file descriptors, and SIGTERM under load. Called by soak.sh."""

import base64
import concurrent.futures
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
    """Runs a server with cheap hashes. `before` is a command that starts the server."""
    with Cloakroom.serving(*before, **CHEAP_HASHES | settings) as cloakroom:
        yield cloakroom


def token_of(cloakroom):
    return cloakroom.login()[1]["access_token"]


def seconds_of(call):
    start = time.monotonic()
    return call(), time.monotonic() - start


def is_whole(cloakroom, path=None):
    with contextlib.closing(sqlite3.connect(path or cloakroom.database, timeout=20)) as database:
        return database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def refused(answer):
    """True if this is the API's error for a database that does not answer."""
    return answer[0] == 503 and answer[1]["detail"].startswith("The database is not answering")


def soon_says(cloakroom, status):
    """Whether `/health/ready` answers with this status within fifteen seconds. A successful write counts for ten."""
    for _ in range(150):
        if cloakroom.get("/health/ready")[0] == status:
            return True
        time.sleep(0.1)
    return False


# --- Disks ---


@contextlib.contextmanager
def failing(cloakroom, calls, errno):
    """Makes these system calls fail, with libfiu."""
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
                yield f"{name}: reads work", answer[0] == 200, answer
                yield f"{name}: the server is soon not ready", soon_says(cloakroom, 503), ""
            yield f"{name}: the server is soon ready again", soon_says(cloakroom, 200), ""
            yield f"{name}: the database is intact", is_whole(cloakroom), ""
            answer = cloakroom.login()
            yield f"{name}: after the fault, logins work without a restart", answer[0] == 200, answer
        with failing(cloakroom, reads + writes, EIO):
            answers = [cloakroom.get("/users/me", token)[0] for _ in range(50)] + [cloakroom.login()[0]]
            yield "a disk that cannot be read: every answer is a 200 or a 503", set(answers) <= {200, 503}, set(answers)
        answer = cloakroom.login()
        yield "a disk that cannot be read: after the fault, logins work", answer[0] == 200, answer


@contextlib.contextmanager
def on_a_small_disk(command="", **settings):
    """A server with a disk of its own in the folder `disk`, of 400 KB, started after the shell's `command`. And the path
    of that disk, which only the server sees mounted."""
    mount = "mkdir disk && mount -t tmpfs -o size=400k tmpfs disk"
    before = ("unshare", "--map-root-user", "--mount", "sh", "-c", f'{mount} && {command} exec "$@"', "sh")
    with serving(*before, **settings) as cloakroom:
        yield cloakroom, pathlib.Path(f"/proc/{cloakroom.pid}/root{cloakroom.folder}/disk")


def fill(disk):
    """Writes to a new file until the disk is full. Returns the file."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 512)
    return filler


def at_once(count, call):
    """What `call` returned each time, when it was called so many times at once."""
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return [call.result() for call in [pool.submit(call) for _ in range(count)]]


def a_full_disk_and_parallel_logins(_):
    with on_a_small_disk(CLOAKROOM__DATABASE__URL="sqlite://disk/cloakroom.db") as (cloakroom, disk):
        token = token_of(cloakroom)
        for attempt in ("once", "twice"):
            name = f"a disk that was full {attempt}"
            filler = fill(disk)
            answers = at_once(6, cloakroom.login)
            honest = all(answer[0] == 200 or refused(answer) for answer in answers)
            yield f"{name}: six logins at once are a 200 or a 503 each", honest, answers
            # Later on, the write-ahead log has the room that it needs.
            yield f"{name}: and the disk is full", attempt == "twice" or any(map(refused, answers)), answers
            answer = cloakroom.get("/users/me", token)
            yield f"{name}: reads work", answer[0] == 200, answer
            filler.unlink()
            yield f"{name}: the database is intact", is_whole(cloakroom, disk / "cloakroom.db"), ""
            answers, seconds = seconds_of(lambda: at_once(6, cloakroom.login))
            statuses = [answer[0] for answer in answers]
            yield f"{name}: after that, six logins at once work", statuses == [200] * 6, statuses
            yield f"{name}: and wait for no lock", seconds < 4, seconds
            enter = ("nsenter", f"--target={cloakroom.pid}", "--user", "--mount", "--preserve-credentials")
            there = ("sh", "-c", f'cd {cloakroom.folder} && exec "$@"', "sh")
            done = cloakroom.run("user", "disable", "alice", before=(*enter, *there))
            yield f"{name}: the command line works too", done, done
            yield f"{name}: the server is soon ready again", soon_says(cloakroom, 200), ""


# --- The log ---


def wrong_and_right_logins(cloakroom):
    """Logins that are all logged, the last one right. Their statuses."""
    wrong = [cloakroom.login(f"nobody-{number}", "no horse")[0] for number in range(5)]
    return [*wrong, cloakroom.login()[0]]


def an_unwritable_log(_):
    closed = 'mkfifo log && { head -n 1 log >first & } && exec "$@" 2>log'
    with serving("sh", "-c", closed, "sh") as cloakroom:
        statuses = wrong_and_right_logins(cloakroom)
        yield "a log whose reader has gone: logins are answered", statuses == [401] * 5 + [200], statuses
        yield "a log whose reader has gone: the server lives", cloakroom.is_running(), ""
    with on_a_small_disk("exec 2>disk/log;") as (cloakroom, disk):
        filler = fill(disk)
        statuses = wrong_and_right_logins(cloakroom)
        yield "a log on a full disk: logins are answered", statuses == [401] * 5 + [200], statuses
        yield "a log on a full disk: the server lives", cloakroom.is_running(), ""
        filler.unlink()
        before = (disk / "log").stat().st_size
        answer = cloakroom.login()
        yield "a log on a disk that was full: logins work", answer[0] == 200, answer
        time.sleep(1)
        yield "a log on a disk that was full: lines are written again", (disk / "log").stat().st_size > before, before


def a_foreign_lock(_):
    with serving() as cloakroom:
        token = token_of(cloakroom)
        with contextlib.closing(sqlite3.connect(cloakroom.database, timeout=20, isolation_level=None)) as foreign:
            foreign.execute("BEGIN EXCLUSIVE")
            answer, seconds = seconds_of(cloakroom.login)
            yield "another program's exclusive lock: a login is a 503", refused(answer), answer
            yield "another program's exclusive lock: after the busy timeout of 5 s", 4.5 < seconds < 15, seconds
            answer = cloakroom.get("/users/me", token)
            yield "another program's exclusive lock: reads work", answer[0] == 200, answer
            foreign.execute("COMMIT")
        answer = cloakroom.login()
        yield "another program's exclusive lock: logins work after the lock", answer[0] == 200, answer


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
        yield "a clock one hour ahead: a token of half an hour has expired", answer[0] == 401, answer
        ahead = token_of(cloakroom)
        answer = cloakroom.get("/users/me", ahead)
        yield "a clock one hour ahead: a new login works", answer[0] == 200, answer
        clock.write_text("-1h\n")
        answer = cloakroom.get("/users/me", now)
        yield "a clock one hour back: the token is valid again", answer[0] == 200, answer
        answer = cloakroom.get("/users/me", ahead)
        yield "a clock one hour back: a token that was issued in the future is valid", answer[0] == 200, answer
        answer = cloakroom.login()
        yield "a clock one hour back: a new login works", answer[0] == 200, answer
        clock.write_text("+1h\n")
        cloakroom.run("user", "passwd", "johndoe", line="another horse battery")
        clock.write_text("+0\n")
        answer = cloakroom.login(password="another horse battery")
        yield "a clock set back after a new password: a login works", answer[0] == 200, answer
        time.sleep(0.5)
        log = pathlib.Path(cloakroom.folder, "server.log").read_text()
        yield "a clock set back after a new password: the login logs a warning", "check the server's clock" in log, log
        token = answer[1]["access_token"]
        claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        times = claims["iat"] - time.time(), claims["exp"] - time.time()
        yield "a clock set back after a new password: the token's times are today's", times[0] <= 0 < times[1], times
        answer = cloakroom.get("/users/me", token)
        yield "a clock set back after a new password: the token is good", answer[0] == 200, answer
        answer = cloakroom.get("/users/me", now)
        yield "a clock set back after a new password: an older token is not", answer[0] == 401, answer


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
                # Each login has a different name and address, so that none is throttled.
                form = {"username": f"nobody-{number}", "password": "no horse"}
                client.sendall(post(form, f"10.0.{number >> 8}.{number & 255}"))
                time.sleep(0.02)
        # The server finishes the logins in its queue, as their clients may still wait for an answer.
        answer, seconds = seconds_of(cloakroom.login)
        while answer[0] == 503 and seconds < 60:
            time.sleep(1)
            answer = cloakroom.login()
        yield "1000 clients disconnect during a hash: the next login works", answer[0] == 200, answer


def too_few_file_descriptors(_):
    soft_and_hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with serving("sh", "-c", 'ulimit -n 64; exec "$@"', "sh") as cloakroom:
        token = token_of(cloakroom)
        idle = [connect(cloakroom) for _ in range(100)]
        yield "too few file descriptors: the server keeps running", cloakroom.is_running(), ""
        for client in idle:
            client.close()
        answer = cloakroom.get("/users/me", token)
        yield "too few file descriptors: when they are free again, /users/me works", answer[0] == 200, answer
        answer = cloakroom.login()
        yield "too few file descriptors: when they are free again, logins work", answer[0] == 200, answer
    yield "the test's own limit was not changed", resource.getrlimit(resource.RLIMIT_NOFILE) == soft_and_hard, ""


# --- Stopping ---


def log_in_until_closed(cloakroom, number, acknowledged, broken):
    """Logs in as one user, each time from another address. Notes the last address with a 200, and broken answers."""
    for attempt in range(100_000):
        address = f"10.{number}.{attempt >> 8}.{attempt & 255}"
        try:
            data = urllib.parse.urlencode({"username": f"user-{number}", "password": "correct horse battery"}).encode()
            status, answer = cloakroom.send("/token", data=data, headers={"X-Forwarded-For": address})
        except OSError:
            # No connection: the server has stopped accepting.
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
            cloakroom.run("user", "add", f"user-{number}", line="correct horse battery")
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
        yield "SIGTERM under load: the server ends with exit code 0", code == 0, code
        yield "SIGTERM under load: it ends within ten seconds", seconds < 11, seconds
        yield "SIGTERM under load: every answer was complete, and a 200 or a 503", not broken, broken[:3]
        yield "SIGTERM under load: every user logged in at least once", len(acknowledged) == 8, acknowledged
        with contextlib.closing(sqlite3.connect(cloakroom.database)) as database:
            query = "SELECT username, address FROM login_addresses JOIN users ON users.id = user_id"
            kept = set(database.execute(query))
        lost = {(f"user-{number}", address) for number, address in acknowledged.items()} - kept
        yield "SIGTERM under load: no acknowledged login is lost", not lost, lost
        yield "SIGTERM under load: the database is intact", is_whole(cloakroom), ""


if __name__ == "__main__":
    groups = (
        disks,
        a_full_disk_and_parallel_logins,
        an_unwritable_log,
        a_foreign_lock,
        clocks,
        clients_that_leave,
        too_few_file_descriptors,
        told_to_stop_under_load,
    )
    sys.exit(report(None, *groups))
