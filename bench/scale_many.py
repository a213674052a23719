"""Ten million users beside ten: the same calls on the same PostgreSQL, in two databases. The passwords' hashes cost little
here (m=64 KiB, t=1, p=1): what the database does shows."""

import statistics
import time
import urllib.parse

import load
import scale_fill
import scale_postgres
import scale_requests
import scale_side

FEW = 10
# Requests in a file; more than one connection sends in the time.
SAMPLE = 20_000
SHORT = 2


class Database:
    """A database with so many users, and a server on it."""

    def __init__(self, name, users, server):
        self.name, self.users, self.server = name, users, server

    def names(self, step=1, seed=2):
        chosen = scale_requests.chosen(self.users, SAMPLE, step, seed)
        return [scale_fill.username(number, self.users) for number in chosen]

    def changed(self):
        return scale_requests.changed_items(self.users, scale_requests.chosen(self.users, SAMPLE // 4, 10))


def fill(report, postgres, names, users):
    """Fills both. Prints what it took, and how large the rows are. Returns the statements that make the
    store's indexes of trigrams in the large one: they come later."""
    few, many = names
    for name in names:
        scale_side.make_tables(postgres.url(name))
    scale_fill.fill(postgres, few, FEW, scale_fill.CHEAP)
    filled = scale_fill.fill(postgres, many, users, scale_fill.CHEAP, with_trigrams=False)
    report.begin("size")
    report.line(f"The rows took {filled.rows:.0f} s, and the indexes {filled.indexes:.0f} s.")
    report.table(f"{users:,} users, and {items(postgres, many):,} items", "MiB", "bytes a row")
    total = 0
    for table in scale_fill.TABLES:
        count = int(postgres.value(many, f"SELECT COUNT(*) FROM {table}"))
        for name, size in postgres.run(many, SIZES.format(table=table)):
            report.row(f"`{name}`", f"{int(size) / 2**20:,.0f}", f"{int(size) / count:.0f}")
            total += int(size)
            report.numbers.setdefault("bytes", {}).setdefault(table, 0)
            report.numbers["bytes"][table] += int(size) / count
    report.row("together", f"{total / 2**20:,.0f}", "")
    return filled.trigrams


def items(postgres, database):
    return int(postgres.value(database, "SELECT COUNT(*) FROM items"))


SIZES = """
SELECT relname, pg_relation_size(oid) FROM pg_class
WHERE oid = '{table}'::regclass OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = '{table}'::regclass)
ORDER BY relkind DESC, pg_relation_size(oid) DESC
"""


def kinds(database, seed=2):
    """The name, a function that makes the requests, and the connections."""
    everybody, owners, fresh = database.names(seed=seed), database.names(10, seed), scale_requests.FRESH
    return [
        ("`GET /users/me`", lambda: scale_requests.users_me(everybody), 1),
        ("`GET /users/me`", lambda: scale_requests.users_me(everybody), 32),
        ("`GET /users/me/items`, 10 items", lambda: scale_requests.own_items(owners), 1),
        ("`GET /items`, 10 items and their number", lambda: scale_requests.items(owners), 1),
        ("`POST /items`", lambda: scale_requests.new_items(everybody), 1),
        ("`PATCH /items/{id}`", database.changed, 1),
        ("`POST /token`, cheap hash, new address", lambda: scale_requests.logins(everybody[:SAMPLE // 4], fresh), 1),
        ("`POST /users`, cheap hash", lambda: scale_requests.sign_ups(SAMPLE // 4), 1),
        ("`POST /users`, cheap hash", lambda: scale_requests.sign_ups(SAMPLE), 32),
    ]


def calls(report, wrk, few, many, rounds):
    report.begin("many users")
    report.table("", f"{few.users} users: p50, ms", "p99, ms", "a second",
                 f"{many.users:,} users: p50, ms", "p99, ms", "a second", "p50 beside")  # fmt: skip
    for (name, small, connections), (_, large, _) in zip(kinds(few), kinds(many), strict=True):
        files = [wrk.file(make()) for make in (small, large)]
        results = [[], []]
        for _ in range(rounds):
            for database, file, make, into in zip((few, many), files, (small, large), results, strict=True):
                # A user can be created once only.
                again = wrk.file(make()) if into and "POST /users" in name else file
                into.append(wrk.send([database.server.url], again, connections, SHORT))
        cells = [f"{statistics.median(getattr(one, field) for one in each):,.{digits}f}"
                 for each in results for field, digits in (("p50", 2), ("p99", 2), ("rate", 0))]  # fmt: skip
        ratio = load.ratios([one.p50 for one in results[1]], [one.p50 for one in results[0]])
        report.row(f"{name}, {connections} connection{'s' * (connections > 1)}", *cells, ratio)


def pages(users):
    """Parts of the list of all users."""
    last = f"?skip={users - 200}"
    return [("first page", ""), ("page near the end by `skip`", last),
            ("page 1,000 by `skip`", f"?skip={min(100_000, users // 4)}"),
            ("page in the middle by `skip`", f"?skip={users // 2 - 100}")]  # fmt: skip


def searches(users):
    someone = scale_fill.username(users // 3, users)
    part = scale_fill.LAST[0]
    return [("found once: an e-mail address", f"{someone}@example"), (f"a last name: `{part}`", f".{part}"),
            ("four letters: `laba`", "laba"), ("everybody: `example`", "example"), ("two letters: `la`", "la")]  # fmt: skip


def ask(database, path, times=2):
    """Returns a cell: the median of the times, or what was answered instead; and how many were found."""
    request = ("GET", path, scale_requests.bearer(scale_fill.ADMIN), "")
    answers = scale_requests.in_turn(database.server.url, [request] * times)
    took = f"{statistics.median(ms for ms, _, _ in answers):,.1f}"
    statuses = {status for _, status, _ in answers}
    if statuses == {200}:
        return took, f"{scale_requests.count_of(answers[-1]):,}"
    return f"{took}, {' or '.join(map(str, sorted(statuses)))}", "–"


def lists(report, few, many):
    report.begin("lists of users")
    report.table("`GET /users`", f"{few.users} users: ms", f"{many.users:,} users: ms")
    for name, query in pages(many.users):
        report.row(name, ask(few, f"/users{query}", 5)[0], ask(many, f"/users{query}", 5)[0])
    after = f"/users?after={scale_fill.username(many.users - 1, many.users)}"
    report.row("page in the middle by its link", ask(few, after, 5)[0], ask(many, after, 5)[0])
    longest = f"/users/{scale_fill.MANY}/items"
    report.table("`GET /users/{name}/items`", f"{scale_fill.many_items(few.users)} items: ms",
                 f"{scale_fill.many_items(many.users):,} items: ms")  # fmt: skip
    middle = f"?skip={scale_fill.many_items(many.users) // 2}"
    for name, query in [("first page", ""), ("page in the middle by `skip`", middle), ("search", "?q=number%2099")]:
        report.row(name, ask(few, longest + query, 5)[0], ask(many, longest + query, 5)[0])


def search(few, many):
    """A row for each search."""
    rows = []
    for name, words in searches(many.users):
        path = f"/users?q={urllib.parse.quote(words)}"
        rows.append((name, ask(few, path)[0], *ask(many, path)))
    return rows


def writes(postgres, wrk, database, seed):
    """A row for each write: p50, the log of changes, and how many updates of a user's row touched no index. The seed chooses
    users whose rows nothing has changed before."""
    rows = []
    for name, make, connections in kinds(database, seed):
        if "POST /t" not in name and "POST /u" not in name or connections > 1:
            continue
        file = wrk.file(make())
        postgres.run(database.name, "CHECKPOINT", "SELECT pg_stat_reset()")
        log = scale_postgres.log_position(postgres, database.name)
        done = wrk.send([database.server.url], file, connections, 2 * SHORT)
        log = (scale_postgres.log_position(postgres, database.name) - log) / (done.rate * 2 * SHORT)
        # The processes of PostgreSQL tell their counts once a second.
        time.sleep(1.5)
        hot = postgres.value(database.name, "SELECT n_tup_hot_upd || ' of ' || n_tup_upd FROM pg_stat_user_tables "
                             "WHERE relname = 'users'")  # fmt: skip
        rows.append((name, f"{done.p50:.2f}", f"{log:,.0f}", hot))
    return rows


def trigrams(report, postgres, wrk, few, many, makes):
    """The searches and the writes without an index of trigrams (every three letters), and with it: the store's own, or one
    made by hand."""
    report.begin("search")
    without, writes_without = search(few, many), writes(postgres, wrk, many, 3)
    begin = time.monotonic()
    postgres.run(many.name, "SET maintenance_work_mem = '1GB'", "CREATE EXTENSION IF NOT EXISTS pg_trgm",
                 *makes or [BY_HAND])  # fmt: skip
    took = time.monotonic() - begin
    size = int(postgres.value(many.name, TRIGRAMS))
    per_user = size / many.users
    report.numbers["bytes"]["users"] += per_user
    searched, written = search(few, many), writes(postgres, wrk, many, 4)
    whose = "the store's own" if makes else "made by hand"
    large = f"{size / 2**20:,.0f} MiB, {per_user:.0f} bytes a user"
    report.line(f"The index of trigrams ({whose}) took {took:.0f} s. It has {large}.")
    report.table("`GET /users?q=`", "found", f"{few.users} users: ms", f"{many.users:,} users: ms", "with trigrams: ms")
    for (name, small, large, found), (_, _, fast, found_fast) in zip(without, searched, strict=True):
        report.row(name, found_fast if found == "–" else found, small, large, fast)
    report.table("writes, 1 connection", "p50, ms", "log of changes, bytes", "updates of `users` that touch no index",
                 "with trigrams: p50, ms", "log, bytes", "updates")  # fmt: skip
    for before, after in zip(writes_without, written, strict=True):
        report.row(*before, *after[1:])
    report.numbers["login at 10 M"] = {"log": float(writes_without[0][2].replace(",", ""))}


BY_HAND = "CREATE INDEX scale_trigrams ON users USING gin (search_text gin_trgm_ops)"
TRIGRAMS = """
SELECT SUM(pg_relation_size(indexrelid)) FROM pg_index
JOIN pg_class ON pg_class.oid = indexrelid JOIN pg_am ON pg_am.oid = relam
WHERE amname = 'gin' AND indrelid = 'users'::regclass
"""
