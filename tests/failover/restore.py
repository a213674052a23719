"""A backup by pg_dump, restored as deploy/README.md says, and a Cloakroom on what was restored."""

import os
import subprocess

from node import POSTGRES_PROGRAMS
from processes import free_ports

RESTORED = "cloakroom_restored"


def restore(cluster, token, read):
    """Returns what is wrong with the restored database. `read` returns the rows of a database. `token` is from before the
    backup."""
    primary = cluster.primary()
    dump = cluster.folder / "cloakroom.dump"
    run(cluster, "pg_dump", "--format=custom", f"--file={dump}", place(primary, "cloakroom"))
    create = f"CREATE DATABASE {RESTORED} OWNER cloakroom ENCODING 'UTF8' LC_CTYPE 'C.UTF-8' TEMPLATE template0"
    cluster.sql(["--command", create], 30)
    run(cluster, "pg_restore", "--no-owner", "--exit-on-error", f"--dbname={place(primary, RESTORED)}", dump)
    wrong = []
    if read("cloakroom", primary) != read(RESTORED, primary):
        wrong.append("the restored database has other rows")
    server = cluster.cloakroom(4, free_ports(1)[0], RESTORED)
    server.start()
    cluster.servers.append(server)
    cluster.wait_for_server(server)
    answer = cluster.read(server.port, "/users/me", {"Authorization": f"Bearer {token}"})
    if answer is None or answer[0] != 200:
        wrong.append(f"a token from before the backup does not open the restored database: {answer}")
    return wrong


def place(node, database):
    return f"host=127.0.0.1 port={node.port} user=cloakroom dbname={database}"


def run(cluster, program, *arguments):
    environment = os.environ | {"PGPASSWORD": cluster.passwords["cloakroom"]}
    subprocess.run([POSTGRES_PROGRAMS / program, *arguments], env=environment, check=True, timeout=60)
