"""What runs and what waits, as columns and cells. Pure: now is passed in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo

from penstock.clock import EPOCH
from penstock.ids import instance_key
from penstock.model.states import RunState, RunType, TaskState
from penstock.model.views.now import LiveAttempt, WaitingItem
from penstock.model.views.runs import RunRow, TaskRow
from penstock_tui.clean import label
from penstock_tui.target import RunTarget, TaskTarget
from penstock_tui.view import durations
from penstock_tui.view.columns import Column
from penstock_tui.view.spans import Spans
from penstock_tui.view.state_style import Looks

COLUMNS = (
    Column("task", "task", 18, most=60),
    Column("cpu", "cpu%", 6, align="right"),
    Column("rss", "memory", 8, align="right"),
    Column("peak_rss", "peak", 6, drop=4, align="right"),
    Column("read_bytes", "read", 6, drop=6, align="right"),
    Column("write_bytes", "write", 6, drop=5, align="right"),
    Column("processes", "procs", 6, drop=3, align="right"),
    Column("seconds", "age", 7, align="right"),
    Column("p50", "p50", 6, drop=2, align="right"),
    Column("p95", "p95", 6, drop=1, align="right"),
    Column("pid", "pid", 7, drop=8, align="right"),
    Column("state", "state", 11, most=40, drop=7),
)
SORTS = ("cpu", "rss", "peak_rss", "read_bytes", "write_bytes", "processes", "seconds", "p95", "task")
FIELDS = ("dag", "state", "task")


def key_of(row: LiveAttempt | WaitingItem) -> str:
    """Return what names a row on the screen; an attempt and what waits never share one."""
    if isinstance(row, LiveAttempt):
        return row.attempt_id
    return f"{row.dag_id}/{row.run_id}/{instance_key(row.task_id, row.map_index) if row.task_id else ''}"


def name_of(row: LiveAttempt | WaitingItem) -> str:
    """Return the DAG with the task, or with the run that waits."""
    if row.task_id is None:
        return f"{row.dag_id} {row.run_id}"
    return f"{row.dag_id}.{instance_key(row.task_id, row.map_index)}"


def order(sort: str) -> Callable[[LiveAttempt], tuple[object, ...]]:
    """Return the sort key of a column: the most first, what is not known last."""

    def key(row: LiveAttempt) -> tuple[object, ...]:
        if sort == "task":
            return (name_of(row), row.seconds)
        amount = getattr(row, sort)
        return (amount is None, -(amount or 0), name_of(row))

    return key


def cells(row: LiveAttempt, looks: Looks) -> tuple[Spans, ...]:
    """Return the cells of one attempt, in the order of COLUMNS."""
    slow = row.p95 is not None and row.seconds > row.p95
    state: Spans = [looks.worded(row.state.value)]
    if slow:
        state.append((" slow", "bold yellow"))
    return (
        [(label(name_of(row)), ""), *([(f" on {label(row.worker)}", "cyan")] if row.worker else [])],
        [("-" if row.cpu is None else f"{row.cpu:.0f}", "bold" if (row.cpu or 0) >= 90 else "")],
        [(durations.size(row.rss), "")],
        [(durations.size(row.peak_rss), "bright_black")],
        [(durations.size(row.read_bytes), "")],
        [(durations.size(row.write_bytes), "")],
        [("-" if row.processes is None else str(row.processes), "")],
        [(durations.span(row.seconds), "bold yellow" if slow else "")],
        [(durations.span(row.p50), "bright_black")],
        [(durations.span(row.p95), "bright_black")],
        [("-" if row.pid is None else str(row.pid), "bright_black")],
        state,
    )


def waiting_cells(row: WaitingItem, now: datetime, zone: tzinfo, looks: Looks) -> tuple[Spans, ...]:
    """Return the cells of what waits: what it is, and why."""
    until = f", {durations.coming(row.until, now, zone)}" if row.until else ""
    more = f" (and {row.others} more)" if row.others else ""
    return (
        [looks.worded(row.state), (f" {label(name_of(row))}", "")],
        [(label(f"{row.text}{until}{more}"), "bright_black")],
    )


def seen(row: LiveAttempt | WaitingItem) -> dict[str, list[str]]:
    """Return the fields that the filter looks at."""
    words = [row.dag_id, row.run_id, row.task_id or ""]
    more = [row.text] if isinstance(row, WaitingItem) else [str(row.pid or ""), row.worker or ""]
    return {"dag": [row.dag_id], "state": [str(row.state)], "task": [row.task_id or ""], "text": words + more}


def target_of(row: LiveAttempt | WaitingItem, *, marked: bool) -> TaskTarget | RunTarget:
    """Return the task instance, or the run that waits, as far as an act has to know it."""
    if row.task_id is None:
        return RunTarget(run=_run(row), marked=marked)
    live = isinstance(row, LiveAttempt)
    task = TaskRow(
        task_id=row.task_id,
        map_index=row.map_index,
        state=TaskState(row.state),
        try_number=row.try_number if isinstance(row, LiveAttempt) else 0,
        max_tries=1,
        operator="",
        attempts=int(live),
        mapped=row.map_index >= 0,
    )
    return TaskTarget(run=_run(row), tasks=(task,), marked=marked)


def _run(row: LiveAttempt | WaitingItem) -> RunRow:
    """Return the run with what is known here. Of what waits that is less: no act on it asks for more."""
    live = row if isinstance(row, LiveAttempt) else None
    return RunRow(
        dag_id=row.dag_id,
        run_id=row.run_id,
        run_type=live.run_type if live else RunType.MANUAL,
        state=live.run_state if live else (RunState.RUNNING if row.task_id else RunState.QUEUED),
        logical_date=live.logical_date if live else None,
        data_interval_start=None,
        data_interval_end=None,
        run_after=live.run_after if live else EPOCH,
        start=None,
        end=None,
    )
