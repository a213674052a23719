"""The faults. Each is a function of the cluster, which returns when the part is whole again: the time, or None if the
database says when it takes writes again."""

import contextlib
import os
import signal
import subprocess
import time

from node import HAS_DISKS, POSTGRES_PROGRAMS
from processes import kill_family, signal_family, wait_for


def cloakroom_killed(cluster):
    """each Cloakroom in turn killed (SIGKILL), started again"""
    for server in cluster.servers:
        restart(cluster, server, signal.SIGKILL)
    return time.monotonic()


def cloakroom_stopped(cluster):
    """each Cloakroom in turn stopped (SIGTERM), started again"""
    for server in cluster.servers:
        restart(cluster, server, signal.SIGTERM)
    return time.monotonic()


def restart(cluster, server, how):
    server.end(how)
    time.sleep(1)
    server.start()
    cluster.wait_for_server(server)
    # HAProxy asks it every second.
    time.sleep(1.5)


def connections_killed(cluster):
    """PostgreSQL's connections killed, five times"""
    for _ in range(5):
        cluster.sql(["--command", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'cloakroom'"])
        time.sleep(1)
    return time.monotonic() - 1


def postgres_restarted(cluster):
    """PostgreSQL restarted (patronictl restart)"""
    primary = cluster.primary()
    patronictl(cluster, "restart", "cloakroom", primary.name, "--force")


def postgres_killed(cluster):
    """the primary's PostgreSQL killed (SIGKILL)"""
    kill_family(cluster.primary().postmaster())


def patroni_killed(cluster):
    """the primary's Patroni killed until the standby takes over; its PostgreSQL goes on, and nobody may use it"""
    primary, standby = cluster.primary(), cluster.standby()
    primary.patroni.end(signal.SIGKILL)
    wait_for("the standby to take over", lambda: cluster.is_ok(standby.rest, "/primary"))
    taken_over = time.monotonic()
    time.sleep(3)
    primary.patroni.start()
    return taken_over


def frozen_shortly(cluster):
    """the primary frozen (SIGSTOP) for 8 s"""
    pid = cluster.primary().postmaster()
    signal_family(pid, signal.SIGSTOP)
    time.sleep(8)
    signal_family(pid, signal.SIGCONT)


def frozen_for_long(cluster):
    """the primary frozen (SIGSTOP) until the standby takes over, and 5 s more"""
    primary, standby = cluster.primary(), cluster.standby()
    pid = primary.postmaster()
    signal_family(pid, signal.SIGSTOP)
    try:
        wait_for("the standby to take over", lambda: cluster.is_ok(standby.rest, "/primary"))
        time.sleep(5)
    finally:
        with contextlib.suppress(ProcessLookupError):
            signal_family(pid, signal.SIGCONT)


def node_lost(cluster):
    """the primary's machine lost: PostgreSQL and Patroni killed; back later"""
    primary, standby = cluster.primary(), cluster.standby()
    pid = primary.postmaster()
    primary.patroni.end(signal.SIGKILL)
    kill_family(pid)
    wait_for("the standby to take over", lambda: cluster.is_ok(standby.rest, "/primary"))
    time.sleep(3)
    primary.patroni.start()


def switched_over(cluster):
    """a planned switch to the standby (patronictl switchover)"""
    primary, standby = cluster.primary(), cluster.standby()
    arguments = ("--leader", primary.name, "--candidate", standby.name, "--force")
    patronictl(cluster, "switchover", "cloakroom", *arguments)


def standby_killed(cluster):
    """the standby's machine lost: PostgreSQL and Patroni killed; back later"""
    standby = cluster.standby()
    pid = standby.postmaster()
    standby.patroni.end(signal.SIGKILL)
    kill_family(pid)
    time.sleep(12)
    standby.patroni.start()


def standby_frozen(cluster):
    """the standby frozen (SIGSTOP) for 12 s: commits wait for it, until the primary gives it up"""
    pid = cluster.standby().postmaster()
    signal_family(pid, signal.SIGSTOP)
    time.sleep(12)
    signal_family(pid, signal.SIGCONT)


def etcd_killed(cluster):
    """etcd killed (SIGKILL) for 30 s"""
    cluster.etcd.end(signal.SIGKILL)
    # Longer than the primary's lock lasts.
    time.sleep(30)
    cluster.etcd.start()


def haproxy_killed(cluster):
    """HAProxy killed (SIGKILL), started again after 1 s"""
    cluster.haproxy.end(signal.SIGKILL)
    time.sleep(1)
    cluster.haproxy.start()
    return time.monotonic()


@contextlib.contextmanager
def full(disk):
    """Fills a disk until the block ends."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    try:
        yield
    finally:
        filler.unlink()


def disk_full(cluster):
    """the primary's disk full for 10 s: tables cannot grow"""
    with full(cluster.primary().folder):
        time.sleep(10)
    return time.monotonic()


def log_full(cluster):
    """the primary's disk full, so that its write-ahead log cannot grow: PostgreSQL stops, the standby takes over"""
    primary, standby = cluster.primary(), cluster.standby()
    with full(primary.folder):
        wait_for("the standby to take over", lambda: use_log_up(cluster) or cluster.is_ok(standby.rest, "/primary"))
        time.sleep(3)


def use_log_up(cluster):
    """PostgreSQL keeps old files of its log, to use them again. This uses up one of them."""
    with contextlib.suppress(subprocess.SubprocessError):
        cluster.sql(["--command", "SELECT txid_current()", "--command", "SELECT pg_switch_wal()"])


# What may cut connections, and of which kinds of requests. "direct" ones go to one Cloakroom, past HAProxy.
CUTS = {
    cloakroom_killed: ("read", "write", "direct"),
    cloakroom_stopped: ("direct",),
    haproxy_killed: ("read", "write"),
}
# What no client of HAProxy may notice.
UNNOTICED = (cloakroom_stopped,)
ALL = (
    cloakroom_killed,
    cloakroom_stopped,
    connections_killed,
    postgres_restarted,
    postgres_killed,
    frozen_shortly,
    switched_over,
    standby_killed,
    standby_frozen,
    node_lost,
    patroni_killed,
    frozen_for_long,
    haproxy_killed,
    etcd_killed,
    disk_full,
    log_full,
)


def why_not(fault):
    """Why a fault cannot be made here, or None."""
    if fault in (disk_full, log_full) and not HAS_DISKS:
        return "this machine allows no mounts (`unshare --mount`), so there is no small disk to fill"
    return None


def patronictl(cluster, *arguments):
    node = cluster.nodes[0]
    path = f"{os.environ['PATH']}:{POSTGRES_PROGRAMS}"
    subprocess.run(
        ["patronictl", "--config-file", cluster.folder / "patroni.yml", *arguments],
        env=node.patroni.environment | {"PATH": path, "LC_ALL": "C.UTF-8"},
        check=True, timeout=60, capture_output=True,
    )  # fmt: skip
