"""W4: two hundred Python tasks that do nothing, each in a process of its own, four at once.

The floor is a fork from a warm parent that loads nothing: what a process of one's own costs at least.
"""

from __future__ import annotations

import os
import time

from benchmarks.figures import Report, Scale, median, spread
from benchmarks.instance import Instance, dag_file

_AT_ONCE = 4
_BODY = """
def nothing() -> None:
    pass

for number in range({count}):
    PythonOperator(task_id=f"t{{number}}", python_callable=nothing)
"""


def measure(scale: Scale) -> Report:
    """Measure it."""
    count = scale.count(200, least=2)
    report = Report("python_tasks", f"{count} Python tasks that do nothing, {_AT_ONCE} at once")
    dag = dag_file("work", _BODY.format(count=count), max_active_tasks=_AT_ONCE)
    walls: list[float] = []
    floors: list[float] = []
    with Instance({"work": dag}) as instance:
        rounds = max(1, scale.rounds // 2)  # a process with an interpreter each: dear, and steady
        for _ in range(rounds):
            floors.append(_forks(count))
            before = instance.cpu()
            walls.append(instance.run("work")[1])
            used = instance.cpu() - before
    each_ms = median(walls) / count * 1e3
    report.figures = {
        "tasks": count,
        "wall_s": spread(walls),
        "ms_per_task": each_ms,
        "cpu_ms_per_task": used.per(count),
    }
    report.floor = {"name": "fork from a warm parent", "ms_per_task": median(floors) / count * 1e3}
    report.ratios["wall"] = median([wall / floor for wall, floor in zip(walls, floors, strict=True)])
    report.budget("ms a task", each_ms, 20.0, 4.0)
    return report


def _forks(count: int) -> float:
    """Return the seconds that *count* forks of this process take, so many at once."""
    begun = time.monotonic()
    running = 0
    for _ in range(count):
        if running == _AT_ONCE:
            os.wait()
            running -= 1
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        running += 1
    for _ in range(running):
        os.wait()
    return time.monotonic() - begun
