"""Runs FastAPI's own tests of its security tutorial against Cloakroom. Called by interop.sh.

The tests are in FastAPI's source package. They run from there, unchanged: the files for tutorial004 (passwords and
tokens) and tutorial005 (scopes). Each of these programs has a copy with the ending `_non_an`, which differs only in its
syntax and is left out. A test gets a client that sends its requests over HTTP to a new server, and not to the
tutorial's app. The server's database gets the tutorial's password hashes and keeps only the tutorial's item. Some tests
only call functions of the tutorial, such as get_password_hash, and never ask the server. They are counted apart.

Where the contract decided otherwise than the tutorial, a test has a difference in differences.py. It gets the
tutorial's value, but only if the server answered exactly what the difference says. A difference that a test would pass
without is a failure."""

import contextlib
import importlib
import sys

import fastapi.testclient
import httpx2
import pytest
from differences import DIFFERENCES, outline
from interop import KEY, REPO, Cloakroom, sql, store_hash

SOURCE = REPO / ".venv" / f"fastapi-{fastapi.__version__}"
FILES = [SOURCE / f"tests/test_tutorial/test_security/test_{name}.py" for name in ("tutorial004", "tutorial005")]
OPTIONS = [
    "-q", "--tb=short", "-k", "not _non_an",
    # FastAPI's settings for pytest ask for plugins that these files do not need.
    "--config-file=/dev/null", f"--rootdir={SOURCE}", "--disable-plugin-autoload", "-p", "no:cacheprovider",
    "-W", "ignore::pytest.PytestUnknownMarkWarning",
]  # fmt: skip


class Client(httpx2.Client):
    """Stands in for FastAPI's TestClient. It does not follow redirects, because the server needs none."""

    def __init__(self, url, differences):
        # Without `verify=False` each client would read the system's certificates, which takes longer than a test.
        super().__init__(base_url=url, timeout=30, trust_env=False, verify=False)
        self.differences, self.met, self.requests = differences, [], 0

    def request(self, method, url, **arguments):
        self.requests += 1
        here = [difference for difference in self.differences if difference.request == f"{method} {url}"]
        self.met += here
        for difference in here:
            if difference.part == "form":
                arguments["data"] = arguments["data"] | difference.ours
        answer = super().request(method, url, **arguments)
        for difference in here:
            if difference.part in ("status", "body", "challenge"):
                replace(answer, difference)
        if outlines := [difference for difference in here if difference.part == "outline"]:
            document = Document(answer.json())
            document.differences = outlines
            answer.json = lambda: document
        return answer


def replace(answer, difference):
    """Puts the tutorial's value into an answer that has ours."""
    challenge = answer.headers.get("WWW-Authenticate")
    seen = {"status": answer.status_code, "body": answer.json(), "challenge": challenge}[difference.part]
    if seen != difference.ours:
        pytest.fail(f"{difference.request}: the {difference.part} is {seen!r}, not {difference.ours!r}")
    if difference.part == "status":
        answer.status_code = difference.tutorial
    elif difference.part == "challenge":
        answer.headers["WWW-Authenticate"] = difference.tutorial
    else:
        answer.json = lambda: difference.tutorial


class Document(dict):
    """Our OpenAPI document. It equals the tutorial's if its outline has all lines of that one, but for the
    differences."""

    def __eq__(self, tutorials):
        ours = outline(self)
        lacks = outline(tutorials) - ours
        may_lack = {line for difference in self.differences for line in difference.tutorial}
        must_have = {line for difference in self.differences for line in difference.ours}
        if lacks != may_lack or not must_have <= ours:
            surprises = sorted(lacks - may_lack | must_have - ours), sorted(may_lack - lacks)
            pytest.fail("The document's outline lacks {}, and does not lack {}".format(*surprises))
        return True


class Runner:
    """A plugin for pytest. It runs each test with its differences, and counts."""

    def __init__(self):
        self.collected, self.as_they_are, self.by_difference, self.never_ask = set(), set(), set(), set()
        # The tests make their clients by this name.
        fastapi.testclient.TestClient = lambda app: self.client

    def pytest_collection_finish(self, session):
        self.collected = {test.name for test in session.items}

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem):
        differences = [difference for difference in DIFFERENCES if pyfuncitem.name in difference.tests]
        for left_out in differences:
            try:
                self.run(pyfuncitem, [difference for difference in differences if difference is not left_out])
            except (AssertionError, KeyError, pytest.fail.Exception):  # KeyError: there is no challenge.
                continue
            pytest.fail(f"The test passes without this difference: {left_out}")
        self.run(pyfuncitem, differences)
        if unmet := [difference for difference in differences if difference not in self.client.met]:
            pytest.fail(f"The test does not make the request of these differences: {unmet}")
        if differences:
            self.by_difference.add(pyfuncitem.name)
        elif self.client.requests:
            self.as_they_are.add(pyfuncitem.name)
        else:
            self.never_ask.add(pyfuncitem.name)
        return True  # So that pytest does not run it again.

    def run(self, test, differences):
        # pytest takes SystemExit for a failed test. But it means that the server cannot start, or a SIGTERM.
        try:
            with tutorials_server() as server, Client(server.url, differences) as self.client:
                test.obj(mod=test.funcargs["mod"])
        except SystemExit as end:
            pytest.exit(f"Ended: {end}", returncode=1)

    def report(self):
        """Prints the differences and the counts. Returns whether all tests passed and all differences have a test."""
        for difference in DIFFERENCES:
            print(f"{difference.request}, {difference.part}: {difference.reason}")
            print(f"    tutorial:  {difference.tutorial}\n    Cloakroom: {difference.ours}")
            print(f"    in {', '.join(difference.tests)}")
        unknown = {test for difference in DIFFERENCES for test in difference.tests} - self.collected
        for test in sorted(unknown):
            print(f"FAILED {test}: it has a difference, but there is no such test")
        others = self.collected - self.as_they_are - self.by_difference - self.never_ask
        print(
            f"FastAPI's own tests, version {fastapi.__version__}: {len(self.as_they_are)} pass as they are,"
            f" {len(self.by_difference)} by a difference (listed above), {len(self.never_ask)} never ask the server,"
            f" {len(others)} do not pass",
            flush=True,
        )
        return not others and not unknown


@contextlib.contextmanager
def tutorials_server():
    """A new server for each run of a test. Otherwise the failed logins of one test would make another one wait. It has
    the tutorial's key, which signed the tokens in the tests: these must be refused for what they say."""
    users = importlib.import_module("docs_src.security.tutorial005").fake_users_db
    with Cloakroom.serving(CLOAKROOM__TOKEN__SECRET_KEY=KEY) as server:
        for username, user in users.items():
            store_hash(server, username, user["hashed_password"])
        with sql(server) as connection:
            connection.execute("DELETE FROM items WHERE item_id <> 'Foo'")
        yield server


if __name__ == "__main__":
    if not SOURCE.is_dir():
        sys.exit(f"{SOURCE} is missing. Is this the version in tests/interop/fastapi-source.txt?")
    runner = Runner()
    code = pytest.main([*OPTIONS, *map(str, FILES)], plugins=[runner])
    sys.exit(0 if runner.report() and code == pytest.ExitCode.OK else 1)
