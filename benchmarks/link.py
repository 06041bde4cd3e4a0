"""How long a key takes over a slow link (30 kB a second, 150 ms each way), on every screen, at two sizes.

150 DAGs, one of them with runs of 300 tasks. From the key until the last byte of its answer has arrived.
"""

from __future__ import annotations

import os
import select
import sys
import time
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple, Self

from benchmarks.figures import Report, Scale, median
from benchmarks.instance import Instance, dag_file
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
_MOST = 6.0

_HOME, _END, _DOWN_A_PAGE, _ENTER, _BACK = "\x1b[H", "\x1b[F", "\x1b[6~", "\r", "\x1b"


class Place(NamedTuple):
    """A screen: the key that opens it from the list of DAGs, what it shows, and keys that move in it."""

    name: str
    opens: str
    shows: str
    moves: tuple[str, ...] = ("j", "k", "j")
    pages: tuple[str, ...] = (_DOWN_A_PAGE, _HOME)


PLACES = (
    Place("runs", "4", "runs"),
    Place("failures", "5", "failures"),
    Place("now", "6", "now", pages=()),
    Place("coming", "7", "coming"),
    Place("system", "8", "system", pages=()),
    Place("assets", "9", "assets", pages=()),
    Place("digest", "0", "away", pages=()),
    Place("grid", "#", "grid", ("j", "h", "l")),
    Place("graph", "D", "graph", ("j", "l", "h"), ()),
    Place("timeline", "=", "timeline"),
    Place("merged log", "L", "merged log", ("k", "j", "k"), ("\x1b[5~", _HOME)),
    Place("calendar", "C", "calendar", ("h", "l", "h"), ()),
    Place("run", _ENTER, "task_0"),
    Place("history", _ENTER + "H", "history of", ("h", "l", "h"), ()),
    Place("log", _ENTER + _ENTER, "line", ("k", "j", "k"), ("\x1b[5~", _HOME)),
    Place("help", "?", "Keys of this view", (), ()),
    Place("palette", ":", "palette", (), ()),
)


class SlowTerminal(Terminal):
    """A terminal at the far end of a link of `RATE` and `DELAY`. Read it often: it moves the bytes."""

    def __enter__(self) -> Self:
        self._typed: deque[tuple[float, bytes]] = deque()
        self._drawn: deque[tuple[float, bytes]] = deque()
        self._free = time.monotonic()
        """When the last byte has left the program's side of the link."""
        super().__enter__()
        return self

    def press(self, keys: str) -> None:
        """Type *keys*; they arrive `DELAY` later."""
        self._begin_anew()
        self._typed.append((time.monotonic() + DELAY, keys.encode()))

    def answer(self, keys: str) -> tuple[float, int]:
        """Press *keys*; return the seconds until the last byte of the answer has come, and its bytes."""
        before, begun = self.received, time.monotonic()
        last = begun
        self.press(keys)
        while (now := time.monotonic()) - max(last, begun + 2 * DELAY) < _QUIET and now - begun < _MOST:
            if self._read(0.02):
                last = time.monotonic()
        return last - begun, self.received - before

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
    slowest = 0.0
    with Instance(_dags(scale)) as instance:
        _live(instance, scale)
        for columns, lines in SIZES:
            command = [sys.executable, "-m", "penstock_tui"]
            with SlowTerminal(command, instance.environment(), columns=columns, lines=lines) as terminal:
                terminal.until(_BIG)
                terminal.quiet(1.5)
                first = terminal.received
                size = f"{columns}x{lines}"
                report.figures[size] = found = {"first screen": {"open": {"bytes": float(first)}}}
                print(f"\n{size}, first screen {first} bytes: seconds and bytes of a key", file=sys.stderr)
                found["list"] = _row("list", None, _moves(terminal, ("j", "k", "j")), _pages(terminal))
                for place in PLACES:
                    found[place.name] = _visit(terminal, place, scale.rounds)
            slowest = max(slowest, *(kind.get("s", 0.0) for row in found.values() for kind in row.values()))
    report.floor = {"name": "the link, there and back", "s": 2 * DELAY}
    report.budget("slowest key, s", slowest, MUST, 0.5)
    return report


Answers = Sequence[tuple[float, int]]


def _visit(terminal: SlowTerminal, place: Place, rounds: int) -> dict[str, dict[str, float]]:
    """Open *place* so often, move and page in it, and go back; return what was measured."""
    opened, moves, pages = [], [], []
    for _ in range(max(1, rounds // 2)):
        terminal.press("1")
        terminal.quiet(0.6)
        terminal.press(_HOME)
        terminal.quiet(0.6)
        for key in place.opens[:-1]:
            terminal.press(key)
            terminal.quiet(0.8)
        opened.append(terminal.answer(place.opens[-1]))
        terminal.until(place.shows, 5.0)
        terminal.quiet(0.8)
        moves += _moves(terminal, place.moves)
        pages += [terminal.answer(key) for key in place.pages]
        if not place.moves:
            terminal.press(_BACK)
            terminal.quiet(0.6)
    return _row(place.name, opened, moves, pages)


def _moves(terminal: SlowTerminal, keys: Sequence[str]) -> list[tuple[float, int]]:
    return [terminal.answer(key) for key in keys]


def _pages(terminal: SlowTerminal) -> list[tuple[float, int]]:
    return [terminal.answer(key) for key in (_DOWN_A_PAGE, _END, _HOME)]


def _row(name: str, opened: Answers | None, moves: Answers, pages: Answers) -> dict[str, dict[str, float]]:
    """Return and print the figures of one screen."""
    kinds = {"open": opened or (), "move": moves, "page": pages}
    row: dict[str, dict[str, float]] = {}
    for kind, found in kinds.items():
        if found:
            row[kind] = {
                "s": median([seconds for seconds, _ in found]),
                "bytes": max(received for _, received in found),
            }
    cells = "".join(
        f"{kind:>7} {row[kind]['s']:5.2f} s {row[kind]['bytes']:5.0f} B" if kind in row else " " * 22
        for kind in kinds
    )
    print(f"{name:<14}{cells}", file=sys.stderr, flush=True)
    return row


_BIG = "a_large_one"
_PLAIN = """
first = BashOperator(task_id="first", bash_command="seq 40; echo read the orders of the day")
second = BashOperator(task_id="second", bash_command="echo write them; exit {code}")
first >> second
"""
_LARGE = """
before = []
for layer in range({layers}):
    tasks = [
        BashOperator(
            task_id=f"task_{{layer}}_{{place}}",
            bash_command=f'for i in $(seq 30); do echo "line $i: {{place * layer}} rows were read"; done',
        )
        for place in range(20)
    ]
    for place, task in enumerate(tasks):
        for above in before[max(0, place - 1) : place + 1]:
            above >> task
    before = tasks
"""


def _dags(scale: Scale) -> dict[str, str]:
    large = {_BIG: dag_file(_BIG, _LARGE.format(layers=scale.count(15, least=2)))}
    plain = {
        f"team_{number:03}": dag_file(f"team_{number:03}", _PLAIN.format(code=int(number % 25 == 7)))
        for number in range(scale.count(149, least=5))
    }
    return large | plain


def _live(instance: Instance, scale: Scale) -> None:
    """Let the large DAG run a few times, and every third of the others once."""
    for _ in range(scale.count(4)):
        instance.run(_BIG)
    plain = [f"team_{number:03}" for number in range(1, scale.count(149, least=5), 3)]
    runs = [(dag_id, instance.trigger(dag_id)[0]) for dag_id in plain]
    for dag_id, run_id in runs:
        _settle(instance, dag_id, run_id)


def _settle(instance: Instance, dag_id: str, run_id: str) -> None:
    """Wait until a run has ended, well or badly."""
    deadline = time.monotonic() + _RUNS
    while time.monotonic() < deadline:
        try:
            if instance.ended(dag_id, run_id):
                return
        except RuntimeError:  # it failed, as some do
            return
        time.sleep(0.05)
    raise RuntimeError(f"run {run_id} of {dag_id} did not end in {_RUNS:g} s")


_RUNS = 120.0
