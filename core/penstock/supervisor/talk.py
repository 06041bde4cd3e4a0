"""The supervisor's end of a Python task's channel: questions, and files that the task leaves behind.

One JSON object per line. ``{"ask": [NAME, ...]}`` and ``{"hide": [VALUE, ...]}`` bring a descriptor along for
the answer, so threads and forks of a task that ask at the same time each get their own:

    ask    ``*`` and the value of the first of these that the engine has (``+``: not a secret), or ``-``
    hide   ``+``, once nothing printed from now on shows these values

``{"moved": [ID, ...]}`` are attempts that the engine should look at: a triggerer's trigger has fired.
``{"left": FILE, "data": TEXT}`` is a file that the task could not write itself (see `unwritten`).
"""

from __future__ import annotations

import json
import os
import socket

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    from collections.abc import Callable, Sequence
    from typing import Any

    from penstock.supervisor.environment import EngineEnvironment
    from penstock.supervisor.poller import Poller

_MOST_BYTES = 4 << 20
"""Longer messages end the connection: Penstock does not send them."""
_CHUNK = 65536
_DRAIN_CHUNKS = 128


class Talk:
    """The connection to one task. *hide*, *left* and *moved* are called with what it sends."""

    def __init__(
        self,
        poller: Poller,
        environment: EngineEnvironment,
        hide: Callable[[Sequence[str]], None],
        left: Callable[[str, str], None],
        moved: Callable[[Sequence[str]], None],
    ) -> None:
        self._poller = poller
        self._environment = environment
        self._hide = hide
        self._left = left
        self._moved = moved
        self._received = b""
        self._answers: list[int] = []
        self._channel, self._theirs = socket.socketpair()
        self._channel.setblocking(False)  # noqa: FBT003 - the standard library's own name for it
        poller.watch(self._channel.fileno(), self.pump)

    @property
    def number(self) -> int:
        """The task's end."""
        return self._theirs.fileno()

    def share_end(self) -> None:
        """Let a process that is started now inherit the task's end.

        No other process may be started before `close_shared_end`.
        """
        self._theirs.set_inheritable(True)

    def close_shared_end(self) -> None:
        """Close our copy of the task's end: the task has its own."""
        self._theirs.close()

    def pump(self) -> bool:
        """Read what was sent; return False if there is nothing at the moment."""
        if self._channel.fileno() < 0:
            return False
        try:
            data, answers, _, _ = socket.recv_fds(self._channel, _CHUNK, 16, _CLOSE_ON_EXEC)
        except BlockingIOError:
            return False
        except OSError:
            data, answers = b"", []
        self._answers += answers
        *lines, self._received = (self._received + data).split(b"\n")
        for line in lines:
            self._obey(line)
        if not data or len(self._received) > _MOST_BYTES:
            self.close()
        return bool(data)

    def drain(self) -> None:
        """Read what the task sent before it ended. Limited, as for its output."""
        for _ in range(_DRAIN_CHUNKS):
            if not self.pump():
                break

    def close(self) -> None:
        """Close the connection; doing it twice is harmless."""
        if self._channel.fileno() >= 0:
            self._poller.unwatch(self._channel.fileno())
            self._channel.close()
        self._theirs.close()
        for handle in self._answers:
            os.close(handle)
        self._answers = []

    def _obey(self, line: bytes) -> None:
        try:
            said = json.loads(line)
            if "ask" in said:
                self._answer(self._found(said["ask"]))
            elif "hide" in said:
                self._hide([str(value) for value in said["hide"]])
                self._answer(b"+")
            elif "left" in said:
                self._left(str(said["left"]), str(said["data"]))
            elif "moved" in said:
                self._moved([str(each) for each in said["moved"]])
        except (ValueError, TypeError, KeyError):
            pass  # bytes of the author's code on our channel are ignored

    def _found(self, names: Any) -> bytes:
        found = self._environment.find(map(str, names))
        if found is None:
            return b"-"
        value, secret = found
        if secret:
            self._hide([value])
        return (b"*" if secret else b"+") + value.encode(errors="surrogateescape")

    def _answer(self, data: bytes) -> None:
        if not self._answers:
            return
        with socket.socket(fileno=self._answers.pop(0)) as line:
            line.setblocking(False)  # noqa: FBT003
            try:
                line.sendall(data)
            except OSError:
                pass  # the asker has gone


_CLOSE_ON_EXEC = getattr(socket, "MSG_CMSG_CLOEXEC", 0)
