"""How long the console takes from its start until it shows the DAGs, beside the smallest Textual app."""

from __future__ import annotations

import sys

from benchmarks.figures import Report, Scale, median, spread
from benchmarks.instance import Instance, dag_file
from benchmarks.terminal import Terminal

_MARK = "a_dag_to_be_seen"
_HELLO = f"""
from textual.app import App
from textual.widgets import Static
class Hello(App):
    def compose(self):
        yield Static({_MARK!r})
Hello().run()
"""


def measure(scale: Scale) -> Report:
    """Measure it."""
    report = Report("first_frame", "from the start until the DAGs are drawn, 120x36")
    dag = dag_file(_MARK, "BashOperator(task_id='only', bash_command='true')")
    console: list[float] = []
    hello: list[float] = []
    used: list[float] = []
    floor_used: list[float] = []
    with Instance({"work": dag}) as instance:
        environment = instance.environment()
        commands = (
            ([sys.executable, "-c", _HELLO], hello, floor_used),
            ([sys.executable, "-m", "penstock_tui"], console, used),
        )
        for number in range(scale.count(2 * scale.rounds, least=1) + 1):
            for command, seconds, cpu in commands:
                with Terminal(command, environment) as terminal:
                    drawn = terminal.until(_MARK)
                    if number:  # the first time fills the caches
                        seconds.append(drawn)
                        cpu.append(terminal.cpu)
    report.figures = {"drawn_s": spread(console), "cpu_s": median(used)}
    report.floor = {
        "name": "a Textual app of one line",
        "drawn_s": spread(hello),
        "cpu_s": median(floor_used),
    }
    report.ratios["wall"] = median([ours / theirs for ours, theirs in zip(console, hello, strict=True)])
    report.ratios["cpu"] = median(used) / median(floor_used)
    report.budget("drawn, wall / floor", report.ratios["wall"], 2.0, 1.4)
    return report
