"""The requests that are measured, and how they are sent: by wrk (scale.lua), to one server or to several at once."""

import itertools
import json
import os
import pathlib
import random
import subprocess
import time
import urllib.parse

import jwt

import load
import scale_fill
import servers

SCRIPT = pathlib.Path(__file__).with_name("scale.lua")
# Names and ids that no run before this one has used.
FRESH = itertools.count(int(time.time()) * 10_000_000 % 10**15)


def token_of(username, number=0):
    claims = {"sub": username, "exp": int(time.time()) + 7200, "jti": str(number)}
    return jwt.encode(claims, servers.SECRET_KEY, algorithm="HS256")


def bearer(username):
    return f"Authorization: Bearer {token_of(username)}"


def users_me(usernames):
    return [("GET", "/users/me", bearer(name), "") for name in usernames]


def own_items(usernames):
    return [("GET", "/users/me/items", bearer(name), "") for name in usernames]


def items(usernames):
    return [("GET", "/items", bearer(name), "") for name in usernames]


def new_items(usernames):
    body = json.dumps({"title": "Umbrella", "description": "Hook 7, left with a scarf in its sleeve"})
    return [("POST", "/items", f"{bearer(name)}|Content-Type: application/json", body) for name in usernames]


def changed_items(users, numbers):
    """Changes of the first item of these users."""
    for number in numbers:
        headers = f"{bearer(scale_fill.username(number, users))}|Content-Type: application/json"
        title = json.dumps({"title": f"Umbrella {next(FRESH)}"})
        yield "PATCH", f"/items/{scale_fill.item_id(number)}", headers, title


def address(number):
    """An address of a client, as a proxy names it."""
    return f"X-Forwarded-For: 10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def logins(usernames, addresses=None):
    """Logins, each user from an address of their own, or from these."""
    for number, name in enumerate(usernames):
        form = urllib.parse.urlencode({"username": name, "password": scale_fill.PASSWORD})
        place = address(number if addresses is None else next(addresses))
        yield "POST", "/token", f"{place}|Content-Type: application/x-www-form-urlencoded", form


def sign_ups(many):
    for number in itertools.islice(FRESH, many):
        name = f"new.{number}"
        body = {"username": name, "password": "correct horse battery staple", "email": f"{name}@example.com"}
        yield "POST", "/users", f"{address(number)}|Content-Type: application/json", json.dumps(body)


def chosen(users, many, step=1, seed=2):
    """Numbers of users, by chance. With `step` 10 only those who have items. Another seed gives others."""
    chance = random.Random(seed)
    return [chance.randrange(0, users, step) for _ in range(many)]


class Wrk:
    """Sends requests from files in this folder."""

    def __init__(self, folder):
        self.folder, self.files = pathlib.Path(folder), itertools.count()

    def file(self, requests):
        """A file of requests, which can be sent again and again."""
        file = self.folder / f"requests-{next(self.files)}"
        file.write_text("".join("\t".join(request) + "\n" for request in requests))
        return file

    def send(self, urls, file, connections, seconds):
        """Sends the requests to these servers, which share the connections. Returns the sum of the rates, and the longest
        times. With several servers each gets a part of the file."""
        lines = file.read_text().splitlines(keepends=True)
        running = []
        for position, url in enumerate(urls):
            part = file.with_name(f"{file.name}-{position}-{len(urls)}")
            if not part.exists():
                part.write_text("".join(lines[position :: len(urls)] or lines))
            running.append(start(url, part, connections // len(urls), seconds))
        results = [load.finish(wrk) for wrk in running]
        return load.Load(sum(one.rate for one in results), max(one.p50 for one in results), max(one.p99 for one in results))


def start(url, file, connections, seconds):
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", SCRIPT, url]
    return subprocess.Popen(command, env=os.environ | {"REQUESTS": str(file)}, stdout=subprocess.PIPE, text=True)


def one(connection, request):
    """Sends one request. Returns the milliseconds, the status and the body."""
    method, path, fields, body = request
    headers = dict(field.split(": ", 1) for field in fields.split("|"))
    begin = time.perf_counter()
    connection.request(method, path, body=body or None, headers=headers)
    answer = connection.getresponse()
    content = answer.read()
    return 1000 * (time.perf_counter() - begin), answer.status, content


def in_turn(url, requests):
    """Sends requests one after the other. Returns their milliseconds, statuses and bodies."""
    with load.connect(url) as connection:
        return [one(connection, request) for request in requests]


def count_of(answer):
    """How many entries a list has, as the answer says."""
    return json.loads(answer[2])["count"]
