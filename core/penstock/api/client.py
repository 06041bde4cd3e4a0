"""The `Engine` port over the engine's Unix socket, for console and command line.

Blocking and safe to share between threads: one call at a time on one connection, notices on a
separate connection. Imports little, because the command line starts with it.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

from penstock.api import wire
from penstock.api.engine import Engine
from penstock.errors import EngineNotRunningError
from penstock.model.acts import AnyAct
from penstock.model.views.assets import AssetEventRow, AssetRow
from penstock.model.views.attempts import AttemptRow, LogChunk, Sample
from penstock.model.views.backfills import BackfillRow
from penstock.model.views.callbacks import CallbackRow
from penstock.model.views.dags import DagDetail, DagRow
from penstock.model.views.events import Change, EventRow
from penstock.model.views.plans import Done, Plan, PlanAnswer
from penstock.model.views.points import DayRow, LedgerPoint, LedgerRow, PointRow
from penstock.model.views.pools import PoolRow
from penstock.model.views.quarantine import QuarantineRow
from penstock.model.views.runs import RunDetail, RunRow, RunStates
from penstock.model.views.status import EngineStatus, ImportErrorRow
from penstock.model.views.values import ConnectionRow, VariableRow
from penstock.model.views.why import Why
from penstock.model.views.xcoms import XComSource

CONNECT_TIMEOUT = 2.0
CALL_TIMEOUT = 30.0
_HEARTBEAT_SLACK = 10.0
_KNOCK_AGAIN = 0.01
_RECEIVE_BYTES = 256 << 10

T = TypeVar("T")


class _NothingSentError(OSError):
    """The engine was gone before it could receive any of the request."""


class _Link:
    """One connection that carries lines."""

    def __init__(self, path: Path) -> None:
        self._buffer = bytearray()
        deadline = time.monotonic() + CONNECT_TIMEOUT
        while True:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                self._socket.settimeout(CONNECT_TIMEOUT)
                self._socket.connect(str(path))
                return
            except BlockingIOError:  # many connect at once, and the kernel has no queue for this socket
                self._socket.close()
                if time.monotonic() > deadline:
                    raise
                time.sleep(_KNOCK_AGAIN)
            except OSError:
                self._socket.close()
                raise

    def set_timeout(self, seconds: float) -> None:
        self._socket.settimeout(seconds)

    def is_open(self) -> bool:
        """Whether the other side is still connected and has sent nothing that was not asked for."""
        patience = self._socket.gettimeout()
        self._socket.settimeout(0)
        try:
            self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        finally:
            self._socket.settimeout(patience)
        return False

    def send(self, line: bytes) -> None:
        try:
            sent = self._socket.send(line)
        except OSError as error:
            raise _NothingSentError(str(error)) from error
        if sent < len(line):
            self._socket.sendall(memoryview(line)[sent:])

    def receive(self) -> bytes:
        """Return the next line; raise ConnectionError if the other side is gone."""
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            data = self._socket.recv(_RECEIVE_BYTES)
            if not data:
                raise ConnectionResetError("the engine closed the connection")
            self._buffer += data
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line

    def shut(self) -> None:
        """Wake a thread that waits in `receive`; may be called from another thread."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._socket.close()


class SocketEngine:
    """An engine at the other end of the socket at *path*.

    It connects at the first call (or `connect`). A connection that a restart of the engine cut is made
    again once. A commit is repeated only if none of it was sent; otherwise `EngineNotRunningError` says
    that its result is unknown.
    """

    def __init__(self, path: Path, *, call_timeout: float = CALL_TIMEOUT) -> None:
        self._path = path
        self._call_timeout = call_timeout
        self._lock = threading.Lock()
        self._link: _Link | None = None
        self._streams: set[_Link] = set()
        self._ids = itertools.count(1)
        self._closed = False

    def connect(self) -> wire.Hello:
        """Make sure that an engine answers and has our wire version.

        Raises `EngineNotRunningError` if none does, `ProtocolError` for another version.
        """
        return self._call(wire.Extras.hello, version=wire.WIRE_VERSION)

    def status(self) -> EngineStatus:
        """Return the state of the engine."""
        return self._call(Engine.status)

    def dags(self, *, strip: int = 24) -> list[DagRow]:
        """Return every known DAG by id, with up to *strip* last runs each."""
        return self._call(Engine.dags, strip=strip)

    def dag(self, dag_id: str) -> DagDetail:
        """Return one DAG with its structure."""
        return self._call(Engine.dag, dag_id=dag_id)

    def next_points(self, dag_id: str, count: int) -> list[PointRow]:
        """Return the next *count* schedule points."""
        return self._call(Engine.next_points, dag_id=dag_id, count=count)

    def ledger(self, dag_id: str, limit: int = 100) -> list[LedgerRow]:
        """Return the newest *limit* records of the missed-point ledger, newest first."""
        return self._call(Engine.ledger, dag_id=dag_id, limit=limit)

    def points(self, dag_id: str, *, first: datetime, last: datetime, limit: int = 1000) -> list[LedgerPoint]:
        """Return what happened to each schedule point from *first* to *last*, both included, oldest first.

        At most *limit* of them: continue from the date of the last one. Points without a record are included,
        as waiting or upcoming.
        """
        return self._call(Engine.points, dag_id=dag_id, first=first, last=last, limit=limit)

    def days(self, dag_id: str, *, first: date, last: date) -> list[DayRow]:
        """Return what happened to the points of each day from *first* to *last* in the DAG's time zone.

        Days without a point are left out; at most 400 days are answered.
        """
        return self._call(Engine.days, dag_id=dag_id, first=first, last=last)

    def runs(self, dag_id: str, *, limit: int = 50, before: datetime | None = None) -> list[RunRow]:
        """Return the newest *limit* runs, newest first."""
        return self._call(Engine.runs, dag_id=dag_id, limit=limit, before=before)

    def run(self, dag_id: str, run_id: str) -> RunDetail:
        """Return one run with its task instances."""
        return self._call(Engine.run, dag_id=dag_id, run_id=run_id)

    def callbacks(self, dag_id: str, run_id: str | None = None, limit: int = 100) -> list[CallbackRow]:
        """Return the callbacks of a DAG, or of one run, newest first."""
        return self._call(Engine.callbacks, dag_id=dag_id, run_id=run_id, limit=limit)

    def attempts(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> list[AttemptRow]:
        """Return every attempt of a task instance, oldest first."""
        return self._call(Engine.attempts, dag_id=dag_id, run_id=run_id, task_id=task_id, map_index=map_index)

    def read_log(self, attempt_id: str, offset: int, limit: int) -> LogChunk:
        """Return up to *limit* bytes (at most 1 MiB) of a log from *offset*."""
        return self._call(Engine.read_log, attempt_id=attempt_id, offset=offset, limit=limit)

    def samples(self, attempt_id: str) -> list[Sample]:
        """Return the resource samples of an attempt, oldest first."""
        return self._call(Engine.samples, attempt_id=attempt_id)

    def why(
        self, dag_id: str, run_id: str | None = None, task_id: str | None = None, map_index: int = -1
    ) -> Why:
        """Return every barrier that keeps a run, a task instance or (without a run) the DAG from running."""
        return self._call(Engine.why, dag_id=dag_id, run_id=run_id, task_id=task_id, map_index=map_index)

    def events(
        self, *, dag_id: str | None = None, run_id: str | None = None, limit: int = 100, after: int = 0
    ) -> list[EventRow]:
        """Return the newest *limit* events with a seq above *after*, newest first."""
        return self._call(Engine.events, dag_id=dag_id, run_id=run_id, limit=limit, after=after)

    def import_errors(self) -> list[ImportErrorRow]:
        """Return the DAG files that cannot be loaded now."""
        return self._call(Engine.import_errors)

    def quarantine(self) -> list[QuarantineRow]:
        """Return what is in quarantine, oldest first."""
        return self._call(Engine.quarantine)

    def backfills(self, dag_id: str | None = None) -> list[BackfillRow]:
        """Return backfills, newest first, without their slots."""
        return self._call(Engine.backfills, dag_id=dag_id)

    def backfill(self, backfill_id: int) -> BackfillRow:
        """Return one backfill with its slots."""
        return self._call(Engine.backfill, backfill_id=backfill_id)

    def pools(self) -> list[PoolRow]:
        """Return every pool."""
        return self._call(Engine.pools)

    def assets(self) -> list[AssetRow]:
        """Return every asset and alias that a DAG knows or that ever changed, by name."""
        return self._call(Engine.assets)

    def asset_events(
        self,
        name: str | None = None,
        *,
        uri: str | None = None,
        alias: str | None = None,
        limit: int = 100,
    ) -> list[AssetEventRow]:
        """Return the newest *limit* changes of an asset by name, by URI or by an alias, newest first."""
        return self._call(Engine.asset_events, name=name, uri=uri, alias=alias, limit=limit)

    def variables(self) -> list[VariableRow]:
        """Return every variable by name, the source that counts first."""
        return self._call(Engine.variables)

    def connections(self) -> list[ConnectionRow]:
        """Return every connection by id, the source that counts first."""
        return self._call(Engine.connections)

    def plan(self, act: AnyAct) -> Plan:
        """Return exactly what *act* would change now, without changing anything."""
        return self._call(Engine.plan, act=act)

    def plans(self, acts: list[AnyAct]) -> list[PlanAnswer]:
        """Return the plan of each of *acts*, or why it has none, in one question."""
        return self._call(Engine.plans, acts=acts)

    def commit(
        self, act: AnyAct, *, expect: str | None = None, actor: str = "", act_id: str | None = None
    ) -> Done:
        """Carry out *act* and return once it is durable."""
        return self._call(Engine.commit, resend=False, act=act, expect=expect, actor=actor, act_id=act_id)

    def run_states(
        self,
        dag_id: str,
        logical_date: datetime | None = None,
        task_ids: tuple[str, ...] | None = None,
        run_id: str | None = None,
        group_id: str | None = None,
        *,
        must_exist: bool = False,
    ) -> RunStates:
        """Return the state of a run, by logical date or id, and of tasks in it: named, or of a group."""
        return self._call(
            wire.Extras.run_states,
            dag_id=dag_id,
            logical_date=logical_date,
            task_ids=task_ids,
            run_id=run_id,
            group_id=group_id,
            must_exist=must_exist,
        )

    def xcom_sources(
        self,
        dag_id: str,
        task_ids: tuple[str, ...],
        key: str,
        run_id: str | None = None,
        until: datetime | None = None,
    ) -> list[XComSource]:
        """Return the attempts that hold pushed values: of one run, or dated up to *until*, newest first."""
        return self._call(
            wire.Extras.xcom_sources, dag_id=dag_id, task_ids=task_ids, key=key, run_id=run_id, until=until
        )

    def changes(self, *, heartbeat: float = 15.0) -> Iterator[Change]:
        """Yield a notice whenever something changed, on a separate connection."""
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

    def _call(self, call: Callable[..., T], *, resend: bool = True, **params: Any) -> T:
        name = call.__name__
        line = self._request(name, params)
        with self._lock:
            message = wire.decode_message(self._exchange(line, resend))
        if message.error is not None:
            wire.raise_problem(message.error)
        result: T = wire.decode_result(message.result, wire.result_type(call))
        return result

    def _request(self, name: str, params: dict[str, Any]) -> bytes:
        return wire.encode({"id": next(self._ids), "method": name, "params": params})

    def _exchange(self, line: bytes, resend: bool) -> bytes:
        """Send *line* and return the answer to it, over a new connection if the old one was cut."""
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
                if last or not (resend or isinstance(error, _NothingSentError)):
                    raise EngineNotRunningError(_gone(resend)) from error
            except BaseException:  # an interrupted call must not leave its answer to the next one
                self._drop()
                raise
        raise AssertionError("unreachable")

    def _open(self) -> _Link:
        """Return a new connection to an engine that speaks our version."""
        if self._closed:
            raise EngineNotRunningError("This connection to the engine was closed.")
        try:
            link = _Link(self._path)
        except OSError as error:
            raise EngineNotRunningError from error
        try:
            link.set_timeout(self._call_timeout)
            with contextlib.suppress(_NothingSentError):  # refused: the reason can still be read
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
