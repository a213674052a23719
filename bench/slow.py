"""Called by slow.sh: PORT PID TOKEN CLIENTS. Opens that many connections: a third send their headers slowly, a third
send their bodies slowly, and a third do not read. Fails if /users/me is slow or fails meanwhile."""

import asyncio
import contextlib
import multiprocessing
import sys
import time

from client import ask_for_profile, counts, fail, latencies, memory_mib, percentile

SECONDS = 15
SLOWEST_P99_MS = 100

HEADER = b"GET /status HTTP/1.1\r\nHost: x\r\n"
BODY = (
    b"POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 10000\r\n\r\nusername="
)
# The answers are larger than the buffers of the sockets.
UNREAD = b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n" * 20


async def be_slow(port, kind, over):
    """Is a slow client. Opens a new connection each time the server closes the old one."""
    while not over.is_set():
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write((HEADER, BODY, UNREAD)[kind])
            while not over.is_set() and not writer.is_closing():
                await asyncio.sleep(1)
                if kind < 2:
                    writer.write((b"X-Slow: x\r\n", b"a")[kind])
                    await writer.drain()
            writer.close()


def keep_slow_clients(port, clients, ready, over):
    """Runs in a separate process, so that its work does not add to the times of /users/me."""

    async def all_of_them():
        finished = asyncio.Event()
        tasks = [asyncio.create_task(be_slow(port, number % 3, finished)) for number in range(clients)]
        await asyncio.sleep(2)
        ready.set()
        await asyncio.to_thread(over.wait)
        finished.set()
        await asyncio.gather(*tasks)

    asyncio.run(all_of_them())


def main(port, pid, token, clients):
    before = memory_mib(pid, "VmRSS")
    ready, over = multiprocessing.Event(), multiprocessing.Event()
    slow = multiprocessing.Process(target=keep_slow_clients, args=(port, clients, ready, over))
    slow.start()
    ready.wait()
    end = time.monotonic() + SECONDS
    profiles = asyncio.run(ask_for_profile(port, token, lambda: time.monotonic() > end))
    peak = memory_mib(pid, "VmHWM")
    over.set()
    slow.join()

    print(f"{clients} slow clients for {SECONDS} s: a third each with slow headers, slow bodies, unread answers")
    print(f"/users/me meanwhile: {counts(profiles)}; {latencies(profiles)}")
    print(f"memory: {before:.0f} MiB before, {peak:.0f} MiB at the peak")
    problems = []
    if any(status != 200 for status, _, _ in profiles):
        problems.append("/users/me failed")
    if percentile(profiles, 0.99) >= SLOWEST_P99_MS:
        problems.append(f"the p99 of /users/me is not below {SLOWEST_P99_MS} ms")
    return fail(problems)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4])))
