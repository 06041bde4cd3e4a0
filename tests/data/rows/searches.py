"""Searches: every condition alone, every field in both orders, every bound on both of its sides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any, get_args

from data.rows.shown import asked, lines, word
from data.rows.store import Store
from data.rows.when import at
from penstock.model.search import (
    Bound,
    Comparison,
    EventSearch,
    Pattern,
    RunSearch,
    Search,
    StateTerm,
    TaskSearch,
    XComSearch,
)
from penstock.model.states import RunState, RunType, TaskState
from penstock.store.sql.views.search import runs as run_search
from penstock.store.sql.views.search import tasks as task_search
from penstock.store.sql.views.search import trail as trail_search


def searches(store: Store) -> Iterator[list[str]]:
    """Every condition alone, every field in both orders, every bound on both of its sides."""
    yield from _search(store.search.runs, RunSearch, run_search.COLUMNS, _run_row, _of_runs())
    yield from _search(store.search.tasks, TaskSearch, task_search.COLUMNS, _task_row, _of_tasks())
    yield from _search(store.search.events, EventSearch, trail_search.EVENT_COLUMNS, _event_row, _of_events())
    yield from _search(store.search.xcoms, XComSearch, trail_search.XCOM_COLUMNS, _xcom_row, _of_xcoms())
    for search in _of_xcoms():
        yield asked("xcom", store.search.xcom, search)
    for dag_ids in (None, ("etl", "fan"), ()):
        yield asked("run_counts", store.search.run_counts, dag_ids)
    yield asked("pool_counts", store.search.pool_counts)
    yield asked("figures", store.search.figures)
    yield asked("runs", store.search.runs, RunSearch())
    yield asked("tasks", store.search.tasks, TaskSearch(limit=200))


def _search(
    ask: Callable[[Any], Any],
    kind: Callable[..., Search],
    columns: Any,
    row: Callable[[Any], str],
    conditions: list[Search],
) -> Iterator[list[str]]:
    def shown(search: Search) -> list[str]:
        try:
            page = ask(search)
        except Exception as error:
            return lines(word(search), error)
        return lines(word(search), {page.total: [row(each) for each in page.rows]})

    for search in conditions:
        yield shown(search)
    for field, sign in product(columns, ("", "-")):
        yield shown(kind(order=(sign + field,), limit=12))
    for limit, offset in ((3, 2), (-1, 0), (3, -1), (2, 10_000)):
        yield shown(kind(limit=limit, offset=offset, order=("-id", "dag_id") if "id" in columns else ()))
    yield shown(kind(order=("colour",)))
    yield shown(kind(patterns=(Pattern(field="dag_id", texts=()),)))
    yield shown(kind(patterns=(Pattern(field="dag_id", texts=("TL", "FA")),), limit=5))
    yield shown(kind(patterns=(Pattern(field="dag_id", texts=("h_ur",)),), limit=5))
    for prefix in ("et", "tl", "ET", "e_", ""):
        yield shown(
            kind(
                patterns=(Pattern(field="dag_id", texts=(prefix, "go"), prefix=True),),
                limit=5,
                order=("-dag_id",),
            )
        )
    for field, comparison in product(columns, get_args(Comparison)):
        if any(word in field for word in ("date", "when", "after", "interval", "timestamp", "dttm", "_at")):
            for value in (at("03-01 12:00"), at("02-27 18:00")):
                yield shown(kind(bounds=(Bound(field=field, comparison=comparison, value=value),), limit=6))
        elif field == "duration":
            for seconds in (67.0, 10.0, 12.25):
                yield shown(kind(bounds=(Bound(field=field, comparison=comparison, value=seconds),), limit=9))


def _of_runs() -> list[Search]:
    return [
        RunSearch(dag_ids=("etl", "fan"), limit=4), RunSearch(dag_ids=()),
        RunSearch(run_ids=("by hand", "again")),
        *(RunSearch(states=(state,)) for state in RunState),
        *(RunSearch(run_types=(each,)) for each in RunType),
        RunSearch(states=(RunState.FAILED,), dag_ids=("etl",)),
    ]  # fmt: skip


def _of_tasks() -> list[Search]:
    return [
        TaskSearch(dag_ids=("fan",)), TaskSearch(run_ids=("by hand",)), TaskSearch(task_ids=("check", "buy")),
        TaskSearch(map_indexes=(1,)), TaskSearch(try_numbers=(0, 2)), TaskSearch(states=()),
        *(TaskSearch(states=(StateTerm(state=state),), limit=9) for state in TaskState),
        *(
            TaskSearch(states=(StateTerm(state=state, launched=launched),), limit=9)
            for state in (TaskState.SCHEDULED, TaskState.SKIPPED, TaskState.UP_FOR_RETRY)
            for launched in (True, False)
        ),
        TaskSearch(states=(StateTerm(state=TaskState.RUNNING), StateTerm(state=TaskState.QUEUED))),
        TaskSearch(pools=("warehouse",), limit=9), TaskSearch(pools=("parts", "waits"), limit=9),
        TaskSearch(operators=("EmptyOperator", "PythonOperator"), limit=9), TaskSearch(pools=("nope",)),
        TaskSearch(pools=("warehouse",), operators=("PythonOperator",), dag_ids=("etl",)),
        TaskSearch(pools=("warehouse",), operators=("PythonOperator",), dag_ids=("fan",)),
    ]  # fmt: skip


def _of_events() -> list[Search]:
    return [
        EventSearch(seq=6), EventSearch(dag_id="fan"), EventSearch(run_id="again"),
        EventSearch(task_id="load"),
        EventSearch(map_index=1), EventSearch(actor="ann"), EventSearch(kinds=("launch", "note")),
        EventSearch(kinds=()), EventSearch(not_kinds=("launch", "note", "engine_start")),
    ]  # fmt: skip


def _of_xcoms() -> list[Search]:
    return [
        XComSearch(dag_id="fan"), XComSearch(run_id="by hand"), XComSearch(task_id="part"),
        XComSearch(map_index=1),
        XComSearch(key="large"),
        XComSearch(dag_id="etl", run_id="by hand", task_id="load", key="return_value"),
        XComSearch(dag_id="etl", run_id="x", task_id="load", key="nope"),
        XComSearch(dag_id="etl", run_id="x", task_id="load", key="nope", map_index=4),
        XComSearch(key="password"),
    ]  # fmt: skip


def _run_row(row: Any) -> str:
    return f"{row.dag_id}/{row.run_id[:23]}"


def _task_row(row: Any) -> str:
    return f"{row.dag_id}/{row.run_id[-20:]}/{row.task_id}[{row.map_index}]"


def _event_row(row: Any) -> str:
    return f"{row.seq} {row.kind}"


def _xcom_row(row: Any) -> str:
    return f"{row.dag_id}/{row.run_id[-20:]}/{row.task_id}[{row.map_index}] {row.key}"
