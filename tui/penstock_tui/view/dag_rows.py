"""The DAG list as columns and cells, its order and its filter fields. Pure: now is passed in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, tzinfo

from penstock.model.places import bare, place_of
from penstock.model.states import RUN_UNFINISHED, RunState
from penstock.model.views.dags import DagRow
from penstock.model.views.runs import RunCell
from penstock_tui.clean import label
from penstock_tui.view import durations
from penstock_tui.view.columns import Column
from penstock_tui.view.pauses import held_state
from penstock_tui.view.spans import Spans
from penstock_tui.view.state_style import Looks
from penstock_tui.view.tally import bad_of, done_of, urgency

_NAME = (14, 24)
"""Least and most cells that names get before other columns: names that look alike end differently."""
COLUMNS = (
    Column("dag", "DAG", _NAME[0], most=34),
    Column("strip", "last runs", 10, most=24, drop=4, keep="right"),
    Column("state", "state", 11, most=14),
    Column("started", "started", 11, drop=5),
    Column("took", "took", 7, drop=6, align="right"),
    Column("p50", "p50", 5, drop=8, align="right"),
    Column("next", "next", 11, drop=7),
    Column("owner", "owner", 9, most=18, drop=9),
)
FIELDS = ("state", "owner", "tag", "file", "airflow")
SORTS = ("state", "dag", "started", "took", "next", "owner")
_NEVER = 1e18


def columns(names: Iterable[str]) -> tuple[Column, ...]:
    """Return the columns with room for *names*, within reason."""
    longest = max((len(bare(name)) for name in names), default=0)
    return (replace(COLUMNS[0], width=max(_NAME[0], min(longest, _NAME[1]))), *COLUMNS[1:])


def state_of(row: DagRow) -> str:
    """Return the state word of a DAG: frozen or missing, or else its newest run's state."""
    if row.quarantined is not None:
        return "quarantined"
    if row.missing:
        return "missing"
    if row.frozen is not None:
        return "frozen"
    if row.last_run is None:
        return "paused" if row.paused is not None else "none"
    return row.last_run.state.value


def cells(row: DagRow, now: datetime, zone: tzinfo, looks: Looks) -> tuple[Spans, ...]:
    """Return the cells of one DAG, in the order of COLUMNS."""
    run = row.last_run
    took = run.took(now) if run else None
    slow = (
        took is not None
        and row.p50 is not None
        and run is not None
        and run.end is None
        and took > 1.5 * row.p50
    )
    return (
        _name(row, looks),
        _strip(row.strip, looks),
        _state(row, looks),
        [(durations.past(run.start or run.run_after, now, zone) if run else "-", "")],
        [(durations.span(took), "bold yellow" if slow else "")],
        [(durations.brief(row.p50), "bright_black")],
        _next(row, now, zone),
        [(label(row.owner or "-"), "bright_black")],
    )


def _name(row: DagRow, looks: Looks) -> Spans:
    spans: Spans = [
        (label(bare(row.dag_id)), "bright_black" if row.missing else "bold" if row.active_runs else "")
    ]
    if row.asks:
        spans.append((f" {looks.glyph('asks')}{row.asks}", looks.style("asks")))
    if row.dialect is not None:
        spans.append((f" airflow {row.dialect}", "bright_black"))
    if row.last_run is not None and row.last_run.quarantined is not None and row.quarantined is None:
        spans.append((f" {looks.glyph('quarantined')}run", looks.style("quarantined")))
    if row.import_error is not None:
        spans.append((f" {looks.glyph('failed')}file", "red"))
    return spans


def _strip(strip: tuple[RunCell, ...], looks: Looks) -> Spans:
    """Join neighbours of one style: fewer segments, fewer bytes."""
    spans: Spans = []
    for cell in strip:
        glyph, style = looks.cell(cell.state.value)
        if spans and spans[-1][1] == style:
            spans[-1] = (spans[-1][0] + glyph, style)
        else:
            spans.append((glyph, style))
    return spans or [("-", "bright_black")]


def _state(row: DagRow, looks: Looks) -> Spans:
    run = row.last_run
    state = state_of(row)
    if run is not None and run.state in RUN_UNFINISHED and state == run.state.value:
        done, total = done_of(run.counts)
        if run.held is not None:
            return [looks.worded(held_state(run.held))]
        if state == RunState.RUNNING and total:
            spans: Spans = [(f"{looks.glyph(state)} {done}/{total}", looks.style(state))]
            for bad, _, count in bad_of(run.counts):
                spans.append((f" {looks.glyph(bad)}{count}", looks.style(bad)))
            return spans
    spans = [looks.worded(state)]
    if run is not None and run.failed_inside and state == run.state.value:
        spans.append((f" {looks.glyph('failed')}", looks.style("failed")))
    if row.paused is not None and state not in {"paused", "missing"}:
        spans.append((f" {looks.glyph('paused')}", looks.style("paused")))
    if row.frozen is not None and row.running_tasks and row.quarantined is None:
        spans = [(f"{looks.glyph('frozen')} {row.running_tasks} running", looks.style("frozen"))]
    return spans


def _next(row: DagRow, now: datetime, zone: tzinfo) -> Spans:
    if row.paused is not None:
        until = row.paused.until
        return [("paused" if until is None else f"till {until.astimezone(zone):%m-%d}", "bright_black")]
    return [(durations.coming(row.next_run, now, zone), "" if row.next_run else "bright_black")]


def seen(row: DagRow) -> dict[str, list[str]]:
    """Return the fields that the filter looks at."""
    states = [state_of(row)]
    if row.last_run is not None:
        states.append(row.last_run.state.value)
    if row.paused is not None:
        states.append("paused")
    if row.asks:
        states.append("asks")
    if row.import_error is not None:
        states.append("broken")
    if row.quarantined is not None or (row.last_run is not None and row.last_run.quarantined is not None):
        states.append("quarantined")
    return {
        "state": states,
        "owner": [row.owner or ""],
        **({"airflow": [row.dialect]} if row.dialect else {}),
        "tag": list(row.tags),
        "file": [row.file],
        "host": [place_of(row.dag_id)],
        "text": [row.dag_id, row.description or "", row.file],
    }


def order(sort: str) -> Callable[[DagRow], tuple[object, ...]]:
    """Return the sort key of a column; what is missing comes last, the id decides between equals."""

    def key(row: DagRow) -> tuple[object, ...]:
        run = row.last_run
        match sort:
            case "state":
                return (urgency(state_of(row)), row.dag_id)
            case "started":
                return (-run.run_after.timestamp() if run else _NEVER, row.dag_id)
            case "took":
                took = run.took(run.end) if run and run.end else None
                return (-took if took is not None else _NEVER, row.dag_id)
            case "next":
                return (row.next_run.timestamp() if row.next_run else _NEVER, row.dag_id)
            case "owner":
                return (row.owner or "\uffff", row.dag_id)
            case _:
                return (row.dag_id,)

    return key
