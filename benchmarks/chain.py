"""W2: two hundred tasks, each waiting for the one before: how long until the next one starts."""

from __future__ import annotations

from benchmarks.figures import Report, Scale, median, percentile
from benchmarks.graphs import describe, race


def measure(scale: Scale) -> Report:
    """Measure it."""
    length = scale.count(200, least=3)
    graph: dict[str, list[str]] = {"t0": []}
    for number in range(1, length):
        graph[f"t{number}"] = [f"t{number - 1}"]
    report = Report("chain", f"{length} x true in a row: from the end of one to the start of the next")
    rounds = race(graph, at_once=8, scale=scale, chain=True)
    describe(report, rounds, length)
    report.figures["gap_ms"] = {"median": median(rounds.gaps_ms), "p99": percentile(rounds.gaps_ms, 0.99)}
    report.figures["link_ms"] = median(rounds.links_ms)
    report.floor["link_ms"] = median([each.wall for each in rounds.floors]) / length * 1e3
    report.ratios["link"] = median(
        [
            link / (floor.wall / length * 1e3)
            for link, floor in zip(rounds.links_ms, rounds.floors, strict=True)
        ]
    )
    report.ratios["gap"] = median(rounds.gaps_ms) / report.floor["link_ms"]
    report.budget("end to next start, median ms", median(rounds.gaps_ms), 2.0, 1.1)
    report.budget("end to next start, p99 ms", percentile(rounds.gaps_ms, 0.99), 4.0, 1.8)
    report.budget("a link / floor", report.ratios["link"], 1.7, 1.4)
    return report
