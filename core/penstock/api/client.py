"""The `Engine` port over the engine's Unix socket, for console and command line.

Blocking and safe to share between threads: one call at a time on one connection, notices on a
connection of their own. Imports little, because the command line starts with it.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol, cast

from penstock.api import wire
from penstock.api.engine import Engine, TaskQuestions
from penstock.api.link import Link, NothingSentError
from penstock.api.questions import Hello, Question, question
from penstock.api.searches import Searches
from penstock.errors import EngineNotRunningError, ProtocolError
from penstock.model.views.events import Change

CALL_TIMEOUT = 30.0
_HEARTBEAT_SLACK = 10.0


class SocketEngine(Engine, TaskQuestions, Searches, Protocol):
    """An engine at the other end of a socket, as type checkers see it: all questions of the ports."""

    def connect(self) -> Hello:
        """Make sure that an engine answers and has our wire version.

        Raises `EngineNotRunningError` if none does, `ProtocolError` for another version.
        """
        ...


def socket_engine(path: Path, *, call_timeout: float = CALL_TIMEOUT) -> SocketEngine:
    """Return the engine at the socket *path*; nothing is asked yet. Calls wait *call_timeout* seconds."""
    return cast("SocketEngine", SocketClient(path, call_timeout))


class SocketClient:
    """Asks every question of the table by its name; `SocketEngine` lists them for type checkers.

    It connects at the first call (or `connect`). A connection that a restart of the engine cut is made
    again once. A question that acts is repeated only if none of it was sent; otherwise
    `EngineNotRunningError` says that its result is unknown.
    """

    def __init__(self, path: Path, call_timeout: float) -> None:
        self._path = path
        self._call_timeout = call_timeout
        self._lock = threading.Lock()
        self._link: Link | None = None
        self._streams: set[Link] = set()
        self._ids = itertools.count(1)
        self._closed = False

    def __getattr__(self, name: str) -> Callable[..., Any]:
        try:
            ask = functools.partial(self._ask, question(name))
        except ProtocolError:
            raise AttributeError(f"an engine cannot be asked for {name!r}", name=name, obj=self) from None
        self.__dict__[name] = ask
        return ask

    def connect(self) -> Hello:
        """Make sure that an engine answers. See `SocketEngine.connect`."""
        hello: Hello = self._ask(question("hello"), version=wire.WIRE_VERSION)
        return hello

    def changes(self, *, heartbeat: float = 15.0) -> Iterator[Change]:
        """Yield a notice whenever something changed, on a separate connection.

        Raises `EngineNotRunningError` when the engine ends.
        """
        link = self._open()
        self._streams.add(link)
        try:
            link.set_timeout(heartbeat + _HEARTBEAT_SLACK)
            link.send(self._request(wire.CHANGES, {"heartbeat": heartbeat}))
            while True:
                message = wire.decode_message(link.receive())
                if message.error is not None:
                    wire.raise_problem(message.error)
                if message.change is not None:
                    yield message.change
        except OSError as error:
            if not self._closed:
                raise EngineNotRunningError("The engine has ended.") from error
        finally:
            self._streams.discard(link)
            link.close()

    def close(self) -> None:
        """Close connections; streams of notices end."""
        self._closed = True
        for link in (self._link, *tuple(self._streams)):
            if link is not None:
                link.shut()
        with self._lock:
            self._drop()

    def _ask(self, asked: Question, *places: Any, **names: Any) -> Any:
        line = self._request(asked.name, asked.named(places, names))
        message = wire.decode_message(self.exchange(line, resend=not asked.acting))
        if message.error is not None:
            wire.raise_problem(message.error)
        return wire.decode_result(message.result, asked.result)

    def _request(self, name: str, params: dict[str, Any]) -> bytes:
        return wire.encode({"id": next(self._ids), "method": name, "params": params})

    def exchange(self, line: bytes, *, resend: bool) -> bytes:
        """Send a request as it is and return the line that answers it, over a new connection if one was cut.

        *resend*: also if the request may have arrived. Raises `EngineNotRunningError`.
        """
        with self._lock:
            return self._exchange(line, resend)

    def _exchange(self, line: bytes, resend: bool) -> bytes:
        for last in (False, True):
            try:
                if self._link is None or not self._link.is_open():
                    self._drop()
                    self._link = self._open()
                self._link.send(line)
                return self._link.receive()
            except TimeoutError as error:
                self._drop()
                message = f"The engine did not answer within {self._call_timeout:g} s."
                raise EngineNotRunningError(message) from error
            except OSError as error:
                self._drop()
                if last or not (resend or isinstance(error, NothingSentError)):
                    raise EngineNotRunningError(_gone(resend)) from error
            except BaseException:  # an interrupted call must not leave its answer to the next one
                self._drop()
                raise
        raise AssertionError("unreachable")

    def _open(self) -> Link:
        """Return a new connection to an engine that speaks our version."""
        if self._closed:
            raise EngineNotRunningError("This connection to the engine was closed.")
        try:
            link = Link(self._path)
        except OSError as error:
            raise EngineNotRunningError from error
        try:
            link.set_timeout(self._call_timeout)
            with contextlib.suppress(NothingSentError):  # refused: the reason can still be read
                link.send(self._request("hello", {"version": wire.WIRE_VERSION}))
            message = wire.decode_message(link.receive())
            if message.error is not None:
                wire.raise_problem(message.error)
        except OSError as error:
            link.close()
            raise EngineNotRunningError(
                "The engine's socket is there, but the engine does not answer."
            ) from error
        except BaseException:
            link.close()
            raise
        return link

    def _drop(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None


def _gone(resend: bool) -> str:
    if resend:
        return "The engine has ended."
    return "The engine ended while it carried out the act; check whether it was done before you repeat it."
