"""Backfills."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from penstock.errors import UnknownError, UsageError
from penstock.http.answer import answer, said
from penstock.http.desk import ADesk, Desk
from penstock.http.errors import ApiError, not_found
from penstock.http.login import Acting, Caller
from penstock.http.paging import OrderedPage
from penstock.http.routes.dags import known
from penstock.model.acts import AnyAct, CancelBackfill, CreateBackfill, PauseBackfill, ResumeBackfill
from penstock.model.backfills import BackfillState, Reprocess
from penstock.model.views.backfills import BackfillRow

router = APIRouter(tags=["Backfill"])


class BackfillBody(BaseModel):
    """A backfill as it is asked for; a moment without a zone is in UTC, a day is its midnight."""

    model_config = ConfigDict(extra="forbid")
    dag_id: str
    from_date: datetime
    to_date: datetime
    run_backwards: bool = False
    dag_run_conf: dict[str, Any] | None = None
    reprocess_behavior: Reprocess = Reprocess.NONE
    max_active_runs: int = Field(10, ge=1)
    run_on_latest_version: bool = True


class Backfill(msgspec.Struct, kw_only=True):
    """A backfill."""

    id: int
    dag_id: str
    from_date: datetime
    to_date: datetime
    dag_run_conf: dict[str, Any]
    is_paused: bool
    reprocess_behavior: str
    max_active_runs: int
    created_at: datetime
    completed_at: datetime | None
    updated_at: datetime
    dag_display_name: str


class Backfills(msgspec.Struct, kw_only=True):
    """A page of backfills."""

    backfills: list[Backfill]
    total_entries: int


class DryRunBackfill(msgspec.Struct, kw_only=True):
    """A date that would get a run."""

    logical_date: datetime | None
    partition_key: str | None = None
    partition_date: datetime | None = None


class DryRunBackfills(msgspec.Struct, kw_only=True):
    """The dates that would get a run."""

    backfills: list[DryRunBackfill]
    total_entries: int


class BackfillPage(OrderedPage):
    """A page of the backfills of a DAG."""

    dag_id: str


@router.get("/backfills", responses=said(Backfills))
def list_backfills(desk: ADesk, asked: Annotated[BackfillPage, Query()]) -> Response:
    """List the backfills of a DAG."""
    rows = [_shown(row) for row in desk.read.backfills(asked.dag_id)] if asked.dag_id else []
    keys = {"id": lambda row: row.id, "created_at": lambda row: row.created_at}
    page = asked.cut(rows, keys, "id")
    return answer(Backfills(backfills=page, total_entries=len(rows)))


@router.post("/backfills", responses=said(Backfill))
def create_backfill(desk: ADesk, caller: Acting, body: BackfillBody) -> Response:
    """Start a backfill."""
    act = _act(desk, body)
    active = [row for row in desk.read.backfills(body.dag_id) if row.ended is None]
    if active:
        raise ApiError(409, f"backfill {active[0].backfill_id} of DAG {body.dag_id} is still active")
    try:
        done = desk.act(act, caller)
    except UnknownError:
        raise
    except UsageError as error:
        raise ApiError(422, error.message) from None
    if done.backfill_id is None:
        raise ApiError(409, done.message)
    return answer(_shown(desk.read.backfill(done.backfill_id)))


@router.post("/backfills/dry_run", responses=said(DryRunBackfills))
def create_backfill_dry_run(desk: ADesk, body: BackfillBody) -> Response:
    """Return the dates that a backfill would run."""
    act = _act(desk, body)
    try:
        items = desk.plan(act).items
    except UnknownError:
        raise
    except UsageError as error:
        raise ApiError(422, error.message) from None
    dates = [DryRunBackfill(logical_date=item.logical_date) for item in items if item.after == "queued"]
    return answer(DryRunBackfills(backfills=dates, total_entries=len(dates)))


@router.get("/backfills/{backfill_id}", responses=said(Backfill))
def get_backfill(desk: ADesk, backfill_id: int) -> Response:
    """Return one backfill."""
    return answer(_shown(_known(desk, backfill_id)))


@router.put("/backfills/{backfill_id}/pause", responses=said(Backfill))
def pause_backfill(desk: ADesk, caller: Acting, backfill_id: int) -> Response:
    """Start no more of its runs for now."""
    return _life(desk, caller, backfill_id, PauseBackfill(backfill_id=backfill_id), BackfillState.PAUSED)


@router.put("/backfills/{backfill_id}/unpause", responses=said(Backfill))
def unpause_backfill(desk: ADesk, caller: Acting, backfill_id: int) -> Response:
    """Go on with a paused backfill."""
    return _life(desk, caller, backfill_id, ResumeBackfill(backfill_id=backfill_id), BackfillState.RUNNING)


@router.put("/backfills/{backfill_id}/cancel", responses=said(Backfill))
def cancel_backfill(desk: ADesk, caller: Acting, backfill_id: int) -> Response:
    """End a backfill; its runs that have not started are cancelled."""
    return _life(desk, caller, backfill_id, CancelBackfill(backfill_id=backfill_id), BackfillState.CANCELLED)


def _life(desk: Desk, caller: Caller, backfill_id: int, act: AnyAct, after: BackfillState) -> Response:
    row = _known(desk, backfill_id)
    if row.ended is not None or row.state is BackfillState.CANCELLED:
        raise ApiError(409, f"backfill {backfill_id} is over: {row.state}")
    if row.state is not after:
        desk.act(act, caller)
    return answer(_shown(_known(desk, backfill_id)))


def _act(desk: Desk, body: BackfillBody) -> CreateBackfill:
    dag = known(desk, body.dag_id)
    if dag.kind in ("none", "once", "continuous"):
        raise ApiError(422, f"DAG {body.dag_id} has no schedule points to backfill")
    first, last = _in_utc(body.from_date), _in_utc(body.to_date)
    if first > last:
        raise ApiError(422, f"the backfill begins after it ends: {first.isoformat()} > {last.isoformat()}")
    if first > datetime.now(UTC):
        raise ApiError(422, "the backfill lies in the future: the schedule will run those dates")
    return CreateBackfill(
        dag_id=body.dag_id,
        from_date=first,
        to_date=last,
        reprocess=body.reprocess_behavior,
        max_active_runs=body.max_active_runs,
        backwards=body.run_backwards,
        conf=body.dag_run_conf or {},
    )


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _known(desk: Desk, backfill_id: int) -> BackfillRow:
    try:
        return desk.read.backfill(backfill_id)
    except UnknownError:
        raise not_found(f"there is no backfill {backfill_id}") from None


def _shown(row: BackfillRow) -> Backfill:
    ended = row.state not in (BackfillState.RUNNING, BackfillState.PAUSED)
    return Backfill(
        id=row.backfill_id,
        dag_id=row.dag_id,
        from_date=row.from_date,
        to_date=row.to_date,
        dag_run_conf=row.conf,
        is_paused=row.state in (BackfillState.PAUSED, BackfillState.CANCELLED),
        reprocess_behavior=row.reprocess,
        max_active_runs=row.max_active_runs,
        created_at=row.created,
        completed_at=row.ended or (datetime.now(UTC) if ended else None),
        updated_at=row.ended or row.created,
        dag_display_name=row.dag_id,
    )
