"""SQLite, PostgreSQL with one server, and PostgreSQL with two servers, side by side: the load goes to one after the other,
round after round. With two servers the load is split, as a balancer would."""

import contextlib
import json
import pathlib
import sqlite3

import load
import scale_fill
import scale_requests
import servers

USERS = 1000
KNOWN = 40


def settings(url, cheap=False):
    """Those of a server in production, behind a proxy that names the clients' addresses."""
    parameters = scale_fill.CHEAP if cheap else scale_fill.PRODUCTION
    return {
        "CLOAKROOM__DATABASE__URL": url,
        "CLOAKROOM__DEMO__ENABLED": "false",
        "CLOAKROOM__TOKEN__SECRET_KEY": servers.SECRET_KEY,
        "CLOAKROOM__SERVER__TRUSTED_PROXIES": "127.0.0.1",
        "CLOAKROOM__PASSWORD__MEMORY_KIB": str(parameters["memory_cost"]),
        "CLOAKROOM__PASSWORD__ITERATIONS": str(parameters["time_cost"]),
        "CLOAKROOM__PASSWORD__PARALLELISM": str(parameters["parallelism"]),
    }


def serving(url, cheap=False):
    return servers.Cloakroom.serving(**settings(url, cheap))


def make_tables(url):
    """The first start makes them."""
    with serving(url):
        pass


def copy(postgres, database, file):
    """Copies the users and the items to SQLite. The columns have the same names."""
    with contextlib.closing(sqlite3.connect(file)) as sqlite, sqlite:
        for table in scale_fill.TABLES:
            columns = [column for _, column, *_ in sqlite.execute(f"PRAGMA table_info({table})")]
            rows = [json.loads(row) for (row,) in postgres.run(database, f"SELECT row_to_json({table}) FROM {table}")]
            values = ([row[column] for column in columns] for row in rows)
            places = ", ".join("?" * len(columns))
            sqlite.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", values)


@contextlib.contextmanager
def setups(postgres, database, folder):
    """The three, each by its name and its servers."""
    file = pathlib.Path(folder, "side.db")
    make_tables(postgres.url(database))
    scale_fill.fill(postgres, database, USERS, scale_fill.PRODUCTION)
    make_tables(f"sqlite://{file}")
    copy(postgres, database, file)
    with contextlib.ExitStack() as stack:
        sqlite = stack.enter_context(serving(f"sqlite://{file}"))
        first, second = (stack.enter_context(serving(postgres.url(database))) for _ in range(2))
        yield {"SQLite": [sqlite], "PostgreSQL, one server": [first], "PostgreSQL, two servers": [first, second]}


def kinds(wrk):
    """What is measured: its name, the requests, the connections, and the seconds."""
    everybody = [scale_fill.username(number, USERS) for number in range(USERS)]
    owners = [scale_fill.username(number, USERS) for number in range(0, USERS, 10)]
    return [
        ("`GET /users/me`, one token", wrk.file(scale_requests.users_me(everybody[:1])), 32, 2),
        (f"`GET /users/me`, {USERS} tokens", wrk.file(scale_requests.users_me(everybody)), 32, 2),
        ("`GET /users/me/items`, 10 items", wrk.file(scale_requests.own_items(owners)), 32, 2),
        ("`GET /items`, 10 items and their number", wrk.file(scale_requests.items(owners)), 32, 2),
        ("`POST /items`", wrk.file(scale_requests.new_items(everybody)), 32, 2),
        ("`POST /token`, a login", wrk.file(scale_requests.logins(everybody[:KNOWN])), 8, 5),
    ]


def measure(report, wrk, servers_by_name, rounds):
    report.begin("side by side")
    report.table("a second: median (least–most)", *servers_by_name)
    latencies = []
    for name, file, connections, seconds in kinds(wrk):
        results = {setup: [] for setup in servers_by_name}
        # Each server prepares its statements, and comes to know the addresses.
        for running in servers_by_name.values():
            wrk.send([server.url for server in running], file, connections, seconds - 1)
        for _ in range(rounds):
            for setup, running in servers_by_name.items():
                results[setup].append(wrk.send([server.url for server in running], file, connections, seconds))
        form = "{:,.1f}" if "login" in name else "{:,.0f}"
        rates = [load.spread([one.rate for one in each], form) for each in results.values()]
        report.row(f"{name}, {connections} connections", *rates)
        latencies.append((name, results))
    report.table("p50 / p99 in ms: medians", *servers_by_name)
    for name, results in latencies:
        report.row(name, *[both(each) for each in results.values()])


def both(results):
    """The medians of the p50 and of the p99."""
    p50, p99 = (load.statistics.median(getattr(one, field) for one in results) for field in ("p50", "p99"))
    return f"{p50:.2f} / {p99:.2f}"
