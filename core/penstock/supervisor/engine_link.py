"""A supervisor's end of the socket to the engine: one JSON object a line, both ways.

The engine may vanish at any moment and come back as another process; nothing sent here is needed
for correctness.
"""

from __future__ import annotations

import json
import os
import socket

from penstock import process
from penstock.attempts.files import SPEAKS, VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    from collections.abc import Callable, Sequence
    from typing import Any

    from penstock.supervisor.poller import Poller

_MAX_LINE = 16 << 20
"""The longest message is the engine's whole environment."""
_MAX_UNSENT = 1 << 20
_encode = json.JSONEncoder(separators=(",", ":")).encode


class EngineLink:
    """Connects, says hello, passes each message to *obey*, and reports attempts that changed."""

    def __init__(self, path: str, poller: Poller, obey: Callable[[dict[str, Any]], None]) -> None:
        self._path = path
        self._poller = poller
        self._obey = obey
        self._socket: socket.socket | None = None
        self._received = b""
        self._unsent = b""

    @property
    def connected(self) -> bool:
        """Whether an engine is connected, as far as we know."""
        return self._socket is not None

    @property
    def waiting(self) -> bool:
        """Whether some of what we sent has not been taken by the engine yet."""
        return bool(self._unsent)

    def connect(self, ids: Sequence[str]) -> bool:
        """Connect to the engine and tell it which attempts are here; return whether there is one."""
        channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        channel.setblocking(False)  # noqa: FBT003 - the standard library's own name for it
        try:
            channel.connect(self._path)
        except OSError:
            channel.close()
            return False
        self._socket = channel
        self._received = self._unsent = b""
        self._poller.watch(channel.fileno(), self._read)
        pid = os.getpid()
        ticks = process.start_ticks(pid)
        self._say(
            {
                "op": "hello",
                "v": VERSION,
                "pid": pid,
                "start_ticks": ticks,
                "ids": list(ids),
                "speaks": SPEAKS,
            }
        )
        return self.connected

    def moved(self, ids: Sequence[str], ended: Sequence[str]) -> None:
        """Hint that *ids* have changed; those that *ended* are no longer here."""
        if self._socket is not None:
            self._say({"op": "moved", "ids": list(ids), "ended": list(ended)})

    def unwritten(self, why: dict[str, str]) -> None:
        """Report the attempts whose result waits for the disk, and why; replaces the earlier report."""
        self._say({"op": "held", "ids": list(why), "why": why})

    def flush(self) -> None:
        """Send what is waiting, as far as the engine takes it."""
        if self._socket is None:
            return
        try:
            sent = self._socket.send(self._unsent)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.drop()
            return
        self._unsent = self._unsent[sent:]
        if len(self._unsent) > _MAX_UNSENT:  # it has not read for ages: it will look by itself when it does
            self.drop()

    def drop(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._poller.unwatch(self._socket.fileno())
            self._socket.close()
            self._socket = None

    def _say(self, message: dict[str, Any]) -> None:
        self._unsent += _encode(message).encode() + b"\n"
        self.flush()

    def _read(self) -> None:
        assert self._socket is not None
        try:
            data = self._socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        *lines, self._received = (self._received + data).split(b"\n")
        try:
            for line in lines:
                message = json.loads(line)
                if isinstance(message, dict):
                    self._obey(message)
        except ValueError:
            data = b""
        if not data or len(self._received) > _MAX_LINE:
            self.drop()
