"""The real program in a real pseudo-terminal, its output drawn by an emulator: what a person would see."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

from drive.far_screen import FarScreen

_PATIENCE = 30.0
_MODE = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")


class Terminal:
    """A program on a pseudo-terminal of *size* (columns, rows). Use as a context manager."""

    def __init__(
        self, command: Sequence[str], size: tuple[int, int] = (80, 24), env: dict[str, str] | None = None
    ) -> None:
        self.output = b""
        self._screen = FarScreen(*size)
        self._stream = pyte.ByteStream(self._screen)
        self._near, far = pty.openpty()
        self.found = termios.tcgetattr(far)
        """How the terminal was set before the program had it."""
        fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        plain = {name: value for name, value in os.environ.items() if name not in _UNSET}
        self.process = subprocess.Popen(
            command,
            stdin=far,
            stdout=far,
            stderr=far,
            env={**plain, "TERM": "xterm-256color", "LANG": "C.UTF-8", **(env or {})},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509
        )
        os.close(far)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self._near >= 0:
            os.close(self._near)

    def read(self, seconds: float = 0.05) -> bool:
        """Take in what comes within *seconds*; return whether anything came."""
        if self._near < 0 or not select.select([self._near], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._near, 65536)
        except OSError:
            return False
        self.output += data
        self._stream.feed(data)
        return bool(data)

    @property
    def near(self) -> int:
        """The file descriptor of this end of the terminal."""
        return self._near

    def send(self, keys: bytes) -> None:
        """Type."""
        os.write(self._near, keys)

    def lines(self) -> list[str]:
        """Return what stands on the screen."""
        return [line.rstrip() for line in self._screen.display]

    def text(self) -> str:
        """Return what stands on the screen, as one text."""
        return "\n".join(self.lines())

    def colours(self) -> set[str]:
        """Return the names of the foreground colours on the screen."""
        return {cell.fg for row in self._screen.buffer.values() for cell in row.values() if cell.data.strip()}

    def sees(self, *wanted: str) -> None:
        """Wait until every text stands on the screen."""
        limit = time.monotonic() + _PATIENCE
        while not all(text in self.text() for text in wanted):
            assert time.monotonic() < limit, f"waited in vain for {wanted}; the screen shows\n{self.text()}"
            if not self.read() and self.process.poll() is not None:
                assert all(text in self.text() for text in wanted), f"ended without {wanted}\n{self.text()}"

    def settle(self) -> None:
        """Take in what comes until nothing has come for a second and a half."""
        for _ in range(40):
            if not self.read(1.5):
                return
        raise AssertionError("it never comes to rest")

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the terminal; nothing of what it showed is left, so all must be drawn again."""
        self._stream.detach(self._screen)
        self._screen = FarScreen(columns, rows)
        self._stream.attach(self._screen)
        fcntl.ioctl(self._near, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process.send_signal(signal.SIGWINCH)

    def read_anew(self) -> None:
        """Take what comes next for a beginning: what was read elsewhere may have ended in mid-sequence."""
        self.output = b""
        self._stream = pyte.ByteStream(self._screen)

    def wipe(self) -> None:
        """Forget what stands on the screen; what is seen after this was drawn after this."""
        self._screen.reset()

    def settings(self) -> list[object]:
        """Return how the terminal is set now, as `termios.tcgetattr` does."""
        return termios.tcgetattr(self._near)

    def cook(self) -> None:
        """Set the terminal as it was before the program had it, as a shell does that takes it back."""
        termios.tcsetattr(self._near, termios.TCSANOW, self.found)

    def modes_on(self) -> set[str]:
        """Return the numbers of the private modes that the program has switched on and not off again."""
        last: dict[str, bytes] = {}
        for numbers, switch in _MODE.findall(self.output):
            last.update(dict.fromkeys(numbers.decode().split(";"), switch))
        keyboard = self.output.count(b"\x1b[>") - self.output.count(b"\x1b[<u")
        return {number for number, switch in last.items() if switch == b"h"} | (
            {"keyboard"} if keyboard > 0 else set()
        )

    def hang_up(self) -> None:
        """Close the terminal's other end, as a lost connection does."""
        os.close(self._near)
        self._near = -1

    def ended(self) -> int:
        """Wait for the program's end and return its exit code (minus the signal's number)."""
        limit = time.monotonic() + _PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < limit, f"it did not end; the screen shows\n{self.text()}"
            self.read()
        while self.read(0.01):
            pass
        return self.process.returncode


_UNSET = {
    "NO_COLOR",
    "TERM",
    "COLORTERM",
    "SSH_CONNECTION",
    "TMUX",
    "TEXTUAL",
    "TEXTUAL_THEME",
    "PENSTOCK_HOME",
}


def console(home: Path, *options: str) -> list[str]:
    """Return the command that opens the real console on *home*."""
    return [sys.executable, "-m", "penstock_tui", "--home", str(home), *options]


def fake_console(*how: str) -> list[str]:
    """Return a command that opens the console on the engine of the tests; *how* as in fakes/console.py."""
    return [sys.executable, str(Path(__file__).parents[1] / "fakes" / "console.py"), *how]
