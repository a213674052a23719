"""One of the two machines with PostgreSQL: its Patroni, its PostgreSQL and its disk."""

import contextlib
import os
import pathlib
import signal
import subprocess

from processes import Failed, Part, as_owner, give_to_owner, is_alive, kill_family, wait_for

POSTGRES_PROGRAMS = pathlib.Path(os.environ["POSTGRES_PROGRAMS"])
# Whether there may be mounts: see failover.sh.
HAS_DISKS = os.environ.get("FAILOVER_APART") == "yes"
DISK_BYTES = 768 << 20


def etcd_setting():
    """The setting that names etcd. deploy/cluster/patroni.yml says why it depends on Patroni's version."""
    done = subprocess.run(["patroni", "--version"], capture_output=True, text=True, check=True)
    version = tuple(int(number) for number in done.stdout.split()[-1].split(".")[:3])
    return "PATRONI_ETCD_HOSTS" if version < (3, 0, 3) else "PATRONI_ETCD3_HOSTS"


class Node:
    """A machine with Patroni and its PostgreSQL."""

    def __init__(self, folder, number, ports, etcd, passwords):
        self.name = f"postgres{number}"
        self.folder = folder / self.name
        self.folder.mkdir()
        self.port, self.rest = ports
        if HAS_DISKS:
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", self.folder], check=True)
        self.folder.chmod(0o700)
        give_to_owner(self.folder)
        self.data = self.folder / "data"
        settings = folder / "patroni.yml"
        environment = {
            "PATRONI_NAME": self.name,
            etcd_setting(): f"127.0.0.1:{etcd}",
            "PATRONI_RESTAPI_LISTEN": f"127.0.0.1:{self.rest}",
            "PATRONI_RESTAPI_CONNECT_ADDRESS": f"127.0.0.1:{self.rest}",
            "PATRONI_RESTAPI_USERNAME": "patroni",
            "PATRONI_RESTAPI_PASSWORD": passwords["patroni"],
            "PATRONI_POSTGRESQL_LISTEN": f"127.0.0.1:{self.port}",
            "PATRONI_POSTGRESQL_CONNECT_ADDRESS": f"127.0.0.1:{self.port}",
            "PATRONI_POSTGRESQL_DATA_DIR": str(self.data),
            "PATRONI_POSTGRESQL_BIN_DIR": str(POSTGRES_PROGRAMS),
            "PATRONI_POSTGRESQL_PGPASS": str(self.folder / "pgpass"),
        }
        for role, name in (("SUPERUSER", "postgres"), ("REPLICATION", "replicator"), ("REWIND", "rewind")):
            environment[f"PATRONI_{role}_USERNAME"] = name
            environment[f"PATRONI_{role}_PASSWORD"] = passwords[name]
        self.patroni = Part(self.name, ["patroni", settings], folder, environment, **as_owner())

    def postmaster(self):
        """The id of PostgreSQL's first process, or None."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
            return pid if is_alive(pid) else None
        return None

    def end(self):
        self.patroni.end(signal.SIGKILL)
        pid = self.postmaster()
        if pid:
            # SIGQUIT ends PostgreSQL at once, and it gives its shared memory back.
            os.kill(pid, signal.SIGCONT)
            os.kill(pid, signal.SIGQUIT)
            with contextlib.suppress(Failed):
                wait_for("the end of PostgreSQL", lambda: not is_alive(pid), 15)
            if is_alive(pid):
                kill_family(pid)
