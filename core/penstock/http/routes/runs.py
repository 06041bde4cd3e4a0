"""Runs: list, get, wait."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Path, Query
from fastapi.responses import Response, StreamingResponse

from penstock.http.answer import answer, said
from penstock.http.answers.runs import DagRun, DagRuns, run_of
from penstock.http.desk import ADesk, Desk
from penstock.http.errors import not_found
from penstock.http.paging import (
    Filters,
    ListBody,
    bounds,
    checked_order,
    patterns,
    refuse_other_states,
    unless_all,
)
from penstock.http.routes.dags import known
from penstock.http.words import RUN_WORDS, RunWord, run_states, run_types, run_word
from penstock.model.search import RunSearch
from penstock.model.states import RUN_TERMINAL
from penstock.model.views.found import RunFacts

router = APIRouter(tags=["DagRun"])
RunTypeWord = Literal[
    "backfill", "scheduled", "manual", "operator_triggered", "asset_triggered", "asset_materialization"
]
ORDERS = (
    "id", "state", "dag_id", "run_id", "dag_run_id", "logical_date", "run_after", "start_date", "end_date",
    "updated_at", "conf", "duration",
)  # fmt: skip
_LONGEST_POLL = 3600.0


class RunFilters(Filters):
    """What a list of runs may ask for."""

    state: list[str] = []
    run_type: list[RunTypeWord] = []
    dag_id_pattern: str | None = None
    dag_id_prefix_pattern: str | None = None
    run_id_pattern: str | None = None
    run_id_prefix_pattern: str | None = None
    triggering_user_name_pattern: str | None = None


class RunListBody(ListBody):
    """What a list of runs may ask for in a body."""

    states: list[RunWord | None] | None = None


class Ended(msgspec.Struct, kw_only=True):
    """One look at a run that is waited for."""

    state: str


@router.get("/dags/{dag_id}/dagRuns", responses=said(DagRuns))
def get_dag_runs(desk: ADesk, dag_id: str, asked: Annotated[RunFilters, Query()]) -> Response:
    """List the runs of a DAG, or with ``~`` of all."""
    if dag_id != "~":
        known(desk, dag_id)
    refuse_other_states(asked.state, RUN_WORDS, "runs")
    return answer(
        _page(
            desk,
            RunSearch(
                dag_ids=unless_all(dag_id),
                states=run_states(asked.state) if asked.state else None,
                run_types=run_types(asked.run_type) if asked.run_type else None,
                bounds=bounds(asked),
                patterns=patterns(asked),
                order=tuple(checked_order(asked.order, ORDERS)),
                limit=asked.rows,
                offset=asked.offset,
            ),
        )
    )


@router.post("/dags/{dag_id}/dagRuns/list", responses=said(DagRuns))
def get_list_dag_runs_batch(
    desk: ADesk,
    dag_id: Annotated[Literal["~"], Path()],  # noqa: ARG001
    body: RunListBody,
) -> Response:
    """List runs of all DAGs by conditions in the body."""
    return answer(
        _page(
            desk,
            RunSearch(
                dag_ids=None if body.dag_ids is None else tuple(body.dag_ids),
                states=None if not body.states else run_states(word for word in body.states if word),
                bounds=bounds(body),
                order=tuple(checked_order(body.order, ORDERS)),
                limit=body.rows,
                offset=body.offset,
            ),
        )
    )


@router.get("/dags/{dag_id}/dagRuns/{dag_run_id}", responses=said(DagRun))
def get_dag_run(desk: ADesk, dag_id: str, dag_run_id: str) -> Response:
    """Return one run."""
    return answer(run_of(known_run(desk, dag_id, dag_run_id)))


@router.get("/dags/{dag_id}/dagRuns/{dag_run_id}/wait")
def wait_dag_run_until_finished(
    desk: ADesk,
    dag_id: str,
    dag_run_id: str,
    interval: Annotated[float, Query(gt=0, le=_LONGEST_POLL)],
    result: Annotated[list[str] | None, Query()] = None,
) -> Response:
    """Stream a line of JSON for each look at a run, every *interval* seconds, until it has ended.

    The last line has the values that the tasks in *result* returned.
    """
    known_run(desk, dag_id, dag_run_id)
    return StreamingResponse(_looks(desk, dag_id, dag_run_id, interval, result or []))


def _looks(desk: Desk, dag_id: str, run_id: str, interval: float, wanted: list[str]) -> Iterator[bytes]:
    while True:
        run = known_run(desk, dag_id, run_id)
        line: dict[str, object] = {"state": run_word(run.state)}
        ended = run.state in RUN_TERMINAL
        if ended and wanted:
            line["results"] = {
                task_id: desk.read.xcom(dag_id, run_id, task_id, "return_value").value for task_id in wanted
            }
        yield msgspec.json.encode(line) + b"\n"
        if ended:
            return
        time.sleep(interval)


def known_run(desk: Desk, dag_id: str, run_id: str) -> RunFacts:
    """Return a run; raise `ApiError` (404) if there is none."""
    rows = desk.read.search_runs(RunSearch(dag_ids=(dag_id,), run_ids=(run_id,), limit=1)).rows
    if not rows:
        raise not_found(f"there is no run {run_id!r} of a DAG {dag_id!r}")
    return rows[0]


def _page(desk: Desk, search: RunSearch) -> DagRuns:
    page = desk.read.search_runs(search)
    return DagRuns(dag_runs=[run_of(row) for row in page.rows], total_entries=page.total)
