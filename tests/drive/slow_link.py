"""The console over a slow link: a terminal that gets bytes late and at a rate, and how long keys take there.

``PYTHONPATH=tests python -m drive.slow_link [COLUMNSxROWS]`` prints a line for each key. It informs; nothing
fails because a key is slow.
"""

from __future__ import annotations

import os
import select
import sys
import time
from collections import deque
from collections.abc import Sequence

from drive.terminal import Terminal, fake_console

RATE = 30_000.0
"""Bytes a second from the program to the terminal."""
DELAY = 0.15
"""Seconds that a byte is on its way, in each direction."""
GOAL = 0.6
"""Seconds within which a key should be answered."""
_FRAME = 0.005
_QUIET = 0.45
"""Seconds without a byte after which an answer is taken to be complete."""
_MOST = 5.0
KEYS = (
    ("down", b"j", "list"), ("up", b"k", "list"), ("runs of all DAGs", b"4", "> runs"),
    ("down", b"j", "> runs"), ("list", b"1", "last runs"), ("failures", b"5", "> failures"),
    ("list", b"1", "last runs"), ("now", b"6", "> now"), ("down", b"j", "> now"), ("list", b"1", "last runs"),
    ("coming", b"7", "> coming"), ("down", b"j", "> coming"), ("list", b"1", "last runs"),
    ("system", b"8", "> system"), ("down", b"j", "> system"), ("list", b"1", "last runs"),
    ("assets", b"9", "> assets"), ("down", b"j", "> assets"), ("list", b"1", "last runs"),
    ("digest", b"0", "while you were away"), ("list", b"1", "last runs"),
    ("grid", b"#", " grid"), ("down", b"j", " grid"), ("right", b"l", " grid"), ("list", b"1", "last runs"),
    ("graph", b"D", " graph"), ("down", b"j", " graph"), ("list", b"1", "last runs"),
    ("timeline", b"=", " timeline"), ("down", b"j", " timeline"), ("list", b"1", "last runs"),
    ("merged log", b"L", "merged log"), ("up", b"k", "merged log"), ("list", b"1", "last runs"),
    ("run", b"\r", "orders_daily >"), ("down", b"j", "orders_daily >"), ("history", b"H", "history of"),
    ("down", b"j", "history of"), ("list", b"1", "last runs"), ("palette", b":", "palette"),
    ("list", b"\x1b", "last runs"), ("help", b"?", "Keys of this view"), ("list", b"\x1b", "last runs"),
)  # fmt: skip
"""What a key is for, the key, and where it is pressed or leads to."""


class SlowTerminal(Terminal):
    """A terminal at the far end of a link of `RATE` and `DELAY`. Read it often: it moves the bytes."""

    def __init__(
        self, command: Sequence[str], size: tuple[int, int] = (80, 24), env: dict[str, str] | None = None
    ) -> None:
        super().__init__(command, size, env)
        self._typed: deque[tuple[float, bytes]] = deque()
        self._drawn: deque[tuple[float, bytes]] = deque()
        self._free = time.monotonic()
        """When the last byte has left the program's side of the link."""

    def send(self, keys: bytes) -> None:
        """Type; the keys arrive `DELAY` later."""
        self._typed.append((time.monotonic() + DELAY, keys))

    def read(self, seconds: float = 0.05) -> bool:
        """Move bytes for *seconds*, or until some arrive; return whether any did."""
        limit = time.monotonic() + seconds
        while True:
            self._carry()
            if self._drawn and self._drawn[0][0] <= time.monotonic():
                data = self._drawn.popleft()[1]
                self.output += data
                self._stream.feed(data)
                return True
            if time.monotonic() >= limit:
                return False
            time.sleep(_FRAME)

    def _carry(self) -> None:
        """Hand over the keys that have arrived, and take from the program what the link has room for."""
        now = time.monotonic()
        while self._typed and self._typed[0][0] <= now:
            os.write(self.near, self._typed.popleft()[1])
        if self._free <= now and select.select([self.near], [], [], 0)[0]:
            try:
                data = os.read(self.near, int(RATE * _FRAME * 2))
            except OSError:
                return
            self._free = max(self._free, now - _FRAME) + len(data) / RATE
            self._drawn.append((self._free + DELAY, data))


def answer(terminal: Terminal, key: bytes) -> tuple[float, float, int]:
    """Press *key*; return the seconds to the first and to the last byte of the answer, and its bytes."""
    before, begun = len(terminal.output), time.monotonic()
    first = last = begun
    terminal.send(key)
    while time.monotonic() - max(last, begun + 2 * DELAY) < _QUIET and time.monotonic() - begun < _MOST:
        if terminal.read(0.02):
            last = time.monotonic()
            first = last if first == begun else first
    return first - begun, last - begun, len(terminal.output) - before


def main() -> int:
    """Print how long each key takes."""
    size = tuple(int(part) for part in (sys.argv[1] if len(sys.argv) > 1 else "120x36").split("x"))
    with SlowTerminal(fake_console(), (size[0], size[1])) as terminal:
        terminal.sees("orders_daily", "fx_rates")
        begun = time.monotonic()
        while time.monotonic() - begun < _MOST:  # the clock of what runs never lets it come to rest
            terminal.read()
        print(f"{'key':<18}{'from or to':<22}{'first s':>8}{'last s':>8}{'bytes':>8}")
        for name, key, where in KEYS:
            first, last, sent = answer(terminal, key)
            slow = "  slow" if last > GOAL else ""
            print(f"{name:<18}{where:<22}{first:>8.2f}{last:>8.2f}{sent:>8}{slow}", flush=True)
        terminal.send(b"\x03")
        while terminal.process.poll() is None:
            terminal.read()
    return 0


if __name__ == "__main__":
    sys.exit(main())
