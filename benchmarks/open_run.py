"""How much longer the console takes to open a run of a thousand tasks than one of ten."""

from __future__ import annotations

import sys
import time

from benchmarks.figures import Report, Scale, median
from benchmarks.instance import Instance, dag_file
from benchmarks.terminal import Terminal

_BODY = "for number in range({count}):\n    EmptyOperator(task_id=f'task{{number}}')"
_SMALL = 10


def measure(scale: Scale) -> Report:
    """Measure it."""
    many = scale.count(1000, least=_SMALL)
    report = Report("open_run", f"the console opens a run of {many} tasks, beside one of {_SMALL}")
    files = {
        name: "from penstock import EmptyOperator\n" + dag_file(name, _BODY.format(count=count))
        for name, count in (("a_small", _SMALL), ("b_large", many))
    }
    took: dict[str, list[float]] = {"a_small": [], "b_large": []}
    with Instance(files) as instance:
        for name in took:
            instance.run(name)
        with Terminal([sys.executable, "-m", "penstock_tui"], instance.environment()) as terminal:
            terminal.until("b_large")
            for number in range(scale.rounds + 1):
                for name, keys in (("a_small", "\x1b[H"), ("b_large", "\x1b[F")):
                    terminal.press(keys)
                    terminal.quiet()
                    terminal.press("\r")
                    begun = time.monotonic()
                    terminal.until("task0")
                    if number:
                        took[name].append((time.monotonic() - begun) * 1e3)
                    terminal.quiet()
                    terminal.press("\x1b")
                    terminal.until("owner")
    small, large = median(took["a_small"]), median(took["b_large"])
    report.figures = {"large_ms": large}
    report.floor = {"name": f"a run of {_SMALL} tasks", "ms": small}
    report.ratios["wall"] = large / small
    report.budget("large beyond small, ms", large - small, 300.0, 100.0)
    return report
