"""What the console sends to a terminal of 120x36: for a line that it follows, a change of state, and quiet.

Over SSH these bytes are what the operator waits for. The floor of a tailed line is its own text.
"""

from __future__ import annotations

import sys

from benchmarks.figures import Report, Scale
from benchmarks.instance import Instance, dag_file
from benchmarks.terminal import Terminal

_ENTER = "\r"
_LINE = "this is line $i of a log that somebody follows over a slow connection"
_GAP = 0.25
"""Seconds between two lines."""
_BODY = f"""
BashOperator(
    task_id="talks",
    bash_command='for i in $(seq 100000 100600); do echo "{_LINE}"; sleep {_GAP}; done',
)
"""
_STATES = """
before = None
for number in range(40):
    task = BashOperator(task_id=f"t{number}", bash_command="sleep 1.5")
    if before is not None:
        before >> task
    before = task
"""


def measure(scale: Scale) -> Report:
    """Measure it."""
    report = Report("wire", "bytes from the console to a terminal of 120x36")
    dags = {
        "talk": dag_file("talk", _BODY),
        "change": dag_file("change", _STATES),
    }
    command = [sys.executable, "-m", "penstock_tui"]
    with Instance(dags) as instance, Terminal(command, instance.environment()) as terminal:
        terminal.until("talk")
        terminal.quiet()
        idle = terminal.watch(scale.seconds(10.0)) / scale.seconds(10.0)
        report.figures["idle_bytes_per_s"] = idle
    report.budget("idle, bytes/s", idle, 0.0, 0.0)
    return report
