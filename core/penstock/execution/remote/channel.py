"""The client process of a remote executor: starts it, talks to it, starts it again when it dies.

It has what an engine must not carry: the library of the executor's kind, its memory and its crashes. Killed
at any moment, it takes nothing with it: what runs is with the workers, what is known is asked again.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from penstock.errors import EngineError
from penstock.execution.remote import protocol

ANSWER_SECONDS = 30.0
"""How long an answer may take, unless the caller says otherwise."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
"""Seconds between the end of one client and the start of the next."""
_STEADY = 30.0
"""A client that lived this many seconds is followed by the next one soon."""
_CLOSING = 3.0

log = logging.getLogger(__name__)


class NoAnswerError(EngineError):
    """The executor's client does not answer, so nothing is known."""


class Channel:
    """The connection to one client process, which *command* starts (a descriptor's number is added to it).

    *hear* gets its events, *changed* is called whenever the connection comes or goes, *complaints* is the
    file of what the process prints.
    """

    def __init__(
        self,
        command: Sequence[str],
        hello: Callable[[], protocol.Hello],
        complaints: Path,
        hear: Callable[[protocol.AnyEvent], None],
        changed: Callable[[], None],
    ) -> None:
        self._command = list(command)
        self._hello = hello
        self._complaints = complaints
        self._hear = hear
        self._changed = changed
        self._waiting: dict[int, asyncio.Future[protocol.Reply]] = {}
        self._number = 0
        self._writer: asyncio.StreamWriter | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self.connected = False
        self.since = time.time()
        """When the connection came or went, in seconds since 1970."""
        self.problem: str | None = None
        """Why there is none, in words."""

    @property
    def pid(self) -> int | None:
        """The client's process."""
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Start the process, and keep one running until `close`."""
        if self._keeper is None:
            self._keeper = asyncio.get_running_loop().create_task(self._keep())

    async def close(self) -> None:
        """End the process; attempts go on."""
        if self._keeper is None:
            return
        if self.connected:
            with suppress(NoAnswerError):
                await self.ask(protocol.Close(), within=_CLOSING)
        self._keeper.cancel()
        with suppress(asyncio.CancelledError):
            await self._keeper
        self._keeper = None

    async def ask(self, request: protocol.Request, *, within: float = ANSWER_SECONDS) -> Any:
        """Return the answer to *request*, as `protocol.ANSWERS` names its type.

        Raises `NoAnswerError` if there is none within that many seconds, or an error instead of it.
        """
        if self._writer is None or (not self.connected and not isinstance(request, protocol.Hello)):
            raise NoAnswerError(self.problem or "the executor's client is not connected")
        self._number += 1
        asked = replace(request, id=self._number)
        answer = self._waiting[asked.id] = asyncio.get_running_loop().create_future()
        try:
            self._writer.write(protocol.line(asked))
            async with asyncio.timeout(within):
                await self._writer.drain()
                reply = await answer
        except TimeoutError:
            raise NoAnswerError(f"the executor's client did not answer within {within:g} s") from None
        except OSError as error:
            raise NoAnswerError(f"the executor's client has gone: {error}") from None
        finally:
            self._waiting.pop(asked.id, None)
        if reply.error is not None:
            raise NoAnswerError(reply.error)
        try:
            return protocol.answer_in(reply, asked)
        except msgspec.MsgspecError as error:
            raise NoAnswerError(f"the executor's client gave an answer that is none: {error}") from None

    # --- the process ------------------------------------------------------------------------------

    async def _keep(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            began = time.monotonic()
            try:
                await self._live()
            except (OSError, msgspec.MsgspecError, NoAnswerError, ValueError) as error:
                self._lost(str(error))
            except Exception as error:  # a fault of ours over one message: the next client is a new chance
                log.exception("the executor's client is started again")
                self._lost(f"internal error: {type(error).__name__}: {error}")
            finally:
                self._end_process()
            pause = _FIRST_PAUSE if time.monotonic() - began > _STEADY else min(pause * 2, _LONGEST_PAUSE)
            await asyncio.sleep(pause)

    async def _live(self) -> None:
        """Start one process and hear it out."""
        reader, self._writer = await self._start_process()
        listening = asyncio.ensure_future(self._listen(reader))
        try:
            greeting = asyncio.ensure_future(self.ask(self._hello()))
            await asyncio.wait({greeting, listening}, return_when=asyncio.FIRST_COMPLETED)
            if not greeting.done():
                greeting.cancel()
                raise NoAnswerError(self._last_words() or "the executor's client ended as soon as it started")
            answer: protocol.Greeting = greeting.result()
            if answer.version != protocol.VERSION:
                raise NoAnswerError(
                    f"the executor's client speaks version {answer.version}: restart the engine"
                )
            self.connected, self.since, self.problem = True, time.time(), None
            self._changed()
            await listening
        finally:
            listening.cancel()
        self._lost(self._last_words() or "the executor's client has ended")

    async def _start_process(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        ours, theirs = socket.socketpair()
        try:
            self._complaints.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
            handle = os.open(self._complaints, flags, 0o600)
            try:
                self._process = subprocess.Popen(  # noqa: ASYNC220 - a fork, which takes a millisecond
                    [*self._command, str(theirs.fileno())],
                    stdin=subprocess.DEVNULL,
                    stdout=handle,
                    stderr=handle,
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,
                )
            finally:
                os.close(handle)
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        return await asyncio.open_connection(sock=ours, limit=protocol.MAX_LINE)

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            try:
                said = protocol.said_in(line)
            except msgspec.ValidationError:
                continue  # an event that a newer client knows
            if not isinstance(said, protocol.Reply):
                self._hear(said)
            elif (answer := self._waiting.get(said.re)) is not None and not answer.done():
                answer.set_result(said)

    def _lost(self, why: str) -> None:
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(NoAnswerError(why))
        if self.connected or self.problem is None:
            self.since = time.time()
        if self.problem != why:
            log.warning("%s", why)
        self.connected, self.problem = False, why
        self._changed()

    def _end_process(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            self._process.kill()  # it holds nothing that would be lost
        self._process.wait()
        self._process = None

    def _last_words(self) -> str | None:
        """Return the last line that the process printed."""
        try:
            lines = self._complaints.read_text(errors="replace").split("\n")
        except OSError:
            return None
        return next((line.strip() for line in reversed(lines) if line.strip()), None)
