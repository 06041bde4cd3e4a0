"""A hand that types at random: keys, pastes, the mouse and sizes down to 1x1, the same for the same seed.

It watches for three things: an exit, a hang (a key that is not answered), and memory that grows.
"""

from __future__ import annotations

import os
import random
import select
import statistics
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from drive.terminal import Terminal

ANSWER = 120.0
"""Seconds within which a key must be answered, on a machine where others work too."""
_MEGABYTE = 1024 * 1024
_KEYS = [
    *(key.encode() for key in "abcdefghijklmnoprstuvwxyzABCDEFGHIJKLMNOPRSTUVWXYZ0123456789"),
    *(key.encode() for key in " !@#$%^&*()-_=+[]{}\\|;:'\",.<>/?`~"),
    b"\r", b"\n", b"\t", b"\x7f", b"\x1b",
    b"\x10", b"\x0c", b"\x15", b"\x04", b"\x01", b"\x05", b"\x0b", b"\x17", b"\x12",
    b"\x1b[A", b"\x1b[B", b"\x1b[C", b"\x1b[D", b"\x1b[5~", b"\x1b[6~", b"\x1b[H", b"\x1b[F",
    b"\x1b[Z", b"\x1bOP", b"\x1b[3~", b"\x1b[1;2B", b"\x1b[1;5C", b"\x1b\r", b"\x1bx",
]  # fmt: skip
"""All but q, ^C, ^Q and ^Z, which leave the console; where the palette does, another one is opened."""
_OFTEN = [b"\r", b"\x1b", b"\t", b"j", b"k", b"y", b"n", b":", b"/", b"?", b"U", b"\x1b[A", b"\x1b[B"]
_TEXTS = (
    "orders", "state:failed", '!tag:x or "two', "2013-01-05", "9" * 40, "x" * 500, "é€🙂中文", "a\tb",
    "\x00\x01\x9b31m",
    "line one\nline two\n", "[/bold] [red]", "penstock up -d", "",
)  # fmt: skip
_SIZES = (
    (1, 1),
    (2, 1),
    (1, 2),
    (3, 3),
    (5, 2),
    (13, 4),
    (13, 24),
    (20, 6),
    (60, 15),
    (80, 24),
    (120, 36),
    (250, 70),
)


_LEFT = b"console closed"
"""What the console says last if it was asked to end, which the palette and its arrows can do, too."""


class _LeftError(Exception):
    """The console was asked to end, and said so."""


class HandError(AssertionError):
    """The console ended, hung or grew; the text says what was done before."""


class RandomHand:
    """Types into the console that *command* starts. ``strokes`` counts what was done, by kind."""

    def __init__(self, command: Sequence[str], seed: int, env: dict[str, str] | None = None) -> None:
        self.strokes: Counter[str] = Counter()
        self.memory: list[int] = []
        """Bytes of resident memory at each look."""
        self.slowest = 0.0
        """Seconds of the slowest answer."""
        self._command, self._env, self._seed = command, env, seed
        self._random = random.Random(seed)
        self._last: deque[str] = deque(maxlen=60)
        self._recent = b""
        """The end of what was thrown away: it may have the last words."""

    def type_for(self, seconds: float, *, between: Callable[[], None] = lambda: None) -> None:
        """Type for so long; every few hundred strokes see that a key is answered, and call *between*.

        Raises `HandError` with the last strokes and what stood on the screen.
        """
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            self._recent = b""
            with Terminal(self._command, (80, 24), self._env) as terminal:
                try:
                    self._type(terminal, limit, between)
                except _LeftError:
                    self.strokes["left"] += 1

    def _type(self, terminal: Terminal, limit: float, between: Callable[[], None]) -> None:
        self._answers(terminal)
        while time.monotonic() < limit:
            for _ in range(self._random.randint(20, 200)):
                self._stroke(terminal)
                if terminal.process.poll() is not None:
                    raise self._ended(terminal, f"it ended with {terminal.process.returncode}")
            self._answers(terminal)
            between()
        self._last.append("^C")
        terminal.send(b"\x03")
        if terminal.ended() != 0:
            raise self._ended(terminal, "leaving it failed")

    def grew(self) -> int:
        """Return by how many bytes the memory of the last third of the looks is above that of the second."""
        third = max(1, len(self.memory) // 3)
        return int(
            statistics.median(self.memory[-third:]) - statistics.median(self.memory[third : 2 * third + 1])
        )

    # -- what is done ----------------------------------------------------------------------------

    def _stroke(self, terminal: Terminal) -> None:
        pick = self._random.random()
        if pick < 0.04:
            self._resize(terminal)
        elif pick < 0.08:
            text = "".join(self._random.choice(_TEXTS) for _ in range(self._random.randint(1, 3)))
            self._send(terminal, "paste", b"\x1b[200~" + text.encode() + b"\x1b[201~")
        elif pick < 0.12:
            self._send(terminal, "mouse", self._mouse())
        elif pick < 0.16:
            self._send(terminal, "text", self._random.choice(_TEXTS).replace("\x00", "")[:40].encode())
        elif pick < 0.40:
            self._send(terminal, "key", self._random.choice(_OFTEN))
        else:
            self._send(terminal, "key", self._random.choice(_KEYS))
        self._drain(terminal, self._random.choice((0.0, 0.0, 0.002, 0.02)))

    def _mouse(self) -> bytes:
        button = self._random.choice((0, 0, 2, 35, 64, 65))
        column, row = self._random.randint(1, 130), self._random.randint(1, 40)
        return f"\x1b[<{button};{column};{row}M\x1b[<{button};{column};{row}m".encode()

    def _resize(self, terminal: Terminal) -> None:
        size = self._random.choice(_SIZES)
        if self._random.random() < 0.5:
            size = (self._random.randint(1, 140), self._random.randint(1, 45))
        self.strokes["size"] += 1
        self._last.append(f"{size[0]}x{size[1]}")
        terminal.resize(*size)

    def _send(self, terminal: Terminal, kind: str, keys: bytes) -> None:
        self.strokes[kind] += 1
        self._last.append(repr(keys)[2:-1])
        limit = time.monotonic() + ANSWER
        while not select.select([], [terminal.near], [], 0)[1]:  # it must be read to go on reading
            self._drain(terminal, 0.01)
            if time.monotonic() > limit:
                raise self._ended(terminal, "it reads no keys")
        with suppress(OSError):
            os.write(terminal.near, keys)

    def _drain(self, terminal: Terminal, seconds: float) -> None:
        """Throw away what it drew: an emulator would take longer than the console."""
        while select.select([terminal.near], [], [], seconds)[0]:
            try:
                data = os.read(terminal.near, 1 << 16)
                if not data:
                    return
                self._recent = (self._recent + data)[-4000:]
            except OSError:
                return
            seconds = 0.0

    # -- what is looked at -----------------------------------------------------------------------

    def _answers(self, terminal: Terminal) -> None:
        """See that `?` opens the help sheet in a terminal of usual size, and how much memory there is."""
        self._drain(terminal, 0.3)
        terminal.read_anew()
        terminal.resize(80, 24)
        began = time.monotonic()
        while "Keys of this view" not in terminal.text():
            self._last.append("esc esc esc ?")
            for key in (b"\x1b", b"\x1b", b"\x1b", b"?"):
                terminal.send(key)
                self._look(terminal, began, 0.15)
            self._look(terminal, began, 1.0)
        self.slowest = max(self.slowest, time.monotonic() - began)
        while "Keys of this view" in terminal.text():  # back to the first screen, so that none adds up
            terminal.send(b"\x1b")
            self._read(terminal, began, 0.5)
        terminal.send(b"1")
        self._read(terminal, began, 0.2)
        self.memory.append(resident(terminal.process.pid))

    def _look(self, terminal: Terminal, began: float, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and "Keys of this view" not in terminal.text():
            self._read(terminal, began, 0.05)

    def _read(self, terminal: Terminal, began: float, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            terminal.read(0.05)
            if terminal.process.poll() is not None:
                raise self._ended(terminal, f"it ended with {terminal.process.returncode}")
            if time.monotonic() - began > ANSWER:
                raise self._ended(terminal, f"no key was answered for {ANSWER:.0f} s")

    def _ended(self, terminal: Terminal, what: str) -> HandError | _LeftError:
        while terminal.read(0.2):
            pass
        if terminal.process.poll() == 0 and _LEFT in self._recent + terminal.output[-4000:]:
            return _LeftError()
        strokes = " ".join(self._last)
        return HandError(
            f"seed {self._seed}, {sum(self.strokes.values())} strokes: {what}\n"
            f"last: {strokes}\n{terminal.text()}\n{terminal.output[-4000:]!r}"
        )


def resident(process: int) -> int:
    """Return the bytes of memory that *process* has resident; 0 where /proc is missing."""
    try:
        pages = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
