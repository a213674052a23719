"""How long the lists take: the first page, a search, the middle and the last page, beside the same call on ten rows.
Called by lists.sh: PORT DATABASE SECRET_KEY. Writes a user with 100,000 items, and 1,000,000 users, into the database of the
running server."""

import http.client
import json
import sqlite3
import statistics
import sys
import time

import jwt

ITEMS, USERS, ROUNDS = 100_000, 1_000_000, 50
SCOPES = "me items me:write items:write admin"


def fill(path):
    """The rows are written directly: a million sign-ups would take a day."""
    connection = sqlite3.connect(path, timeout=60, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    user = "INSERT INTO users (id, username, email, full_name, hashed_password, disabled, scopes, tokens_valid_from,"
    user += " created_at, version, search_text) VALUES (?, ?, ?, ?, '', 0, ?, 0, 0, 1, ?)"
    item = "INSERT INTO items (item_id, owner_id, title, description, created_at, version, search_text)"
    item += " VALUES (?, ?, ?, ?, ?, 1, ?)"
    for name, count in (("many", ITEMS), ("few", 10)):
        connection.execute(user, (name, name, None, None, SCOPES, name))
        connection.executemany(item, items(name, count))
    connection.execute("COMMIT")
    yield
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(user, users())
    connection.execute("COMMIT")
    yield


def items(owner, count):
    for number in range(count):
        title, text = f"Coat number {number}", f"Hook {number % 97}, left by {owner} with a scarf in its sleeve"
        item_id = f"{owner}-{number}"
        yield item_id, owner, title, text, number, f"{item_id}\n{title}\n{text}".lower()


def users():
    for number in range(USERS):
        name, mail = f"user-{number:07}", f"user-{number:07}@example.com"
        full_name = f"Person Number {number}"
        yield name, name, mail, full_name, SCOPES, f"{name}\n{full_name}\n{mail}".lower()


def p50(connection, token, path):
    """The median of the times of one call, in milliseconds, and the answer's count."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        body = answer.read()
        times.append(1000 * (time.perf_counter() - start))
        if answer.status != 200:
            sys.exit(f"FAILED: {path} was answered with {answer.status}")
    return statistics.median(times), json.loads(body)["count"]


def main(port, database, key):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    many, few = (
        jwt.encode({"sub": name, "exp": int(time.time()) + 3600}, key, algorithm="HS256") for name in ("many", "few")
    )
    filled = fill(database)
    next(filled)
    small = {path: p50(connection, few, f"/users{path}") for path in ("", "?q=few")}
    for name, path in [
        ("first page", ""),
        ("search, found once", "?q=number 99999"),
        ("search, found often", "?q=hook 9"),
        ("page in the middle", f"?skip={ITEMS // 2 - 100}"),
        ("last page", f"?skip={ITEMS - 100}"),
        ("last page, by its link", "?after=100.many-100"),
    ]:
        path = "/items" + path.replace(" ", "%20")
        (time_few, _), (time_many, count) = p50(connection, few, path), p50(connection, many, path)
        print(f"GET /items, {name}: {time_many:.2f} ms of {ITEMS} items ({count} match), {time_few:.2f} ms of 10")
    next(filled)
    # The server has closed the idle connection meanwhile.
    connection.close()
    for name, path, like in [
        ("first page", "", ""),
        ("search, found once", "?q=user-0999999@", "?q=few"),
        ("page in the middle", f"?skip={USERS // 2 - 100}", ""),
        ("last page", f"?skip={USERS - 100}", ""),
        ("last page, by its link", "?after=user-0999899", ""),
    ]:
        time_many, count = p50(connection, many, f"/users{path}")
        print(f"GET /users, {name}: {time_many:.2f} ms of {USERS} users ({count} match), {small[like][0]:.2f} ms of 4")
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
