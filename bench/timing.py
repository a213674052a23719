"""Called by timing.sh: PORT LOGINS USERS. Makes LOGINS logins with unknown names and as many with wrong passwords, in
random order. Fails if their times differ, that is, if Welch's |t| is 4.5 or more. Side-channel testing (TVLA) takes a
smaller one for no difference."""

import asyncio
import math
import random
import statistics
import sys
import urllib.parse

from client import fail, login

MOST_T = 4.5


async def time_logins(port, logins, users):
    # Each name gets so few guesses that none has to wait, and each guess comes from a different address.
    names = [("wrong", f"user-{number % users}") for number in range(logins)]
    names += [("unknown", f"nobody-{number}") for number in range(logins)]
    random.shuffle(names)
    times = {"wrong": [], "unknown": []}
    for number, (kind, name) in enumerate(names):
        form = urllib.parse.urlencode({"username": name, "password": "no horse at all"})
        address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        status, _, seconds = await login(port, form, **{"X-Forwarded-For": address})
        if status != 401:
            sys.exit(f"FAILED: a login was answered with {status}")
        times[kind].append(1000 * seconds)
    return times["wrong"], times["unknown"]


def welch(one, other):
    spread = statistics.variance(one) / len(one) + statistics.variance(other) / len(other)
    return (statistics.mean(one) - statistics.mean(other)) / math.sqrt(spread)


def main(port, logins, users):
    wrong, unknown = asyncio.run(time_logins(port, logins, users))
    for name, times in (("wrong password", wrong), ("unknown user", unknown)):
        mean, deviation = statistics.mean(times), statistics.stdev(times)
        print(f"{len(times)} logins, {name}: mean {mean:.2f} ms, standard deviation {deviation:.2f} ms")
    t = welch(wrong, unknown)
    print(f"Welch's t: {t:.2f}")
    return fail([f"the times reveal which names exist (|t| is not below {MOST_T})"] if abs(t) >= MOST_T else [])


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
