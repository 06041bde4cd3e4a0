"""What is done to runs: trigger, clear, mark, note, delete."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, model_validator

from penstock.errors import UsageError
from penstock.http.answer import answer, said
from penstock.http.answers.runs import DagRun, run_of
from penstock.http.desk import ADesk, Desk
from penstock.http.errors import ApiError
from penstock.http.login import Acting, Caller, Reading
from penstock.http.routes.dags import known
from penstock.http.routes.runs import known_run
from penstock.http.routes.task_instances import found_by_plan, of_run
from penstock.http.words import RunMark
from penstock.model.acts import AnyAct, Cancel, Clear, Mark, SetNote, Trigger
from penstock.model.states import RUN_TERMINAL, RunState, TaskState

router = APIRouter(tags=["DagRun"])
_RUN_ID = re.compile(r"[A-Za-z0-9_.~:+-]+")
_RESERVED = ("scheduled__", "backfill__")


class TriggerBody(BaseModel):
    """What a new run may be given. ``logical_date`` must be there; null is a run without a date."""

    model_config = ConfigDict(extra="forbid")
    dag_run_id: str | None = None
    data_interval_start: AwareDatetime | None = None
    data_interval_end: AwareDatetime | None = None
    logical_date: AwareDatetime | None
    run_after: AwareDatetime | None = None
    conf: dict[str, Any] | None = None
    note: str | None = None
    partition_key: str | None = None

    @model_validator(mode="after")
    def both_or_neither(self) -> Self:
        """Refuse half an interval."""
        if (self.data_interval_start is None) != (self.data_interval_end is None):
            raise ValueError("give both ends of the data interval, or neither")
        return self


class ClearRunBody(BaseModel):
    """How a run is cleared."""

    model_config = ConfigDict(extra="forbid")
    dry_run: bool = True
    only_failed: bool = False
    only_new: bool = False
    run_on_latest_version: bool = False
    note: str | None = None


class RunPatch(BaseModel):
    """What of a run can be changed."""

    model_config = ConfigDict(extra="forbid")
    state: RunMark | None = None
    note: str | None = None


class RunUpdate(RunPatch):
    """One run of several that are changed at once."""

    dag_run_id: str
    dag_id: str | None = None


class RunAction(BaseModel):
    """One action on several runs."""

    model_config = ConfigDict(extra="forbid")
    action: Literal["update"]
    entities: list[RunUpdate]
    update_mask: list[str] | None = None
    action_on_non_existence: Literal["fail", "skip"] = "fail"


class RunActions(BaseModel):
    """Actions on several runs."""

    model_config = ConfigDict(extra="forbid")
    actions: list[RunAction]


@router.post("/dags/{dag_id}/dagRuns", responses=said(DagRun))
def trigger_dag_run(desk: ADesk, caller: Acting, dag_id: str, body: TriggerBody) -> Response:
    """Start a manual run."""
    known(desk, dag_id)
    _check_run_id(body.dag_run_id)
    for field in ("run_after", "data_interval_start"):
        if getattr(body, field) is not None:
            raise ApiError(
                400, f"{field} cannot be chosen: a manual run starts at once, with the interval of its date"
            )
    act = Trigger(
        dag_id=dag_id,
        logical_date=body.logical_date,
        conf=body.conf or {},
        run_id=body.dag_run_id or None,
        partition_key=body.partition_key,
    )
    try:
        run_id = desk.act(act, caller).run_id
    except UsageError as error:
        raise ApiError(400, error.message) from None
    assert run_id is not None
    if body.note:
        desk.act(SetNote(dag_id=dag_id, run_id=run_id, note=body.note), caller)
    return answer(run_of(known_run(desk, dag_id, run_id)))


@router.patch("/dags/{dag_id}/dagRuns/{dag_run_id}", responses=said(DagRun))
def patch_dag_run(
    desk: ADesk,
    caller: Acting,
    dag_id: str,
    dag_run_id: str,
    body: RunPatch,
    update_mask: Annotated[list[str] | None, Query()] = None,
) -> Response:
    """Mark a run, or write its note: ``success`` marks its tasks, ``failed`` cancels, ``queued`` clears."""
    known_run(desk, dag_id, dag_run_id)
    change_run(desk, caller, dag_id, dag_run_id, body, update_mask)
    return answer(run_of(known_run(desk, dag_id, dag_run_id)))


@router.patch("/dags/{dag_id}/dagRuns")
def bulk_dag_runs(desk: ADesk, caller: Acting, dag_id: str, body: RunActions) -> Response:
    """Change several runs at once."""
    done: list[str] = []
    errors: list[dict[str, Any]] = []
    for action in body.actions:
        for entity in action.entities:
            of_dag = entity.dag_id or dag_id
            try:
                known_run(desk, of_dag, entity.dag_run_id)
            except ApiError as error:
                if action.action_on_non_existence == "fail":
                    errors.append({"error": error.detail, "status_code": error.status})
                continue
            change_run(desk, caller, of_dag, entity.dag_run_id, entity, action.update_mask)
            done.append(f"{of_dag}.{entity.dag_run_id}")
    return answer({"create": None, "update": {"success": done, "errors": errors}, "delete": None})


@router.post("/dags/{dag_id}/dagRuns/{dag_run_id}/clear", responses=said(DagRun))
def clear_dag_run(desk: ADesk, caller: Reading, dag_id: str, dag_run_id: str, body: ClearRunBody) -> Response:
    """Clear a run. A dry run, the default, answers what would run again."""
    known_run(desk, dag_id, dag_run_id)
    act = Clear(
        dag_id=dag_id,
        run_id=dag_run_id,
        only_failed=body.only_failed,
        latest_version=body.run_on_latest_version,
    )
    if body.dry_run:
        if body.only_failed:
            found = found_by_plan(desk, [desk.plan(act)])
        else:  # also what waits already is cleared, as far as the reference is concerned
            found = of_run(desk, dag_id, dag_run_id)
        return answer({"task_instances": found, "total_entries": len(found)})
    must_act(caller)
    desk.act(act, caller)
    if body.note is not None:
        desk.act(SetNote(dag_id=dag_id, run_id=dag_run_id, note=body.note), caller)
    return answer(run_of(known_run(desk, dag_id, dag_run_id)))


@router.delete("/dags/{dag_id}/dagRuns/{dag_run_id}")
def delete_dag_run(
    desk: ADesk,
    caller: Acting,  # noqa: ARG001 - who may not act is refused
    dag_id: str,
    dag_run_id: str,
) -> Response:
    """Refuse: runs expire, and their records stay whole until then."""
    known_run(desk, dag_id, dag_run_id)
    raise ApiError(409, f"run {dag_run_id} is kept until it expires (retention_days); cancel it to end it")


def change_run(
    desk: Desk, caller: Caller, dag_id: str, run_id: str, body: RunPatch, mask: list[str] | None
) -> None:
    """Do what *body* says to a run, as far as *mask* names it."""
    given = body.model_fields_set if mask is None else body.model_fields_set & set(mask)
    if "state" in given and body.state is not None:
        for act in _marks(desk, dag_id, run_id, body.state):
            desk.act(act, caller)
    if "note" in given:
        desk.act(SetNote(dag_id=dag_id, run_id=run_id, note=body.note), caller)


def must_act(caller: Caller) -> None:
    """Refuse a caller that may only read; for operations that only act without ``dry_run``."""
    if caller.read_only:
        raise ApiError(403, "Forbidden: this token is read-only")


def _marks(desk: Desk, dag_id: str, run_id: str, state: str) -> list[AnyAct]:
    """Return what brings a run into *state*; nothing if it is there."""
    run = known_run(desk, dag_id, run_id)
    if state == "queued":
        return [Clear(dag_id=dag_id, run_id=run_id)]
    if state == "failed":
        if run.state not in RUN_TERMINAL:
            return [Cancel(dag_id=dag_id, run_id=run_id)]
        if run.state is RunState.SUCCESS:
            return _mark_all(desk, dag_id, run_id, "failed")
        return []
    return _mark_all(desk, dag_id, run_id, "success")


def _mark_all(desk: Desk, dag_id: str, run_id: str, state: Literal["success", "failed"]) -> list[AnyAct]:
    detail = desk.read.run(dag_id, run_id)
    tasks = detail.tasks
    if state == "failed":  # the leaves decide about a run
        parents = {parent for task in tasks for parent in task.upstream}
        tasks = tuple(task for task in tasks if task.task_id not in parents)
    names = {task.task_id for task in tasks if task.state not in (TaskState(state), TaskState.REMOVED)}
    return [Mark(dag_id=dag_id, run_id=run_id, tasks=tuple(sorted(names)), state=state)] if names else []


def _check_run_id(run_id: str | None) -> None:
    if not run_id:
        return
    if not _RUN_ID.fullmatch(run_id):
        raise ApiError(400, f"run id {run_id!r} has characters other than letters, digits and _ . ~ : + -")
    reserved = next((prefix for prefix in _RESERVED if run_id.startswith(prefix)), None)
    if reserved:
        raise ApiError(400, f"run id {run_id!r} begins with {reserved}, which the schedule uses")
