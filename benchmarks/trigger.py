"""W6: from asking for a run over the socket until its first task's process tells the time.

The floor starts the same command from here, with nothing in between.
"""

from __future__ import annotations

import subprocess
import time

from benchmarks.figures import Report, Scale, median, percentile
from benchmarks.instance import Instance, dag_file

_COMMAND = "echo $EPOCHREALTIME"


def measure(scale: Scale) -> Report:
    """Measure it."""
    times = scale.count(10 * scale.rounds, least=2)
    report = Report("trigger", "from asking for a run until its first task tells the time")
    dag = dag_file("work", f"BashOperator(task_id='only', bash_command={_COMMAND!r})")
    told: list[float] = []
    started: list[float] = []
    floor: list[float] = []
    first = 0.0
    with Instance({"work": dag}) as instance:
        for number in range(times + 1):
            floor_ms = _spawned()
            run_id, asked = instance.trigger("work")
            instance.wait("work", run_id)
            if number == 0:
                first = (_moment(instance.output()) - asked) * 1e3
                continue
            floor.append(floor_ms)
            told.append((_moment(instance.output()) - asked) * 1e3)
            started.append((instance.attempts("work", run_id)[0][1] / 1e6 - asked) * 1e3)
    report.figures = {
        "triggers": times,
        "first_told_ms": first,
        "told_ms": {"median": median(told), "p90": percentile(told, 0.9), "best": min(told)},
        "spawn_ms": {"median": median(started), "best": min(started)},
    }
    report.floor = {"name": "starting the command from here", "told_ms": median(floor)}
    report.ratios["told"] = median([ours / theirs for ours, theirs in zip(told, floor, strict=True)])
    report.budget("asked to first process, ms", median(told), 25.0, 8.0)
    report.budget("the first after a start, ms", first, 25.0, 8.0)
    return report


def _spawned() -> float:
    """Return how many milliseconds the command takes to tell the time when it is simply started."""
    asked = time.time()
    done = subprocess.run(["bash", "-c", _COMMAND], capture_output=True, text=True, check=True)
    return (_moment(done.stdout) - asked) * 1e3


def _moment(said: str) -> float:
    return float(said.strip().replace(",", "."))  # in the language of the machine
