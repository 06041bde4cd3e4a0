"""W7: a run of one task, asked for while ten thousand ready tasks of another DAG wait for their slots.

The floor is the same engine with nobody else in it. What is added is the wait for one slot to come
free, and whatever the crowd costs.
"""

from __future__ import annotations

from benchmarks.figures import Report, Scale, median, percentile
from benchmarks.instance import Instance, dag_file

_TASKS = 10_000
_SLOTS = 8
_CROWD = "for number in range({count}):\n    BashOperator(task_id=f't{{number}}', bash_command='sleep 0.05')"


def measure(scale: Scale) -> Report:
    """Measure it."""
    count = scale.count(_TASKS, least=40)
    times = scale.count(6 * scale.rounds, least=2)
    dags = {
        "one": dag_file("one", "BashOperator(task_id='only', bash_command='true')"),
        "crowd": dag_file("crowd", _CROWD.format(count=count), max_active_tasks=count),
    }
    report = Report("crowd", f"a run's start while {count} ready tasks of another DAG wait")
    with Instance(dags, config=f"parallelism = {_SLOTS}\n") as instance:
        instance.run("one")
        alone = [_started_ms(instance) for _ in range(times)]
        crowd, _ = instance.trigger("crowd")
        while not instance.attempts("crowd", crowd):
            _started_ms(instance)
        beside = [_started_ms(instance) for _ in range(times)]
    report.figures = {
        "ready_tasks": count,
        "runs": times,
        "started_ms": {"median": median(beside), "p90": percentile(beside, 0.9), "worst": max(beside)},
    }
    report.floor = {"name": "the same engine, nobody else", "started_ms": median(alone)}
    report.ratios["started"] = median(beside) / median(alone)
    report.budget("asked to started beside a crowd, ms", median(beside), 250.0, 100.0)
    return report


def _started_ms(instance: Instance) -> float:
    """Return how many milliseconds a run of one task takes from being asked for to its process."""
    run_id, asked = instance.trigger("one")
    instance.wait("one", run_id)
    return (instance.attempts("one", run_id)[0][1] / 1e6 - asked) * 1e3
