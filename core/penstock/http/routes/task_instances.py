"""Task instances: list, get, tries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from penstock.http.answer import answer, said
from penstock.http.answers.task_instances import (
    TaskInstance,
    TaskInstances,
    Tries,
    Try,
    instance_of,
    page_of,
    tries_of,
)
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
from penstock.http.routes.runs import known_run
from penstock.http.words import NO_STATUS, TASK_WORDS, task_terms
from penstock.model.search import TaskSearch
from penstock.model.states import TaskState
from penstock.model.views.found import TaskFacts
from penstock.model.views.plans import Plan

router = APIRouter(tags=["Task Instance"])
TaskWordOrNone = (
    Literal[
        "removed", "scheduled", "queued", "running", "success", "restarting", "failed", "up_for_retry",
        "up_for_reschedule", "upstream_failed", "skipped", "deferred", "awaiting_input",
    ]
    | None
)  # fmt: skip
ORDERS = (
    "id", "state", "dag_id", "run_id", "task_id", "task_display_name", "map_index", "rendered_map_index",
    "try_number", "logical_date", "run_after", "start_date", "end_date", "duration", "updated_at",
    "data_interval_start", "data_interval_end", "queued_when", "scheduled_when",
)  # fmt: skip
_RUN = "/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances"


class TaskFilters(Filters):
    """What a list of task instances may ask for."""

    state: list[str] = []
    pool: list[str] = []
    operator: list[str] = []
    task_id: list[str] = []
    try_number: list[int] = []
    map_index: list[int] = []
    task_display_name_pattern: str | None = None
    dag_id_pattern: str | None = None
    run_id_pattern: str | None = None
    rendered_map_index_pattern: str | None = None


class TaskListBody(ListBody):
    """What a list of task instances may ask for in a body."""

    dag_run_ids: list[str] | None = None
    task_ids: list[str] | None = None
    state: list[TaskWordOrNone] | None = None
    pool: list[str] | None = None
    queue: list[str] | None = None
    executor: list[str] | None = None


@router.get(_RUN, responses=said(TaskInstances))
def get_task_instances(
    desk: ADesk, dag_id: str, dag_run_id: str, asked: Annotated[TaskFilters, Query()]
) -> Response:
    """List the task instances of a run; ``~`` means all DAGs or all runs."""
    check_place(desk, dag_id, dag_run_id)
    return answer(_page(desk, _search(dag_id, dag_run_id, asked)))


@router.post(f"{_RUN}/list", responses=said(TaskInstances))
def get_task_instances_batch(
    desk: ADesk,
    dag_id: Annotated[Literal["~"], Path()],  # noqa: ARG001
    dag_run_id: Annotated[Literal["~"], Path()],  # noqa: ARG001
    body: TaskListBody,
) -> Response:
    """List task instances of all runs by conditions in the body."""
    return answer(
        _page(
            desk,
            TaskSearch(
                dag_ids=_some(body.dag_ids),
                run_ids=_some(body.dag_run_ids),
                task_ids=_some(body.task_ids),
                states=None if not body.state else task_terms(body.state),
                pools=_some(body.pool),
                bounds=bounds(body),
                order=tuple(checked_order(body.order, ORDERS)),
                limit=body.rows,
                offset=body.offset,
            ),
        )
    )


@router.get(f"{_RUN}/{{task_id}}", responses=said(TaskInstance))
def get_task_instance(desk: ADesk, dag_id: str, dag_run_id: str, task_id: str) -> Response:
    """Return one task instance that is not mapped."""
    found = instances(desk, dag_id, dag_run_id, task_id)
    if found[0].map_index >= 0:
        raise not_found(f"task {task_id} is mapped: add the map index to the path")
    return answer(instance_of(found[0]))


@router.get(f"{_RUN}/{{task_id}}/listMapped", responses=said(TaskInstances))
def get_mapped_task_instances(
    desk: ADesk, dag_id: str, dag_run_id: str, task_id: str, asked: Annotated[TaskFilters, Query()]
) -> Response:
    """List the instances of a mapped task."""
    if not instances(desk, dag_id, dag_run_id, task_id)[0].mapped:
        raise not_found(f"task {task_id} is not mapped")
    return answer(_page(desk, _search(dag_id, dag_run_id, asked, task_id)))


@router.get(f"{_RUN}/{{task_id}}/tries", responses=said(Tries))
def get_task_instance_tries(
    desk: ADesk, dag_id: str, dag_run_id: str, task_id: str, map_index: int | None = None
) -> Response:
    """List the tries of a task instance; of a mapped task without an index, those of its first."""
    found = instances(desk, dag_id, dag_run_id, task_id, map_index)
    return _tries(desk, found[0])


@router.get(f"{_RUN}/{{task_id}}/tries/{{task_try_number}}", responses=said(Try))
def get_task_instance_try_details(
    desk: ADesk,
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    task_try_number: int,
    map_index: int | None = None,
) -> Response:
    """Return one try of a task instance."""
    facts = instances(desk, dag_id, dag_run_id, task_id, map_index)[0]
    return answer(try_of(desk, facts, task_try_number))


@router.get(f"{_RUN}/{{task_id}}/dependencies")
def get_task_instance_dependencies(desk: ADesk, dag_id: str, dag_run_id: str, task_id: str) -> Response:
    """Return what keeps a task instance from running."""
    facts = instances(desk, dag_id, dag_run_id, task_id)[0]
    why = desk.read.why(dag_id, dag_run_id, task_id, facts.map_index)
    found = [{"name": barrier.kind, "reason": barrier.text} for barrier in why.barriers]
    return answer({"dependencies": found})


@router.get(f"{_RUN}/{{task_id}}/links")
def get_extra_links(desk: ADesk, dag_id: str, dag_run_id: str, task_id: str) -> Response:
    """List links to elsewhere: tasks have none."""
    instances(desk, dag_id, dag_run_id, task_id)
    return answer({"extra_links": {}, "total_entries": 0})


@router.get(f"{_RUN}/{{task_id}}/{{map_index}}", responses=said(TaskInstance))
def get_mapped_task_instance(
    desk: ADesk, dag_id: str, dag_run_id: str, task_id: str, map_index: int
) -> Response:
    """Return one instance of a mapped task."""
    return answer(instance_of(instances(desk, dag_id, dag_run_id, task_id, map_index)[0]))


@router.get(f"{_RUN}/{{task_id}}/{{map_index}}/tries", responses=said(Tries))
def get_mapped_task_instance_tries(
    desk: ADesk, dag_id: str, dag_run_id: str, task_id: str, map_index: int
) -> Response:
    """List the tries of one instance of a mapped task."""
    return _tries(desk, instances(desk, dag_id, dag_run_id, task_id, map_index)[0])


@router.get(f"{_RUN}/{{task_id}}/{{map_index}}/tries/{{task_try_number}}", responses=said(Try))
def get_mapped_task_instance_try_details(
    desk: ADesk, dag_id: str, dag_run_id: str, task_id: str, map_index: int, task_try_number: int
) -> Response:
    """Return one try of one instance of a mapped task."""
    facts = instances(desk, dag_id, dag_run_id, task_id, map_index)[0]
    return answer(try_of(desk, facts, task_try_number))


def instances(
    desk: Desk, dag_id: str, run_id: str, task_id: str, map_index: int | None = None
) -> list[TaskFacts]:
    """Return the instances of a task in a run (or one of them); raise `ApiError` (404) if there is none."""
    search = TaskSearch(
        dag_ids=(dag_id,),
        run_ids=(run_id,),
        task_ids=(task_id,),
        map_indexes=None if map_index is None else (map_index,),
        order=("map_index",),
        limit=10_000,
    )
    rows = list(desk.read.search_tasks(search).rows)
    if not rows:
        index = "" if map_index is None else f" with map index {map_index}"
        raise not_found(f"run {run_id!r} of DAG {dag_id!r} has no task {task_id!r}{index}")
    return rows


def of_run(desk: Desk, dag_id: str, run_id: str) -> list[TaskInstance]:
    """Return all task instances of a run as the API shows them."""
    search = TaskSearch(dag_ids=(dag_id,), run_ids=(run_id,), limit=10_000)
    return [
        instance_of(row) for row in desk.read.search_tasks(search).rows if row.state is not TaskState.REMOVED
    ]


def found_by_plan(desk: Desk, plans: Iterable[Plan]) -> list[TaskInstance]:
    """Return the task instances that *plans* touch, as they are now."""
    places = {
        (item.dag_id, item.run_id, item.task_id, item.map_index)
        for plan in plans
        for item in plan.items
        if item.task_id is not None
    }
    return [instance_of(facts) for facts in facts_at(desk, places)]


def facts_at(desk: Desk, places: Iterable[tuple[str, str | None, str, int]]) -> list[TaskFacts]:
    """Return the task instances at *places* (dag_id, run_id, task_id, map_index), the oldest first."""
    wanted = set(places)
    if not wanted:
        return []
    search = TaskSearch(
        dag_ids=tuple({place[0] for place in wanted}),
        run_ids=tuple({place[1] for place in wanted if place[1] is not None}),
        task_ids=tuple({place[2] for place in wanted}),
        limit=10_000,
    )
    return [
        row
        for row in desk.read.search_tasks(search).rows
        if (row.dag_id, row.run_id, row.task_id, row.map_index) in wanted
    ]


def _search(dag_id: str, run_id: str, asked: TaskFilters, task_id: str | None = None) -> TaskSearch:
    refuse_other_states(asked.state, (*TASK_WORDS, *NO_STATUS), "tasks")
    task_ids = _some(asked.task_id) if task_id is None else (task_id,)
    return TaskSearch(
        dag_ids=unless_all(dag_id),
        run_ids=unless_all(run_id),
        task_ids=task_ids,
        map_indexes=tuple(asked.map_index) or None,
        states=task_terms(asked.state) if asked.state else None,
        pools=_some(asked.pool),
        operators=_some(asked.operator),
        try_numbers=tuple(asked.try_number) or None,
        bounds=bounds(asked),
        patterns=patterns(asked),
        order=tuple(checked_order(asked.order, ORDERS)),
        limit=asked.rows,
        offset=asked.offset,
    )


def _page(desk: Desk, search: TaskSearch) -> TaskInstances:
    page = desk.read.search_tasks(search)
    return page_of(page.rows, page.total)


def _tries(desk: Desk, facts: TaskFacts) -> Response:
    attempts = desk.read.attempts(facts.dag_id, facts.run_id, facts.task_id, facts.map_index)
    found = tries_of(facts, attempts)
    return answer(Tries(task_instances=found, total_entries=len(found)))


def try_of(desk: Desk, facts: TaskFacts, number: int) -> Try:
    """Return one try of a task instance; raise `ApiError` (404) if there is none."""
    attempts = desk.read.attempts(facts.dag_id, facts.run_id, facts.task_id, facts.map_index)
    for each in tries_of(facts, attempts):
        if each.try_number == number:
            return each
    raise not_found(f"task {facts.task_id!r} of run {facts.run_id!r} has no try {number}")


def check_place(desk: Desk, dag_id: str, run_id: str) -> None:
    """Raise `ApiError` (404) for a DAG or a run that does not exist; ``~`` means all."""
    if dag_id != "~":
        known(desk, dag_id)
        if run_id != "~":
            known_run(desk, dag_id, run_id)


def _some(values: list[str] | None) -> tuple[str, ...] | None:
    return tuple(values) if values else None
