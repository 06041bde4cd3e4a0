"""W4: two hundred Python tasks that do nothing, each in a process of its own, four at once.

The floor is a fork from a warm parent that loads nothing: what a process of one's own costs at least. Then
the CPU time of a task in a file of 800 tasks, beside that of one in a file of 20.
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
    count, many, few = scale.count(200, least=2), scale.count(800, least=4), scale.count(20, least=2)
    report = Report("python_tasks", f"{count} Python tasks that do nothing, {_AT_ONCE} at once")
    walls: list[float] = []
    floors: list[float] = []
    sizes: list[float] = []
    dags = {name: _file(name, tasks) for name, tasks in (("work", count), ("many", many), ("few", few))}
    with Instance(dags) as instance:
        for _ in range(max(1, scale.rounds)):
            floors.append(_forks(count))
            before = instance.cpu()
            walls.append(instance.run("work")[1])
            used = instance.cpu() - before
            sizes.append(_task_cpu(instance, "many", many) / _task_cpu(instance, "few", few))
    each_ms = median(walls) / count * 1e3
    report.figures = {
        "tasks": count,
        "wall_s": spread(walls),
        "ms_per_task": each_ms,
        "cpu_ms_per_task": used.per(count),
    }
    report.floor = {"name": "fork from a warm parent", "ms_per_task": median(floors) / count * 1e3}
    report.ratios["wall"] = median([wall / floor for wall, floor in zip(walls, floors, strict=True)])
    report.ratios["size"] = median(sizes)
    report.budget("ms a task", each_ms, 6.0, 4.5)
    report.budget(f"CPU of a task, file of {many} / of {few}", report.ratios["size"], 1.5, 1.1)
    return report


def _file(name: str, tasks: int) -> str:
    return dag_file(name, _BODY.format(count=tasks), max_active_tasks=_AT_ONCE)


def _task_cpu(instance: Instance, dag_id: str, tasks: int) -> float:
    """Return the CPU seconds of a task's process, without engine and supervisors."""
    before = instance.cpu()
    instance.run(dag_id)
    return (instance.cpu() - before).tasks / tasks


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
