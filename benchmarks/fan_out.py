"""W1: one task, then a thousand side by side, then one that waits for them all; eight at once."""

from __future__ import annotations

from benchmarks.figures import Report, Scale
from benchmarks.graphs import describe, race


def measure(scale: Scale) -> Report:
    """Measure it."""
    wide = scale.count(1000, least=2)
    middle = [f"t{number}" for number in range(wide)]
    graph = {"first": [], **{name: ["first"] for name in middle}, "last": middle}
    report = Report("fan_out", f"1 -> {wide} x true -> 1, 8 at once, through the running engine")
    describe(report, race(graph, at_once=8, scale=scale), len(graph))
    report.budget("wall / floor", report.ratios["wall"], 2.2, 1.7)
    report.budget("CPU / floor", report.ratios["cpu"], 2.3, 1.8)
    return report
