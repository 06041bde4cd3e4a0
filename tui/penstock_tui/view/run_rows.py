"""The runs of a DAG as columns and cells. Pure: now is passed in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo

from penstock.model.states import TaskState
from penstock.model.views.runs import RunRow
from penstock_tui.clean import label
from penstock_tui.view import durations
from penstock_tui.view.columns import Column
from penstock_tui.view.pauses import held_state, pause_note
from penstock_tui.view.spans import Spans
from penstock_tui.view.state_style import Looks
from penstock_tui.view.tally import counted, urgency

COLUMNS = (
    Column("date", "logical date", 16, most=21),
    Column("state", "state", 12),
    Column("type", "type", 9, drop=4),
    Column("started", "started", 11, drop=3),
    Column("took", "took", 7, drop=2, align="right"),
    Column("tasks", "tasks", 12, most=34, drop=5),
    Column("note", "note", 8, most=40, drop=6),
)
FIELDS = ("state", "type")
SORTS = ("date", "state", "started", "took", "type")


def cells(run: RunRow, now: datetime, zone: tzinfo, dag_zone: tzinfo, looks: Looks) -> tuple[Spans, ...]:
    """Return the cells of one run, in the order of COLUMNS. Its date is in the DAG's time zone."""
    date = run.logical_date or run.stands_for
    name = durations.stamp(date, dag_zone) if date else run.run_id
    if run.logical_date is None and date is not None:
        name = f"({name})"  # of the run that it repeats
    shown = held_state(run.held) if run.held and run.end is None else run.state.value
    state: Spans = [looks.worded("quarantined" if run.quarantined is not None else shown)]
    if run.asks:
        state.append((f" {looks.glyph('asks')}{run.asks}", looks.style("asks")))
    if run.failed_inside:
        state.append((f" {looks.glyph('failed')}", looks.style("failed")))
    return (
        [(label(name), "")],
        state,
        [(label(run.run_type.value), "bright_black")],
        [(durations.past(run.start, now, zone), "")],
        [(durations.span(run.took(now)), "")],
        counts(run.counts, looks),
        [
            (
                label(_note(run)),
                "bright_black",
            )
        ],
    )


def _note(run: RunRow) -> str:
    notes = [
        f"in quarantine: {run.quarantined}" if run.quarantined is not None else "",
        f"runs {run.rush}" if run.rush else "",
        f"partition {run.partition_key}" if run.partition_key else "",
        f"repeats {run.rerun_of}" if run.rerun_of else "",
        run.reason or (pause_note(run.held) if run.held else ""),
    ]
    return "; ".join(note for note in notes if note)


def counts(by_state: dict[str, int], looks: Looks) -> Spans:
    """Return how many tasks are in each state, what matters first: ``✗1 ⊘5 ✓6``."""
    return counted(by_state, _ORDER, looks) or [("-", "bright_black")]


def seen(run: RunRow) -> dict[str, list[str]]:
    """Return the fields that the filter looks at."""
    return {
        "state": [
            run.state.value,
            *(["held"] if run.held else []),
            *(["asks"] if run.asks else []),
            *(["break"] if run.held and run.held.breakpoint else []),
            *(["quarantined"] if run.quarantined is not None else []),
        ],
        "type": [run.run_type.value],
        "text": [run.run_id, run.reason or ""],
    }


def order(sort: str) -> Callable[[RunRow], tuple[object, ...]]:
    """Return the sort key of a column; newest first decides between equals."""

    def key(run: RunRow) -> tuple[object, ...]:
        newest = -run.run_after.timestamp()
        match sort:
            case "state":
                return (urgency(run.state.value), newest)
            case "started":
                return (-run.start.timestamp() if run.start else 1.0, newest)
            case "took":
                took = run.took(run.end) if run.end else None
                return (1.0 if took is None else -took, newest)
            case "type":
                return (run.run_type.value, newest)
            case _:
                date = run.logical_date or run.stands_for or run.run_after
                return (-date.timestamp(), newest)

    return key


_ORDER = (
    TaskState.FAILED,
    TaskState.UPSTREAM_FAILED,
    TaskState.RUNNING,
    TaskState.STOPPING,
    TaskState.RESTARTING,
    TaskState.UP_FOR_RETRY,
    TaskState.QUEUED,
    TaskState.SCHEDULED,
    TaskState.UP_FOR_RESCHEDULE,
    TaskState.DEFERRED,
    TaskState.PENDING,
    TaskState.SUCCESS,
    TaskState.SKIPPED,
    TaskState.CANCELLED,
    TaskState.REMOVED,
)  # fmt: skip
