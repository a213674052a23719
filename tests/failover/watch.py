"""Notes what became of each request, and complains of what must not be."""

import threading
import time

# An answer comes within 5 s. The test machine is busy with all parts of the cluster at once, so it gets a bit more.
LIMIT, SLACK = 5.0, 0.5


class Watch:
    def __init__(self):
        self.lock = threading.Lock()
        # For each request: when it began, when it ended, its kind, and what became of it.
        self.requests = []
        self.complaints = []
        # The kinds of requests whose connections may be cut, because the program at their other end is being killed.
        self.may_cut = ()
        # When the requests began that are under way.
        self.pending = {}

    def complain(self, text):
        with self.lock:
            self.complaints.append(text)
            if len(self.complaints) <= 20:
                print(f"    WRONG: {text}", flush=True)

    def begin(self):
        """A request of this thread begins. Returns when."""
        now = time.monotonic()
        with self.lock:
            self.pending[threading.get_ident()] = now
        return now

    def note(self, began, kind, outcome, what):
        """`outcome` is "answered", "refused" (a 503) or "cut"."""
        ended = time.monotonic()
        with self.lock:
            self.pending.pop(threading.get_ident(), None)
            self.requests.append((began, ended, kind, outcome))
        if ended - began > LIMIT + SLACK:
            self.complain(f"{what} took {ended - began:.1f} s ({outcome})")
        if outcome == "cut" and kind not in self.may_cut:
            self.complain(f"{what}: the connection was cut, and nothing that was killed was at its other end")

    def since(self, start):
        """The requests that ended after `start`."""
        with self.lock:
            return [request for request in self.requests if request[1] >= start]

    def is_quiet(self, seconds):
        """Whether in these last seconds writes were answered, and all that ended was. Nothing waits for long."""
        now = time.monotonic()
        with self.lock:
            recent = [request for request in self.requests[-2000:] if request[1] > now - seconds]
            waits = any(began < now - 1 for began in self.pending.values())
        writes = sum(kind == "write" for _, _, kind, _ in recent)
        return not waits and writes >= 5 * seconds and all(outcome == "answered" for *_, outcome in recent)


def refused_for(requests):
    """For how long requests were refused or cut: from the start of the first one to the end of the last one. Between
    two that are further apart than a second, the service was there."""
    seconds, until = 0.0, None
    for began, ended in sorted((began, ended) for began, ended, _, outcome in requests if outcome != "answered"):
        if until is None or began > until + 1:
            seconds, until = seconds + ended - began, ended
        elif ended > until:
            seconds, until = seconds + ended - until, ended
    return seconds


def summary(requests):
    """What a fault meant for the clients."""
    requests = [request for request in requests if request[2] != "direct"]
    troubles = [request for request in requests if request[3] != "answered"]
    return {
        "write": refused_for(request for request in requests if request[2] == "write"),
        "read": refused_for(request for request in requests if request[2] == "read"),
        "503": sum(outcome == "refused" for *_, outcome in requests),
        "cut": sum(outcome == "cut" for *_, outcome in requests),
        "slowest": max((ended - began for began, ended, *_ in requests), default=0.0),
        "last": max((ended for _, ended, *_ in troubles), default=0.0),
    }
