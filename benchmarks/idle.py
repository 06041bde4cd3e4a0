"""W5: an engine with a hundred DAGs and nothing to do: memory, CPU, and how often it wakes up."""

from __future__ import annotations

import time

from benchmarks.figures import Report, Scale
from benchmarks.instance import Instance
from benchmarks.usage import memory, running_seconds, wake_ups

_SETTLE = 3.0
_WATCH = 30.0
_TASKS = 10
_DAG = """
from penstock import DAG, BashOperator

with DAG("dag{number}", schedule="0 3 * * *", catchup="none", is_paused_upon_creation=False):
    before = None
    for each in range({tasks}):
        task = BashOperator(task_id=f"t{{each}}", bash_command="true")
        if before is not None:
            before >> task
        before = task
"""


def measure(scale: Scale) -> Report:
    """Measure it."""
    dags = scale.count(100, least=2)
    files = {f"dag{number}": _DAG.format(number=number, tasks=_TASKS) for number in range(dags)}
    report = Report("idle", f"an engine with {dags} DAGs of {_TASKS} tasks, a file each, and nothing to do")
    with Instance(files) as instance:
        time.sleep(_SETTLE if scale.size >= 0.1 else 0.2)
        processes = [instance.pid, *instance.supervisors]
        watched = scale.seconds(_WATCH)
        cpu, woken = _used(processes)
        begun = time.monotonic()
        time.sleep(watched)
        elapsed = time.monotonic() - begun
        cpu_after, woken_after = _used(processes)
        sizes = {pid: memory(pid) for pid in processes}
        ready_after = instance.ready_after
    percent = (cpu_after - cpu) / elapsed * 100
    report.figures = {
        "dags": dags,
        "ready_after_s": ready_after,
        "engine_rss_mib": sizes[processes[0]][0],
        "engine_pss_mib": sizes[processes[0]][1],
        "supervisors": len(processes) - 1,
        "supervisors_rss_mib": sum(sizes[pid][0] for pid in processes[1:]),
        "supervisors_pss_mib": sum(sizes[pid][1] for pid in processes[1:]),
        "cpu_percent": percent,
        "wake_ups_per_s": (woken_after - woken) / elapsed,
        "watched_s": elapsed,
    }
    report.floor = {"name": "no process at all", "cpu_percent": 0.0}
    report.budget("engine's memory MiB (PSS)", sizes[processes[0]][1], 32.0, 25.0)
    report.budget("CPU % of a core", percent, 0.3, 0.1)
    return report


def _used(processes: list[int]) -> tuple[float, int]:
    return sum(running_seconds(pid) for pid in processes), sum(wake_ups(pid) for pid in processes)
