"""A TCP proxy that is a bad network: loses, tears and delays replies, falls silent, cuts connections."""

import asyncio
import contextlib
import random
import socket
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

_CHUNK = 65536
_Due = asyncio.Queue[tuple[float, bytes] | None]
_RESET_AT_ONCE = struct.pack("ii", 1, 0)


class Proxy:
    """Passes bytes on to a server on this machine until told otherwise; its choices are those of its seed.

    `server_port` may be set anew: later connections go there. `lost` and `torn` count the replies that the
    server sent and nobody got as a whole, `refused` the connections that came while it was cut, `swallowed`
    the requests that came while it was silent.
    """

    def __init__(self, server_port: int, port: int = 0, seed: int = 0) -> None:
        self.server_port = server_port
        self.port = port
        self.lost = self.torn = self.refused = self.swallowed = 0
        self._random = random.Random(seed)
        self._losing_in: int | None = None
        self._lose_rate = self._tear_rate = self._delay_s = 0.0
        self._cut = self._silent = False
        self._connections: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Proxy"]:
        """Listen, on `port` or on a free one that becomes it."""
        listener = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = listener.sockets[0].getsockname()[1]
        async with listener:
            try:
                yield self
            finally:
                self.reset_all()
                await asyncio.gather(*self._serving, return_exceptions=True)

    def lose_next_reply(self, after: int = 0) -> None:
        """Drop the next bytes that the server sends, after so many others, and close that connection."""
        self._losing_in = after

    def reset_all(self) -> None:
        """Reset every connection that there is."""
        for writer in list(self._connections):
            _reset(writer)

    @contextmanager
    def losing(self, rate: float) -> Iterator[None]:
        """Lose this share of the replies, each with its connection: the server has done its work."""
        self._lose_rate = rate
        try:
            yield
        finally:
            self._lose_rate = 0.0

    @contextmanager
    def tearing(self, rate: float) -> Iterator[None]:
        """Reset the connection in the middle of this share of the replies."""
        self._tear_rate = rate
        try:
            yield
        finally:
            self._tear_rate = 0.0

    @contextmanager
    def delaying(self, seconds: float) -> Iterator[None]:
        """Deliver each reply so much later."""
        self._delay_s = seconds
        try:
            yield
        finally:
            self._delay_s = 0.0

    @contextmanager
    def cut(self) -> Iterator[None]:
        """Reset every connection, and each new one at once."""
        self._cut = True
        self.reset_all()
        try:
            yield
        finally:
            self._cut = False

    @contextmanager
    def half_open(self) -> Iterator[None]:
        """Accept connections and requests, and let nothing through; what has come by then is lost."""
        self._silent = True
        try:
            yield
        finally:
            self._silent = False
            self.reset_all()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(serving)
        serving.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            self.refused += 1
            _reset(writer)
            return
        try:
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self.server_port)
        except OSError:
            _reset(writer)
            return
        self._connections.add(writer)
        ways = {
            asyncio.create_task(self._requests(reader, server_writer)),
            asyncio.create_task(self._replies(server_reader, writer)),
        }
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            self._connections.discard(writer)
            server_writer.close()
            writer.close()

    async def _requests(self, reader: asyncio.StreamReader, server: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(_CHUNK):
                if self._silent:
                    self.swallowed += 1
                    continue
                server.write(data)
                await server.drain()

    async def _replies(self, server: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on what the server sends, as late as is said, until it ends or something is not to arrive."""
        due: _Due = asyncio.Queue()
        delivering = asyncio.create_task(_deliver(due, writer))
        try:
            with contextlib.suppress(OSError):
                while data := await server.read(_CHUNK):
                    if self._silent:
                        continue
                    arrives = self._arrives(data)
                    due.put_nowait((asyncio.get_running_loop().time() + self._delay_s, arrives))
                    if len(arrives) < len(data):
                        break
            due.put_nowait(None)
            await delivering
        finally:
            delivering.cancel()

    def _arrives(self, reply: bytes) -> bytes:
        """What the client gets of a reply before its connection ends, or the whole of it."""
        if self._loses():
            self.lost += 1
            return b""
        if len(reply) > 1 and self._random.random() < self._tear_rate:
            self.torn += 1
            return reply[: len(reply) // 2]
        return reply

    def _loses(self) -> bool:
        if self._losing_in is None:
            return self._random.random() < self._lose_rate
        self._losing_in -= 1
        if self._losing_in >= 0:
            return False
        self._losing_in = None
        return True


async def _deliver(due: _Due, writer: asyncio.StreamWriter) -> None:
    loop = asyncio.get_running_loop()
    while (delivery := await due.get()) is not None:
        at, data = delivery
        if (left := at - loop.time()) > 0:
            await asyncio.sleep(left)
        writer.write(data)


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection so that its other side sees a reset, not an end."""
    connection = writer.get_extra_info("socket")
    if connection is not None and connection.fileno() >= 0:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_ONCE)
    writer.transport.abort()
