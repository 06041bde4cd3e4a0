"""A terminal to run a full-screen program in: keys go in, and what it draws is counted."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

import pyte

from benchmarks.usage import running_seconds

LIMIT = 60.0
"""Seconds that a text may take to appear."""
_ESCAPE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])")


class Terminal:
    """Use it inside a ``with``: it starts *command* on a terminal of *columns* x *lines* and ends it."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        columns: int = 120,
        lines: int = 36,
    ) -> None:
        self._command = list(command)
        self._environment = {**environment, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        for name in ("COLUMNS", "LINES", "NO_COLOR", "TMUX"):
            self._environment.pop(name, None)
        self._size = struct.pack("HHHH", lines, columns, 0, 0)
        self._handle = -1
        self._process: subprocess.Popen[bytes] | None = None
        self._recent = self._unseen = b""
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self._before: set[str] = set()
        self.received = 0
        """Bytes that it has sent to the terminal so far."""
        self.begun = 0.0

    @property
    def pid(self) -> int:
        """The program's process."""
        assert self._process is not None
        return self._process.pid

    @property
    def cpu(self) -> float:
        """CPU seconds it has used so far."""
        return running_seconds(self.pid)

    def until(self, text: str, limit: float = LIMIT) -> float:
        """Return the seconds since the start at which *text* had been drawn (after the last `press`)."""
        deadline = time.monotonic() + limit
        while text.encode() not in _ESCAPE.sub(b"", self._recent) and not self._shows(text):
            left = deadline - time.monotonic()
            if left <= 0 or not self._read(left):
                shown = "\n".join(self._screen.display)
                raise RuntimeError(f"{text!r} was not drawn:\n{shown}")
        return time.monotonic() - self.begun

    def _shows(self, text: str) -> bool:
        """Whether *text* stands in a line that did not stand there at the last `press`.

        What stands there already is not sent again, so the bytes alone do not tell.
        """
        return any(text in line and line not in self._before for line in self._look())

    def _look(self) -> list[str]:
        """Return what stands on the screen. An emulator is slow: it gets what has come only here."""
        self._stream.feed(self._unseen)
        self._unseen = b""
        return self._screen.display

    def _take(self, data: bytes) -> None:
        """Note what has come."""
        self.received += len(data)
        self._recent = (self._recent + data)[-(1 << 18) :]
        self._unseen += data

    def _begin_anew(self) -> None:
        """Take note of what stands there before a key."""
        self._recent, self._before = b"", {*self._look()}

    def press(self, keys: str) -> None:
        """Type *keys*; `until` looks for what is drawn from now on."""
        self._begin_anew()
        os.write(self._handle, keys.encode())

    def watch(self, seconds: float) -> int:
        """Return how many bytes arrive within *seconds*."""
        before = self.received
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if not self._read(left) and select.select([self._handle], [], [], 0)[0]:
                raise RuntimeError("the program ended")
        return self.received - before

    def quiet(self, span: float = 0.7, limit: float = 20.0) -> None:
        """Wait until nothing was drawn for *span* seconds."""
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline and self._read(span):
            pass

    def drawn(self, *, within: float = 3.0, gap: float = 0.12) -> float:
        """Return the seconds until the last byte of what is drawn now; 0 if nothing is drawn.

        Nothing for *gap* seconds is the end of it. The first byte may take *within* seconds.
        """
        begun = time.monotonic()
        last = begun
        if not self._read(within):
            return 0.0
        last = time.monotonic()
        while self._read(gap) and last - begun < LIMIT:
            last = time.monotonic()
        return last - begun

    def _read(self, seconds: float) -> bool:
        """Take what comes within *seconds*; return whether anything did."""
        if not select.select([self._handle], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._handle, 1 << 16)
        except OSError:  # how Linux says that nobody holds the other end any more
            return False
        self._take(data)
        return bool(data)

    def __enter__(self) -> Self:
        self._handle, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, self._size)

        def own_terminal() -> None:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.begun = time.monotonic()
        try:
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=other,
                stdout=other,
                stderr=other,
                start_new_session=True,
                preexec_fn=own_terminal,  # noqa: PLW1509 - there are no threads here
            )
        finally:
            os.close(other)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        os.close(self._handle)  # a terminal that hangs up ends what runs on it
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
