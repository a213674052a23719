"""How long `cloakroom database copy` takes, from SQLite to PostgreSQL and back, and whether the rows are equal. Called by
copy.sh."""

import hashlib
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import time

REPO = pathlib.Path(__file__).parents[1]
BIN = os.path.abspath(os.environ.get("CLOAKROOM_BIN", REPO / "target/release/cloakroom"))
USERS, ITEMS_EACH = 100_000, 10
# Everything that the program keeps of users and items, with what the triggers count.
TABLES = ("users", "items", "login_addresses", "deleted_usernames", "user_count")


def program(folder, database, *arguments):
    # The program refuses variables that it does not know.
    known = {name: value for name, value in os.environ.items() if not name.startswith("CLOAKROOM")}
    environment = known | {"CLOAKROOM__DATABASE__URL": database, "CLOAKROOM__PASSWORD__MEMORY_KIB": "64"}
    begin = time.perf_counter()
    done = subprocess.run([BIN, *arguments], cwd=folder, env=environment, input="correct horse battery\n", text=True,
                          capture_output=True)
    if done.returncode != 0:
        sys.exit(f"FAILED: {' '.join(arguments[:2])}: {done.stderr}")
    return time.perf_counter() - begin, done.stdout.strip()


def fill(path):
    """The rows are written directly: so many sign-ups would take hours."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("INSERT INTO users (id, username, email, full_name, hashed_password, disabled, scopes,"
                           " tokens_valid_from, created_at, failed_logins, version, search_text, last_login_at)"
                           " VALUES (?, ?, ?, ?, '$argon2id$…', ?, 'me items', ?, ?, ?, ?, ?, ?)", map(user, range(USERS)))
    connection.executemany("INSERT INTO items (item_id, owner_id, title, description, created_at, version, search_text)"
                           " VALUES (?, ?, ?, ?, ?, ?, ?)", map(item, range(USERS * ITEMS_EACH)))
    connection.executemany("INSERT INTO login_addresses VALUES (?, ?, ?)",
                           ((user(number)[0], f"192.0.2.{number % 200}", number) for number in range(USERS)))
    connection.executemany("INSERT INTO deleted_usernames VALUES (?, ?)",
                           ((hashlib.sha256(b"%d" % number).hexdigest(), number) for number in range(USERS // 10)))
    connection.execute("COMMIT")
    connection.close()


def user(number):
    name, mail = f"user-{number:07}", None if number % 3 == 0 else f"user-{number:07}@example.com"
    full_name = None if number % 4 == 0 else f"Person Nº {number} \U0001f9e5"
    text = "\x1f".join(part.lower() for part in (name, full_name, mail) if part)
    last_login = None if number % 5 == 0 else 1_700_000_000_000 + number
    return (f"0190-{number:012}", name, mail, full_name, number % 7 == 0, number, 1_600_000_000_000 + number, number % 3,
            1_600_000_000_000 + number, text, last_login)


def item(number):
    title = f"Coat “{number}”\\"
    description = None if number % 2 == 0 else f"Hook {number % 97}\nwith a scarf in its sleeve " + "x" * (number % 200)
    return (hashlib.sha256(b"item %d" % number).hexdigest()[:12], f"0190-{number % USERS:012}", title, description, number,
            number % 5, f"{title}\x1f{description or ''}".lower())


def rows(path):
    """For each table, how many rows it has, and a digest of them all."""
    connection = sqlite3.connect(path)
    found = {}
    for table in TABLES:
        count, digest = 0, hashlib.sha256()
        columns = ", ".join(sorted(row[1] for row in connection.execute(f"PRAGMA table_info({table})")))
        for row in connection.execute(f"SELECT {columns} FROM {table} ORDER BY 1, 2" if table != "user_count"
                                      else "SELECT count FROM user_count"):
            count += 1
            digest.update(repr(row).encode())
        found[table] = (count, digest.hexdigest())
    return found


def main():
    with tempfile.TemporaryDirectory() as folder:
        one, back = (pathlib.Path(folder, name) for name in ("one.db", "back.db"))
        program(folder, f"sqlite://{one}", "user", "add", "first")
        fill(one)
        postgres = os.environ["CLOAKROOM_TEST_POSTGRES"]
        there, said = program(folder, f"sqlite://{one}", "database", "copy", "--to", postgres)
        print(f"{said}\nFrom SQLite to PostgreSQL: {there:.1f} seconds.")
        home, said = program(folder, postgres, "database", "copy", "--to", f"sqlite://{back}")
        print(f"{said}\nFrom PostgreSQL to SQLite: {home:.1f} seconds.")
        before, after = rows(one), rows(back)
        for table in TABLES:
            equal = "equal" if before[table] == after[table] else "NOT EQUAL"
            print(f"{table}: {after[table][0]} rows, {equal}")
        if before != after:
            sys.exit("FAILED: what came back is not equal to what went out")
        took, said = program(folder, f"sqlite://{one}", "database", "backup", str(pathlib.Path(folder, "backup.db")))
        print(f"{said}\nBackup of SQLite: {took:.1f} seconds.")


main()
