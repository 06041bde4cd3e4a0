"""A real server on a thread of its own, and clients that say what a test wants them to say."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from penstock.api.client import SocketEngine, socket_engine
from penstock.api.local import LocalEngine
from penstock.errors import (
    UnknownError,
)
from penstock.execution.configured import archive_of
from penstock.execution.executor import Worker
from penstock.model import acts
from penstock.model.views.now import Waits
from penstock.model.views.plans import Done, Plan
from penstock.model.views.why import Why
from penstock.scheduling.tick_times import Ticks
from penstock.service.notices import Notices
from penstock.service.server import Server
from penstock.settings import Settings
from penstock.store.database import Database


class Served:
    """Serves *local* from `start` to `stop`, or inside a ``with``."""

    def __init__(self, local: LocalEngine, notices: Notices, settings: Settings) -> None:
        self._parts = local, notices, settings
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Return once the socket answers."""
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main(ready)))
        self._thread.start()
        assert ready.wait(10)

    async def _main(self, ready: threading.Event) -> None:
        self.loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self.server = Server(*self._parts)
        await self.server.start()
        ready.set()
        await self._stop.wait()
        await self.server.close()

    def soon(self, call: Callable[..., Any], *arguments: Any) -> None:
        """Call on the server's event loop."""
        self.loop.call_soon_threadsafe(call, *arguments)

    def stop(self) -> None:
        """Return once the socket is closed and every connection cut."""
        if self._thread is not None:
            self.soon(self._stop.set)
            self._thread.join(10)
            self._thread = None

    def __enter__(self) -> Served:  # noqa: PYI034
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class SlowActs:
    """Commits wait for a signal, as they wait for the engine's next tick."""

    warnings = ()

    def __init__(self) -> None:
        self.ticks = Ticks()
        self.proceed = threading.Event()
        self.begun = threading.Event()

    def workers(self) -> tuple[Worker, ...]:
        return ()

    def task_of(self, attempt_id: str) -> tuple[str, str, str, int] | None:
        return None

    async def freshen(self, attempt_id: str) -> None:
        """Logs are here."""

    def plan(self, act: acts.AnyAct) -> Plan:
        raise ZeroDivisionError("a fault of ours")

    def why(self, dag_id: str, run_id: str | None, task_id: str | None, map_index: int) -> Why:
        raise UnknownError(f"there is no run {run_id}")

    def waits(self, limit: int) -> Waits:
        return Waits(waiting=(), total=limit, peaks={})

    def commit(self, act: acts.AnyAct, *, expect: str | None, actor: str, act_id: str | None) -> Done:
        raise AssertionError("the server must not block")

    async def commit_async(
        self, act: acts.AnyAct, *, expect: str | None, actor: str, act_id: str | None
    ) -> Done:
        self.begun.set()
        while not self.proceed.is_set():  # noqa: ASYNC110 - set by another thread
            await asyncio.sleep(0.005)
        return Done(act=acts.act_name(act), message=actor, touched=1)


Client = TypeVar("Client", "Peer", SocketEngine)


class Running:
    """A server in a thread, with what stands behind it."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.settings, self.database = settings, database
        self.path = settings.socket
        self.acts = SlowActs()
        self.notices = Notices()
        self._local = LocalEngine(database, settings, archive_of(settings), self.acts)
        self._clients: list[Peer | SocketEngine] = []
        self.served = Served(self._local, self.notices, settings)
        self.start, self.stop = self.served.start, self.served.stop
        self.start()

    def connect(self) -> Peer:
        return self._kept(Peer(self.path))

    def engine(self, **options: float) -> SocketEngine:
        return self._kept(socket_engine(self.path, **options))

    def _kept(self, client: Client) -> Client:
        self._clients.append(client)
        return client

    def end(self) -> None:
        self.stop()
        for client in self._clients:
            client.close()

    def settle(self, condition: Callable[[], bool], limit: float = 30.0) -> None:
        """Wait until *condition* holds."""
        until = time.monotonic() + limit
        while not condition():
            assert time.monotonic() < until, "it did not come about"
            time.sleep(0.005)


class Peer:
    """A client that says what a test wants it to say."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(str(path))  # before it has a time-out: then a full queue is waited for
        self.socket.settimeout(20)
        self._stream = self.socket.makefile("rb")

    def say(self, data: bytes | dict[str, Any]) -> None:
        line = data if isinstance(data, bytes) else json.dumps(data).encode() + b"\n"
        with contextlib.suppress(BrokenPipeError):  # refused already: the reason can still be heard
            self.socket.sendall(line)

    def hear(self) -> dict[str, Any]:
        line = self._stream.readline()
        assert line, "the server closed the connection"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def is_cut(self) -> bool:
        try:
            return self._stream.readline() == b""
        except ConnectionError:
            return True

    def ping(self, number: int = 1) -> None:
        self.say({"id": number, "method": "ping"})
        assert self.hear() == {"id": number, "result": True}

    def close(self) -> None:
        self._stream.close()
        self.socket.close()
