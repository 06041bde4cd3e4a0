"""The answer to "why is it not running?" as a sheet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from penstock.model.views.callbacks import CallbackRow
from penstock.model.views.views import DagRow, Gate, Why
from penstock_tui.clean import clean, label
from penstock_tui.dialogs.sheet import Sheet
from penstock_tui.view import durations
from penstock_tui.view.details import pause_text
from penstock_tui.view.spans import Spans, wrap
from penstock_tui.view.state_style import Looks

_ROOT = "down to the root: "
_UNTOLD = 3
"""So many failed callbacks are shown; the rest is counted."""


def why_sheet(
    answer: Why,
    title: str,
    now: datetime,
    looks: Looks,
    cells: int,
    *,
    head: Sequence[Spans] = (),
    tail: Sequence[Spans] = (),
) -> Sheet:
    """Return the sheet of *answer* between *head* and *tail*, wrapped to *cells*."""
    return Sheet(f"Why: {label(title)}", [*head, *why_lines(answer, now, looks, cells), *tail])


def why_lines(answer: Why, now: datetime, looks: Looks, cells: int) -> list[Spans]:
    """Return the state, each gate with its holders, and the chain to the root cause."""
    lines: list[Spans] = [[looks.worded(answer.state)], []]
    if not answer.gates:
        lines.append([("nothing holds it", "")])
    for gate in _apart(answer.gates):
        until = f"  ({durations.coming(gate.until, now)})" if gate.until else ""
        for place, text in enumerate(wrap(clean(gate.text) + until, max(10, cells - 4))):
            lines.append([("- " if place == 0 else "  ", "yellow"), (text, "")])
        if gate.holders and not all(holder in gate.text for holder in gate.holders):
            lines.append([("    held by ", "bright_black"), (label(", ".join(gate.holders)), "")])
    if len(answer.chain) > 1:
        chain = wrap(clean(" < ".join(answer.chain)), max(10, cells - len(_ROOT)))
        lines.append([])
        for place, text in enumerate(chain):
            lines.append([(_ROOT if place == 0 else " " * len(_ROOT), "bright_black"), (text, "")])
    return lines


def pause_lines(dag: DagRow, cells: int) -> list[Spans]:
    """Return who paused the schedule or froze the DAG, why and until when."""
    lines: list[Spans] = []
    for info, what in ((dag.paused, "the schedule is paused "), (dag.frozen, "the DAG is frozen ")):
        if info is not None:
            lines += [[(text, "blue")] for text in wrap(what + pause_text(info), max(10, cells))]
    return [*lines, []] if lines else []


def untold_lines(told: Sequence[CallbackRow], cells: int) -> list[Spans]:
    """Return which callbacks of a run failed and why: somebody who should know may not."""
    failed = [row for row in told if row.state == "failed"]
    if not failed:
        return []
    lines: list[Spans] = []
    for row in failed[:_UNTOLD]:
        of = f" of {row.task_id}" if row.task_id else ""
        text = f"callback failed: {row.kind}{of}: {row.reason or 'no reason is known'}"
        lines += [[(piece, "red")] for piece in wrap(label(text), max(10, cells))]
    more = f"and {len(failed) - _UNTOLD} more; " if len(failed) > _UNTOLD else ""
    command = f"{more}$ penstock callbacks {failed[0].dag_id} --failed"
    return [[], *lines, [(label(command), "bright_black")]]


def _apart(gates: Sequence[Gate]) -> list[Gate]:
    """Leave out what is only said again of a task: a pause of its run or DAG holds it anyway."""
    said = {gate.text for gate in gates}
    return [gate for gate in gates if gate.text.partition(": ")[2] not in said]
