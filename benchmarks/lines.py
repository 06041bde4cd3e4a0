"""Two hundred tasks that print fifty lines a second each: what a line costs the supervisors.

The floor is a process that copies lines from a pipe into a file in memory, one at a time.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from benchmarks.figures import Report, Scale, median
from benchmarks.instance import Instance, dag_file
from benchmarks.usage import running_seconds
from penstock.model.acts import Cancel

_A_SECOND = 50
_LINE = "one line of a log, about as long as most of them are: {number:06d}"
_PRINTER = f"""import time
began = time.monotonic()
for number in range(LINES):
    print(f"{_LINE}", flush=True)
    time.sleep(max(0.0, began + (number + 1) / {_A_SECOND} - time.monotonic()))
"""
_BODY = """
for number in range({tasks}):
    BashOperator(task_id=f"t{{number}}", bash_command={command!r})
"""


def measure(scale: Scale) -> Report:
    """Measure it."""
    tasks, watched = scale.count(200, least=16), scale.seconds(5.0)
    lines = int((watched * max(1, scale.rounds) + 20) * _A_SECOND)
    report = Report("lines", f"{tasks} tasks that print {_A_SECOND} lines a second each")
    script = _PRINTER.replace("LINES", str(lines))
    quoted = script.replace("'", "'\\''")
    body = _BODY.format(tasks=tasks, command=f"exec {sys.executable} -S -E -c '{quoted}'")
    dag = dag_file("work", body, max_active_tasks=tasks)
    costs, printed, floors = [], 0, []
    with Instance({"work": dag}, config=f"parallelism = {tasks}\n") as instance:
        run_id, _ = instance.trigger("work")
        _all_print(instance, tasks)
        for _ in range(max(1, scale.rounds)):
            before, used = _printed(instance.settings.attempts), _used(instance)
            time.sleep(watched)
            printed = _printed(instance.settings.attempts) - before
            costs.append((_used(instance) - used) / printed * 1e6)
            floors.append(_copied(2000))
        instance.client.commit(Cancel(dag_id="work", run_id=run_id), actor="benchmark")
    report.figures = {
        "tasks": tasks,
        "lines_per_second": printed / watched,
        "us_per_line": median(costs),
    }
    report.floor = {"name": "from a pipe into a file", "us_per_line": median(floors)}
    report.ratios["line"] = median(costs) / median(floors)
    report.budget("supervisors' CPU a line, us", median(costs), 30.0, 15.0)
    return report


def _all_print(instance: Instance, tasks: int) -> None:
    """Wait until every task has printed."""
    deadline = time.monotonic() + 60
    while sum(1 for log in instance.settings.attempts.glob("*/*/log") if log.stat().st_size) < tasks:
        if time.monotonic() > deadline:
            raise RuntimeError("not all tasks print")
        time.sleep(0.1)


def _printed(attempts: Path) -> int:
    """Return how many lines there are in all logs."""
    length = len(_LINE.format(number=0)) + 1
    return sum(log.stat().st_size for log in attempts.glob("*/*/log")) // length


def _used(instance: Instance) -> float:
    return sum(running_seconds(pid) for pid in instance.supervisors)


def _copied(lines: int) -> float:
    """Return the CPU microseconds a line of the floor."""
    reading, writing = os.pipe()
    line = _LINE.format(number=0).encode() + b"\n"
    file = os.memfd_create("lines")
    used = 0.0
    for _ in range(lines):
        os.write(writing, line)
        before = time.thread_time()
        os.write(file, os.read(reading, 65536))
        used += time.thread_time() - before
    for handle in (reading, writing, file):
        os.close(handle)
    return used / lines * 1e6
