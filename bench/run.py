"""Measures Cloakroom beside a bare axum program (bare.rs) and the tutorial's own program (tutorial.py), and prints the
tables of bench/RESULTS.md. The servers run at the same time, and the load goes to one after the other, round after
round. It comes from the same cores. So compare these numbers with each other only, and not with numbers from elsewhere.

Each number is the median of the rounds, with the smallest and the largest in parentheses. A ratio is made in each round.
BENCH_ROUNDS is the number of rounds (5)."""

import contextlib
import os
import pathlib
import sqlite3
import subprocess
import tempfile
import time

import jwt

import load
import servers

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
MANY_USERS = 1_000_000
MANY_ITEMS = 100_000


def heading(title, *columns):
    print(f"\n## {title}\n\n| | {' | '.join(columns)} |\n|{' --- |' * (len(columns) + 1)}")


def row(*cells):
    print(f"| {' | '.join(cells)} |", flush=True)


def token_of(username, number=0):
    claims = {"sub": username, "exp": int(time.time()) + 3600, "jti": str(number)}
    return jwt.encode(claims, servers.SECRET_KEY, algorithm="HS256")


def tokens(folder, name, usernames):
    """A file of tokens for wrk, each another one."""
    file = pathlib.Path(folder, name)
    file.write_text("".join(f"{token_of(username, number)}\n" for number, username in enumerate(usernames)))
    return str(file)


def in_rounds(measurements):
    """Makes the measurements in turn, round after round. Returns a list of results for each."""
    results = [[] for _ in measurements]
    for _ in range(ROUNDS):
        for measure, into in zip(measurements, results, strict=True):
            into.append(measure())
    return results


def requests(ours, bare, tutorial, johndoe):
    heading("Requests a second", "Cloakroom", "bare axum", "FastAPI, 2 workers", "beside axum", "beside FastAPI")
    for connections in (32, 256):
        def measure(url):
            return lambda: load.load(url, connections, 4, TOKENS=johndoe).rate

        # FastAPI redirects a path without the slash at its end. The bare program knows no other path.
        urls = [f"{ours.url}/users/me", f"{bare}/users/me", f"{tutorial}/users/me/"]
        mine, least, python = in_rounds([measure(url) for url in urls])
        cells = [load.spread(rates) for rates in (mine, least, python)]
        row(f"`GET /users/me`, {connections} connections", *cells, load.ratios(mine, least), load.ratios(mine, python))
    (items,) = in_rounds([lambda: load.load(f"{ours.url}/users/me/items", 32, 4, TOKENS=johndoe).rate])
    row("`GET /users/me/items`, 3 items, 32 connections", load.spread(items), *["–"] * 4)


def hashes_in_a_loop():
    return float(subprocess.run([servers.BARE, "hash", "9"], stdout=subprocess.PIPE, check=True).stdout)


def logins(ours, tutorial):
    heading("Logins a second", "Cloakroom", "hashing in a loop", "FastAPI, 2 workers", "beside the loop", "beside FastAPI")

    def measure(url):
        return lambda: load.load(f"{url}/token", 8, 9, FORM=servers.FORM).rate

    mine, loop, python = in_rounds([measure(ours.url), hashes_in_a_loop, measure(tutorial)])
    cells = [load.spread(rates, "{:.1f}") for rates in (mine, loop, python)]
    row("`POST /token`, 8 connections", *cells, load.ratios(mine, loop), load.ratios(mine, python))


def latency(ours, johndoe):
    heading("Latency in milliseconds", "alone: p50", "p99", "beside logins: p50", "p99", "p99 beside alone")

    def alone():
        return load.load(f"{ours.url}/users/me", 32, 4, TOKENS=johndoe)

    def beside_logins():
        logins = load.start(f"{ours.url}/token", 8, 6, FORM=servers.FORM)
        time.sleep(1)
        answers = alone()
        load.finish(logins)
        return answers

    idle, busy = in_rounds([alone, beside_logins])
    cells = [load.spread([getattr(one, name) for one in many], "{:.2f}") for many in (idle, busy) for name in ("p50", "p99")]
    ratio = load.ratios([one.p99 for one in busy], [one.p99 for one in idle])
    row("`GET /users/me`, 32 connections", *cells, ratio)


def memory(ours, johndoe):
    heading("Memory in MiB", "idle", "after logins", "a minute later")

    def resident():
        kib = subprocess.run(["ps", "-o", "rss=", "-p", str(ours.pid)], stdout=subprocess.PIPE, check=True).stdout
        return f"{int(kib) / 1024:.0f}"

    load.load(f"{ours.url}/users/me", 1, 1, TOKENS=johndoe)
    cells = [resident()]
    load.load(f"{ours.url}/token", 8, 5, FORM=servers.FORM)
    cells.append(resident())
    time.sleep(60)
    row("resident", *cells, resident())


def fill(database):
    """Adds a million users, and gives one of them a hundred thousand items."""
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("PRAGMA synchronous = OFF")
        columns = "id, username, email, full_name, hashed_password, disabled, scopes, tokens_valid_from, created_at"
        users = (
            (f"id-{n:07}", f"user{n:07}", f"user{n:07}@example.com", f"User {n}", "$argon2id$", 0, "me items", 0, n)
            for n in range(MANY_USERS)
        )
        connection.executemany(f"INSERT INTO users ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", users)
        columns = "item_id, owner_id, title, description, created_at"
        items = ((f"item{n:06}", "id-0000000", f"Title {n}", "A description", n // 3) for n in range(MANY_ITEMS))
        connection.executemany(f"INSERT INTO items ({columns}) VALUES (?, ?, ?, ?, ?)", items)


def many_users(ours, large, folder):
    heading("With 1,000,000 users", "2 users", "1,000,000 users", "the second beside the first")
    for sample in (2, 1_000, 100_000):
        # Of the demo's two users, alice is disabled.
        few = tokens(folder, f"few-{sample}", ["johndoe"] * sample)
        many = tokens(folder, f"many-{sample}", [f"user{n:07}" for n in range(0, MANY_USERS, MANY_USERS // sample)])
        first, second = in_rounds([
            lambda: load.load(f"{ours.url}/users/me", 32, 3, TOKENS=few).rate,
            lambda: load.load(f"{large.url}/users/me", 32, 3, TOKENS=many).rate,
        ])  # fmt: skip
        name = f"`GET /users/me`, {sample:,} tokens in turn, requests a second"
        row(name, load.spread(first), load.spread(second), load.ratios(second, first))


def lists(large):
    heading("A list of 100,000 items, p50 in milliseconds", "first page", "last page by its link", "last page by `skip`",
            "by its link beside the first")  # fmt: skip
    token, path = token_of("user0000000"), "/users/me/items"
    last = load.next_page(large.url, f"{path}?skip={MANY_ITEMS - 200}", token)
    paths = [path, last, f"{path}?skip={MANY_ITEMS - 100}"]
    rounds = [load.one_by_one(large.url, paths, token, 20) for _ in range(ROUNDS)]
    first, by_link, by_skip = zip(*rounds, strict=True)
    row("`GET /users/me/items`, 100 items", *[load.spread(times, "{:.2f}") for times in (first, by_link, by_skip)],
        load.ratios(by_link, first))  # fmt: skip


def starts(few, many):
    heading("Start", "2 users", "1,000,000 users")
    times = in_rounds([lambda: servers.first_answer(few), lambda: servers.first_answer(many)])
    row("from the start to the first answer, ms", *[load.spread(each) for each in times])


def main():
    with tempfile.TemporaryDirectory() as folder:
        johndoe = tokens(folder, "johndoe", ["johndoe"])
        few, many = (str(pathlib.Path(folder, name)) for name in ("few.db", "many.db"))
        with servers.cloakroom(few) as ours:
            with servers.bare() as bare, servers.tutorial(workers=2) as tutorial:
                requests(ours, bare, tutorial, johndoe)
                logins(ours, tutorial)
            latency(ours, johndoe)
            # The first start makes the tables.
            with servers.cloakroom(many):
                pass
            fill(many)
            with servers.cloakroom(many) as large:
                many_users(ours, large, folder)
                lists(large)
        starts(few, many)
        with servers.cloakroom(few) as ours:
            memory(ours, johndoe)


if __name__ == "__main__":
    main()
