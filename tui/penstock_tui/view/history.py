"""How a task went in its last runs, as a plot and as rows. Pure: now is passed in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo

from penstock.model.outcome import describe
from penstock.model.states import OCCUPIES_SLOT
from penstock.model.views.one_task import HistoryRow, TaskHistory
from penstock_tui.clean import label
from penstock_tui.view import durations
from penstock_tui.view.columns import Column
from penstock_tui.view.plot import Bar, Level, Plot, top_of
from penstock_tui.view.spans import Spans, fit
from penstock_tui.view.sparkline import sparkline
from penstock_tui.view.state_style import Looks

COLUMNS = (
    Column("date", "logical date", 16, most=24),
    Column("state", "state", 10),
    Column("took", "took", 7, align="right"),
    Column("peak", "peak", 6, drop=2, align="right"),
    Column("cpu", "cpu", 6, drop=3, align="right"),
    Column("try", "try", 3, drop=5, align="right"),
    Column("started", "started", 11, drop=4),
    Column("note", "", 10, most=44, drop=1),
)
AXIS = 12
"""Cells of the names at the left of the plot."""
_FAILED = frozenset({"failed", "upstream_failed"})


def seconds_of(row: HistoryRow, now: datetime) -> float | None:
    """Return the seconds it took, or has been running."""
    if row.seconds is not None:
        return row.seconds
    return durations.took(row.start, None, now) if row.state in OCCUPIES_SLOT else None


def shown(history: TaskHistory, cells: int) -> Sequence[HistoryRow]:
    """Return the runs that fit in the plot, oldest first."""
    return tuple(reversed(history.runs[: max(1, cells - AXIS)]))


def plot_lines(
    history: TaskHistory, now: datetime, looks: Looks, size: tuple[int, int], cursor: str | None
) -> list[Spans]:
    """Return the plot in *size* (cells, rows): durations with p50 and p95, outcomes, memory, CPU.

    The column of the run *cursor* stands out. With few rows memory and CPU are left to the list.
    """
    cells, rows = size
    runs = shown(history, cells)
    step = 2 if (cells - AXIS) >= 2 * len(runs) else 1
    more = 2 if rows >= 8 else 0
    values = [seconds_of(row, now) for row in runs]
    plot = Plot(
        bars=[Bar(value, _style(row, looks)) for row, value in zip(runs, values, strict=True)],
        levels=[
            Level(value, f"{name} {durations.span(value)}")
            for value, name in ((history.p95, "p95"), (history.p50, "p50"))
            if value is not None
        ],
        height=max(1, rows - 1 - more),
        top=top_of([value for value in values if value is not None], history.p95),
        step=step,
        ascii=looks.ascii,
    )
    here = next((place for place, row in enumerate(runs) if row.run_id == cursor), None)
    names = plot.labels()
    lines = [
        [*_name(names.get(place, durations.span(plot.top) if place == 0 and plot.top else "")), *line]
        for place, line in enumerate(plot.rows(here))
    ]
    glyphs: Spans = _name("outcome")
    for place, row in enumerate(runs):
        glyph, style = looks.cell(row.state.value)
        glyphs += [(glyph, f"{style} reverse" if place == here else style), (" " * (step - 1), "")]
    lines.append(glyphs)
    if more:
        lines.append(_small("peak", [row.peak_rss for row in runs], step, looks, durations.size))
        lines.append(_small("cpu", [row.cpu_seconds for row in runs], step, looks, durations.span))
    return lines


def _style(row: HistoryRow, looks: Looks) -> str:
    if row.state.value in _FAILED:
        return looks.style("failed")
    return "bold yellow" if row.slow else looks.style(row.state.value)


def _name(text: str) -> Spans:
    return [*fit([(text, "dim")], AXIS - 1, align="right"), (" ", "")]


def _small(
    name: str, values: Sequence[float | None], step: int, looks: Looks, say: Callable[[float], str]
) -> Spans:
    known = [float(value or 0) for value in values]
    said = say(max(known)) if any(known) else "-"
    line = sparkline(known, len(known), ascii=looks.ascii)
    return [*_name(f"{name} {said}"), ((" " * (step - 1)).join(line), "cyan")]


def summary(history: TaskHistory) -> Spans:
    """Return what is usual, and how many of the runs went how."""
    runs = history.runs
    failed = sum(row.state.value in _FAILED for row in runs)
    slow = sum(row.slow for row in runs)
    spans: Spans = [(f" {len(runs)} run{'' if len(runs) == 1 else 's'}", "bold")]
    if history.p50 is not None:
        said = f"  p50 {durations.span(history.p50)}  p95 {durations.span(history.p95)}"
        spans.append((said, ""))
    if failed:
        spans.append((f"  {failed} failed", "bold red"))
    if slow:
        spans.append((f"  {slow} slower than 95 % of the others", "yellow"))
    return spans


def cells_of(
    row: HistoryRow, now: datetime, zone: tzinfo, dag_zone: tzinfo, looks: Looks
) -> tuple[Spans, ...]:
    """Return the cells of one run, in the order of COLUMNS."""
    seconds = seconds_of(row, now)
    name = durations.stamp(row.logical_date, dag_zone) if row.logical_date else row.run_id
    cpu = durations.span(row.cpu_seconds) if row.cpu_seconds is not None else "-"
    return (
        [(label(name), "")],
        [looks.worded(row.state.value)],
        [(durations.span(seconds), "bold yellow" if row.slow else "")],
        [(durations.size(row.peak_rss), "")],
        [(cpu, "")],
        [(str(row.try_number or "-"), "yellow" if row.try_number > 1 else "dim")],
        [(durations.past(row.start, now, zone), "")],
        _note(row),
    )


def _note(row: HistoryRow) -> Spans:
    spans: Spans = []
    if row.slow:
        spans.append(("slower than 95 %  ", "yellow"))
    if row.instances > 1:
        spans.append((f"{row.instances} instances  ", "dim"))
    if row.outcome is not None and not row.outcome.ok:
        spans.append((label(describe(row.outcome)), "red"))
    return spans
