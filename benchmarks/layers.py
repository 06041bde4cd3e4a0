"""W3: twenty layers of fifty tasks, each waiting for two of the layer before; eight at once."""

from __future__ import annotations

from benchmarks.figures import Report, Scale
from benchmarks.graphs import describe, race

_DEEP = 20


def measure(scale: Scale) -> Report:
    """Measure it."""
    wide = scale.count(50, least=2)
    graph: dict[str, list[str]] = {}
    for layer in range(_DEEP):
        for place in range(wide):
            parents = (place, (place + 1) % wide)
            graph[f"t{layer}_{place}"] = [f"t{layer - 1}_{each}" for each in parents] if layer else []
    report = Report("layers", f"{_DEEP} layers of {wide} x true, two parents each, 8 at once")
    describe(report, race(graph, at_once=8, scale=scale), len(graph))
    report.budget("wall / floor", report.ratios["wall"], 2.1, 1.6)
    return report
