"""The answer to "why is it not running?" as a sheet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from penstock.model.callbacks import CallbackState
from penstock.model.views.callbacks import CallbackRow
from penstock.model.views.dags import DagRow
from penstock.model.views.why import Why
from penstock_tui.clean import label
from penstock_tui.dialogs.sheet import Sheet
from penstock_tui.view.pauses import pause_text
from penstock_tui.view.spans import Spans, wrap
from penstock_tui.view.state_style import Looks
from penstock_tui.view.why_text import why_lines

_SHOWN = 3
"""The number of failed callbacks to show; the rest are counted."""


def why_sheet(
    answer: Why,
    title: str,
    now: datetime,
    zone: tzinfo,
    looks: Looks,
    cells: int,
    *,
    head: Sequence[Spans] = (),
    tail: Sequence[Spans] = (),
) -> Sheet:
    """Return the sheet of *answer* between *head* and *tail*, wrapped to *cells*."""
    lines = [*head, *why_lines(answer, now, zone, looks, cells), *tail]
    return Sheet(f"Why: {label(title)}", lines, timed=True)


def pause_lines(dag: DagRow, cells: int) -> list[Spans]:
    """Return who paused the schedule or froze the DAG, why and until when."""
    lines: list[Spans] = []
    for info, what in ((dag.paused, "the schedule is paused "), (dag.frozen, "the DAG is frozen ")):
        if info is not None:
            lines += [[(text, "blue")] for text in wrap(what + pause_text(info), max(10, cells))]
    return [*lines, []] if lines else []


def failed_callback_lines(callbacks: Sequence[CallbackRow], cells: int) -> list[Spans]:
    """Return which callbacks of a run failed and why."""
    failed = [row for row in callbacks if row.state is CallbackState.FAILED]
    if not failed:
        return []
    lines: list[Spans] = []
    for row in failed[:_SHOWN]:
        of = f" of {row.task_id}" if row.task_id else ""
        text = f"callback failed: {row.kind}{of}: {row.reason or 'no reason is known'}"
        lines += [[(piece, "red")] for piece in wrap(label(text), max(10, cells))]
    more = f"and {len(failed) - _SHOWN} more; " if len(failed) > _SHOWN else ""
    command = f"{more}$ penstock callbacks {failed[0].dag_id} --failed"
    return [[], *lines, [(label(command), "bright_black")]]
