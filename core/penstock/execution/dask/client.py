"""The client process of a Dask executor: ``python -P -m penstock.execution.dask.client FD``.

Between an engine, to which it is connected by the socket FD, and a Dask cluster. The engine imports nothing
of Dask, and what Dask needs in memory, or breaks, is this process's. It keeps nothing that matters, and ends
when the engine does.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys

import msgspec

from penstock import stray_signals
from penstock.errors import PenstockError
from penstock.execution.dask.desk import Desk
from penstock.execution.dask.setting import settle
from penstock.execution.remote import protocol as said
from penstock.version import __version__

log = logging.getLogger("penstock.dask")


class Conversation:
    """The lines with the engine: each request is answered as soon as it can be, in any order."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._desk: Desk | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._answering: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Answer until the engine ends or says so."""
        try:
            while line := await self._reader.readline():
                request = self._understood(line)
                if isinstance(request, said.Close):
                    self._write(said.reply(request, said.Done()))
                    await self._writer.drain()
                    return
                if isinstance(request, said.Hello):
                    self._begin(request)
                elif request is not None:
                    task = asyncio.get_running_loop().create_task(self._answer(request))
                    self._answering.add(task)
                    task.add_done_callback(self._answering.discard)
        finally:
            if self._keeping is not None:
                self._keeping.cancel()
            if self._desk is not None:
                await self._desk.contact.close()

    def say(self, event: msgspec.Struct) -> None:
        """Send the engine an event."""
        self._write(said.line(event))

    def _understood(self, line: bytes) -> said.AnyRequest | None:
        try:
            return said.request_in(line)
        except msgspec.MsgspecError as error:
            with contextlib.suppress(msgspec.MsgspecError):
                number = msgspec.json.decode(line, type=said.Request, strict=False).id
                self._write(said.reply(said.Request(id=number), error=f"cannot be understood: {error}"))
            log.warning("a line of the engine cannot be understood: %s", error)
            return None

    def _begin(self, hello: said.Hello) -> None:
        if hello.version != said.VERSION:
            words = (
                f"this client speaks version {said.VERSION} of the executor's protocol, not {hello.version}"
            )
            self._write(said.reply(hello, error=words))
            return
        self._write(said.reply(hello, said.Greeting(version=said.VERSION, program=__version__)))
        self._desk = Desk(hello, self.say)
        self._keeping = asyncio.get_running_loop().create_task(self._desk.contact.run())

    async def _answer(self, request: said.AnyRequest) -> None:
        try:
            if self._desk is None:
                raise PenstockError("hello comes first")
            line = said.reply(request, await self._desk.answer(request))
        except (PenstockError, OSError) as error:
            line = said.reply(request, error=str(error) or type(error).__name__)
        except Exception as error:
            log.exception("a request failed")
            line = said.reply(request, error=f"the client failed: {type(error).__name__}: {error}")
        self._write(line)
        with contextlib.suppress(OSError):
            await self._writer.drain()

    def _write(self, line: bytes) -> None:
        if not self._writer.is_closing():
            self._writer.write(line)


async def serve(line: socket.socket) -> None:
    """Talk with the engine at the other end of *line* until it ends."""
    reader, writer = await asyncio.open_connection(sock=line, limit=said.MAX_LINE)
    with contextlib.suppress(OSError, ValueError):
        await Conversation(reader, writer).run()


def main() -> None:
    """Run with the argument FD, an open socket."""
    stray_signals.disregard(but=[signal.SIGTERM])
    stray_signals.let_through()
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    settle()
    line = socket.socket(fileno=int(sys.argv[1]))
    line.setblocking(False)  # noqa: FBT003 - the standard library's own name for it
    asyncio.run(serve(line))
    logging.shutdown()
    os._exit(0)  # Dask's threads have nothing to finish


if __name__ == "__main__":
    main()
