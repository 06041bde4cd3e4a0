"""Thousands of DAG files: what loading them and a restart cost, and that work costs as it does among few."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

from benchmarks.figures import Report, Scale, median
from benchmarks.instance import Instance, dag_file
from benchmarks.terminal import Terminal
from benchmarks.usage import memory, own_seconds, running_seconds

_FILES, _FEW = 10_000, 100
_LINKS, _RUNS = 100, 5
_LIMIT = 1800.0
"""Seconds that loading may take."""
_DAG = """
from penstock import DAG, BashOperator

with DAG("dag{number:05}", schedule="{minute} 3 * * {days}", catchup="none", is_paused_upon_creation=False):
    before = BashOperator(task_id="begin", bash_command="true")
    for each in range(4):
        task = BashOperator(task_id=f"step{{each}}", bash_command="true")
        before >> task
        before = task
"""
_CHAIN = """
before = BashOperator(task_id="begin", bash_command="true")
for each in range({links} - 1):
    task = BashOperator(task_id=f"step{{each}}", bash_command="true")
    before >> task
    before = task
"""
_COUNT = "SELECT count(*), 0, 0 FROM dag"


@dataclass(slots=True)
class _Figures:
    """What one instance gave. Seconds; CPU is that of the engine's own process."""

    files: int
    loaded: float = 0.0
    loading_cpu: float = 0.0
    pss: float = 0.0
    restarted: float = 0.0
    restart_cpu: float = 0.0
    idle_percent: float = 0.0
    task_ms: float = 0.0
    gaps_ms: list[float] = field(default_factory=list)
    beside_engine: float = 0.0
    beside_console: float = 0.0
    first_frame: float = 0.0


def measure(scale: Scale) -> Report:
    """Measure it."""
    many, few = scale.count(_FILES, least=40), min(_FEW, scale.count(_FILES, least=40) // 4)
    report = Report("many_files", f"an engine with {many} DAG files, beside one with {few}")
    small, large = _measured(few, scale), _measured(many, scale)
    share = _FILES / many
    report.figures = {name: getattr(large, name) for name in _Figures.__slots__ if name != "gaps_ms"}
    report.figures["gap_ms"] = median(large.gaps_ms)
    report.floor = {"name": f"the same with {few} files"}
    report.floor |= {name: getattr(small, name) for name in ("task_ms", "restarted", "pss", "loading_cpu")}
    report.floor["gap_ms"] = median(small.gaps_ms)
    report.ratios = {
        "task_cpu": large.task_ms / small.task_ms,
        "gap": median(large.gaps_ms) / median(small.gaps_ms),
    }
    report.budget(f"engine's CPU for {_FILES} files, s", large.loading_cpu * share, 60.0, 45.0)
    report.budget(f"{_FILES} files are loaded after, s", large.loaded * share, 150.0, 90.0)
    report.budget("answers after a restart, s", large.restarted, 5.0, 2.0)
    report.budget("engine's CPU a task, many / few", report.ratios["task_cpu"], 1.5, 1.1)
    report.budget("end to next start, median ms", median(large.gaps_ms), 5.0, 3.0)
    report.budget("5 tasks, a console: engine's CPU s", large.beside_engine, 0.1, 0.02)
    report.budget("5 tasks, a console: console's CPU s", large.beside_console, 0.1, 0.05)
    return report


def _measured(count: int, scale: Scale) -> _Figures:
    links = scale.count(_LINKS, least=5)
    files = {
        f"dag{number:05}": _DAG.format(number=number, minute=number % 60, days="*" if number % 5 else "1-5")
        for number in range(count)
    }
    files["chain"] = dag_file("chain", _CHAIN.format(links=links))
    files["aaa_five"] = dag_file("aaa_five", _CHAIN.format(links=5))
    found = _Figures(count)
    begun = time.monotonic()
    with Instance(files) as instance:
        _until(lambda: instance.ask(_COUNT)[0][0] == len(files))
        found.loaded = time.monotonic() - begun
        _until_quiet(instance.pid)
        found.loading_cpu, found.pss = own_seconds(instance.pid), memory(instance.pid)[1]
        found.idle_percent = _idle(instance.pid, scale.seconds(10.0))
        _work(instance, found, links, max(1, scale.rounds))
        _beside_a_console(instance, found, max(1, scale.rounds))
    with Instance({}, home=instance.home) as again:
        found.restarted, found.restart_cpu = again.ready_after, own_seconds(again.pid)
    return found


def _work(instance: Instance, found: _Figures, links: int, rounds: int) -> None:
    """Run the chain: what a task costs, and how long it takes from one to the next."""
    instance.run("aaa_five")
    costs = []
    for _ in range(rounds):
        before = running_seconds(instance.pid)
        run_id, _ = instance.run("chain")
        costs.append((running_seconds(instance.pid) - before) / links * 1e3)
        spans = instance.attempts("chain", run_id)
        found.gaps_ms += [(second[1] - first[2]) / 1e3 for first, second in pairwise(spans)]
    found.task_ms = median(costs)


def _beside_a_console(instance: Instance, found: _Figures, rounds: int) -> None:
    """Run five tasks while a console shows the list of all DAGs."""
    engine, console = [], []
    with Terminal([sys.executable, "-m", "penstock_tui"], instance.environment()) as terminal:
        terminal.until("dag0000", 120.0)
        terminal.quiet(2.0)
        found.first_frame = terminal.cpu
        for _ in range(rounds):
            before = running_seconds(instance.pid), terminal.cpu
            run_id, _ = instance.trigger("aaa_five")
            while not instance.ended("aaa_five", run_id):
                terminal.watch(0.1)
            terminal.quiet(1.0)
            engine.append(running_seconds(instance.pid) - before[0])
            console.append(terminal.cpu - before[1])
    found.beside_engine, found.beside_console = median(engine), median(console)


def _until(fulfilled: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _LIMIT
    while not fulfilled():
        if time.monotonic() > deadline:
            raise RuntimeError("the DAG files were not loaded")
        time.sleep(0.1)


def _until_quiet(pid: int) -> None:
    """Wait until a process works no more than a little."""
    _until(lambda: _idle(pid, 1.0) < 5.0)


def _idle(pid: int, seconds: float) -> float:
    """Return how many percent of a core a process uses within some seconds."""
    before, begun = running_seconds(pid), time.monotonic()
    time.sleep(seconds)
    return (running_seconds(pid) - before) / (time.monotonic() - begun) * 100
