"""What one request costs, on PostgreSQL with one server: the CPU of both, round trips, bytes, and the log of changes."""

import itertools
import time

import scale_fill
import scale_postgres
import scale_process
import scale_proxy
import scale_requests
import scale_side

ALONE = 50


def kinds():
    """The name, the key in the numbers, the requests, the connections and the seconds."""
    users = scale_side.USERS
    everybody = [scale_fill.username(number, users) for number in range(users)]
    owners = range(0, users, 10)
    own = [scale_fill.username(number, users) for number in owners]
    known = everybody[: scale_side.KNOWN]
    fresh = scale_requests.FRESH
    return [
        ("`GET /users/me`, alone", "me alone", scale_requests.users_me(everybody), 1, 3),
        ("`GET /users/me`", "me", scale_requests.users_me(everybody), 32, 3),
        ("`GET /users/me/items`, 10 items", "own items", scale_requests.own_items(own), 32, 3),
        ("`GET /items`, 10 items and their number", "items", scale_requests.items(own), 32, 3),
        ("`POST /items`", "new item", scale_requests.new_items(everybody), 32, 3),
        ("`PATCH /items/{id}`", "changed item", list(scale_requests.changed_items(users, owners)), 32, 3),
        ("`POST /token`, from a known address", "login", list(scale_requests.logins(known)), 8, 6),
        ("`POST /token`, from a new address", "login elsewhere", list(scale_requests.logins(everybody, fresh)), 8, 6),
        ("`POST /users`, a sign-up", "sign-up", list(scale_requests.sign_ups(500)), 8, 6),
    ]


def measure(report, postgres, database, wrk):
    report.begin("one request")
    report.table("", "CPU of the server, ms", "CPU of PostgreSQL, ms", "round trips", "bytes to PostgreSQL", "and back",
                 "bytes to the server", "and back", "log of changes, bytes")  # fmt: skip
    with scale_proxy.counting(postgres.port) as (port, to_postgres), \
            scale_side.serving(postgres.url(database)) as server, \
            scale_side.serving(postgres.url(database, port)) as counted, \
            scale_proxy.counting(int(counted.url.rpartition(":")[2])) as (front, to_server):  # fmt: skip
        for name, key, requests, connections, seconds in kinds():
            # The same ones would be known, or taken, the second time.
            parts = iter([requests[:ALONE], requests[ALONE : 2 * ALONE], requests[2 * ALONE :]])
            if "sign-up" not in key and "elsewhere" not in key:
                parts = itertools.repeat(requests[:1000])
            # The server that is counted prepares its statements.
            alone(front, next(parts)[:20])
            postgres.run(database, "CHECKPOINT")
            to_postgres.take(), to_server.take()
            log = scale_postgres.log_position(postgres, database)
            asked = alone(front, next(parts)[:ALONE])
            log = (scale_postgres.log_position(postgres, database) - log) / asked
            trips, sent, got = (count / asked for count in to_postgres.take())
            _, request, answer = (count / asked for count in to_server.take())
            file = wrk.file(next(parts))
            if "login" in key or "sign" not in key:
                wrk.send([server.url], file, connections, 1)
            cpu = [scale_process.cpu_ms(pid) for pid in (server.pid, postgres.pid)]
            begin = time.monotonic()
            done = wrk.send([server.url], file, connections, seconds)
            took = min(time.monotonic() - begin, seconds + 0.2)
            ms = [(scale_process.cpu_ms(pid) - before) / (done.rate * took)
                  for pid, before in zip((server.pid, postgres.pid), cpu, strict=True)]  # fmt: skip
            report.row(f"{name}, {connections} connections" if connections > 1 else name, f"{ms[0]:.3f}", f"{ms[1]:.3f}",
                       f"{trips:.1f}", *[f"{number:,.0f}" for number in (sent, got, request, answer, log)])  # fmt: skip
            report.numbers[key] = {"server_ms": ms[0], "postgres_ms": ms[1], "round_trips": trips, "to_postgres": sent,
                                   "from_postgres": got, "request": request, "answer": answer, "log": log}  # fmt: skip
        memory(report, postgres, server)


def alone(port, requests):
    """Sends requests one after the other. Returns how many."""
    for _, status, body in scale_requests.in_turn(f"http://127.0.0.1:{port}", requests):
        if status >= 400:
            raise RuntimeError(f"{status}: {body}")
    return len(requests)


def memory(report, postgres, server):
    report.begin("memory")
    peak, backends = scale_process.peak_mib(server.pid), scale_process.anonymous_mib(postgres.pid)
    report.table("", "MiB")
    report.row("a server, at most, while two logins hash at once", f"{peak:.0f}")
    report.row(f"a connection of PostgreSQL, besides what all share (mean of {len(backends)} processes)",
               f"{sum(backends) / len(backends):.1f}")  # fmt: skip
    report.numbers["memory"] = {"server": peak, "connection": sum(backends) / len(backends)}
