"""How long every screen of the console takes on a home with 150 DAGs, 10,000 runs and runs of 1,000 tasks.

From a key to the last byte of what it draws in a real terminal, with the CPU time that console and engine
use meanwhile, which a busy machine changes little; and the CPU time of the questions behind them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from benchmarks.figures import Report, Scale, median
from benchmarks.instance import Instance
from benchmarks.large_home import HUGE, TALKS, TEN, make_home
from benchmarks.terminal import Terminal
from benchmarks.usage import running_seconds
from penstock.api.local import LocalEngine
from penstock.execution.configured import archive_of
from penstock.model.queries import ForecastQuery, RunQuery, Term
from penstock.store.database import Database

_ESC, _ENTER, _UP, _DOWN, _LEFT, _RIGHT = "\x1b", "\r", "\x1b[A", "\x1b[B", "\x1b[D", "\x1b[C"
_EMPTY = "\x15"
_PAGE_UP, _PAGE_DOWN, _HOME, _END = "\x1b[5~", "\x1b[6~", "\x1b[H", "\x1b[F"
_LIST = (_DOWN, _PAGE_DOWN, _END, _HOME)


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen: the keys that lead to it, a text that only it has when it is filled, and keys in it."""

    name: str
    keys: str
    text: str
    moves: tuple[str, ...] = ()
    filters: str = ""
    of: str = HUGE
    """The DAG that the cursor is on in the list of DAGs."""


SCREENS = (
    Screen("runs", "4", "part_", (*_LIST, "s", "s", "S"), "state:failed owner:ada"),
    Screen("triage", "5", "error line", _LIST, "customer"),
    Screen("now", "6", "works_", (*_LIST, "s"), "works"),
    Screen("coming", "7", "part_", (*_LIST, "+", "-", "%"), "dag:part_01"),
    Screen("system", "8", "warehouse", (_DOWN, _PAGE_DOWN)),
    Screen("assets", "9", "part_", (*_LIST, "s"), "part_7"),
    Screen("digest", "0", "while you", ("+", *_LIST, "-"), "part_01"),
    Screen("backfills", "2", "at once", _LIST),
    Screen("runs of a DAG", "R", "scheduled", (*_LIST, "s")),
    Screen("calendar", "C", "Mo", (_LEFT, _UP, _PAGE_UP, _END)),
    Screen("run of 1,000 tasks", _ENTER, "step_", (_DOWN, _PAGE_DOWN, _END, _HOME, "<", ">")),
    Screen("grid", "#", "part_00", (_DOWN, _PAGE_DOWN, _LEFT, "<", _END, "z")),
    Screen("grid of 10 tasks", "#", "load_0", (_DOWN, _PAGE_DOWN, _LEFT, "<", _END), of=TEN),
    Screen("timeline", "=", "step_", (_DOWN, _PAGE_DOWN, _END, "s", "S", "<")),
    Screen("graph", "D", "part_00", (_DOWN, _RIGHT, _PAGE_DOWN, "-", "+")),
    Screen("merged log", "R" + _ENTER + "L", "has read batch",
           (_UP, _PAGE_UP, _HOME, _END, "e", "m", "a", "S"), of=TALKS),
    Screen("history", _ENTER + "H", "p95", (_DOWN, _LEFT)),
)  # fmt: skip


def measure(scale: Scale) -> Report:
    """Measure it."""
    report = Report(
        "screens", "from a key to the last byte drawn, 150 DAGs, 10,000 runs, runs of 1,000 tasks"
    )
    large = make_home(scale)
    with Instance({}, home=large) as instance:
        instance.trigger("live")
        shown = _in_a_terminal(instance, scale)
        asked = _asked(instance, scale)
    opens, moves = shown.of("open"), shown.moves()
    report.figures = {
        "open_ms": {name: each.ms for name, each in opens.items()},
        "open_cpu_ms": {name: each.cpu_ms for name, each in opens.items()},
        "first_open_cpu_ms": shown.first,
        "move_ms": {name: {key: each.ms for key, each in keys.items()} for name, keys in moves.items()},
        "move_cpu_ms": {
            name: {key: each.cpu_ms for key, each in keys.items()} for name, keys in moves.items()
        },
        "question_cpu_ms": asked,
    }
    every = [each for keys in moves.values() for each in keys.values()]
    down = moves["dags"]["down"].ms
    report.floor = {"name": "the list of DAGs: a move in it", "ms": down}
    report.ratios["worst move"] = max(each.ms for each in every) / max(down, 0.1)
    report.budget("slowest screen opens within, ms", max(each.ms for each in opens.values()), 300.0, 100.0)
    report.budget("slowest screen opens with, CPU ms", max(each.cpu_ms for each in opens.values()), 200, 100)
    report.budget("slowest move, ms", max(each.ms for each in every), 200.0, 100.0)
    report.budget("slowest move, CPU ms", max(each.cpu_ms for each in every), 200.0, 100.0)
    report.budget("slowest question, CPU ms", max(each["again"] for each in asked.values()), 200.0, 100.0)
    more = opens["grid"].cpu_ms - opens["grid of 10 tasks"].cpu_ms
    report.budget("grid: 1,000 tasks more than 10, CPU ms", more, 100.0, 50.0)
    return report


# -- in a terminal -----------------------------------------------------------------------------


class Answer(NamedTuple):
    """What a key takes: milliseconds until all is drawn, and of the processors of console and engine."""

    ms: float
    cpu_ms: float


@dataclass(slots=True)
class _Shown:
    """What was seen in the terminal: by screen and key each answer."""

    answers: dict[str, dict[str, list[Answer]]] = field(default_factory=dict)
    first: dict[str, float] = field(default_factory=dict)
    """CPU milliseconds of each screen when it is opened for the first time."""

    def add(self, screen: str, key: str, answer: Answer) -> None:
        self.answers.setdefault(screen, {}).setdefault(key, []).append(answer)
        if key == "open":
            self.first.setdefault(screen, answer.cpu_ms)

    def of(self, key: str) -> dict[str, Answer]:
        """Return by screen the median for *key*."""
        return {name: _median(keys[key]) for name, keys in self.answers.items() if key in keys}

    def moves(self) -> dict[str, dict[str, Answer]]:
        """Return by screen and key the median of all but opening."""
        return {
            name: {key: _median(found) for key, found in keys.items() if key != "open"}
            for name, keys in self.answers.items()
        }


def _median(answers: list[Answer]) -> Answer:
    return Answer(median([each.ms for each in answers]), median([each.cpu_ms for each in answers]))


def _in_a_terminal(instance: Instance, scale: Scale) -> _Shown:
    shown = _Shown()
    with Terminal([sys.executable, "-m", "penstock_tui"], instance.environment()) as terminal:

        def used() -> float:
            return (terminal.cpu + running_seconds(instance.pid)) * 1e3

        def answer(key: str, text: str = "") -> Answer:
            """Press *key*; what comes until *text* stands there, or until nothing comes, is its answer."""
            before, begun = used(), time.monotonic()
            terminal.press(key)
            if text:
                terminal.until(text)
                took = time.monotonic() - begun + terminal.drawn(within=0.12)
            else:
                took = terminal.drawn()
            return Answer(took * 1e3, used() - before)

        terminal.until("part_000")
        terminal.quiet()
        for _ in range(scale.rounds):
            for key in _LIST:
                shown.add("dags", named(key), answer(key))
            for screen in SCREENS:
                settle_on(terminal, screen.of)
                *way, last = split(screen.keys)
                for key in way:
                    terminal.press(key)
                    terminal.quiet()
                shown.add(screen.name, "open", answer(last, screen.text))
                terminal.quiet()
                for key in screen.moves:
                    shown.add(screen.name, named(key), answer(key))
                if screen.filters:
                    terminal.press("/")
                    terminal.quiet()
                    shown.add(screen.name, "filter", answer(screen.filters))
                    shown.add(screen.name, "filter kept", answer(_ENTER))
                home(terminal)
                _say(screen.name, shown)
    return shown


def _say(name: str, shown: _Shown) -> None:
    cells = "".join(
        f"  {key} {found[-1].ms:.0f}/{found[-1].cpu_ms:.0f}" for key, found in shown.answers[name].items()
    )
    print(f"{name:<20}{cells}", file=sys.stderr, flush=True)


def split(keys: str) -> list[str]:
    return [keys] if keys.startswith("\x1b") else list(keys)


def settle_on(terminal: Terminal, dag_id: str) -> None:
    """Put the cursor of the DAG list on a DAG."""
    terminal.press("/")
    terminal.quiet(0.3)
    terminal.press(f"{_EMPTY}{dag_id}{_ENTER}")
    terminal.quiet(0.5)


def home(terminal: Terminal) -> None:
    """Back to the DAG list, without a filter."""
    for _ in range(6):
        terminal.press(_ESC)
        terminal.quiet(0.1, 0.2)
    terminal.press("1")
    terminal.quiet(0.3)


def named(key: str) -> str:
    names = {
        _UP: "up", _DOWN: "down", _LEFT: "left", _RIGHT: "right", _PAGE_UP: "page up",
        _PAGE_DOWN: "page down", _HOME: "top", _END: "end", _ENTER: "enter",
    }  # fmt: skip
    return names.get(key, key)


# -- the questions -----------------------------------------------------------------------------


def _asked(instance: Instance, scale: Scale) -> dict[str, dict[str, float]]:
    """Return the CPU milliseconds of each question: when it is first asked, and again."""
    database = Database.open(instance.settings.database, readonly=True)
    engine = LocalEngine(database, instance.settings, archive_of(instance.settings))
    try:
        run_id = engine.runs(HUGE, limit=1)[0].run_id
        grid = engine.grid(HUGE, limit=50)
        columns, rows = [run.run_id for run in grid.runs], [node.task_id for node in engine.dag(HUGE).nodes]
        talks = engine.runs(TALKS, limit=1)[0].run_id
        asked: dict[str, Callable[[], Any]] = {
            "status": engine.status,
            "dags": engine.dags,
            "all runs": lambda: engine.find_runs(RunQuery()),
            "all runs, filtered": lambda: engine.find_runs(
                RunQuery(terms=(Term(field="text", values=("part_01",)),))
            ),
            "all runs, by duration": lambda: engine.find_runs(RunQuery(sort="took")),
            "failures": lambda: engine.failures(person="ada"),
            "digest of a day": lambda: engine.digest(person="nobody"),
            "coming": lambda: engine.forecast(ForecastQuery()),
            "assets": engine.assets,
            "pools": engine.pools,
            "run": lambda: engine.run(HUGE, run_id),
            "grid": lambda: engine.grid(HUGE, limit=50),
            "cells of a grid": lambda: engine.grid_cells(HUGE, columns, rows[:30]),
            "history": lambda: engine.history(HUGE, rows[1]),
            "merged log": lambda: engine.run_log(TALKS, talks),
            "system": engine.system,
        }
        return {name: _timed(ask, scale.rounds) for name, ask in asked.items()}
    finally:
        database.close()


def _timed(ask: Callable[[], Any], rounds: int) -> dict[str, float]:
    took = []
    for _ in range(rounds + 1):
        begun = time.process_time()
        ask()
        took.append((time.process_time() - begun) * 1e3)
    return {"first": took[0], "again": median(took[1:])}
