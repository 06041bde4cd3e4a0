"""The channel from a Python task to its supervisor: see `penstock.supervisor.talk` for the messages.

The supervisor has the engine's environment, hides a value in the log before it sends it, and lives as
long as the task, whatever happens to the engine.
"""

from __future__ import annotations

import os

from penstock.attempts.files import CHANNEL
from penstock.authoring.exceptions import TaskError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

PATIENCE = 60.0
"""Seconds to wait for an answer."""
_PLACE = 100
_WHOLE = 32 << 10
"""Bytes that are sent in one piece, also if several threads or forks of the task send."""


class NoAnswerError(TaskError):
    """The supervisor does not answer."""


class Channel:
    """The channel of one process; closed if there is none (in tests, or with a supervisor of version 0.1)."""

    def __init__(self) -> None:
        self._line: Any = None
        self._turn: Any = None

    def open(self) -> None:
        """Take the channel out of the environment, so that programs started by the task do not get it."""
        given = os.environ.pop(CHANNEL, None)
        if given is None:
            return
        import fcntl
        import socket
        from _thread import allocate_lock

        try:
            # Moved to a high number: an author's first file is number 3, as in any program.
            number = fcntl.fcntl(int(given), fcntl.F_DUPFD_CLOEXEC, _PLACE)
            os.close(int(given))
        except OSError:
            number = int(given)
        self._line = socket.socket(fileno=number)
        self._line.set_inheritable(False)
        self._turn = allocate_lock()

    @property
    def is_open(self) -> bool:
        """Whether there is a supervisor to talk to."""
        return self._line is not None

    def environment(self, *names: str) -> tuple[str, bool] | None:
        """Return the value of the first of these that the engine has, and whether it is a secret.

        A secret is hidden in everything that the task prints from then on. Raises `NoAnswerError`.
        """
        answer = self._ask({"ask": names})
        if answer[:1] == b"-":
            return None
        return answer[1:].decode(errors="surrogateescape"), answer[:1] == b"*"

    def hide(self, values: Sequence[str]) -> None:
        """Hide *values* in everything that the task prints from now on. Raises `NoAnswerError`."""
        self._ask({"hide": values})

    def hand_over(self, name: str, data: bytes) -> None:
        """Give a file to the supervisor, which writes it once there is disk space. Raises `NoAnswerError`."""
        self._say({"left": name, "data": data.decode()}, [])

    def moved(self, attempt_ids: Sequence[str]) -> None:
        """Have the engine look at some attempts. Raises `NoAnswerError`."""
        self._say({"moved": list(attempt_ids)}, [])

    def _ask(self, message: dict[str, Any]) -> bytes:
        import socket

        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                self._say(message, [theirs.fileno()])
            ours.settimeout(PATIENCE)
            try:
                answer = bytearray()
                while part := ours.recv(1 << 16):
                    answer += part
            except OSError as error:
                raise NoAnswerError(f"the supervisor does not answer: {error}") from None
        if not answer:
            raise NoAnswerError("the supervisor has ended")
        return bytes(answer)

    def _say(self, message: dict[str, Any], descriptors: list[int]) -> None:
        import json
        import socket

        data = json.dumps(message).encode() + b"\n"
        mine = self._turn.acquire(timeout=PATIENCE)  # a fork may have been made while a thread held it
        try:
            sent = socket.send_fds(self._line, [data[:_WHOLE]], descriptors) if descriptors else 0
            self._line.sendall(data[sent:])
        except OSError as error:
            raise NoAnswerError(f"the supervisor has ended: {error.strerror}") from None
        finally:
            if mine:
                self._turn.release()


channel = Channel()
