"""For the measurements in this folder: plain HTTP requests, statistics, and the memory of a process."""

import asyncio
import collections
import re
import time


async def request(port, method, path, headers, body=""):
    """Sends one request on a new connection. Returns the status, the head of the answer, and the time in seconds."""
    start = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    writer.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
    answer = (await asyncio.wait_for(reader.read(), timeout=120)).decode()
    writer.close()
    head = answer.partition("\r\n\r\n")[0]
    return int(head.split()[1]), head, time.perf_counter() - start


async def login(port, form, **headers):
    headers = {"Content-Type": "application/x-www-form-urlencoded"} | headers
    return await request(port, "POST", "/token", headers, form)


async def ask_for_profile(port, token, is_over):
    """Requests /users/me again and again until `is_over()` is true. Returns the answers."""
    answers = []
    while not is_over():
        answers.append(await request(port, "GET", "/users/me/", {"Authorization": f"Bearer {token}"}))
        await asyncio.sleep(0.02)
    return answers


def memory_mib(pid, field):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(rf"^{field}:\s+(\d+) kB", status.read(), re.MULTILINE)[1]) / 1024


def counts(answers):
    by_status = collections.Counter(status for status, _, _ in answers)
    return ", ".join(f"{count} × {status}" for status, count in sorted(by_status.items()))


def percentile(answers, part):
    """Returns milliseconds."""
    times = sorted(1000 * seconds for _, _, seconds in answers)
    return times[min(len(times) - 1, int(len(times) * part))]


def latencies(answers):
    p50, p99, slowest = (percentile(answers, part) for part in (0.5, 0.99, 1))
    return f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, slowest {slowest:.1f} ms"


def fail(problems):
    """Prints the problems. Returns the exit code."""
    for problem in problems:
        print(f"FAILED: {problem}")
    return 1 if problems else 0
