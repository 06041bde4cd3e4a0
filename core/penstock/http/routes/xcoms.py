"""Values that tasks pushed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response

from penstock.errors import UnknownError
from penstock.http.answer import answer, said
from penstock.http.desk import ADesk
from penstock.http.errors import not_found
from penstock.http.paging import LogicalDates, Page, RunAfterDates, bounds, one_unless_all, patterns
from penstock.model.search import XComSearch
from penstock.model.views.found import XComFacts

router = APIRouter(tags=["XCom"])
_ENTRIES = "/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/xcomEntries"


class XComFilters(Page, LogicalDates, RunAfterDates):
    """What a list of values may ask for."""

    xcom_key: str | None = None
    map_index: int | None = None
    xcom_key_pattern: str | None = None
    dag_id_pattern: str | None = None
    run_id_pattern: str | None = None
    task_id_pattern: str | None = None


class XComEntry(msgspec.Struct, kw_only=True):
    """One pushed value, without it."""

    key: str
    timestamp: datetime | None
    logical_date: datetime | None
    map_index: int
    task_id: str
    dag_id: str
    run_id: str
    dag_display_name: str
    task_display_name: str
    run_after: datetime


class XComEntryWithValue(XComEntry, kw_only=True):
    """One pushed value."""

    value: Any


class XComEntries(msgspec.Struct, kw_only=True):
    """A page of pushed values."""

    xcom_entries: list[XComEntry]
    total_entries: int


@router.get(_ENTRIES, responses=said(XComEntries))
def get_xcom_entries(
    desk: ADesk, dag_id: str, dag_run_id: str, task_id: str, asked: Annotated[XComFilters, Query()]
) -> Response:
    """List what task instances pushed; ``~`` means all."""
    page = desk.read.search_xcoms(
        XComSearch(
            dag_id=one_unless_all(dag_id),
            run_id=one_unless_all(dag_run_id),
            task_id=one_unless_all(task_id),
            map_index=asked.map_index,
            key=asked.xcom_key,
            bounds=bounds(asked),
            patterns=patterns(asked),
            order=("run_after", "dag_id", "run_id", "task_id", "map_index", "key"),
            limit=asked.rows,
            offset=asked.offset,
        )
    )
    entries = [XComEntry(**_fields(row)) for row in page.rows]
    return answer(XComEntries(xcom_entries=entries, total_entries=page.total))


@router.get(f"{_ENTRIES}/{{xcom_key}}", responses=said(XComEntryWithValue))
def get_xcom_entry(
    desk: ADesk,
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    xcom_key: str,
    map_index: int = -1,
    stringify: bool = False,
) -> Response:
    """Return one pushed value as JSON, or with *stringify* as a string of JSON."""
    try:
        found = desk.read.xcom(dag_id, dag_run_id, task_id, xcom_key, map_index)
    except UnknownError as error:
        raise not_found(error.message) from None
    value = found.value
    if stringify and not isinstance(value, str):
        value = msgspec.json.encode(value).decode()
    return answer(XComEntryWithValue(**_fields(found.entry), value=value))


def _fields(row: XComFacts) -> dict[str, Any]:
    return {
        "key": row.key,
        "timestamp": row.at or row.run_after,
        "logical_date": row.logical_date,
        "map_index": row.map_index,
        "task_id": row.task_id,
        "dag_id": row.dag_id,
        "run_id": row.run_id,
        "dag_display_name": row.dag_id,
        "task_display_name": row.task_id,
        "run_after": row.run_after,
    }
