"""What the console asks for most: a run with a thousand tasks, and the list of DAGs, over the socket."""

from __future__ import annotations

import time
from collections.abc import Callable

from benchmarks.figures import Report, Scale, median
from benchmarks.instance import Instance, dag_file

_BODY = "for number in range({count}):\n    EmptyOperator(task_id=f't{{number}}')"
_SMALL = 10


def measure(scale: Scale) -> Report:
    """Measure it."""
    many = scale.count(1000, least=_SMALL)
    report = Report("reads", f"a run of {many} tasks over the socket, beside one of {_SMALL}")
    files = {
        name: "from penstock import EmptyOperator\n" + dag_file(name, _BODY.format(count=count))
        for name, count in (("large", many), ("small", _SMALL))
    }
    large: list[float] = []
    small: list[float] = []
    listing: list[float] = []
    with Instance(files) as instance:
        large_run, _ = instance.run("large")
        small_run, _ = instance.run("small")
        for _ in range(scale.count(4 * scale.rounds, least=2)):
            large.append(_timed(lambda: instance.client.run("large", large_run)))
            small.append(_timed(lambda: instance.client.run("small", small_run)))
            listing.append(_timed(instance.client.dags))
    report.figures = {"large_ms": median(large), "dags_ms": median(listing)}
    report.floor = {"name": f"a run of {_SMALL} tasks", "ms": median(small)}
    report.ratios["wall"] = median(large) / median(small)
    report.budget("run of many tasks, ms", median(large), None, None)
    return report


def _timed(ask: Callable[[], object]) -> float:
    begun = time.monotonic()
    ask()
    return (time.monotonic() - begun) * 1e3
