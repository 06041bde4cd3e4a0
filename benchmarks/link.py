"""How long a key takes over a slow link (30 kB a second, 150 ms each way), on every screen, at two sizes.

The home is that of `screens`: 150 DAGs, runs of 1,000 tasks. A key is answered when all has come that it
changes. The seconds of what runs go on meanwhile: they count for no key.
"""

from __future__ import annotations

import os
import select
import sys
import time
from collections import deque
from typing import Self

from benchmarks.figures import Report, Scale, median
from benchmarks.instance import Instance
from benchmarks.large_home import make_home
from benchmarks.screens import SCREENS, Screen, home, named, settle_on, split
from benchmarks.terminal import Terminal

RATE = 30_000.0
"""Bytes a second from the program to the terminal."""
DELAY = 0.15
"""Seconds that a byte is on its way, in each direction."""
MUST = 0.6
"""Seconds within which a key must be answered."""
SIZES = ((120, 36), (80, 24))
_SLICE = 0.005
_QUIET = 0.45
"""Seconds without a byte after which an answer is taken to be complete."""
_FIRST, _MOST = 2.0, 6.0
"""Seconds that the first byte, and the last, may take."""
_STILL, _TICKING = 0.6, 3.0
"""Seconds without a byte after which a screen has settled; one whose seconds go on is given as many."""
_DIGITS = str.maketrans("0123456789", "0000000000")


class SlowTerminal(Terminal):
    """A terminal at the far end of a link of `RATE` and `DELAY`. Read it often: it moves the bytes."""

    def __enter__(self) -> Self:
        self._typed: deque[tuple[float, bytes]] = deque()
        self._drawn: deque[tuple[float, bytes]] = deque()
        self._arrived: list[tuple[float, bytes]] = []
        self._free = time.monotonic()
        """When the last byte has left the program's side of the link."""
        super().__enter__()
        return self

    def press(self, keys: str) -> None:
        """Type *keys*; they arrive `DELAY` later."""
        self._begin_anew()
        self._typed.append((time.monotonic() + DELAY, keys.encode()))

    def answer(self, keys: str) -> tuple[float, int]:
        """Press *keys*; return the seconds until all of the answer has come, and its bytes."""
        self.press(keys)
        self._arrived = []
        last = begun = time.monotonic()
        limit = begun + _FIRST
        while time.monotonic() < limit and last - begun < _MOST:
            if self._read(0.02):
                last = time.monotonic()
                limit = last + _QUIET
        at, received = self._complete()
        return max(0.0, at - begun), received

    def _complete(self) -> tuple[float, int]:
        """Return when the screen first looked as it does now but for digits, and the bytes until then."""
        arrived, self._arrived = self._arrived, []
        looks = [self._cells()]
        for _, data in arrived:
            self._stream.feed(data)
            looks.append(self._cells())
        place = len(looks) - 1
        while place and looks[place - 1] == looks[-1]:
            place -= 1
        self._unseen = b""
        at = arrived[place - 1][0] if place else 0.0
        return at, sum(len(data) for _, data in arrived[:place])

    def _cells(self) -> list[tuple[object, ...]]:
        """Return what stands on the screen and how, with one digit for all."""
        buffer, columns = self._screen.buffer, range(self._screen.columns)
        return [
            (cell.data.translate(_DIGITS), *cell[1:])
            for row in range(self._screen.lines)
            for cell in map(buffer[row].__getitem__, columns)
        ]

    def quiet(self, span: float = _STILL, limit: float = _TICKING) -> None:
        """Wait until nothing was drawn for *span* seconds beyond the way there and back."""
        super().quiet(span + 2 * DELAY, limit)

    def _take(self, data: bytes) -> None:
        super()._take(data)
        self._arrived.append((time.monotonic(), data))

    def _read(self, seconds: float) -> bool:
        """Move bytes for *seconds*, or until some arrive; return whether any did."""
        limit = time.monotonic() + seconds
        while True:
            self._carry()
            if self._drawn and self._drawn[0][0] <= time.monotonic():
                data = self._drawn.popleft()[1]
                self._take(data)
                return True
            if time.monotonic() >= limit:
                return False
            time.sleep(_SLICE)

    def _carry(self) -> None:
        """Hand over the keys that have arrived, and take from the program what the link has room for."""
        now = time.monotonic()
        while self._typed and self._typed[0][0] <= now:
            os.write(self._handle, self._typed.popleft()[1])
        if self._free <= now and select.select([self._handle], [], [], 0)[0]:
            try:
                data = os.read(self._handle, int(RATE * _SLICE * 2))
            except OSError:
                return
            self._free = max(self._free, now - _SLICE) + len(data) / RATE
            self._drawn.append((self._free + DELAY, data))


def measure(scale: Scale) -> Report:
    """Measure it; the table goes to stderr."""
    report = Report("link", "a key over a link of 30 kB/s and 150 ms each way")
    large = make_home(scale)
    slowest = most = 0.0
    with Instance({}, home=large) as instance:
        instance.trigger("live")
        for columns, lines in SIZES:
            table = _at(instance, columns, lines, scale)
            report.figures[f"{columns}x{lines}"] = table
            keys = [each for row in table.values() for each in row.values()]
            slowest = max(slowest, *(each["s"] for each in keys))
            most = max(most, *(each["bytes"] for each in keys))
    report.floor = {"name": "the link, there and back", "s": 2 * DELAY}
    report.budget("slowest key, s", slowest, MUST, 0.5)
    report.budget("most bytes for a key", most, 6000.0, 4000.0)
    return report


Figures = dict[str, dict[str, float]]
Answers = dict[str, list[tuple[float, int]]]


def _at(instance: Instance, columns: int, lines: int, scale: Scale) -> dict[str, Figures]:
    """Return by screen and key the seconds (median) and the bytes (most) of an answer."""
    command = [sys.executable, "-m", "penstock_tui"]
    environment = {**instance.environment(), "SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
    with SlowTerminal(command, environment, columns=columns, lines=lines) as terminal:
        terminal.until("part_000")
        terminal.quiet()
        print(f"\n{columns}x{lines}, first screen {terminal.received} bytes", file=sys.stderr, flush=True)
        return {
            screen.name: _printed(screen.name, _visited(terminal, screen, max(1, scale.rounds // 2)))
            for screen in (_LIST, *SCREENS)
        }


def _visited(terminal: SlowTerminal, screen: Screen, rounds: int) -> Answers:
    """Return by key the answers of a screen that is opened and left so often."""
    found: Answers = {}
    for _ in range(rounds):
        if screen.keys:
            settle_on(terminal, screen.of)
            *way, last = split(screen.keys)
            for key in way:
                terminal.press(key)
                terminal.quiet()
            found.setdefault("open", []).append(terminal.answer(last))
            terminal.until(screen.text)
            terminal.quiet()
        for key in screen.moves:
            found.setdefault(named(key), []).append(terminal.answer(key))
        home(terminal)
    return found


def _printed(name: str, found: Answers) -> Figures:
    row = _figures(found)
    cells = "".join(f"  {key} {each['s']:.2f} s {each['bytes']:.0f} B" for key, each in row.items())
    print(f"{name:<20}{cells}", file=sys.stderr, flush=True)
    return row


def _figures(keys: Answers) -> Figures:
    return {
        key: {
            "s": median([seconds for seconds, _ in answers]),
            "bytes": float(max(received for _, received in answers)),
        }
        for key, answers in keys.items()
    }


_LIST = Screen("dags", "", "", ("\x1b[B", "\x1b[A", "\x1b[6~", "\x1b[F", "\x1b[H"))
