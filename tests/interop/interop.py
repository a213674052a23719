"""Checks that Cloakroom works with a FastAPI service that shares its key, with one that knows its public key, and with one that
shares its table of users. Each check passes a token or a hash from one side to the other. Called by interop.sh."""

import asyncio
import contextlib
import hmac
import json
import pathlib
import sqlite3
import sys
import time

import jwt
from cryptography.hazmat.primitives import serialization
from pwdlib import PasswordHash

REPO = pathlib.Path(__file__).resolve().parents[2]
sys.path += [str(REPO / "bench"), str(REPO / "tests/support")]
import tutorial  # noqa: E402
from checks import report  # noqa: E402
from cloakroom import Cloakroom  # noqa: E402

KEY = tutorial.SECRET_KEY
JOHN = {"username": "johndoe", "email": "johndoe@example.com", "full_name": "John Doe", "disabled": False}


@contextlib.contextmanager
def sql(cloakroom):
    """A connection to the database from another program, while the server runs."""
    with contextlib.closing(sqlite3.connect(cloakroom.database, timeout=20)) as connection, connection:
        yield connection


def stored_hash(cloakroom, username):
    with sql(cloakroom) as connection:
        row = connection.execute("SELECT hashed_password FROM users WHERE username = ?", (username,)).fetchone()
    return row[0] if row else ""


def store_hash(cloakroom, username, hashed):
    with sql(cloakroom) as connection:
        connection.execute("UPDATE users SET hashed_password = ? WHERE username = ?", (hashed, username))


def our_tokens(cloakroom):
    status, answer = cloakroom.login("johndoe", "secret")
    yield "johndoe logs in with the tutorial's stored hash", status == 200, answer
    token = answer["access_token"]
    claims = jwt.decode(token, KEY, algorithms=["HS256"])
    yield "PyJWT decodes our token", claims["sub"] == "johndoe", claims
    promised = {"sub", "exp", "iat", "jti", "scope", "auth_time", "user_id", "password_version"}
    yield "it has the promised claims and no others", set(claims) == promised, claims
    yield "its lifetime is the answer's expires_in", claims["exp"] - claims["iat"] == answer["expires_in"], claims
    yield "its scope is the answer's scope", claims["scope"] == answer["scope"], claims
    yield "its header names HS256", jwt.get_unverified_header(token)["alg"] == "HS256", token
    user = asyncio.run(tutorial.get_current_user(token))
    yield "the tutorial's get_current_user accepts it", user.username == "johndoe", user


def their_tokens(cloakroom):
    def made_with(key=KEY, algorithm="HS256", seconds=60):
        return jwt.encode({"sub": "johndoe", "exp": int(time.time()) + seconds}, key, algorithm=algorithm)

    answer = cloakroom.get("/users/me", made_with())
    yield "/users/me accepts a token of PyJWT with only sub and exp", answer == (200, JOHN), answer
    status, items = cloakroom.get("/users/me/items", made_with())
    yield "/users/me/items accepts it too", status == 200 and any(item["owner"] == "johndoe" for item in items), items
    answer = cloakroom.get("/users/me", tutorial.create_access_token({"sub": "johndoe"}))
    yield "/users/me accepts a token of the tutorial's create_access_token", answer == (200, JOHN), answer
    for name, token in [
        ("made with another key", made_with(key=KEY[::-1])),
        ("that expired", made_with(seconds=-5)),
        ("made with HS512", made_with(algorithm="HS512")),
        ("without a signature", made_with(key=None, algorithm="none")),
    ]:
        answer = cloakroom.get("/users/me", token)
        yield f"a token {name} is refused", answer == (401, {"detail": "Could not validate credentials"}), answer


def with_public_keys(algorithm):
    """The checks of a service that has no secret: PyJWT fetches the public keys."""

    def public_keys(cloakroom):
        client = jwt.PyJWKClient(cloakroom.url + "/.well-known/jwks.json")

        def claims(token, algorithms):
            try:
                return jwt.decode(token, client.get_signing_key_from_jwt(token), algorithms=algorithms)
            except jwt.exceptions.PyJWTError as error:
                return repr(error)

        def is_refused(token, algorithms):
            seen = claims(token, algorithms)
            return isinstance(seen, str), seen

        token = cloakroom.login()[1]["access_token"]
        header = jwt.get_unverified_header(token)
        yield f"our token's header names {algorithm}", header["alg"] == algorithm, header
        seen = claims(token, [algorithm])
        yield f"PyJWKClient and PyJWT decode our token of {algorithm}", "sub" in seen and seen["sub"] == "johndoe", seen
        for other in {"HS256", "EdDSA", "ES256"} - {algorithm}:
            yield f"they refuse it where only {other} is allowed", *is_refused(token, [other])
        message, _, signature = token.rpartition(".")
        forged = f"{message}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
        yield "they refuse one with another signature", *is_refused(forged, [algorithm])
        public = client.get_signing_key_from_jwt(token).key.public_bytes(
            encoding=serialization.Encoding.PEM, format=serialization.PublicFormat.SubjectPublicKeyInfo
        )
        # PyJWT itself refuses to sign with a public key.
        parts = {"alg": "HS256", "kid": header["kid"]}, {"sub": "johndoe", "exp": int(time.time()) + 60}
        message = b".".join(jwt.utils.base64url_encode(json.dumps(part).encode()) for part in parts)
        mac = jwt.utils.base64url_encode(hmac.digest(public, message, "sha256"))
        answer = cloakroom.get("/users/me", (message + b"." + mac).decode())
        yield "a public key that is used as a secret opens nothing", answer[0] == 401, answer

        yield "`key rotate --now` succeeds", cloakroom.run("key", "rotate", "--now"), ""
        deadline = time.monotonic() + 60
        while cloakroom.get("/users/me", token)[0] != 401 and time.monotonic() < deadline:
            time.sleep(0.2)
        client = jwt.PyJWKClient(cloakroom.url + "/.well-known/jwks.json")
        yield "PyJWKClient refuses a token of the key that is gone", *is_refused(token, [algorithm])
        seen = claims(cloakroom.login()[1]["access_token"], [algorithm])
        yield "and takes one of the new key", "sub" in seen and seen["sub"] == "johndoe", seen

    return public_keys


def hashes(cloakroom):
    theirs = PasswordHash.recommended()
    password = "correct horse battery"
    yield "`user add` adds frieda", cloakroom.run("user", "add", "frieda", line=password), ""
    hashed = stored_hash(cloakroom, "frieda")
    yield "her hash has the tutorial's parameters", hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$"), hashed
    yield "pwdlib verifies it", theirs.verify(password, hashed), hashed
    yield "pwdlib refuses another password", not theirs.verify(password + "!", hashed), hashed
    status, answer = cloakroom.login("frieda", password)
    yield "she logs in", status == 200, answer

    yield "`user add` adds gustav", cloakroom.run("user", "add", "gustav", line=password), ""
    store_hash(cloakroom, "gustav", tutorial.get_password_hash("set by the tutorial"))
    status, answer = cloakroom.login("gustav", "set by the tutorial")
    yield "gustav logs in with a hash made by pwdlib", status == 200, answer
    status, answer = cloakroom.login("gustav", password)
    yield "his former password is refused", status == 401, answer


if __name__ == "__main__":
    with Cloakroom.serving(CLOAKROOM__TOKEN__SECRET_KEY=KEY) as server:
        code = report(server, our_tokens, their_tokens, hashes)
    for name in ["EdDSA", "ES256"]:
        with Cloakroom.serving(CLOAKROOM__TOKEN__ALGORITHM=name) as server:
            code |= report(server, with_public_keys(name))
    sys.exit(code)
