"""The `Engine` port over a bridge on another host.

Questions go out without waiting for the answers of others, because the way there and back is long. An act
is sent once: when the connection is lost meanwhile, `HostLostError` says that its result is not known, and
who asks again with the same id gets the first answer. A connection that was lost stays so; the next one is
another `FarEngine`.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import queue
import select
import subprocess
import threading
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import msgspec

from penstock.api import wire
from penstock.api.questions import Hello, Question, question
from penstock.decoding import decoder
from penstock.errors import (
    EngineNotRunningError,
    HostError,
    HostLostError,
    PenstockError,
    ProtocolError,
)
from penstock.model.views.events import Change
from penstock.model.views.plans import Plan, PlanAnswer
from penstock.ssh.columns import from_columns
from penstock.ssh.faults import not_penstock
from penstock.ssh.hosts import Host
from penstock.ssh.packing import KIND, Packed, Packer, Remembered, Unpacker

CALL_TIMEOUT = 45.0
"""Seconds that an answer may take: more than the bridge waits for the engine."""
HELLO_TIMEOUT = 20.0
SILENCE = 25.0
"""Seconds without a sign of life after which the connection is lost. The bridge gives one every ten."""
_HEARTBEAT = 10.0
_NOISE = 1 << 16
"""Bytes that the login shell over there may print before the bridge speaks."""
_READ = 1 << 16

_lines = decoder(Packed)


class _Waiting:
    """A question whose answer has not come."""

    __slots__ = ("answer", "asked", "come", "params")

    def __init__(self, asked: Question, params: bytes) -> None:
        self.asked = asked
        self.params = params
        self.come = threading.Event()
        self.answer: wire.Message | PenstockError | None = None


class FarEngine:
    """Asks every question of the port through the process *bridge*, whose stderr goes to *said*.

    Plans say with which command of this machine the same is done there. Raises `HostError` if no bridge
    answers, and `ProtocolError` if it is of another version.
    """

    def __init__(self, bridge: subprocess.Popen[bytes], said: BinaryIO, host: Host) -> None:
        self.name = host.name
        self._host = host
        self.lost: str | None = None
        """Why the connection was lost."""
        self.received = self.sent = 0
        """Bytes, as they were packed."""
        self._bridge = bridge
        self._said = said
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self._packer = Packer()
        self._unpacker: Unpacker | None = None
        self._remembered = Remembered()
        self._waiting: dict[int, _Waiting] = {}
        self._news: queue.Queue[Change | PenstockError] = queue.Queue()
        self._streaming = False
        self._closed = False
        self._edited: Packed | None = None
        try:
            self.hello = self._greet()
        except OSError:
            raise HostError(self._no_bridge(silent=False)) from None
        finally:
            if self._unpacker is None:
                self.close()
                self._let_go()
        threading.Thread(target=self._listen, name=f"bridge to {host.name}", daemon=True).start()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        try:
            ask = functools.partial(self._ask, question(name))
        except ProtocolError:
            raise AttributeError(f"an engine cannot be asked for {name!r}", name=name, obj=self) from None
        self.__dict__[name] = ask
        return ask

    @property
    def alive(self) -> bool:
        """Whether the connection still stands."""
        return self.lost is None and not self._closed

    def changes(self, *, heartbeat: float = 15.0) -> Iterator[Change]:  # noqa: ARG002 - the line decides
        """Yield a notice whenever something changed there.

        Raises `EngineNotRunningError` when the engine there ends, and goes on when there is one again; raises
        `HostLostError` when the connection is lost.
        """
        if not self._streaming:
            self._streaming = True
            self._send(next(self._ids), wire.CHANGES, wire.encode({"heartbeat": _HEARTBEAT}).strip())
        while True:
            news = self._news.get()
            if isinstance(news, PenstockError):
                if isinstance(news, HostLostError):
                    self._news.put(news)
                raise news
            yield news

    def close(self) -> None:
        """End the connection; calls in progress end with `HostLostError`."""
        self._closed = True
        self._end("this connection was closed")

    # -- asking ----------------------------------------------------------------------------------

    def _ask(self, asked: Question, *places: Any, **names: Any) -> Any:
        params = wire.encode(asked.named(places, names)).strip()
        number = next(self._ids)
        waiting = self._waiting[number] = _Waiting(asked, params)
        try:
            if self.lost is not None:
                raise HostLostError(self._lost_words())
            self._send(number, asked.name, params)
            if not waiting.come.wait(CALL_TIMEOUT):
                self._end(f"it did not answer within {CALL_TIMEOUT:g} s")  # which gives an answer to all
        finally:
            self._waiting.pop(number, None)
        answer = waiting.answer
        if isinstance(answer, PenstockError):
            raise answer
        assert answer is not None
        if answer.error is not None:
            self._raise(answer.error)
        return self._as_done_here(wire.decode_result(answer.result, asked.result))

    def _as_done_here(self, result: Any) -> Any:
        """Return a plan with the command that does the same from this machine; all else as it is."""
        match result:
            case Plan() if result.cli:
                twin = result.cli.replace("penstock ", f"penstock {self._host.option} ", 1)
                return msgspec.structs.replace(result, cli=twin)
            case [PlanAnswer(), *_]:
                return [
                    PlanAnswer(plan=self._as_done_here(each.plan), refused=each.refused) for each in result
                ]
        return result

    def _raise(self, problem: wire.Problem) -> None:
        """Raise what the other side answered; what it does not know yet, it says by its version."""
        if problem.kind == ProtocolError.__name__:
            raise ProtocolError(
                f"penstock {self.hello.program} on {self.name} cannot do this: {problem.message}. Use the "
                "same version here and there"
            )
        wire.raise_problem(problem)

    def _send(self, number: int, method: str, params: bytes) -> None:
        line = b'{"id":%d,"method":"%s","params":%s}\n' % (number, method.encode(), params)
        with self._lock:
            try:
                self._write(self._packer.pack([line]))
            except (OSError, ValueError):
                self._end("it closed the connection")
                raise HostLostError(self._lost_words()) from None

    def _write(self, data: bytes) -> None:
        assert self._bridge.stdin is not None
        view = memoryview(data)
        while view:
            view = view[os.write(self._bridge.stdin.fileno(), view) :]
        self.sent += len(data)

    # -- listening -------------------------------------------------------------------------------

    def _greet(self) -> Hello:
        """Ask for the version and for packing; return who answers, whatever the login shell prints first."""
        first = (
            wire.encode({"id": 0, "method": "hello", "params": {"version": wire.WIRE_VERSION}})
            + b'{"id":-1,"method":"pack","params":{"kind":%d}}\n' % KIND
        )
        found: Hello | None = None
        data = b""
        self._write(first)
        while True:
            line, end, rest = data.partition(b"\n")
            if not end:
                more = self._read(HELLO_TIMEOUT)
                if not more or len(data) > _NOISE:
                    raise HostError(self._no_bridge(silent=more is None))
                data += more
                continue
            data = rest
            message = _message(line)
            if message is None or message.id not in {0, -1}:
                continue
            if message.error is not None:
                wire.raise_problem(message.error)
            if message.id == 0:
                found = wire.decode_result(message.result, Hello)
            elif found is not None:
                self._unpacker = Unpacker()
                self._take(data)
                return found

    def _no_bridge(self, *, silent: bool) -> str:
        code: int | None = None
        if not silent:
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = self._bridge.wait(2)
        self._said.seek(0)
        said = self._said.read().decode(errors="replace")
        return not_penstock(said, code, self.name, self._host.program)

    def _read(self, limit: float) -> bytes | None:
        """Return the next bytes, empty at the end, None after *limit* seconds of silence."""
        assert self._bridge.stdout is not None
        handle = self._bridge.stdout.fileno()
        if not select.select([handle], [], [], limit)[0]:
            return None
        data = os.read(handle, _READ)
        self.received += len(data)
        return data

    def _listen(self) -> None:
        try:
            while True:
                data = self._read(SILENCE)
                if data is None:
                    self._end(f"nothing was heard from it for {SILENCE:g} s")
                    return
                if not data:
                    self._end("it ended")
                    return
                self._take(data)
        except PenstockError as error:
            self._end(error.message)
        except msgspec.MsgspecError as error:
            self._end(f"what it sent cannot be understood: {error}")
        except (OSError, ValueError):
            self._end("it was cut")
        finally:
            self._let_go()

    def _take(self, data: bytes) -> None:
        assert self._unpacker is not None
        for line in self._unpacker.feed(data):
            if self._edited is not None:
                edited, self._edited = self._edited, None
                self._answered(edited, line)
                continue
            packed: Packed = _lines.decode(line)
            if packed.edit is not None:
                self._edited = packed
            elif packed.change is not None:
                self._news.put(packed.change)
            elif packed.id is not None:
                self._answered(packed, b"")

    def _answered(self, packed: Packed, fresh: bytes) -> None:
        waiting = self._waiting.get(packed.id or 0)
        if waiting is None:
            if packed.error is not None:  # of the stream of notices
                self._news.put(_as_error(packed.error))
            return
        name, params = waiting.asked.name, waiting.params
        result = b"null"
        if packed.edit is not None:
            result = self._remembered.lengthen(name, params, packed.edit, fresh)
        elif packed.error is None:
            columns = bytes(packed.columns)
            result = from_columns(columns) if columns else bytes(packed.result)
            self._remembered.whole(name, params, result)
        waiting.answer = wire.Message(id=packed.id, result=msgspec.Raw(result), error=packed.error)
        waiting.come.set()

    # -- the end ---------------------------------------------------------------------------------

    def _end(self, why: str) -> None:
        if self.lost is None:
            self.lost = why
        self._bridge.kill()
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            self._bridge.wait(1)
        for waiting in tuple(self._waiting.values()):
            said = self._lost_words()
            waiting.answer = HostLostError(_unknown(said) if waiting.asked.acting else said)
            waiting.come.set()
        self._news.put(HostLostError(self._lost_words()))

    def _let_go(self) -> None:
        """Close the files to the bridge; nobody reads from it any more."""
        with self._lock:
            for file in (self._bridge.stdin, self._bridge.stdout, self._said):
                if file is not None:
                    with contextlib.suppress(OSError):
                        file.close()

    def _lost_words(self) -> str:
        return f"the connection to {self.name} is lost: {self.lost}"


def _unknown(said: str) -> str:
    return f"{said}; whether the act was done there is not known: look before you repeat it"


def _as_error(problem: wire.Problem) -> PenstockError:
    try:
        wire.raise_problem(problem)
    except EngineNotRunningError as error:
        return error
    except PenstockError as error:
        return error


def _message(line: bytes) -> wire.Message | None:
    """Return the message in *line*; None if the login shell printed it."""
    try:
        return wire.decode_message(line)
    except ProtocolError:
        return None
