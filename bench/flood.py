"""Called by flood.sh: PORT PID TOKEN LOGINS. Sends that many logins at once. Fails if an answer is neither a 200 nor a
503 with Retry-After, if no login succeeds, if memory rises by more than 200 MiB, or if /users/me is slow or fails
meanwhile."""

import asyncio
import multiprocessing
import os
import sys
import time

from client import ask_for_profile, counts, fail, latencies, login, memory_mib, percentile

MOST_MEMORY_MIB = 200
SLOWEST_P99_MS = 250


def log_in_at_once(port, logins, results):
    """Runs in a separate process, so that its work does not add to the times of /users/me."""

    async def all_of_them():
        return await asyncio.gather(*(login(port, os.environ["LOGIN_FORM"]) for _ in range(logins)))

    start = time.perf_counter()
    answers = asyncio.run(all_of_them())
    results.send((answers, time.perf_counter() - start))


def main(port, pid, token, logins):
    before = memory_mib(pid, "VmRSS")
    results, sender = multiprocessing.Pipe(duplex=False)
    flood = multiprocessing.Process(target=log_in_at_once, args=(port, logins, sender))
    flood.start()
    profiles = asyncio.run(ask_for_profile(port, token, results.poll))
    answers, duration = results.recv()
    flood.join()
    peak = memory_mib(pid, "VmHWM")

    print(f"{logins} logins at once: {counts(answers)}, in {duration:.1f} s")
    print(f"  successful logins: {latencies([answer for answer in answers if answer[0] == 200] or answers)}")
    print(f"/users/me meanwhile: {counts(profiles)}; {latencies(profiles)}")
    print(f"memory: {before:.0f} MiB before, {peak:.0f} MiB at the peak, {memory_mib(pid, 'VmRSS'):.0f} MiB after")

    problems = []
    if {status for status, _, _ in answers} - {200, 503}:
        problems.append("a login was answered with neither 200 nor 503")
    if not any(status == 200 for status, _, _ in answers):
        problems.append("no login succeeded")
    if any(status == 503 and "\nretry-after:" not in head.lower() for status, head, _ in answers):
        problems.append("a 503 came without Retry-After")
    if any(status != 200 for status, _, _ in profiles):
        problems.append("/users/me failed")
    if percentile(profiles, 0.99) >= SLOWEST_P99_MS:
        problems.append(f"the p99 of /users/me is not below {SLOWEST_P99_MS} ms")
    if peak - before > MOST_MEMORY_MIB:
        problems.append(f"memory rose by more than {MOST_MEMORY_MIB} MiB")
    return fail(problems)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4])))
