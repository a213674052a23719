"""How many machines so many users need, and what they cost: arithmetic with the numbers that scale.py has measured
(scale.json), and with assumptions. `python3 bench/scale_model.py peak=3 core_hour=0.02` prints the tables for others."""

import json
import math
import sys

import scale_report

USERS = (10_000, 1_000_000, 1_000_000_000)
LOGINS = (1, 5, 50)
MONTH = 30 * 86_400
HOURS = 730
# Each guess in progress, each failure that is counted before the password is checked, the end of the guess, and the login.
COMMITS_OF_A_LOGIN = 4

# The name: the value, and what it means.
ASSUMPTIONS = {
    "peak": (5, "the busiest hour has so many times the logins of the mean"),
    "busy": (0.6, "at the peak, cores work for this part of the time"),
    "profiles": (10, "requests of `/users/me` after a login"),
    "lists": (8, "requests of `/items` after a login"),
    "changes": (2, "new items after a login"),
    "items": (10, "items of a user"),
    "bloat": (1.5, "tables and indexes grow to so many times what they have when they are new"),
    "server_cores": (4, "cores of a server"),
    "primary_cores": (32, "cores of a primary, at most"),
    "primary_commits": (10_000, "commits a second of a primary, at most"),
    "primary_gb": (4_000, "GB of a primary, at most"),
    "cached": (0.1, "the part of a database that has to be in memory"),
    "copies": (2, "machines for each primary: itself and a standby"),
    "core_hour": (0.04, "the price of a core for an hour, with 4 GB of memory"),
    "gb_month": (0.1, "the price of a GB of disk for a month"),
}


def machines(numbers, given, users, logins):
    """What so many users with so many logins a month need."""
    mean = users * logins / MONTH
    peak = mean * given["peak"]
    after = {"login": 1, "me alone": given["profiles"], "items": given["lists"], "new item": given["changes"]}

    def a_second(what):
        return peak * sum(times * numbers[request][what] for request, times in after.items())

    server_cores, primary_cores = (a_second(ms) / 1000 / given["busy"] for ms in ("server_ms", "postgres_ms"))
    commits = peak * (COMMITS_OF_A_LOGIN + given["changes"])
    log = peak * (numbers["login at 10 M"]["log"] + given["changes"] * numbers["new item"]["log"]) / 1e6
    size = users * (numbers["bytes"]["users"] + given["items"] * numbers["bytes"]["items"]) * given["bloat"] / 1e9
    primaries = max(1, math.ceil(primary_cores / given["primary_cores"]), math.ceil(commits / given["primary_commits"]),
                    math.ceil(size / given["primary_gb"]))  # fmt: skip
    servers = max(2, math.ceil(server_cores / given["server_cores"]))
    # Two small ones do, where there is little to do.
    each = min(given["server_cores"], max(1, math.ceil(server_cores / 2)))
    # Those of `database.connections`, as it is when nothing is set.
    connections = 10 * servers
    # A primary has two cores at least.
    cores = servers * each + given["copies"] * primaries * max(2, primary_cores / primaries)
    money = cores * HOURS * given["core_hour"] + given["copies"] * size * given["gb_month"]
    return {
        "users": users, "logins": logins, "mean": mean, "peak": peak, "requests": peak * sum(after.values()),
        "server cores": server_cores, "servers": servers, "primary cores": primary_cores, "commits": commits, "log": log,
        "size": size, "memory": size * given["cached"] + connections * numbers["memory"]["connection"] / 1024,
        "connections": connections, "primaries": primaries, "money": money,
    }  # fmt: skip


LOAD = {
    "mean": "logins a second", "peak": "at the peak", "requests": "requests a second at the peak",
    "commits": "commits a second at the peak", "log": "log of changes, MB a second",
}  # fmt: skip
NEEDED = {
    "server cores": "cores for hashes and requests", "servers": "servers", "primary cores": "cores for PostgreSQL",
    "primaries": "primaries", "size": "database, GB", "memory": "its memory, GB", "connections": "connections",
    "money": "money a month",
}  # fmt: skip
# Numbers that are whole, as things are.
WHOLE = ("servers", "connections", "primaries")


def short(number):
    """Two digits that count."""
    if number < 10:
        return f"{number:.2g}"
    digits = len(str(int(number))) - 2
    return f"{round(number, -digits):,.0f}"


def tables(report, numbers, given):
    report.begin("assumptions")
    report.table("name", "what", "value")
    for name, (_, what) in ASSUMPTIONS.items():
        report.row(f"`{name}`", what, f"{given[name]:,g}")
    report.begin("machines")
    needs = [machines(numbers, given, users, logins) for users in USERS for logins in LOGINS]
    for columns in (LOAD, NEEDED):
        report.table("users × logins a month", *columns.values())
        for need in needs:
            cells = [f"{need[name]:,}" if name in WHOLE else short(need[name]) for name in columns]
            report.row(f"{need['users']:,} × {need['logins']}", *cells)


def add(report):
    tables(report, report.numbers, {name: value for name, (value, _) in ASSUMPTIONS.items()})


def main():
    given = {name: value for name, (value, _) in ASSUMPTIONS.items()}
    for name, _, value in (argument.partition("=") for argument in sys.argv[1:]):
        if name not in given:
            sys.exit(f"{name} is none of the assumptions: {', '.join(given)}")
        given[name] = float(value)
    tables(scale_report.Report(), json.loads(scale_report.NUMBERS.read_text()), given)


if __name__ == "__main__":
    main()
