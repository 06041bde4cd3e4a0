"""The engine's end of one supervisor's connection."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from typing import Any, Protocol

from penstock import process

_MAX_LINE = 1 << 20
_RECEIVED = bytearray(1 << 14)
"""Where every link receives: what came in is taken out before anything else happens."""


class Listener(Protocol):
    """Is called when supervisors connect, send messages or leave."""

    def connected(self, link: SupervisorLink) -> None:
        """Record a new connection."""
        ...

    def greeted(self, link: SupervisorLink, ids: Sequence[str]) -> None:
        """Add a supervisor that runs *ids*."""
        ...

    def moved(self, link: SupervisorLink, ids: Sequence[str], ended: Sequence[str]) -> None:
        """Look at *ids*; the supervisor no longer has those that *ended*."""
        ...

    def unwritten(self, link: SupervisorLink, why: dict[str, str]) -> None:
        """Record the results that wait for the disk, and why; replaces the earlier ones."""
        ...

    def left(self, link: SupervisorLink) -> None:
        """Remove a connection; most likely its supervisor has ended."""
        ...


class SupervisorLink(asyncio.BufferedProtocol):
    """One supervisor as the engine sees it: its pid and the attempts given to it.

    Invalid lines end the connection: Penstock does not send them.
    """

    def __init__(self, listener: Listener) -> None:
        self.pid: int | None = None
        self.speaks = 1
        """The version of its messages, see `penstock.attempts.files.SPEAKS`."""
        self.ids: set[str] = set()
        self.unwritten: dict[str, str] = {}
        """Attempts whose result waits for the disk, and why."""
        self.leaving = False
        """Whether it was asked to end; it gets no new work then."""
        self.unheard: set[str] = set()
        """Launches that it has not answered yet."""
        self.asked_at = 0.0
        """When the first of those was requested, by the loop's clock."""
        self.silence: str | None = None
        """Why it gets no new work at the moment: it is stopped, or does not answer."""
        self._listener = listener
        self._transport: asyncio.Transport | None = None
        self._received = b""

    def launch(self, ids: Sequence[str]) -> None:
        """Ask for the launch of attempts whose directories are ready."""
        self.ids.update(ids)
        if not self.unheard:
            self.asked_at = asyncio.get_running_loop().time()
        self.unheard.update(ids)
        self._say({"op": "launch", "ids": list(ids)})

    def send_environment(self, message: dict[str, Any]) -> None:
        """Send it the *message* of `environment_message`."""
        self._say(message)

    def stop(self, attempt_id: str) -> None:
        """Tell it that there is a stop order in the attempt's directory."""
        self._say({"op": "stop", "id": attempt_id})

    def renew(self, ids: Sequence[str]) -> None:
        """Renew the leases of attempts that it runs."""
        self._say({"op": "renew", "ids": list(ids)})

    @property
    def takes_work(self) -> bool:
        """Whether it can be given launches."""
        return not self.leaving and self.silence is None

    @property
    def stopped(self) -> bool:
        """Whether a signal has stopped it (SIGSTOP): it does nothing until it gets SIGCONT."""
        record = process.stat(self.pid) if self.pid else None
        return record is not None and record.state in "Tt"

    def quit(self) -> None:
        """Ask it to end when it has no work."""
        self.leaving = True
        self._say({"op": "quit"})

    def close(self) -> None:
        """Close the connection; the supervisor goes on with its work."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Accept the connection if it comes from our own user."""
        assert isinstance(transport, asyncio.Transport)
        channel = transport.get_extra_info("socket")
        if process.peer_uid(channel) not in (None, os.getuid()):
            transport.abort()
            return
        self._transport = transport
        self._listener.connected(self)

    def get_buffer(self, sizehint: int) -> bytearray:  # noqa: ARG002
        """Return where to put what comes in: asyncio by itself would ask for 256 KiB each time."""
        return _RECEIVED

    def buffer_updated(self, nbytes: int) -> None:
        """Pass on what came in."""
        self.data_received(bytes(memoryview(_RECEIVED)[:nbytes]))

    def data_received(self, data: bytes) -> None:
        """Pass on every complete line."""
        *lines, self._received = (self._received + data).split(b"\n")
        try:
            if len(self._received) > _MAX_LINE:
                raise ValueError("line too long")
            for line in lines:
                self._obey(json.loads(line))
        except (ValueError, TypeError, AttributeError, KeyError):
            if self._transport is not None:
                self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why makes no difference
        """Tell the listener, once."""
        if self._transport is not None:
            self._transport = None
            self._listener.left(self)

    def _obey(self, message: dict[str, Any]) -> None:
        ids = [str(each) for each in message["ids"]]
        if message["op"] == "hello":
            self.pid = int(message["pid"])
            self.speaks = int(message.get("speaks", 1))
            self.ids.update(ids)
            self._listener.greeted(self, ids)
        elif message["op"] == "moved":
            ended = [str(each) for each in message["ended"]]
            self.ids.difference_update(ended)
            self.unheard.difference_update(ids)
            self._listener.moved(self, ids, ended)
        elif message["op"] == "held":
            self._listener.unwritten(self, {each: str(message["why"][each]) for each in ids})

    def _say(self, message: dict[str, Any]) -> None:
        if self._transport is not None:
            self._transport.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")
