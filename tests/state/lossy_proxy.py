"""A TCP proxy that can lose a reply: the server has done its work, the client never hears of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class LossyProxy:
    """Passes bytes on to a server on this machine until told to lose a reply."""

    def __init__(self, server_port: int) -> None:
        self.lost = 0
        self.port = 0
        self._server_port = server_port
        self._losing_in: int | None = None

    def lose_next_reply(self, after: int = 0) -> None:
        """Drop the next bytes that the server sends, after so many others, and close that connection."""
        self._losing_in = after

    @asynccontextmanager
    async def running(self) -> AsyncIterator["LossyProxy"]:
        listener = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = listener.sockets[0].getsockname()[1]
        async with listener:
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        requests = asyncio.create_task(self._pass_on(reader, server_writer))
        try:
            while data := await server_reader.read(65536):
                if self._losing_in == 0:
                    self._losing_in = None
                    self.lost += 1
                    break
                if self._losing_in is not None:
                    self._losing_in -= 1
                writer.write(data)
        finally:
            requests.cancel()
            server_writer.close()
            writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()
