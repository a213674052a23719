"""A TCP proxy that counts: the bytes of each direction, and how often one side waited for the other (round trips)."""

import asyncio
import contextlib
import threading


class Counts:
    """What has passed since the last `take`."""

    def __init__(self):
        self.to_server = self.to_client = self.round_trips = 0

    def take(self):
        taken = self.round_trips, self.to_server, self.to_client
        self.to_server = self.to_client = self.round_trips = 0
        return taken


async def relay(reader, writer, seen):
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            seen(len(data))
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.close()


@contextlib.contextmanager
def counting(port):
    """Yields the proxy's own port and its counts. It leads to `port` on 127.0.0.1."""
    counts, loop = Counts(), asyncio.new_event_loop()

    async def connected(reader, writer):
        there, to_there = await asyncio.open_connection("127.0.0.1", port)
        answered = True

        def asked(length):
            nonlocal answered
            counts.to_server += length
            # What is sent before the answer to the last part belongs to the same round trip.
            counts.round_trips += answered
            answered = False

        def answer(length):
            nonlocal answered
            counts.to_client += length
            answered = True

        await asyncio.gather(relay(reader, to_there, asked), relay(there, writer, answer))

    async def serve():
        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        return server.sockets[0].getsockname()[1]

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(serve(), loop).result(), counts
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
