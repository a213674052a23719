"""Asks both PostgreSQL, past HAProxy, whether they take a write. So it is known when the database was back."""

import threading
import time

PERIOD = 0.25
# Two writes that are further apart than this have an outage between them.
GAP = 1.0


class Prober:
    """Asks while the block runs."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.ending = threading.Event()
        self.lock = threading.Lock()

    def __enter__(self):
        self.began = time.monotonic()
        self.successes = [self.began]
        self.ending.clear()
        self.threads = [threading.Thread(target=self.ask, args=(node,), daemon=True) for node in self.cluster.nodes]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        for thread in self.threads:
            thread.join(10)

    def ask(self, node):
        while not self.ending.is_set():
            if self.cluster.takes_writes(node):
                with self.lock:
                    self.successes.append(time.monotonic())
            self.ending.wait(PERIOD)

    def last_outage(self):
        """When the last outage ended, and how long all outages took. (None, 0) if there was none."""
        with self.lock:
            times = sorted(self.successes)
        ended, seconds = None, 0.0
        for before, after in zip(times, times[1:], strict=False):
            if after - before > GAP:
                ended, seconds = after, seconds + after - before
        return ended, seconds
