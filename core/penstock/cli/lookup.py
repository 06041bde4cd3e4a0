"""Finds what a person means: time zones of DAGs, runs by date, similar names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from penstock.errors import UnknownError, UsageError, unknown_dag
from penstock.ids import split_instance

if TYPE_CHECKING:
    from penstock.api.engine import Engine
    from penstock.model.views.runs import RunRow

_PAGE = 500


def zone_of(engine: Engine, dag_id: str) -> tzinfo:
    """Return the time zone of a DAG."""
    from zoneinfo import ZoneInfo

    with suggesting(engine, dag_id):
        return ZoneInfo(engine.dag(dag_id).dag.timezone)


def all_runs(engine: Engine, dag_id: str) -> Iterator[RunRow]:
    """Yield every run of a DAG, newest first, a page at a time."""
    seen: set[str] = set()
    before: datetime | None = None
    while True:
        page = engine.runs(dag_id, limit=_PAGE, before=before)
        fresh = [row for row in page if row.run_id not in seen]
        yield from fresh
        if len(page) < _PAGE or not fresh:
            return
        seen.update(row.run_id for row in fresh)
        # Runs that are due at the same time may be on two pages.
        before = page[-1].run_after + timedelta(microseconds=1)


def run_id_of(engine: Engine, dag_id: str, text: str) -> str:
    """Return the run meant by *text*: a run id, ``latest``, or a logical date that one run has.

    A day means the run of that day in the DAG's time zone. Raises `UnknownError` or `UsageError`.
    """
    from penstock.cli.moments import as_date, in_zone

    if text == "latest":
        with suggesting(engine, dag_id):
            newest = engine.runs(dag_id, limit=1)
        if not newest:
            raise UnknownError(f"{dag_id} has no runs yet")
        return newest[0].run_id
    wanted = as_date(text)
    if wanted is None:
        return text
    zone = zone_of(engine, dag_id)
    found: list[str] = []
    for row in all_runs(engine, dag_id):
        if row.run_id == text:
            return text
        if row.logical_date is None:
            continue
        if isinstance(wanted, datetime):
            fits = row.logical_date == in_zone(wanted, zone)
        else:
            fits = row.logical_date.astimezone(zone).date() == wanted
        if fits:
            found.append(row.run_id)
    if not found:
        raise UnknownError(f"{dag_id} has no run of {text}")
    if len(found) > 1:
        raise UsageError(f"{dag_id} has {len(found)} runs of {text}: say which of {_listed(found)}")
    return found[0]


def split_task(text: str) -> tuple[str, int]:
    """Return task id and map index of ``task`` or ``task[3]``."""
    name, index = split_instance(text)
    return name, -1 if index is None else index


@contextmanager
def suggesting(
    engine: Engine, dag_id: str, run_id: str | None = None, task_ids: Iterable[str] = ()
) -> Iterator[None]:
    """Add the most similar existing ids to an `UnknownError` from inside."""
    try:
        yield
    except UnknownError as error:
        raise UnknownError(_suggestion(engine, dag_id, run_id, list(task_ids)) or error.message) from None


def _suggestion(engine: Engine, dag_id: str, run_id: str | None, task_ids: list[str]) -> str | None:
    dags = [row.dag_id for row in engine.dags(strip=0)]
    if dag_id not in dags:
        broken = engine.import_errors()
        files = "; some DAG files do not load, see `penstock dags errors`" if broken else ""
        return unknown_dag(dag_id, f"{nearest(dag_id, dags)}{files}").message
    if run_id is not None:
        runs = [row.run_id for row in engine.runs(dag_id, limit=_PAGE)]
        if run_id not in runs and len(runs) < _PAGE:
            return f"{dag_id} has no run {run_id!r}{nearest(run_id, runs)}"
    names = [split_instance(task)[0] for task in task_ids]
    if run_id is not None:  # the run may have another version than the DAG
        detail = engine.run(dag_id, run_id)
        tasks = list(dict.fromkeys(task.task_id for task in detail.tasks if task.state != "removed"))
        where, groups = f"run {run_id} of {dag_id}", [group.group_id for group in detail.groups]
    else:
        shown = engine.dag(dag_id)
        tasks = [node.task_id for node in shown.nodes]
        where, groups = dag_id, [group.group_id for group in shown.groups]
    missing = next((name for name in names if name not in {*tasks, *groups}), None)
    return f"{where} has no task {missing!r}{nearest(missing, tasks)}" if missing else None


def nearest(wrong: str, known: Sequence[str]) -> str:
    """Return what to add to an error about the name *wrong*: those *known* that it may mean."""
    from difflib import get_close_matches

    near = get_close_matches(wrong, known, n=3)
    if near:
        return f"; did you mean {' or '.join(near)}?"
    return f"; there are {_listed(known)}" if known else ""


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:8])
    return f"{shown} and {len(names) - 8} more" if len(names) > 8 else shown
