"""The event trail and pushed values, a page at a time."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from penstock.clock import from_us, opt_from_us
from penstock.errors import UnknownError
from penstock.ids import instance_key
from penstock.model.search import EventSearch, XComSearch
from penstock.model.subject import about_row
from penstock.model.views.found import EventPage, XComFacts, XComPage
from penstock.store import tables
from penstock.store.sieve import Sieve
from penstock.store.statement import table_of
from penstock.store.views.search.conditions import Columns, among, conditions, page
from penstock.store.views.status import event_view

_run = table_of(tables.RunRow)
_task = table_of(tables.TaskInstanceRow)
_attempt = table_of(tables.AttemptRow)
_xcom = table_of(tables.XComRow)
_event = table_of(tables.EventRow)

EVENT_COLUMNS: Columns = {
    "id": _event.c.seq,
    "event_log_id": _event.c.seq,
    "when": _event.c.at_us,
    "dttm": _event.c.at_us,
    "dag_id": _event.c.dag_id,
    "run_id": _event.c.run_id,
    "task_id": _event.c.task_id,
    "map_index": _event.c.map_index,
    "event": _event.c.kind,
    "owner": _event.c.actor,
    "extra": _event.c.reason,
}
"""The fields of an event that can be searched and ordered by."""
XCOM_COLUMNS: Columns = {
    "key": _xcom.c.key,
    "xcom_key": _xcom.c.key,
    "timestamp": _attempt.c.end_us,
    "dag_id": _run.c.dag_id,
    "run_id": _run.c.run_id,
    "task_id": _task.c.task_id,
    "map_index": _task.c.map_index,
    "logical_date": _run.c.logical_us,
    "run_after": _run.c.run_after_us,
}
"""The fields of a pushed value that can be searched and ordered by."""
_VALUES = (
    _xcom.join(_task, _task.c.id == _xcom.c.ti_id)
    .join(_run, _run.c.id == _task.c.run_pk)
    .outerjoin(_attempt, _attempt.c.attempt_id == _xcom.c.attempt_id)
)
_FACTS = sa.select(
    _xcom.c.key, _xcom.c.value, _xcom.c.attempt_id, _xcom.c.ti_id, _run.c.dag_id, _run.c.run_id,
    _task.c.task_id, _task.c.map_index, _attempt.c.end_us, _run.c.logical_us, _run.c.run_after_us,
).select_from(_VALUES)  # fmt: skip


def search_events(connection: Connection, search: EventSearch) -> EventPage:
    """Return one page of the events that fit, and how many there are."""
    wanted = [
        *_is(_event.c.seq, search.seq),
        *_is(_event.c.dag_id, search.dag_id),
        *_is(_event.c.run_id, search.run_id),
        *_is(_event.c.task_id, search.task_id),
        *_is(_event.c.map_index, search.map_index),
        *_is(_event.c.actor, search.actor),
        *among(_event.c.kind, search.kinds),
        *([_event.c.kind.not_in(search.not_kinds)] if search.not_kinds else []),
        *conditions(search, EVENT_COLUMNS),
    ]
    rows = connection.execute(page(sa.select(_event).where(*wanted), search, EVENT_COLUMNS, _event.c.seq))
    found = Sieve().rows(rows.all(), lambda row: about_row("event", row.seq), event_view)
    total = connection.scalar(sa.select(sa.func.count()).select_from(_event).where(*wanted)) or 0
    return EventPage(rows=tuple(found), total=total)


def search_xcoms(connection: Connection, search: XComSearch) -> XComPage:
    """Return one page of the pushed values that fit, and how many there are."""
    wanted = _xcom_conditions(search)
    last = _xcom.c.ti_id
    rows = connection.execute(page(_FACTS.where(*wanted), search, XCOM_COLUMNS, last)).all()
    found = Sieve().rows(rows, lambda row: about_row("xcom", row.ti_id), _xcom_facts)
    total = connection.scalar(sa.select(sa.func.count()).select_from(_VALUES).where(*wanted)) or 0
    return XComPage(rows=tuple(found), total=total)


def read_xcom(connection: Connection, search: XComSearch) -> tuple[XComFacts, Any, str | None]:
    """Return one pushed value: what it belongs to, the value, and the attempt that holds it.

    The value is None if it is too large for the database, and then lies with the attempt only. Raises
    `UnknownError` if there is none.
    """
    row = connection.execute(_FACTS.where(*_xcom_conditions(search))).first()
    if row is None:
        place = instance_key(search.task_id or "", -1 if search.map_index is None else search.map_index)
        raise UnknownError(f"{search.dag_id}/{search.run_id}/{place} pushed no {search.key!r}")
    return _xcom_facts(row), None if row.value is None else json.loads(row.value), row.attempt_id


def _xcom_conditions(search: XComSearch) -> list[sa.ColumnElement[bool]]:
    return [
        *_is(_run.c.dag_id, search.dag_id),
        *_is(_run.c.run_id, search.run_id),
        *_is(_task.c.task_id, search.task_id),
        *_is(_task.c.map_index, search.map_index),
        *_is(_xcom.c.key, search.key),
        *conditions(search, XCOM_COLUMNS),
    ]


def _is(column: sa.ColumnElement[Any], value: object) -> list[sa.ColumnElement[bool]]:
    return [] if value is None else [column == value]


def _xcom_facts(row: Any) -> XComFacts:
    return XComFacts(
        dag_id=row.dag_id,
        run_id=row.run_id,
        task_id=row.task_id,
        map_index=row.map_index,
        key=row.key,
        at=opt_from_us(row.end_us),
        logical_date=opt_from_us(row.logical_us),
        run_after=from_us(row.run_after_us),
    )
