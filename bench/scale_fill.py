"""Fills a database of PostgreSQL with users and items, as the store would have written them. A few statements write them:
ten million sign-ups would take weeks. Each tenth user has ten items. The indexes are built at the end."""

import base64
import concurrent.futures
import hashlib
import itertools
import random
import time
import typing

import argon2

# Two more users: one with a long list, and one who sees all users.
MANY, ADMIN = "many", "admin"
MANY_ITEMS = 100_000
PASSWORD = "secret"
# Hashes that cost little, where the database is measured; and those of production.
CHEAP = {"time_cost": 1, "memory_cost": 64, "parallelism": 1}
PRODUCTION = {"time_cost": 3, "memory_cost": 65536, "parallelism": 4}

SCOPES = "me items me:write items:write"
BEGAN = 1_700_000_000_000
SYLLABLES = "ba bel bri ca cor da den do el fa fin ga gri ha hol in ja jo ka ken la len li lo ma mar mi mor na nel no or pa"


def names(many, *lengths):
    """Different names of so many syllables."""
    chance = random.Random(1)
    every = [name for length in lengths for name in map("".join, itertools.product(SYLLABLES.split(), repeat=length))]
    return chance.sample(sorted(set(every)), many)


FIRST, LAST = names(500, 2), names(20_000, 2, 3)


def username(number, users):
    """The name of a user. The users came in another order than that of their names."""
    place = number * 7_368_787 % users
    return f"{FIRST[place % len(FIRST)]}.{LAST[place * 7919 % len(LAST)]}{place}"


def user_id(number):
    digest, at = hashlib.md5(str(number).encode()).hexdigest(), f"{BEGAN + 1000 * number:012x}"
    return f"{at[:8]}-{at[8:]}-7{digest[:3]}-a{digest[3:6]}-{digest[6:18]}"


def item_id(number):
    """Item `number % 10` of user `number - number % 10`."""
    digest = base64.b64encode(hashlib.md5(f"item {number}".encode()).digest()).decode()
    return digest.translate(str.maketrans("+/", "xy"))[:12]


def array(words):
    return "ARRAY[" + ", ".join(f"'{word}'" for word in words) + "]"


class Filled(typing.NamedTuple):
    """How many seconds it took, and the statements that make the indexes of trigrams, if the store has any."""

    rows: float
    indexes: float
    trigrams: list


def fill(postgres, database, users, argon2_parameters, with_trigrams=True):
    """Fills the tables that the store has made. Indexes of trigrams can be left out."""
    hashed = argon2.PasswordHasher(**argon2_parameters).hash(PASSWORD)
    definitions = postgres.run(database, INDEXES)
    begin = time.monotonic()
    postgres.run(database, *[f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in TABLES],
                 *[drop for drop, _ in definitions],
                 *[f"ALTER TABLE {table} SET (autovacuum_enabled = off)" for table in TABLES])  # fmt: skip
    both(postgres, database, [
        "SET synchronous_commit = off",
        *[f"CREATE TEMPORARY TABLE {name} AS SELECT number - 1 AS place, name FROM unnest({array(words)}) "
          f"WITH ORDINALITY AS names (name, number); ANALYZE {name}" for name, words in (("first", FIRST), ("last", LAST))],
        USERS.format(users=users, hashed=hashed, scopes=SCOPES, began=BEGAN, first=len(FIRST), last=len(LAST)),
        *[OTHERS.format(name=name, hashed=hashed, scopes=scopes, at=BEGAN - number)
          for number, (name, scopes) in enumerate([(MANY, SCOPES), (ADMIN, SCOPES + " admin")], 1)],
        "UPDATE user_count SET count = (SELECT COUNT(*) FROM users)",
    ], [
        "SET synchronous_commit = off",
        ITEMS.format(users=users, began=BEGAN),
        MANY_OF_ONE.format(name=MANY, items=many_items(users), began=BEGAN),
    ])  # fmt: skip
    postgres.run(database, f"UPDATE users SET item_count = {many_items(users)} WHERE id = '{MANY}'")
    rows = time.monotonic() - begin
    # From the end: a foreign key needs the key that it leads to.
    trigrams = [make for _, make in definitions if " gin " in make]
    makes = [make for _, make in reversed(definitions) if with_trigrams or make not in trigrams]
    of_tables = [[make for make in makes if f" {table} " in make and "FOREIGN" not in make] for table in TABLES]
    both(postgres, database, *of_tables)
    postgres.run(database, *[make for make in makes if "FOREIGN" in make],
                 *[f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in TABLES],
                 *[f"ALTER TABLE {table} RESET (autovacuum_enabled)" for table in TABLES])  # fmt: skip
    indexes = time.monotonic() - begin - rows
    if {make for _, make in postgres.run(database, INDEXES)} != set(makes):
        raise RuntimeError("the tables are not as they were")
    # As autovacuum would have done in time.
    both(postgres, database, ["VACUUM (ANALYZE) users"], ["VACUUM (ANALYZE) items"])
    postgres.run(database, "CHECKPOINT")
    return Filled(rows, indexes, trigrams)


def many_items(users):
    return min(MANY_ITEMS, users)


def both(postgres, database, *lists):
    """Runs lists of statements, all at the same time."""
    with concurrent.futures.ThreadPoolExecutor() as threads:
        list(threads.map(lambda statements: postgres.run(database, *statements), lists))


TABLES = ("users", "items")

# What has to go before the rows come, and how it is made again. Foreign keys go first.
INDEXES = """
SELECT drop, make FROM (
    SELECT CASE contype WHEN 'f' THEN 0 ELSE 1 END AS place,
        format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS drop,
        format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS make
    FROM pg_constraint WHERE conrelid IN ('users'::regclass, 'items'::regclass, 'login_addresses'::regclass)
        AND NOT (conrelid = 'login_addresses'::regclass AND contype = 'p')
    UNION ALL SELECT 2, format('DROP INDEX %I', relname), replace(pg_get_indexdef(indexrelid), ' public.', ' ')
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE indrelid IN ('users'::regclass, 'items'::regclass)
        AND indexrelid NOT IN (SELECT conindid FROM pg_constraint WHERE contype IN ('p', 'u'))
) AS all_of_them ORDER BY place
"""

# The search text has the separator U+001F, as the store writes it.
USERS = """
INSERT INTO users (id, username, email, full_name, hashed_password, disabled, scopes, tokens_valid_from, created_at,
    version, search_text, item_count)
SELECT id, username, username || '@example.com', full_name, '{hashed}', FALSE, '{scopes}', 0, created_at, created_at,
    username || E'\\x1f' || lower(full_name) || E'\\x1f' || username || '@example.com',
    CASE WHEN number % 10 = 0 THEN 10 ELSE 0 END
FROM (
    SELECT number, created_at, first.name || '.' || last.name || numbers.place AS username,
        initcap(first.name) || ' ' || initcap(last.name) AS full_name,
        substr(at, 1, 8) || '-' || substr(at, 9) || '-7' || substr(digest, 1, 3) || '-a' || substr(digest, 4, 3) || '-'
            || substr(digest, 7, 12) AS id
    FROM (SELECT number, {began} + 1000 * number AS created_at, number * 7368787 % {users} AS place,
            md5(number::text) AS digest, lpad(to_hex({began} + 1000 * number), 12, '0') AS at
        FROM generate_series(0, {users}::bigint - 1) AS series (number)) AS numbers
    JOIN first ON first.place = numbers.place % {first} JOIN last ON last.place = numbers.place * 7919 % {last}
) AS new_users
"""

ITEMS = """
INSERT INTO items (item_id, owner_id, title, description, created_at, version, search_text)
SELECT item_id, owner_id, title, description, created_at, created_at,
    item_id || E'\\x1f' || lower(title) || E'\\x1f' || lower(description)
FROM (
    SELECT substr(translate(encode(decode(md5('item ' || number), 'hex'), 'base64'), '+/', 'xy'), 1, 12) AS item_id,
        {began} + number AS created_at,
        'Coat number ' || number AS title, 'Hook ' || number % 97 || ', left with a scarf in its sleeve' AS description,
        substr(at, 1, 8) || '-' || substr(at, 9) || '-7' || substr(digest, 1, 3) || '-a' || substr(digest, 4, 3) || '-'
            || substr(digest, 7, 12) AS owner_id
    FROM (SELECT number, md5((number - number % 10)::text) AS digest,
            lpad(to_hex({began} + 1000 * (number - number % 10)), 12, '0') AS at
        FROM generate_series(0, {users}::bigint - 1) AS series (number)) AS numbers
) AS new_items
"""

OTHERS = """
INSERT INTO users (id, username, hashed_password, disabled, scopes, tokens_valid_from, created_at, search_text)
VALUES ('{name}', '{name}', '{hashed}', FALSE, '{scopes}', 0, {at}, '{name}' || E'\\x1f\\x1f')
"""

MANY_OF_ONE = """
INSERT INTO items (item_id, owner_id, title, description, created_at, version, search_text)
SELECT '{name}-' || number, '{name}', 'Coat number ' || number, 'Hook ' || number % 97, {began} + number, 1,
    '{name}-' || number || E'\\x1fcoat number ' || number || E'\\x1fhook ' || number % 97
FROM generate_series(0, {items}::bigint - 1) AS series (number)
"""
