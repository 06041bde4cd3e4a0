"""What is done to task instances: clear and mark."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator, model_validator

from penstock.http.answer import answer, said
from penstock.http.answers.task_instances import TaskInstances, page_of
from penstock.http.desk import ADesk, Desk
from penstock.http.errors import ApiError, not_found
from penstock.http.login import Acting, Caller, Reading
from penstock.http.routes.dags import known
from penstock.http.routes.run_acts import must_act
from penstock.http.routes.task_instances import facts_at, instances
from penstock.http.words import task_word
from penstock.ids import instance_key
from penstock.model.acts import Clear, Mark, SetNote
from penstock.model.search import Bound, RunSearch, StateTerm, TaskSearch
from penstock.model.states import FAILURE_LIKE, OCCUPIES_SLOT, TaskState
from penstock.model.views.found import TaskFacts

router = APIRouter(tags=["Task Instance"])
Place = tuple[str, str | None, str, int]
_RUN = "/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances"
_ACTIVE = OCCUPIES_SLOT | {TaskState.SCHEDULED}
_FAILED = tuple(StateTerm(state=state) for state in sorted(FAILURE_LIKE | {TaskState.CANCELLED}))


class ClearBody(BaseModel):
    """Which task instances are cleared. A dry run is the default."""

    model_config = ConfigDict(extra="forbid")
    dry_run: bool = True
    start_date: AwareDatetime | None = None
    end_date: AwareDatetime | None = None
    only_failed: bool = True
    only_running: bool = False
    only_new: bool = False
    reset_dag_runs: bool = True
    task_ids: list[str | tuple[str, int]] | None = None
    dag_run_id: str | None = None
    include_upstream: bool = False
    include_downstream: bool = False
    include_future: bool = False
    include_past: bool = False
    run_on_latest_version: bool = False
    prevent_running_task: bool = False
    note: str | None = None

    @model_validator(mode="after")
    def fits_together(self) -> Self:
        """Refuse what contradicts itself."""
        if self.only_failed and self.only_running and "only_failed" in self.model_fields_set:
            raise ValueError("only_failed and only_running exclude each other")
        if self.start_date and self.end_date and self.end_date < self.start_date:
            raise ValueError("end_date is before start_date")
        return self


class TaskPatch(BaseModel):
    """What of a task instance can be changed."""

    model_config = ConfigDict(extra="forbid")
    new_state: Literal["success", "failed", "skipped"] | None = None
    note: str | None = None
    include_upstream: bool = False
    include_downstream: bool = False
    include_future: bool = False
    include_past: bool = False

    @field_validator("new_state", mode="before")
    @classmethod
    def a_state(cls, value: object) -> object:
        """Refuse null and states that cannot be set."""
        if value not in ("success", "failed", "skipped"):
            raise ValueError(f"{value!r} cannot be set; success, failed and skipped can")
        return value


class TaskUpdate(TaskPatch):
    """One task instance of several that are changed at once."""

    task_id: str
    map_index: int | None = None


class TaskAction(BaseModel):
    """One action on several task instances."""

    model_config = ConfigDict(extra="forbid")
    action: Literal["update"]
    entities: list[TaskUpdate]
    update_mask: list[str] | None = None
    action_on_non_existence: Literal["fail", "skip"] = "fail"


class TaskActions(BaseModel):
    """Actions on several task instances."""

    model_config = ConfigDict(extra="forbid")
    actions: list[TaskAction] = Field(default_factory=list)


@router.post("/dags/{dag_id}/clearTaskInstances", responses=said(TaskInstances))
def post_clear_task_instances(desk: ADesk, caller: Reading, dag_id: str, body: ClearBody) -> Response:
    """Clear task instances: of one run, or of all runs of a span. A dry run, the default, lists them."""
    known(desk, dag_id)
    acts = _clears(desk, dag_id, body)
    places = _planned(desk, acts)
    if not body.dry_run:
        must_act(caller)
        if body.prevent_running_task:
            _refuse_active(facts_at(desk, places))
        for act in acts:
            desk.act(act, caller)
            if body.note is not None:
                desk.act(SetNote(dag_id=dag_id, run_id=act.run_id, note=body.note), caller)
    found = facts_at(desk, places)
    return answer(page_of(found, len(found)))


@router.patch(f"{_RUN}/{{task_id}}", responses=said(TaskInstances))
def patch_task_instance(
    desk: ADesk,
    caller: Acting,
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    body: TaskPatch,
    map_index: int | None = None,
    update_mask: Annotated[list[str] | None, Query()] = None,
) -> Response:
    """Mark a task instance, or write its note; of a mapped task without an index, all of them."""
    return _changed(desk, caller, instances(desk, dag_id, dag_run_id, task_id, map_index), body, update_mask)


@router.patch(f"{_RUN}/{{task_id}}/dry_run", responses=said(TaskInstances))
def patch_task_instance_dry_run(
    desk: ADesk, dag_id: str, dag_run_id: str, task_id: str, body: TaskPatch, map_index: int | None = None
) -> Response:
    """Return what marking a task instance would change, as it is now."""
    return _would_change(desk, instances(desk, dag_id, dag_run_id, task_id, map_index), body)


@router.patch(f"{_RUN}/{{task_id}}/{{map_index}}", responses=said(TaskInstances))
def patch_mapped_task_instance(
    desk: ADesk,
    caller: Acting,
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    map_index: int,
    body: TaskPatch,
    update_mask: Annotated[list[str] | None, Query()] = None,
) -> Response:
    """Mark one instance of a mapped task, or write its note."""
    return _changed(desk, caller, instances(desk, dag_id, dag_run_id, task_id, map_index), body, update_mask)


@router.patch(f"{_RUN}/{{task_id}}/{{map_index}}/dry_run", responses=said(TaskInstances))
def patch_mapped_task_instance_dry_run(
    desk: ADesk, dag_id: str, dag_run_id: str, task_id: str, map_index: int, body: TaskPatch
) -> Response:
    """Return what marking one instance of a mapped task would change, as it is now."""
    return _would_change(desk, instances(desk, dag_id, dag_run_id, task_id, map_index), body)


@router.patch(_RUN)
def bulk_task_instances(
    desk: ADesk, caller: Acting, dag_id: str, dag_run_id: str, body: TaskActions
) -> Response:
    """Change several task instances of a run at once."""
    done: list[str] = []
    errors: list[dict[str, Any]] = []
    for action in body.actions:
        for entity in action.entities:
            try:
                found = instances(desk, dag_id, dag_run_id, entity.task_id, entity.map_index)
                _change(desk, caller, found, entity, action.update_mask)
            except ApiError as error:
                if error.status != 404 or action.action_on_non_existence == "fail":
                    errors.append({"error": error.detail, "status_code": error.status})
                continue
            done += [f"{dag_id}.{dag_run_id}.{row.task_id}[{row.map_index}]" for row in found]
    return answer({"create": None, "update": {"success": done, "errors": errors}, "delete": None})


# -- clear ---------------------------------------------------------------------------------------


def _clears(desk: Desk, dag_id: str, body: ClearBody) -> list[Clear]:
    """Return the acts that clear what *body* asks for, one for each run."""
    runs = _runs(desk, dag_id, body)
    spec = desk.read.spec(dag_id)
    known_tasks = {task.task_id for task in spec.tasks}
    named = None
    if body.task_ids is not None:
        pairs = [(each, None) if isinstance(each, str) else each for each in body.task_ids]
        named = [(task_id, index) for task_id, index in pairs if task_id in known_tasks]
        if not named:
            return []
    running: dict[str, list[str]] = {}
    if body.only_running:
        states = TaskSearch(dag_ids=(dag_id,), run_ids=tuple(runs), limit=10_000)
        for row in desk.read.search_tasks(states).rows:
            if row.state in OCCUPIES_SLOT:
                running.setdefault(row.run_id, []).append(instance_key(row.task_id, row.map_index))
        runs = [run_id for run_id in runs if run_id in running]
    acts = []
    for run_id in runs:
        names = running.get(run_id) or _names(desk, dag_id, run_id, named)
        if named is not None and not names:
            continue
        acts.append(
            Clear(
                dag_id=dag_id,
                run_id=run_id,
                tasks=tuple(names),
                upstream=body.include_upstream and bool(names),
                downstream=body.include_downstream and bool(names),
                past=body.include_past,
                future=body.include_future,
                only_failed=body.only_failed and not body.only_running,
                latest_version=body.run_on_latest_version,
            )
        )
    return acts


def _names(desk: Desk, dag_id: str, run_id: str, named: list[tuple[str, int | None]] | None) -> list[str]:
    """Return the names, as acts write them, of the tasks in *named* that a run has."""
    if named is None:
        return []
    search = TaskSearch(dag_ids=(dag_id,), run_ids=(run_id,), task_ids=tuple({name for name, _ in named}))
    there = {(row.task_id, row.map_index) for row in desk.read.search_tasks(search).rows}
    ids = {task_id for task_id, _ in there}
    return [
        task_id if index is None else instance_key(task_id, index)
        for task_id, index in named
        if (task_id in ids if index is None else (task_id, index) in there)
    ]


def _runs(desk: Desk, dag_id: str, body: ClearBody) -> list[str]:
    """Return the runs that are meant; without an id and dates all of the DAG."""
    if body.dag_run_id is not None:
        search = RunSearch(dag_ids=(dag_id,), run_ids=(body.dag_run_id,))
        if not desk.read.search_runs(search).rows:
            raise not_found(f"there is no run {body.dag_run_id!r} of DAG {dag_id!r}")
        return [body.dag_run_id]
    spans = []
    if body.start_date is not None:
        spans.append(Bound(field="logical_date", comparison="gte", value=body.start_date))
    if body.end_date is not None:
        spans.append(Bound(field="logical_date", comparison="lte", value=body.end_date))
    if body.only_failed and not body.only_running:  # runs in which nothing failed have nothing to clear
        failed = TaskSearch(
            dag_ids=(dag_id,), states=_FAILED, bounds=tuple(spans), order=("id",), limit=10_000
        )
        return list(dict.fromkeys(row.run_id for row in desk.read.search_tasks(failed).rows))
    found = desk.read.search_runs(RunSearch(dag_ids=(dag_id,), bounds=tuple(spans), limit=10_000))
    return [row.run_id for row in found.rows]


def _planned(desk: Desk, acts: Iterable[Clear]) -> set[Place]:
    """Return the places of what *acts* would touch.

    What waits already has nothing to clear for us; clients expect it in the list all the same.
    """
    places: set[Place] = set()
    for act in acts:
        for item in desk.plan(act).items:
            if item.task_id is not None:
                places.add((item.dag_id, item.run_id, item.task_id, item.map_index))
    return places


def _refuse_active(found: list[TaskFacts]) -> None:
    active = [row.task_id for row in found if row.state in _ACTIVE]
    if active:
        raise ApiError(
            409, f"{', '.join(active)} is at work, and prevent_running_task is set: wait, or leave it out"
        )


# -- mark ----------------------------------------------------------------------------------------


def _mark(found: list[TaskFacts], body: TaskPatch) -> Mark:
    first = found[0]
    assert body.new_state is not None
    return Mark(
        dag_id=first.dag_id,
        run_id=first.run_id,
        tasks=tuple(instance_key(row.task_id, row.map_index) for row in found),
        state=body.new_state,
        upstream=body.include_upstream,
        downstream=body.include_downstream,
        past=body.include_past,
        future=body.include_future,
    )


def _change(
    desk: Desk, caller: Caller, found: list[TaskFacts], body: TaskPatch, mask: list[str] | None
) -> set[Place]:
    given = body.model_fields_set if mask is None else body.model_fields_set & set(mask)
    places: set[Place] = {(row.dag_id, row.run_id, row.task_id, row.map_index) for row in found}
    if "new_state" in given and body.new_state is not None:
        if all(task_word(row.state, launched=row.attempts > 0) == body.new_state for row in found):
            raise ApiError(409, f"task {found[0].task_id} is {body.new_state} already")
        act = _mark(found, body)
        touched = [item for item in desk.plan(act).items if item.after == body.new_state]
        places = {
            (item.dag_id, item.run_id, item.task_id, item.map_index) for item in touched if item.task_id
        } or places
        desk.act(act, caller)
    if "note" in given:
        for row in found:
            key = instance_key(row.task_id, row.map_index)
            desk.act(SetNote(dag_id=row.dag_id, run_id=row.run_id, task_id=key, note=body.note), caller)
    return places


def _changed(
    desk: Desk, caller: Caller, found: list[TaskFacts], body: TaskPatch, mask: list[str] | None
) -> Response:
    rows = facts_at(desk, _change(desk, caller, found, body, mask))
    return answer(page_of(rows, len(rows)))


def _would_change(desk: Desk, found: list[TaskFacts], body: TaskPatch) -> Response:
    places: set[Place] = {(row.dag_id, row.run_id, row.task_id, row.map_index) for row in found}
    if body.new_state is not None:
        items = desk.plan(_mark(found, body)).items
        places = {
            (item.dag_id, item.run_id, item.task_id, item.map_index)
            for item in items
            if item.task_id and item.after == body.new_state
        }
    rows = facts_at(desk, places)
    return answer(page_of(rows, len(rows)))
