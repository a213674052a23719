"""Called by flood.sh: PORT PID TOKEN LOGINS. Fails if an answer is not what a full queue may give, if the server took
300 MiB or more, or if /users/me failed meanwhile."""

import asyncio
import collections
import os
import re
import sys
import time

MOST_MEMORY_MIB = 300


async def request(port, method, path, headers, body=""):
    """Sends one request on a connection of its own. Returns the status, the head of the answer and the seconds."""
    start = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    writer.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
    answer = (await asyncio.wait_for(reader.read(), timeout=120)).decode()
    writer.close()
    head = answer.partition("\r\n\r\n")[0]
    return int(head.split()[1]), head, time.perf_counter() - start


async def login(port):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return await request(port, "POST", "/token", headers, os.environ["LOGIN_FORM"])


async def ask_for_profile(port, token, over):
    """Asks for /users/me again and again until `over` is set. Returns the answers."""
    answers = []
    while not over.is_set():
        answers.append(await request(port, "GET", "/users/me/", {"Authorization": f"Bearer {token}"}))
        await asyncio.sleep(0.02)
    return answers


def memory_mib(pid, field):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(rf"^{field}:\s+(\d+) kB", status.read(), re.MULTILINE)[1]) / 1024


def counts(answers):
    by_status = collections.Counter(status for status, _, _ in answers)
    return ", ".join(f"{count} × {status}" for status, count in sorted(by_status.items()))


def latencies(answers):
    times = sorted(1000 * seconds for _, _, seconds in answers)
    p50, p99 = (times[min(len(times) - 1, int(len(times) * part))] for part in (0.5, 0.99))
    return f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, slowest {times[-1]:.1f} ms"


async def main(port, pid, token, logins):
    before = memory_mib(pid, "VmRSS")
    over = asyncio.Event()
    profiles = asyncio.create_task(ask_for_profile(port, token, over))
    start = time.perf_counter()
    answers = await asyncio.gather(*(login(port) for _ in range(logins)))
    duration = time.perf_counter() - start
    over.set()
    profiles = await profiles
    peak = memory_mib(pid, "VmHWM")

    print(f"{logins} logins at once: {counts(answers)}, in {duration:.1f} s")
    print(f"  those let in: {latencies([answer for answer in answers if answer[0] == 200] or answers)}")
    print(f"/users/me meanwhile: {counts(profiles)}; {latencies(profiles)}")
    print(f"memory: {before:.0f} MiB before, {peak:.0f} MiB at the peak, {memory_mib(pid, 'VmRSS'):.0f} MiB after")

    problems = []
    if {status for status, _, _ in answers} - {200, 503}:
        problems.append("a login was answered with neither 200 nor 503")
    if not any(status == 200 for status, _, _ in answers):
        problems.append("nobody was let in")
    if any(status == 503 and "\nretry-after:" not in head.lower() for status, head, _ in answers):
        problems.append("a 503 came without Retry-After")
    if any(status != 200 for status, _, _ in profiles):
        problems.append("/users/me failed")
    if peak >= MOST_MEMORY_MIB:
        problems.append(f"the peak is not below {MOST_MEMORY_MIB} MiB")
    for problem in problems:
        print(f"FAILED: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))))
