"""What stands beside the grid: the cell under the cursor, and the task in it. Pure: now is passed in."""

from __future__ import annotations

from datetime import datetime, tzinfo

from penstock.model.outcome import describe
from penstock.model.views.grid import GridCell
from penstock.model.views.runs import RunDetail, RunRow
from penstock_tui.clean import label
from penstock_tui.view import durations
from penstock_tui.view.grid import GridRow
from penstock_tui.view.pauses import held_word, pause_text
from penstock_tui.view.spans import Spans, hanging
from penstock_tui.view.state_style import Looks
from penstock_tui.view.task_rows import slow_note


def cell_lines(
    row: GridRow | None, run: RunRow | None, cell: GridCell | None, now: datetime, zone: tzinfo, looks: Looks
) -> list[Spans]:
    """Return what is known at once of the cell under the cursor."""
    if run is None:
        return []
    date = durations.stamp(run.logical_date, zone) if run.logical_date else label(run.run_id)
    if row is None:
        taken = durations.span(run.took(now))
        lines: list[Spans] = [[(date, "bold")], [looks.worded(run.state.value), (f"  {taken}", "")]]
        lines.append([(run.run_type.value, "dim"), (f"  by {label(run.by)}" if run.by else "", "dim")])
        if run.reason:
            lines.append([(label(run.reason), "yellow")])
        return lines
    name = row.key if row.kind != "mapped" else f"{row.key}[]"
    lines = [[(label(name), "bold"), (f" @ {date}", "")]]
    if cell is None:
        return [*lines, [("not in this run", "dim")]]
    state: Spans = [looks.worded(cell.state.value), (f"  {durations.span(cell.took(now))}", "")]
    if cell.try_number > 1:
        state.append((f"  try {cell.try_number}", "yellow"))
    lines.append(state)
    if cell.count > 1:
        counts: Spans = [(f"{cell.done}/{cell.count} done", "")]
        if cell.failed:
            counts.append((f"  {cell.failed} failed", "bold red"))
        lines.append(counts)
    if cell.start is not None:
        end = durations.past(cell.end, now, zone) if cell.end is not None else "now"
        lines.append([(f"{durations.past(cell.start, now, zone)} to {end}", "dim")])
    return lines


def task_lines(part: RunDetail, row: GridRow, now: datetime, cells: int) -> list[Spans]:
    """Return what the engine said of the task under the cursor: outcome, usual time, reason, parents."""
    if row.opens or len(part.tasks) != 1:
        return []
    task = part.tasks[0]
    lines: list[Spans] = []
    if task.outcome is not None:
        lines += _hang("ended ", describe(task.outcome), cells, "" if task.outcome.ok else "red")
    if task.reason:
        lines += _hang("reason ", task.reason, cells, "yellow")
    if slow := slow_note(task, now):
        lines += _hang("", slow, cells, "yellow")
    elif task.p50 is not None:
        p95 = f", p95 {durations.span(task.p95)}" if task.p95 is not None else ""
        lines.append([(f"usually {durations.span(task.p50)}{p95}", "dim")])
    used = [
        f"attempts {task.attempts}" if task.attempts else "",
        f"peak {durations.size(task.peak_rss)}" if task.peak_rss else "",
        f"cpu {durations.span(task.cpu_seconds)}" if task.cpu_seconds is not None else "",
    ]
    if any(used):
        lines.append([("  ".join(word for word in used if word), "dim")])
    if task.held is not None:
        lines += _hang(f"{held_word(task.held)} ", pause_text(task.held), cells, "blue")
    if task.upstream:
        lines += _hang("after ", ", ".join(task.upstream), cells, "dim")
    return lines


def _hang(lead: str, text: str, cells: int, style: str) -> list[Spans]:
    return [[(piece, style)] for piece in hanging(label(text), lead, cells)]
