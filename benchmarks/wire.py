"""What the console sends to a terminal of 120x36: for a line that it follows, a change of state, and quiet.

Over SSH these bytes are what the operator waits for. Durations that tick and samples that come in are
part of it: they are what a person sees while a task runs.
"""

from __future__ import annotations

import sys
import time

from benchmarks.figures import Report, Scale
from benchmarks.instance import Instance, dag_file
from benchmarks.terminal import Terminal

_ENTER = "\r"
_SECONDS_A_LINE = 0.25
_TEXT = "of a log that somebody follows, as long as lines of logs often are"
_TALK = f"""
BashOperator(
    task_id="talks",
    bash_command='for i in $(seq 100000 101200); do echo "line $i {_TEXT}"; sleep {_SECONDS_A_LINE}; done',
)
"""
_CHANGE = """
before = BashOperator(task_id="long", bash_command="sleep {steady}")
for number in range({count}):
    task = BashOperator(task_id=f"t{{number}}", bash_command="sleep 0.5")
    before >> task
    before = task
"""
_MOVES = "SELECT count(*), 0, 0 FROM event WHERE before IS NOT NULL"


def measure(scale: Scale) -> Report:
    """Measure it."""
    report = Report("wire", "bytes from the console to a terminal of 120x36")
    steady = scale.seconds(6.0)
    dags = {
        "change": dag_file("change", _CHANGE.format(count=scale.count(15, least=2), steady=steady + 6.0)),
        "talk": dag_file("talk", _TALK),
    }
    command = [sys.executable, "-m", "penstock_tui"]
    with Instance(dags) as instance, Terminal(command, instance.environment()) as terminal:
        terminal.until("talk")
        terminal.quiet()
        idle = terminal.watch(scale.seconds(10.0)) / scale.seconds(10.0)
        ticking, change = _changes(instance, terminal, steady)
        line = _lines(instance, terminal, scale.seconds(10.0))
    report.figures = {
        "idle_bytes_per_s": idle,
        "one_task_running_bytes_per_s": ticking,
        "state_change_bytes": change,
        "tailed_line_bytes": line,
    }
    report.floor = {"name": "the text of the line", "bytes": len(f"line 100000 {_TEXT}\n")}
    report.budget("one tailed line, bytes", line, 2400.0, 900.0)
    report.budget("one change of state, bytes", change, 1000.0, 500.0)
    report.budget("idle, bytes/s", idle, 0.0, 0.0)
    return report


def _changes(instance: Instance, terminal: Terminal, steady: float) -> tuple[float, float]:
    """Return bytes a second while one task runs, and bytes for each change of state on the run's screen."""
    run_id, _ = instance.trigger("change")
    time.sleep(0.5)  # the list shows the run before it is opened
    terminal.press(_ENTER)
    terminal.until("long")
    terminal.quiet(0.5, 2.0)
    ticking = terminal.watch(steady) / steady
    terminal.quiet(0.5, 1.0)
    before = instance.ask(_MOVES)[0][0]
    begun, received = time.monotonic(), 0
    while not instance.ended("change", run_id):
        received += terminal.watch(0.5)
    received += terminal.watch(0.5)
    spent = time.monotonic() - begun
    moves = instance.ask(_MOVES)[0][0] - before
    return ticking, max(0.0, received - ticking * spent) / max(moves, 1)


def _lines(instance: Instance, terminal: Terminal, seconds: float) -> float:
    """Return bytes for each line of a log that fills the screen and is followed."""
    instance.trigger("talk")
    terminal.press("\x1b")
    terminal.until("talk")
    terminal.press("/talk" + _ENTER)
    terminal.until("filter")
    terminal.press(_ENTER)
    terminal.until("line 1")
    terminal.press(_ENTER)
    terminal.watch(_SECONDS_A_LINE * 40)  # until the screen is full of lines
    before = instance.output().count("\n")
    received = terminal.watch(seconds)
    return received / max(instance.output().count("\n") - before, 1)
