"""Sends requests with wrk or one after the other, and writes medians with their spread."""

import contextlib
import http.client
import os
import pathlib
import statistics
import subprocess
import time
import typing
import urllib.parse

SCRIPT = pathlib.Path(__file__).parent / "wrk.lua"


class Load(typing.NamedTuple):
    """The result of one load. Times are in milliseconds."""

    rate: float
    p50: float
    p99: float


def start(url, connections, seconds, **environment):
    """Starts wrk with one thread. `environment` has FORM or TOKENS, see wrk.lua."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", SCRIPT, url]
    return subprocess.Popen(command, env=os.environ | environment, stdout=subprocess.PIPE, text=True)


def finish(wrk):
    """Waits for wrk. Every request must have got a good answer."""
    printed, _ = wrk.communicate()
    results = [line.split() for line in printed.splitlines() if line.startswith("RESULT")]
    if not results:
        raise RuntimeError(f"wrk printed no result:\n{printed}")
    _, rate, p50, p99, failed = results[0]
    if failed != "0":
        raise RuntimeError(f"{failed} requests failed:\n{printed}")
    return Load(float(rate), float(p50), float(p99))


def load(url, connections, seconds, **environment):
    return finish(start(url, connections, seconds, **environment))


def get(connection, path, token):
    connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path} answered {answer.status}")
    return answer


def connect(url):
    return contextlib.closing(http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc))


def one_by_one(url, paths, token, rounds):
    """Requests each path in turn, on one connection. Returns the p50 of each, in milliseconds."""
    times = {path: [] for path in paths}
    with connect(url) as connection:
        for path in paths * rounds:
            begin = time.perf_counter()
            get(connection, path, token)
            times[path].append(1000 * (time.perf_counter() - begin))
    return [statistics.median(times[path]) for path in paths]


def next_page(url, path, token):
    """The path of the page after this one."""
    with connect(url) as connection:
        return get(connection, path, token).headers["Link"].split(">")[0].removeprefix("<")


def spread(numbers, form="{:,.0f}"):
    """The median, and the smallest and largest."""
    low, middle, high = (form.format(number) for number in (min(numbers), statistics.median(numbers), max(numbers)))
    return f"{middle} ({low}–{high})"


def ratios(numbers, others):
    """The spread of the ratios. The two lists have the results of the same rounds."""
    return spread([number / other for number, other in zip(numbers, others, strict=True)], "{:.2f}")
