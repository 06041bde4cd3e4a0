"""A client process for tests: it speaks an executor's protocol, and is the only worker itself, without Dask.

``python far_client.py ROOT DESCRIPTOR``. Below ROOT are the worker's attempts. Files in ROOT steer it:
``mute`` makes it answer nothing, ``gone`` makes its host unreachable, ``forgetful`` makes it know no attempt,
``discreet`` makes it tell no news.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from pathlib import Path

import msgspec

from penstock.errors import PenstockError
from penstock.execution.host.bundles import Bundles
from penstock.execution.host.calls import answer
from penstock.execution.host.host import WorkerHost
from penstock.execution.remote import protocol
from penstock.settings import Settings
from penstock.version import __version__

NAME = "far-1"
SLOTS = 4
QUEUES = ("default", "gpu")


class FarClient:
    """One engine's client, and its one worker."""

    def __init__(self, root: Path, writer: asyncio.StreamWriter) -> None:
        self._root = root
        self._writer = writer
        self._bundles = Bundles(root / "code")
        self._wanted: dict[str, asyncio.Future[str | None]] = {}
        self._asked: dict[int, asyncio.Future[str]] = {}
        self._drained = (root / "drained").exists()
        self._since = time.time()
        self._host = WorkerHost(
            Settings(home=root, dags_folder=root / "dags"),
            NAME,
            bundles=self._bundles,
            environment={"PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", "")},
            forward=self._forward,
            moved=self._moved,
        )
        self._work: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader) -> None:
        """Answer until the engine goes."""
        await self._host.start()
        try:
            while line := await reader.readline():
                if (self._root / "mute").exists():
                    continue
                request = protocol.request_in(line)
                task = asyncio.get_running_loop().create_task(self._answer(request))
                self._work.add(task)
                task.add_done_callback(self._work.discard)
                if isinstance(request, protocol.Close):
                    await task
                    return
        finally:
            await self._host.close()

    async def _answer(self, request: protocol.AnyRequest) -> None:
        try:
            found = await self._of(request)
        except (PenstockError, OSError) as error:
            self._writer.write(protocol.reply(request, error=str(error)))
        else:
            self._writer.write(protocol.reply(request, found))
        if isinstance(request, protocol.Hello):
            self._say(protocol.Scheduler(connected=True, since=self._since))
        self._tell_workers()

    async def _of(self, request: protocol.AnyRequest) -> msgspec.Struct:
        match request:
            case protocol.Hello():
                self._host.entrust(request)
                return protocol.Greeting(version=protocol.VERSION, program=__version__)
            case protocol.Submit(orders=orders):
                for order in orders:
                    await self._submit(order)
                return protocol.Submitted()
            case protocol.Observe(ids=ids) if (self._root / "gone").exists():
                gone = protocol.Seen(kind="unreachable", worker=NAME, since=self._since)
                return protocol.Observed(seen=dict.fromkeys(ids, gone))
            case protocol.Observe(ids=ids) if (self._root / "forgetful").exists():
                return protocol.Observed(seen=dict.fromkeys(ids, protocol.Seen(kind="absent")))
            case protocol.Drain() | protocol.Undrain():
                self._drained = isinstance(request, protocol.Drain)
                self._since = time.time()
                return protocol.Done()
            case protocol.Bundle(hash=digest, path=path):
                self._wanted[digest].set_result(path)
                return protocol.Done()
            case protocol.Answer(ask=number, line=line):
                self._asked[number].set_result(line)
                return protocol.Done()
            case protocol.Close():
                return protocol.Done()
        return await answer(self._host, request)

    async def _submit(self, order: protocol.Order) -> None:
        if order.bundle is not None and self._bundles.place(order.bundle) is None:
            wanted = self._wanted[order.bundle] = asyncio.get_running_loop().create_future()
            self._say(protocol.NeedBundle(hash=order.bundle))
            path = await wanted
            assert path is not None
            self._bundles.add(order.bundle, 0, await asyncio.to_thread(Path(path).read_bytes))
            self._bundles.finish(order.bundle)
        self._host.submit(order)

    async def _forward(self, attempt: str | None, line: str) -> str:
        number = len(self._asked) + 1
        wanted: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._asked[number] = wanted
        self._say(protocol.Ask(ask=number, worker=NAME, attempt=attempt, line=line))
        return await wanted

    def _moved(self, seen: dict[str, protocol.Seen], left: dict[str, protocol.Manifest]) -> None:
        if (self._root / "discreet").exists():
            return
        self._say(protocol.Hint(ids=list(seen), seen=seen, left=left))
        self._tell_workers()

    def _tell_workers(self) -> None:
        facts = protocol.WorkerFacts(
            name=NAME,
            host="localhost",
            slots=SLOTS,
            used=len(self._host.live),
            state="draining" if self._drained else "ready",
            since=self._since,
            queues=QUEUES,
            resources={"MEM": 1e9},
            pid=os.getpid(),
            contact=time.time(),
        )
        self._say(protocol.Workers(workers=[facts]))

    def _say(self, event: msgspec.Struct) -> None:
        self._writer.write(protocol.line(event))


async def main() -> None:
    """Serve the engine at the descriptor until it goes."""
    line = socket.socket(fileno=int(sys.argv[2]))
    reader, writer = await asyncio.open_connection(sock=line, limit=protocol.MAX_LINE)
    await FarClient(Path(sys.argv[1]), writer).serve(reader)


if __name__ == "__main__":
    asyncio.run(main())
