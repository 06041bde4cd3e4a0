"""Figures over time in a few characters, and rates from totals. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from penstock.model.views.attempts import Sample
from penstock_tui.clean import label
from penstock_tui.view.durations import size
from penstock_tui.view.spans import Spans

_BARS = "▁▂▃▄▅▆▇█"
_ASCII_BARS = "_.-=+*%#"


def sparkline(values: Sequence[float], cells: int, *, top: float | None = None, ascii: bool = False) -> str:  # noqa: A002
    """Return *values*, oldest first, in at most *cells* characters; each shows the largest of its share.

    Heights are relative to *top*, or to the largest value.
    """
    if not values or cells <= 0:
        return ""
    if len(values) > cells:
        shares = [
            (place * len(values) // cells, (place + 1) * len(values) // cells) for place in range(cells)
        ]
        values = [max(values[first:last]) for first, last in shares]
    bars = _ASCII_BARS if ascii else _BARS
    height = max(top or 0.0, *values) if len(values) > 1 else max(top or 0.0, values[0])
    if height <= 0:
        return bars[0] * len(values)
    return "".join(bars[min(len(bars) - 1, int(value / height * len(bars)))] for value in values)


def rates(samples: Sequence[Sample], field: str) -> list[float]:
    """Return bytes per second between samples, from the totals in *field*."""
    found: list[float] = []
    for before, after in pairwise(samples):
        seconds = (after.at - before.at).total_seconds()
        grown = getattr(after, field) - getattr(before, field)
        found.append(max(0.0, grown / seconds) if seconds > 0 else 0.0)
    return found


def resource_lines(
    samples: Sequence[Sample],
    cells: int,
    *,
    ended: bool,
    ascii: bool = False,  # noqa: A002
    worker: str | None = None,
) -> list[Spans]:
    """Return two lines that say what an attempt uses, or used at most when it has *ended*.

    *worker* is where, if that is not the engine's own machine.
    """
    if not samples:
        return [[(" no figures yet" if not ended else " no figures: it was over too soon", "dim")], []]
    last = samples[-1]
    peak = max(sample.rss for sample in samples)
    width = max(4, min(24, (cells - 46) // 2))
    cpu = [sample.cpu_percent for sample in samples]
    now_cpu = f"avg {sum(cpu) / len(cpu):.0f}%" if ended else f"{last.cpu_percent:.0f}%"
    now_rss = f"peak {size(peak)}" if ended else f"{size(last.rss)} of peak {size(peak)}"
    memory = [float(sample.rss) for sample in samples]
    first: Spans = [
        (" cpu ", "dim"),
        (sparkline(cpu, width, top=100.0, ascii=ascii), "cyan"),
        (f" {now_cpu:<8}", ""),
        (" rss ", "dim"),
        (sparkline(memory, width, top=float(peak), ascii=ascii), "cyan"),
        (f" {now_rss}", ""),
    ]
    second: Spans = []
    for word, field, total in (
        ("read", "read_bytes", last.read_bytes),
        ("write", "write_bytes", last.write_bytes),
    ):
        speeds = rates(samples, field)
        said = size(total) if ended or not speeds else f"{size(speeds[-1])}/s"
        line = sparkline(speeds, max(4, width // 2), ascii=ascii) if any(speeds) else ""
        second += [(f" {word} ", "dim"), (line, "cyan"), (f"{' ' if line else ''}{said:<8}", "")]
    most = max(sample.processes for sample in samples)
    second += [(" procs ", "dim"), (str(most if ended else last.processes), "")]
    if worker is not None:
        second += [("  on ", "dim"), (label(worker), "cyan")]
    return [first, second]
