"""The event trail and pushed values, a page at a time."""

from __future__ import annotations

import json
from typing import Any

from penstock.clock import from_us, opt_from_us
from penstock.errors import UnknownError
from penstock.ids import instance_key
from penstock.model.search import EventSearch, XComSearch
from penstock.model.subject import about_row
from penstock.model.views.found import EventPage, XComFacts, XComPage
from penstock.store.query import Values
from penstock.store.sieve import Sieve
from penstock.store.sql.views.search import trail as sql
from penstock.store.sqlite.connection import Connection
from penstock.store.views.search.conditions import among, conditions, page
from penstock.store.views.status import event_view


def search_events(connection: Connection, search: EventSearch) -> EventPage:
    """Return one page of the events that fit, and how many there are."""
    columns, values = sql.EVENT_COLUMNS, Values()
    not_kinds = values.each(search.not_kinds) if search.not_kinds else None
    wanted = [
        *_is(columns["id"], search.seq, values),
        *_is(columns["dag_id"], search.dag_id, values),
        *_is(columns["run_id"], search.run_id, values),
        *_is(columns["task_id"], search.task_id, values),
        *_is(columns["map_index"], search.map_index, values),
        *_is(columns["owner"], search.actor, values),
        *among(columns["event"], search.kinds, values),
        *([] if not_kinds is None else [f"{columns['event']} NOT IN {not_kinds}"]),
        *conditions(search, columns, values),
    ]
    query = page(sql.EVENTS.where(*wanted), search, columns, columns["id"], values)
    rows = connection.execute(query, values).all()
    found = Sieve().rows(rows, lambda row: about_row("event", row.seq), event_view)
    total = connection.scalar(sql.EVENT_COUNT.where(*wanted), values) or 0
    return EventPage(rows=tuple(found), total=total)


def search_xcoms(connection: Connection, search: XComSearch) -> XComPage:
    """Return one page of the pushed values that fit, and how many there are."""
    values = Values()
    wanted = _xcom_conditions(search, values)
    query = page(sql.XCOMS.where(*wanted), search, sql.XCOM_COLUMNS, sql.XCOM_INSTANCE, values)
    rows = connection.execute(query, values).all()
    found = Sieve().rows(rows, lambda row: about_row("xcom", row.ti_id), _xcom_facts)
    total = connection.scalar(sql.XCOM_COUNT.where(*wanted), values) or 0
    return XComPage(rows=tuple(found), total=total)


def read_xcom(connection: Connection, search: XComSearch) -> tuple[XComFacts, Any, str | None]:
    """Return one pushed value: what it belongs to, the value, and the attempt that holds it.

    The value is None if it is too large for the database, and then lies with the attempt only. Raises
    `UnknownError` if there is none.
    """
    values = Values()
    row = connection.execute(sql.XCOM.where(*_xcom_conditions(search, values)), values).first()
    if row is None:
        place = instance_key(search.task_id or "", -1 if search.map_index is None else search.map_index)
        raise UnknownError(f"{search.dag_id}/{search.run_id}/{place} pushed no {search.key!r}")
    return _xcom_facts(row), None if row.value is None else json.loads(row.value), row.attempt_id


def _xcom_conditions(search: XComSearch, values: Values) -> list[str]:
    columns = sql.XCOM_COLUMNS
    return [
        *_is(columns["dag_id"], search.dag_id, values),
        *_is(columns["run_id"], search.run_id, values),
        *_is(columns["task_id"], search.task_id, values),
        *_is(columns["map_index"], search.map_index, values),
        *_is(columns["key"], search.key, values),
        *conditions(search, columns, values),
    ]


def _is(column: str, value: object, values: Values) -> list[str]:
    return [] if value is None else [f"{column} = {values.one(value)}"]


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
