"""W5: how long the command line takes to say something, beside a Python that does nothing."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from benchmarks.figures import Report, Scale, median
from benchmarks.floors import Cost, timed
from benchmarks.instance import Instance, dag_file

_LEAST = 7


def measure(scale: Scale) -> Report:
    """Measure it."""
    report = Report("startup", "the command line, beside `python -c pass`, each after the other")
    dag = dag_file("work", "BashOperator(task_id='only', bash_command='true')")
    commands = {
        "floor": [sys.executable, "-c", "pass"],
        "--version": [*_penstock(), "--version"],
        "--help": [*_penstock(), "--help"],
        "status": [*_penstock(), "status"],
        "runs list": [*_penstock(), "runs", "list", "work"],
    }
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    rounds = scale.count(4 * scale.rounds, least=_LEAST if scale.size >= 0.1 else 1)
    with Instance({"work": dag}) as instance:
        environment = instance.environment()
        for command in commands.values():  # bytecode and page cache
            timed(command, environment)
        for _ in range(rounds):
            for name, command in commands.items():
                costs[name].append(timed(command, environment))
    walls = {name: median([cost.wall for cost in found]) for name, found in costs.items()}
    cpus = {name: median([cost.cpu for cost in found]) for name, found in costs.items()}
    report.floor = {"name": "python -c pass", "wall_ms": walls["floor"] * 1e3, "cpu_ms": cpus["floor"] * 1e3}
    for name in list(commands)[1:]:
        report.figures[name] = {"wall_ms": walls[name] * 1e3, "cpu_ms": cpus[name] * 1e3}
        report.ratios[f"{name}, wall"] = walls[name] / walls["floor"]
        report.ratios[f"{name}, cpu"] = cpus[name] / cpus["floor"]
    report.budget("--version, wall / floor", report.ratios["--version, wall"], 4.0, 2.0)
    report.budget("status, wall / floor", report.ratios["status, wall"], 8.0, 5.0)
    return report


def _penstock() -> list[str]:
    """Return the installed command, as a person starts it."""
    beside = Path(sys.executable).with_name("penstock")
    return [str(beside)] if os.access(beside, os.X_OK) else [sys.executable, "-m", "penstock"]
