"""The cluster: etcd, two PostgreSQL with Patroni, HAProxy and three Cloakrooms, on 127.0.0.1. HAProxy and Patroni read
the files in deploy/cluster."""

import contextlib
import json
import os
import pathlib
import secrets
import shutil
import signal
import subprocess
import tempfile
import urllib.request

from node import HAS_DISKS, POSTGRES_PROGRAMS, Node, etcd_setting
from processes import Failed, Part, as_owner, free_ports, give_to_owner, wait_for

REPO = pathlib.Path(__file__).resolve().parents[2]
EXAMPLE = REPO / "deploy/cluster"
BIN = pathlib.Path(os.environ.get("CLOAKROOM_BIN", REPO / "target/release/cloakroom")).absolute()
SITE = pathlib.Path(os.environ.get("LEPTOS_SITE_ROOT", REPO / "target/site")).absolute()


class Cluster:
    def __init__(self, folder):
        self.folder = folder
        names = ("patroni", "postgres", "replicator", "rewind", "cloakroom")
        self.passwords = {name: secrets.token_hex(16) for name in names}
        ports = iter(free_ports(12))
        self.etcd_port, self.front, self.postgres_port = next(ports), next(ports), next(ports)
        peer = f"http://127.0.0.1:{next(ports)}"
        etcd = folder / "etcd"
        etcd.mkdir(mode=0o700)
        give_to_owner(etcd)
        client = f"http://127.0.0.1:{self.etcd_port}"
        shutil.copy(EXAMPLE / "patroni.yml", folder)
        self.etcd = Part(
            "etcd",
            ["etcd", "--name=etcd1", f"--data-dir={etcd}/data", f"--listen-client-urls={client}",
             f"--advertise-client-urls={client}", f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}",
             f"--initial-cluster=etcd1={peer}", *(["--enable-v2"] if etcd_setting() == "PATRONI_ETCD_HOSTS" else [])],
            folder, {}, **as_owner(),
        )  # fmt: skip
        self.nodes = [
            Node(folder, number, (next(ports), next(ports)), self.etcd_port, self.passwords) for number in (1, 2)
        ]
        self.servers = [self.cloakroom(number, next(ports)) for number in (1, 2, 3)]
        self.haproxy = self.new_haproxy()
        self.prober_environment = {"PGPASSWORD": self.passwords["postgres"], "PGCONNECT_TIMEOUT": "2"}

    def new_haproxy(self):
        self.socket = self.folder / "haproxy.sock"
        environment = {
            "FRONT": f"127.0.0.1:{self.front}",
            "POSTGRES": f"127.0.0.1:{self.postgres_port}",
            "ADMIN_SOCKET": str(self.socket),
        }
        for number, server in enumerate(self.servers, 1):
            environment[f"SERVER_{number}"] = f"127.0.0.1:{server.port}"
        for number, node in enumerate(self.nodes, 1):
            environment[f"POSTGRES_{number}"] = f"127.0.0.1:{node.port}"
            environment[f"PATRONI_PORT_{number}"] = str(node.rest)
        return Part("haproxy", ["haproxy", "-db", "-f", EXAMPLE / "haproxy.cfg"], self.folder, environment)

    def cloakroom(self, number, port, database="cloakroom"):
        password = self.passwords["cloakroom"]
        environment = {
            "LEPTOS_ENV": "PROD",
            "LEPTOS_SITE_ROOT": str(SITE),
            "LEPTOS_SITE_ADDR": f"127.0.0.1:{port}",
            "CLOAKROOM__SERVER__PUBLIC_URL": f"http://127.0.0.1:{self.front}",
            "CLOAKROOM__SERVER__TRUSTED_PROXIES": "127.0.0.1",
            "CLOAKROOM__METRICS__ADDR": "127.0.0.1:0",
            "CLOAKROOM__DATABASE__URL": f"postgres://cloakroom:{password}@127.0.0.1:{self.postgres_port}/{database}",
            "CLOAKROOM__ACCOUNTS__SIGN_UP": "false",
            # Cheap hashes. The logins are not what is tested.
            "CLOAKROOM__PASSWORD__MEMORY_KIB": "64",
            "CLOAKROOM__PASSWORD__ITERATIONS": "1",
            "CLOAKROOM__PASSWORD__PARALLELISM": "1",
        }
        server = Part(f"cloakroom{number}", [BIN], self.folder, environment)
        server.port = port
        return server

    def start(self):
        self.etcd.start()
        wait_for("etcd", lambda: self.is_ok(self.etcd_port, "/health"))
        for node in self.nodes:
            node.patroni.start()
        self.haproxy.start()
        wait_for("a primary and its synchronous standby", self.is_whole)
        environment = os.environ | self.prober_environment | {"DATABASE_PASSWORD": self.passwords["cloakroom"]}
        self.sql(["--file", EXAMPLE / "database.sql"], env=environment, timeout=20)
        self.sql(["--command", "CREATE TABLE probe AS SELECT 0 AS writes"])
        wait_for("HAProxy's way to the primary", self.leads_to_the_primary)
        for server in self.servers:
            server.start()
        for server in self.servers:
            self.wait_for_server(server)

    def wait_for_server(self, server):
        def is_ready():
            if not server.is_running():
                raise Failed(f"{server.name} has ended")
            return self.is_ok(server.port, "/health/ready")

        wait_for(f"{server.name} to be ready", is_ready)

    def sql(self, arguments, timeout=2.5, database="postgres", node=None, **options):
        """Runs psql as the superuser, past HAProxy: on this node, or on the primary. Returns what it printed."""
        nodes = [node] if node else self.nodes
        hosts, ports = ",".join("127.0.0.1" for _ in nodes), ",".join(str(node.port) for node in nodes)
        place = f"host={hosts} port={ports} user=postgres dbname={database}"
        if not node:
            place += " target_session_attrs=read-write"
        options = {"env": os.environ | self.prober_environment} | options
        command = [
            POSTGRES_PROGRAMS / "psql",
            "--no-psqlrc",
            "--quiet",
            "--no-align",
            "--tuples-only",
            place,
            *arguments,
        ]
        done = subprocess.run(command, timeout=timeout, check=True, capture_output=True, text=True, **options)
        return done.stdout

    def takes_writes(self, node):
        """Whether this PostgreSQL takes a write at this moment."""
        try:
            self.sql(["--command", "UPDATE probe SET writes = writes + 1"], node=node)
        except (subprocess.SubprocessError, OSError):
            return False
        return True

    def read(self, port, path, headers=None):
        """The answer of Patroni or of etcd, or of a Cloakroom's health check, whatever its status. Or None."""
        try:
            request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers or {})
            with urllib.request.urlopen(request, timeout=2) as answer:
                return answer.status, json.load(answer)
        except (OSError, ValueError):
            return None

    def is_ok(self, port, path):
        answer = self.read(port, path)
        return answer is not None and answer[0] == 200

    def members(self):
        """What Patroni knows of both nodes."""
        for node in self.nodes:
            answer = self.read(node.rest, "/cluster")
            if answer:
                return {member["name"]: member for member in answer[1]["members"]}
        return {}

    def is_whole(self):
        """Whether there are a primary and a synchronous standby: Patroni's word, and the primary's own."""
        roles = sorted(member["role"] for member in self.members().values())
        if roles not in (["leader", "sync_standby"], ["primary", "sync_standby"]):
            return False
        query = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = 'sync'"
        with contextlib.suppress(subprocess.SubprocessError):
            return self.sql(["--command", query]).strip() == "1"
        return False

    def primary(self):
        return next(node for node in self.nodes if self.is_ok(node.rest, "/primary"))

    def standby(self):
        primary = self.primary()
        return next(node for node in self.nodes if node is not primary)

    def leads_to_the_primary(self):
        environment = os.environ | {"PGPASSWORD": self.passwords["cloakroom"], "PGCONNECT_TIMEOUT": "2"}
        place = f"host=127.0.0.1 port={self.postgres_port} user=cloakroom dbname=cloakroom"
        command = [POSTGRES_PROGRAMS / "psql", "--no-psqlrc", place, "--command", "SELECT 1"]
        done = subprocess.run(command, env=environment, timeout=5, check=False, capture_output=True)
        return done.returncode == 0

    def command_line(self, *arguments, line=""):
        """Runs Cloakroom's command line, with a line of standard input."""
        first = self.servers[0]
        done = subprocess.run(
            [BIN, *arguments], cwd=self.folder, env=first.environment, input=line + "\n", text=True, timeout=20,
            capture_output=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise Failed(f"cloakroom {' '.join(arguments)}: {done.stderr}")

    def end(self):
        for server in self.servers:
            server.end(signal.SIGTERM)
        self.haproxy.end(signal.SIGTERM)
        for node in self.nodes:
            node.end()
        self.etcd.end(signal.SIGKILL)
        if HAS_DISKS:
            for node in self.nodes:
                subprocess.run(["umount", "--lazy", node.folder], check=False)


def keep_logs(folder, where):
    where.mkdir(parents=True, exist_ok=True)
    for log in folder.glob("*.log"):
        shutil.copyfile(log, where / log.name)


@contextlib.contextmanager
def running():
    """The cluster, until the block ends. Nothing of it is left then."""
    for file in (BIN, SITE / "pkg"):
        if not file.exists():
            raise Failed(f"{file} is missing: run `make build` first")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="cloakroom-failover."))
    # The owner may pass through. Nobody but the test can change the names in the folder.
    folder.chmod(0o711)
    cluster = None
    try:
        cluster = Cluster(folder)
        cluster.start()
        yield cluster
    finally:
        try:
            if cluster:
                cluster.end()
            if "FAILOVER_LOGS" in os.environ:
                keep_logs(folder, pathlib.Path(os.environ["FAILOVER_LOGS"]))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
