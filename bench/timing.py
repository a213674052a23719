"""Called by timing.sh: PORT LOGINS USERS KIND…. Makes LOGINS logins with unknown names, and as many with wrong passwords for
the users of each kind, in random order. Fails if their times differ, that is, if Welch's |t| is 4.5 or more. Side-channel
testing (TVLA) takes a smaller one for no difference."""

import asyncio
import math
import random
import statistics
import sys
import urllib.parse

from client import fail, login

MOST_T = 4.5


async def time_logins(port, logins, users, kinds):
    # Each name gets so few guesses that none has to wait, and each guess comes from a different address.
    names = [(kind, f"{kind}-{number % users}") for kind in kinds for number in range(logins)]
    names += [("unknown", f"nobody-{number}") for number in range(logins)]
    random.shuffle(names)
    times = {kind: [] for kind, _ in names}
    for number, (kind, name) in enumerate(names):
        form = urllib.parse.urlencode({"username": name, "password": "no horse at all"})
        address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        status, _, seconds = await login(port, form, **{"X-Forwarded-For": address})
        if status != 401:
            sys.exit(f"FAILED: a login was answered with {status}")
        times[kind].append(1000 * seconds)
    return times


def welch(one, other):
    spread = statistics.variance(one) / len(one) + statistics.variance(other) / len(other)
    return (statistics.mean(one) - statistics.mean(other)) / math.sqrt(spread)


def main(port, logins, users, kinds):
    times = asyncio.run(time_logins(port, logins, users, kinds))
    unknown, problems = times["unknown"], []
    for kind in ["unknown", *kinds]:
        of = times[kind]
        mean, median, deviation = statistics.mean(of), statistics.median(of), statistics.stdev(of)
        t = welch(of, unknown)
        print(
            f"{len(of)} logins, {kind}: mean {mean:.2f} ms, median {median:.2f} ms, standard deviation {deviation:.2f} ms, "
            f"Welch's t {t:.2f}"
        )
        if abs(t) >= MOST_T:
            problems.append(f"the times tell {kind} from unknown names (|t| is not below {MOST_T})")
    return fail(problems)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:4]), sys.argv[4:]))
