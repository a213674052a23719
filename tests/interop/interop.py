"""A FastAPI service that shares Cloakroom's key, and one that shares its table of users, must get along with it: each
check below hands something from one side to the other. Called by interop.sh."""

import asyncio
import contextlib
import json
import os
import pathlib
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

import jwt
from pwdlib import PasswordHash

REPO = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO / "bench"))
import tutorial  # noqa: E402

BIN = os.path.abspath(os.environ["CLOAKROOM_BIN"])
KEY = tutorial.SECRET_KEY
JOHN = {"username": "johndoe", "email": "johndoe@example.com", "full_name": "John Doe", "disabled": False}


class Cloakroom:
    """A server in a temporary folder, and the command line beside it."""

    def __init__(self, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self.folder = folder
        self.log = os.path.join(folder, "server.log")
        self.database = os.path.join(folder, "cloakroom.db")
        self.environment = os.environ | {
            "LEPTOS_SITE_ROOT": str(REPO / "target/site"),
            "LEPTOS_SITE_ADDR": self.address,
            "CLOAKROOM__DATABASE__URL": f"sqlite://{self.database}",
            "CLOAKROOM__TOKEN__SECRET_KEY": KEY,
            "CLOAKROOM__DEMO__ENABLED": "true",
        }

    @contextlib.contextmanager
    def serving(self):
        with open(self.log, "wb") as log:
            server = subprocess.Popen(
                [BIN], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            deadline = time.monotonic() + 20
            while True:
                try:
                    self.get("/users/me")
                    break
                except OSError:
                    if server.poll() is not None or time.monotonic() > deadline:
                        sys.exit("The server did not start:\n" + pathlib.Path(self.log).read_text())
                    time.sleep(0.05)
            yield
        finally:
            server.terminate()
            try:
                server.wait(timeout=20)
            finally:
                server.kill()

    def user_add(self, username, password):
        """Returns whether it worked."""
        command, answer = [BIN, "user", "add", username], password + "\n"
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, input=answer, text=True, timeout=60, check=False
        )
        return done.returncode == 0

    def send(self, request):
        """Returns the status and the JSON of the answer."""
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def get(self, path, token=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.send(urllib.request.Request(f"http://{self.address}{path}", headers=headers))

    def login(self, username, password):
        form = urllib.parse.urlencode({"username": username, "password": password}).encode()
        return self.send(urllib.request.Request(f"http://{self.address}/token", data=form))

    @contextlib.contextmanager
    def sql(self):
        """The database, as another program sees it while the server runs."""
        with contextlib.closing(sqlite3.connect(self.database, timeout=20)) as connection, connection:
            yield connection

    def stored_hash(self, username):
        with self.sql() as connection:
            row = connection.execute("SELECT hashed_password FROM users WHERE username = ?", (username,)).fetchone()
        return row[0] if row else None

    def store_hash(self, username, hashed):
        with self.sql() as connection:
            connection.execute("UPDATE users SET hashed_password = ? WHERE username = ?", (hashed, username))


def our_tokens(cloakroom):
    status, answer = cloakroom.login("johndoe", "secret")
    yield "the tutorial's stored hash lets johndoe in", status == 200, answer
    token = answer["access_token"]
    claims = jwt.decode(token, KEY, algorithms=["HS256"])
    yield "PyJWT decodes our token", claims["sub"] == "johndoe", claims
    yield "it has just the promised claims", set(claims) == {"sub", "exp", "iat", "jti", "scope"}, claims
    yield "it lives as long as the answer says", claims["exp"] - claims["iat"] == answer["expires_in"], claims
    yield "its scope is the answer's", claims["scope"] == answer["scope"], claims
    yield "its header names HS256", jwt.get_unverified_header(token)["alg"] == "HS256", token
    user = asyncio.run(tutorial.get_current_user(token))
    yield "the tutorial's get_current_user accepts it", user.username == "johndoe", user


def their_tokens(cloakroom):
    def made_with(key=KEY, algorithm="HS256", seconds=60):
        return jwt.encode({"sub": "johndoe", "exp": int(time.time()) + seconds}, key, algorithm=algorithm)

    answer = cloakroom.get("/users/me", made_with())
    yield "a token of PyJWT with only sub and exp opens /users/me", answer == (200, JOHN), answer
    status, items = cloakroom.get("/users/me/items", made_with())
    yield "and the items", status == 200 and any(item["owner"] == "johndoe" for item in items), items
    answer = cloakroom.get("/users/me", tutorial.create_access_token({"sub": "johndoe"}))
    yield "so does one of the tutorial's create_access_token", answer == (200, JOHN), answer
    for name, token in [
        ("made with another key", made_with(key=KEY[::-1])),
        ("that expired", made_with(seconds=-5)),
        ("made with HS512", made_with(algorithm="HS512")),
        ("without a signature", made_with(key=None, algorithm="none")),
    ]:
        answer = cloakroom.get("/users/me", token)
        yield f"one {name} does not", answer == (401, {"detail": "Could not validate credentials"}), answer


def hashes(cloakroom):
    theirs = PasswordHash.recommended()
    password = "correct horse battery"
    yield "`user add` adds frieda", cloakroom.user_add("frieda", password), ""
    hashed = cloakroom.stored_hash("frieda") or ""
    yield "her hash has the tutorial's parameters", hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$"), hashed
    yield "pwdlib verifies it", theirs.verify(password, hashed), hashed
    yield "pwdlib refuses another password", not theirs.verify(password + "!", hashed), hashed
    status, answer = cloakroom.login("frieda", password)
    yield "she logs in", status == 200, answer

    yield "`user add` adds gustav", cloakroom.user_add("gustav", password), ""
    cloakroom.store_hash("gustav", tutorial.get_password_hash("set by the tutorial"))
    status, answer = cloakroom.login("gustav", "set by the tutorial")
    yield "a hash of pwdlib's lets gustav in", status == 200, answer
    status, answer = cloakroom.login("gustav", password)
    yield "and his former password does not", status == 401, answer


def main():
    # So that the server is stopped too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        cloakroom = Cloakroom(folder)
        with cloakroom.serving():
            for group in (our_tokens, their_tokens, hashes):
                try:
                    for sentence, holds, seen in group(cloakroom):
                        print("ok    " if holds else "FAILED", sentence, *([] if holds else [f"({seen})"]))
                        passed, failed = passed + bool(holds), failed + (not holds)
                except Exception as error:  # a check that could not even be made, and those after it in its group
                    print("FAILED", f"{group.__name__}: {error!r}")
                    failed += 1
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
