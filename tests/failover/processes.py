"""The processes of the test. Each is ended by its id, at the latest when the test ends."""

import contextlib
import os
import pathlib
import pwd
import signal
import socket
import subprocess
import time

# PostgreSQL refuses to run as root. Then another user runs it, and what belongs to it.
OWNER = None
if os.getuid() == 0:
    names = {user.pw_name for user in pwd.getpwall()}
    OWNER = pwd.getpwnam("postgres" if "postgres" in names else "nobody")


class Failed(Exception):
    """The test cannot go on."""


def as_owner():
    """The arguments of Popen that make a process the owner's."""
    return {"user": OWNER.pw_uid, "group": OWNER.pw_gid, "extra_groups": []} if OWNER else {}


def give_to_owner(path):
    if OWNER:
        os.chown(path, OWNER.pw_uid, OWNER.pw_gid)


class Part:
    """A program of the cluster, which can be killed and started again."""

    def __init__(self, name, command, folder, environment, **options):
        self.name, self.command, self.folder = name, [str(word) for word in command], folder
        self.log = folder / f"{name}.log"
        # Settings in the environment of the person who runs the test must not reach any part.
        kept = {"PATH", "LANG", "TMPDIR"}
        self.environment = {key: value for key, value in os.environ.items() if key in kept} | environment
        self.options = options
        self.process = None

    def start(self):
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C reaches the test only, which ends the parts in order.
            self.process = subprocess.Popen(
                self.command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, **self.options,
            )  # fmt: skip

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def end(self, how, patience=20):
        """Sends a signal, and waits. Kills what does not end."""
        if not self.is_running():
            return
        self.process.send_signal(how)
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(patience)


def free_ports(count):
    """Ports that nothing listens on. The kernel gives out no ports in this range, so they stay free."""
    ports = []
    for port in range(20000 + os.getpid() % 97 * 100, 32000):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                ports.append(port)
        if len(ports) == count:
            return ports
    raise Failed("there are not enough free ports")


def wait_for(what, is_there, seconds=60):
    """Waits until `is_there` returns something true, and returns that."""
    deadline = time.monotonic() + seconds
    while True:
        found = is_there()
        if found:
            return found
        if time.monotonic() > deadline:
            raise Failed(f"{what}: not within {seconds} s")
        time.sleep(0.1)


def family(pid):
    """A process and its children."""
    children = []
    for status in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(status.read_text().rpartition(")")[2].split()[1]) == pid:
                children.append(int(status.parent.name))
    return [pid, *children]


def signal_family(pid, how):
    """Sends a signal to a process, then to its children. The parent is first, so that it makes no new ones."""
    os.kill(pid, how)
    for member in family(pid)[1:]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(member, how)


def is_alive(pid):
    """Whether a process runs, which need not be a child. One that has ended and was not waited for does not."""
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False


def kill_family(pid):
    for member in family(pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(member, signal.SIGKILL)
