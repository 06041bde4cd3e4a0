"""One client's connection: lines in, answers out, in order.

No client may hold up the engine or cost it much memory. Each turn of the event loop carries out one
request. Reading pauses while too many requests of a client wait, or while it does not read its
answers. A line has a limit in length and in the time it takes to arrive.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections import deque
from collections.abc import Callable
from typing import Any, cast

from penstock.api import wire
from penstock.api.local import LocalEngine
from penstock.api.questions import Hello, Question, question
from penstock.errors import EngineError, PenstockError, ProtocolError
from penstock.model.views.events import Change
from penstock.service import allocator
from penstock.service.notices import Notices
from penstock.version import __version__

MAX_WAITING = 32
"""Number of waiting requests of one connection at which reading pauses."""
LINE_TIMEOUT = 30.0
"""Seconds that a line may take from its first byte to its end."""
MIN_HEARTBEAT = 0.05
_WRITE_HIGH_WATER = 1 << 20
_MUCH = 1 << 20
"""Bytes of an answer that took much memory to make."""

log = logging.getLogger(__name__)

Admit = Callable[["Connection", socket.socket], str | None]
Line = bytes | ProtocolError


class Connection(asyncio.Protocol):
    """One client. *gone* is called at its end.

    *admit* returns why it may not connect (None: it may), *attach* why it may not listen for notices.
    """

    def __init__(
        self,
        engine: LocalEngine,
        notices: Notices,
        admit: Admit,
        attach: Callable[[], str | None],
        gone: Callable[[Connection], None],
    ) -> None:
        self._engine = engine
        self._notices = notices
        self._admit = admit
        self._attach = attach
        self._gone = gone
        self._lines = _Lines()
        self._waiting: deque[Line] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._late: asyncio.TimerHandle | None = None
        self.streaming = False
        """Whether the client listens for notices."""
        self.active_at = 0.0
        """When it last asked something, in seconds of the event loop's clock."""
        self._ended = False
        self._refusal: PenstockError | None = None
        self._transport: asyncio.Transport

    # -- what asyncio calls --------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Accept the client, or send why not."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=_WRITE_HIGH_WATER)
        self.active_at = asyncio.get_running_loop().time()
        refusal = self._admit(self, transport.get_extra_info("socket"))
        if refusal is not None:
            self._send_problem(None, EngineError(refusal))
            self._transport.close()
            self._ended = True

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Forget the client."""
        self._ended = True
        self._stop_timer()
        if self._worker is not None:
            self._worker.cancel()
        self._gone(self)

    def data_received(self, data: bytes) -> None:
        """Take the received bytes and make sure that they are handled."""
        if self._ended:
            return
        lines = self._lines.feed(data)
        if lines:
            self._stop_timer()
            self._waiting.extend(lines)
        if len(self._waiting) > MAX_WAITING:
            self._transport.pause_reading()
            self._stop_timer()
        else:
            self._watch_line()
        if self._waiting and self._worker is None:
            self._worker = asyncio.get_running_loop().create_task(self._work())

    def eof_received(self) -> bool:
        """Answer what was asked before the client closed its side, then close."""
        if self._worker is None or self.streaming:
            return False
        self._worker.add_done_callback(lambda _: self._transport.close())
        return True

    def pause_writing(self) -> None:
        """Wait for a client that does not read."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Go on: the client reads again."""
        self._writable.set()

    @property
    def idle(self) -> bool:
        """Whether the client has asked nothing that is not answered, and listens for nothing."""
        return self._worker is None and not self._lines.partial and not self._waiting

    def abort(self) -> None:
        """End the connection at once."""
        self._transport.abort()

    def refuse(self, error: PenstockError) -> None:
        """Answer only *error* from now on; clients that listen for notices get it at once."""
        self._refusal = error
        if self.streaming:
            self._send_problem(None, error)
            self._transport.close()

    # -- lines that take their time ------------------------------------------------------------

    def _watch_line(self) -> None:
        if not self._lines.partial:
            self._stop_timer()
        elif self._late is None:
            self._late = asyncio.get_running_loop().call_later(LINE_TIMEOUT, self._too_slow)

    def _stop_timer(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _too_slow(self) -> None:
        self._send_problem(None, ProtocolError(f"a line took longer than {LINE_TIMEOUT:g} s"))
        self._transport.close()

    # -- requests ------------------------------------------------------------------------------

    async def _work(self) -> None:
        """Carry out waiting requests, one per turn of the loop."""
        try:
            while self._waiting:
                await self._writable.wait()
                await self._answer(self._waiting.popleft())
                if len(self._waiting) <= MAX_WAITING // 2 and not self._transport.is_reading():
                    self._transport.resume_reading()
                    self._watch_line()
                if self._waiting:
                    await asyncio.sleep(0)
        finally:
            self._worker = None
            self.active_at = asyncio.get_running_loop().time()

    async def _answer(self, line: Line) -> None:
        number: int | None = None
        try:
            if isinstance(line, ProtocolError):
                raise line
            request = wire.decode_request(line)
            number = request.id
            asked = question(request.method)
            arguments = wire.decode_params(asked, request.params)
            if self._refusal is not None and asked.name != "hello":
                raise self._refusal
            if asked.name == wire.CHANGES:
                await self._stream(**arguments)
                return
            self._send({"id": number, "result": await self._call(asked, arguments)})
        except PenstockError as error:
            self._send_problem(number, error)
        except OverflowError:
            self._send_problem(number, ProtocolError("a number is out of range"))
        except Exception as error:
            log.exception("a request failed")
            self._send_problem(number, error)

    async def _call(self, asked: Question, arguments: dict[str, Any]) -> Any:
        match asked.name:
            case "hello":
                return _hello(**arguments)
            case "ping":
                return True
            case "commit":
                return await self._engine.commit_async(**arguments)
            case "read_log":
                await self._engine.freshen(arguments["attempt_id"])
                return self._engine.read_log(**arguments)
            case name if asked.aside:
                return await asyncio.to_thread(getattr(self._engine, name), **arguments)
            case name:
                return getattr(self._engine, name)(**arguments)

    async def _stream(self, heartbeat: float) -> None:
        """Send notices until the client disconnects."""
        refusal = self._attach()
        if refusal is not None:
            raise EngineError(refusal)
        self.streaming = True
        subscription = self._notices.subscribe()
        try:
            while True:
                change: Change = await subscription.next(max(heartbeat, MIN_HEARTBEAT))
                await self._writable.wait()
                self._send({"change": change})
        finally:
            subscription.close()

    def _send(self, message: dict[str, Any]) -> None:
        if not self._transport.is_closing():
            data = wire.encode(message)
            self._transport.write(data)
            if len(data) > _MUCH:
                allocator.give_back_soon()

    def _send_problem(self, number: int | None, error: BaseException) -> None:
        self._send({"id": number, "error": wire.problem_of(error)})


class _Lines:
    """Cuts a stream into lines, and skips to the next line if one is too long."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._searched = 0
        self._skipping = False

    @property
    def partial(self) -> bool:
        """Whether a line has begun and not ended."""
        return bool(self._rest) or self._skipping

    def feed(self, data: bytes) -> list[Line]:
        """Return the lines that *data* completes; an error replaces one that was too long."""
        lines: list[Line] = []
        self._rest += data
        while (end := self._rest.find(b"\n", self._searched)) >= 0:
            line = bytes(self._rest[:end])
            del self._rest[: end + 1]
            self._searched = 0
            if self._skipping:
                self._skipping = False
            elif end > wire.MAX_REQUEST_BYTES:
                lines.append(_too_long())
            elif line.strip():
                lines.append(line)
        self._searched = len(self._rest)
        if self._skipping or self._searched > wire.MAX_REQUEST_BYTES:
            if not self._skipping:
                lines.append(_too_long())
            self._skipping = True
            self._rest.clear()
            self._searched = 0
        return lines


def _too_long() -> ProtocolError:
    return ProtocolError(f"a request is longer than {wire.MAX_REQUEST_BYTES} bytes")


def _hello(version: int) -> Hello:
    if version != wire.WIRE_VERSION:
        raise ProtocolError(
            f"the running engine (penstock {__version__}) speaks version {wire.WIRE_VERSION} of the socket's "
            f"protocol, this program {version}: restart the engine with the same penstock"
        )
    return Hello(version=wire.WIRE_VERSION, program=__version__, pid=os.getpid())
