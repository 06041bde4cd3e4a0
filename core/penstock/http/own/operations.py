"""Everything that the engine answers and does, in our own words: views as they are, acts as values."""

from __future__ import annotations

from datetime import datetime

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import AwareDatetime
from starlette.concurrency import run_in_threadpool

from penstock.http.answer import answer, body_of, said
from penstock.http.desk import ADesk
from penstock.http.errors import ApiError
from penstock.http.login import Acting
from penstock.model.acts import AnyAct
from penstock.model.views.plans import Done, Plan
from penstock.model.views.status import EngineStatus
from penstock.model.views.why import Why

reading = APIRouter(tags=["Look"])
acting = APIRouter(tags=["Act"])
_MOST = 1000


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An act, and how it is committed.

    ``expect`` is the fingerprint of a plan that was looked at: if the plan is another by now, nothing is
    done (409). The same ``act_id`` twice acts once.
    """

    act: AnyAct
    expect: str | None = None
    act_id: str | None = None


@reading.get("/status", responses=said(EngineStatus))
def get_status(desk: ADesk) -> Response:
    """Return the state of the engine."""
    return answer(desk.status())


@reading.get("/dags")
def list_dags(desk: ADesk, strip: int = 24) -> Response:
    """List DAGs with their last runs, pauses and freezes."""
    return answer({"dags": desk.read.dags(strip=strip)})


@reading.get("/dags/{dag_id}")
def get_dag(desk: ADesk, dag_id: str) -> Response:
    """Return a DAG with its structure."""
    return answer(desk.read.dag(dag_id))


@reading.get("/dags/{dag_id}/why", responses=said(Why))
def why_dag(desk: ADesk, dag_id: str) -> Response:
    """Return everything that keeps a DAG from running."""
    return answer(desk.ask(lambda engine: engine.why(dag_id)))


@reading.get("/dags/{dag_id}/next")
def next_points(desk: ADesk, dag_id: str, count: int = 10) -> Response:
    """Return the next points of a schedule."""
    return answer({"points": desk.read.next_points(dag_id, count)})


@reading.get("/dags/{dag_id}/points")
def list_points(
    desk: ADesk, dag_id: str, first: AwareDatetime, last: AwareDatetime, limit: int = _MOST
) -> Response:
    """Return what happened to each schedule point of a span: the missed ones too."""
    return answer({"points": desk.read.points(dag_id, first=first, last=last, limit=limit)})


@reading.get("/dags/{dag_id}/ledger")
def list_ledger(desk: ADesk, dag_id: str, limit: int = 100) -> Response:
    """Return the newest records of the missed-point ledger."""
    return answer({"ledger": desk.read.ledger(dag_id, min(limit, _MOST))})


@reading.get("/dags/{dag_id}/callbacks")
def list_callbacks(desk: ADesk, dag_id: str, run_id: str | None = None, limit: int = 100) -> Response:
    """Return the callbacks of a DAG, or of one run."""
    return answer({"callbacks": desk.read.callbacks(dag_id, run_id, min(limit, _MOST))})


@reading.get("/dags/{dag_id}/runs")
def list_runs(desk: ADesk, dag_id: str, limit: int = 50, before: AwareDatetime | None = None) -> Response:
    """Return the newest runs of a DAG, with holds and reasons."""
    when: datetime | None = before
    return answer({"runs": desk.read.runs(dag_id, limit=min(limit, _MOST), before=when)})


@reading.get("/dags/{dag_id}/runs/{run_id}")
def get_run(desk: ADesk, dag_id: str, run_id: str) -> Response:
    """Return a run with its task instances: outcomes, resources, deadlines, holds."""
    return answer(desk.read.run(dag_id, run_id))


@reading.get("/dags/{dag_id}/runs/{run_id}/why", responses=said(Why))
def why_run(
    desk: ADesk, dag_id: str, run_id: str, task_id: str | None = None, map_index: int = -1
) -> Response:
    """Return everything that keeps a run, or one of its tasks, from running."""
    return answer(desk.ask(lambda engine: engine.why(dag_id, run_id, task_id, map_index)))


@reading.get("/dags/{dag_id}/runs/{run_id}/tasks/{task_id}/attempts")
def list_attempts(desk: ADesk, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> Response:
    """Return every attempt of a task instance with its outcome."""
    return answer({"attempts": desk.read.attempts(dag_id, run_id, task_id, map_index)})


@reading.get("/attempts/{attempt_id}/samples")
def list_samples(desk: ADesk, attempt_id: str) -> Response:
    """Return what an attempt used: CPU, memory, bytes read and written, processes."""
    return answer({"samples": desk.read.samples(attempt_id)})


@reading.get("/events")
def list_events(
    desk: ADesk, dag_id: str | None = None, run_id: str | None = None, limit: int = 100, after: int = 0
) -> Response:
    """Return the newest events."""
    found = desk.read.events(dag_id=dag_id, run_id=run_id, limit=min(limit, _MOST), after=after)
    return answer({"events": found})


@reading.get("/quarantine")
def list_quarantine(desk: ADesk) -> Response:
    """Return what is in quarantine."""
    return answer({"quarantine": desk.read.quarantine()})


@reading.get("/backfills/{backfill_id}")
def get_backfill(desk: ADesk, backfill_id: int) -> Response:
    """Return a backfill with each of its points."""
    return answer(desk.read.backfill(backfill_id))


@reading.get("/pools")
def list_pools(desk: ADesk) -> Response:
    """Return pools with who holds their slots."""
    return answer({"pools": desk.read.pools()})


@reading.post("/plan", responses=said(Plan), openapi_extra=body_of(Asked))
async def plan(desk: ADesk, request: Request) -> Response:
    """Return exactly what an act would change, without changing anything."""
    asked = await _asked(request)
    return answer(await run_in_threadpool(desk.plan, asked.act))


@acting.post("/acts", responses=said(Done), openapi_extra=body_of(Asked))
async def commit(desk: ADesk, caller: Acting, request: Request) -> Response:
    """Carry out an act: hold, release, freeze, cancel, retry, rerun, undo and all others."""
    asked = await _asked(request)
    if asked.expect is None and asked.act_id is None:
        return answer(await run_in_threadpool(desk.act, asked.act, caller))
    done = await run_in_threadpool(
        lambda: desk.live.commit(asked.act, expect=asked.expect, actor=caller.name, act_id=asked.act_id)
    )
    return answer(done)


async def _asked(request: Request) -> Asked:
    try:
        return msgspec.json.decode(await request.body(), type=Asked)
    except msgspec.MsgspecError as error:
        raise ApiError(422, f"the body does not fit: {error}") from None
