"""Assets, their changes, and who waits for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from operator import attrgetter
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, ConfigDict

from penstock.clock import EPOCH
from penstock.http.answer import answer, said
from penstock.http.answers.runs import DagRun, run_of
from penstock.http.desk import ADesk, Desk
from penstock.http.errors import ApiError, not_found
from penstock.http.login import Acting
from penstock.http.paging import OrderedPage, matches
from penstock.http.routes.dags import known
from penstock.http.routes.runs import known_run
from penstock.http.stable import stable_number
from penstock.http.words import run_word
from penstock.model.acts import EmitAsset, Trigger
from penstock.model.search import RunSearch
from penstock.model.views.assets import AssetEventRow, AssetRow
from penstock.model.views.found import RunFacts

router = APIRouter(tags=["Asset"])
_MOST = 10_000


class AssetPage(OrderedPage):
    """What a list of assets may ask for."""

    name_pattern: str | None = None
    uri_pattern: str | None = None
    dag_ids: list[str] = []
    only_active: bool = True


class EventPage(OrderedPage):
    """What a list of changes may ask for."""

    asset_id: int | None = None
    source_dag_id: str | None = None
    source_task_id: str | None = None
    source_run_id: str | None = None
    source_map_index: int | None = None
    name_pattern: str | None = None
    timestamp_gte: AwareDatetime | None = None
    timestamp_gt: AwareDatetime | None = None
    timestamp_lte: AwareDatetime | None = None
    timestamp_lt: AwareDatetime | None = None

    def fits(self, row: AssetEventRow) -> bool:
        """Whether a change is in the list."""
        return all(
            (
                self.asset_id in (None, number_of(row.name, row.uri)),
                self.source_dag_id in (None, row.source_dag_id),
                self.source_task_id in (None, row.source_task_id),
                self.source_run_id in (None, row.source_run_id),
                self.source_map_index in (None, row.source_map_index),
                matches(self.name_pattern, row.name),
                self.timestamp_gte is None or row.at >= self.timestamp_gte,
                self.timestamp_gt is None or row.at > self.timestamp_gt,
                self.timestamp_lte is None or row.at <= self.timestamp_lte,
                self.timestamp_lt is None or row.at < self.timestamp_lt,
            )
        )


class NewEvent(BaseModel):
    """A change that is recorded by hand."""

    model_config = ConfigDict(extra="forbid")
    asset_id: int
    extra: dict[str, Any] = {}
    partition_key: str | None = None


class MaterializeBody(BaseModel):
    """What the run that makes an asset may be given."""

    model_config = ConfigDict(extra="forbid")
    dag_run_id: str | None = None
    logical_date: AwareDatetime | None = None
    conf: dict[str, Any] | None = None
    note: str | None = None
    run_after: AwareDatetime | None = None
    data_interval_start: AwareDatetime | None = None
    data_interval_end: AwareDatetime | None = None
    partition_key: str | None = None


class DagRef(msgspec.Struct, kw_only=True):
    """A DAG that waits for an asset."""

    dag_id: str
    created_at: datetime
    updated_at: datetime


class TaskRef(DagRef, kw_only=True):
    """A task that makes or reads an asset."""

    task_id: str


class LastEvent(msgspec.Struct, kw_only=True):
    """The newest change of an asset."""

    id: int | None = None
    timestamp: datetime | None = None


class Asset(msgspec.Struct, kw_only=True):
    """An asset."""

    id: int
    name: str
    uri: str
    group: str
    extra: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    scheduled_dags: list[DagRef]
    producing_tasks: list[TaskRef]
    consuming_tasks: list[TaskRef]
    aliases: list[Any]
    watchers: list[Any]
    last_asset_event: LastEvent


class Assets(msgspec.Struct, kw_only=True):
    """A page of assets."""

    assets: list[Asset]
    total_entries: int


class AssetEvent(msgspec.Struct, kw_only=True):
    """A change of an asset."""

    id: int
    asset_id: int
    uri: str | None
    name: str | None
    group: str | None
    extra: dict[str, Any]
    source_task_id: str | None
    source_dag_id: str | None
    source_run_id: str | None
    source_map_index: int
    created_dagruns: list[dict[str, Any]]
    timestamp: datetime
    partition_key: str | None


class AssetEvents(msgspec.Struct, kw_only=True):
    """A page of changes."""

    asset_events: list[AssetEvent]
    total_entries: int


@router.get("/assets", responses=said(Assets))
def get_assets(desk: ADesk, asked: Annotated[AssetPage, Query()]) -> Response:
    """List assets."""
    since = _since(desk)
    found = [
        _shown(row, since)
        for row in _assets(desk)
        if matches(asked.name_pattern, row.name)
        and matches(asked.uri_pattern, row.uri)
        and (not asked.dag_ids or _of_dags(row) & set(asked.dag_ids))
    ]
    names = ("id", "name", "uri", "created_at", "updated_at")
    keys: dict[str, Callable[[Asset], Any]] = {name: attrgetter(name) for name in names}
    page = asked.cut(found, keys, "name")
    return answer(Assets(assets=page, total_entries=len(found)))


@router.get("/assets/aliases")
def get_asset_aliases(desk: ADesk, asked: Annotated[OrderedPage, Query()]) -> Response:
    """List aliases of assets."""
    found = [
        {"id": number_of(row.name, row.uri), "name": row.name, "group": row.group}
        for row in desk.read.assets()
        if row.alias
    ]
    page = found[asked.offset : asked.offset + asked.rows]
    return answer({"asset_aliases": page, "total_entries": len(found)})


@router.get("/assets/events", responses=said(AssetEvents))
def get_asset_events(desk: ADesk, asked: Annotated[EventPage, Query()]) -> Response:
    """List changes of assets."""
    rows = [row for row in desk.read.asset_events(limit=_MOST) if asked.fits(row)]
    keys = {
        "id": lambda row: row.event_id,
        "timestamp": lambda row: row.at,
        "source_dag_id": lambda row: row.source_dag_id,
        "source_task_id": lambda row: row.source_task_id,
        "source_run_id": lambda row: row.source_run_id,
        "source_map_index": lambda row: row.source_map_index,
    }
    page = asked.cut(rows, keys, "timestamp")
    return answer(AssetEvents(asset_events=_events(desk, page), total_entries=len(rows)))


@router.post("/assets/events", responses=said(AssetEvent))
def create_asset_event(desk: ADesk, caller: Acting, body: NewEvent) -> Response:
    """Record by hand that an asset has changed."""
    asset = _known(desk, body.asset_id)
    extra = {**body.extra, "from_rest_api": True}
    desk.act(EmitAsset(name=asset.uri or asset.name, extra=extra, partition_key=body.partition_key), caller)
    newest = desk.read.asset_events(asset.name, uri=asset.uri, limit=1)
    return answer(_events(desk, newest)[0])


@router.get("/assets/{asset_id}", responses=said(Asset))
def get_asset(desk: ADesk, asset_id: int) -> Response:
    """Return one asset."""
    return answer(_shown(_known(desk, asset_id), _since(desk)))


@router.post("/assets/{asset_id}/materialize", responses=said(DagRun))
def materialize_asset(
    desk: ADesk, caller: Acting, asset_id: int, body: MaterializeBody | None = None
) -> Response:
    """Start a run of the DAG that makes an asset."""
    asset = _known(desk, asset_id)
    makers = {task.dag_id for task in asset.producers}
    if not makers:
        raise not_found(f"no DAG makes asset {asset.name!r}")
    if len(makers) > 1:
        raise ApiError(
            400, f"several DAGs make asset {asset.name!r}: {', '.join(sorted(makers))}; trigger one"
        )
    [dag_id] = makers
    given = body or MaterializeBody()
    act = Trigger(
        dag_id=dag_id,
        logical_date=given.logical_date,
        conf=given.conf or {},
        run_id=given.dag_run_id or None,
        partition_key=given.partition_key,
    )
    done = desk.act(act, caller)
    return answer(run_of(known_run(desk, dag_id, done.run_id or "")))


@router.get("/assets/{asset_id}/queuedEvents")
def get_asset_queued_events(desk: ADesk, asset_id: int) -> Response:
    """List DAGs that have not had a run for a change of an asset yet."""
    asset = _known(desk, asset_id)
    return answer(_queued([asset], None))


@router.get("/dags/{dag_id}/assets/queuedEvents")
def get_dag_asset_queued_events(desk: ADesk, dag_id: str) -> Response:
    """List the changes that a DAG has not had a run for yet."""
    known(desk, dag_id)
    return answer(_queued(_assets(desk), dag_id))


@router.get("/dags/{dag_id}/dagRuns/{dag_run_id}/upstreamAssetEvents", responses=said(AssetEvents))
def get_upstream_asset_events(desk: ADesk, dag_id: str, dag_run_id: str) -> Response:
    """List the changes of assets that made a run."""
    known_run(desk, dag_id, dag_run_id)
    rows = [row for row in desk.read.asset_events(limit=_MOST) if (dag_id, dag_run_id) in row.runs]
    return answer(AssetEvents(asset_events=_events(desk, rows[::-1]), total_entries=len(rows)))


def number_of(name: str, uri: str) -> int:
    """Return the number of an asset: always the same for its name and URI."""
    return stable_number("asset", name, uri)


def _assets(desk: Desk) -> list[AssetRow]:
    return [row for row in desk.read.assets() if not row.alias]


def _known(desk: Desk, asset_id: int) -> AssetRow:
    found = next((row for row in _assets(desk) if number_of(row.name, row.uri) == asset_id), None)
    if found is None:
        raise not_found(f"there is no asset {asset_id}")
    return found


def _of_dags(row: AssetRow) -> set[str]:
    return {each.dag_id for each in (*row.producers, *row.readers)} | {each.dag_id for each in row.consumers}


def _since(desk: Desk) -> dict[str, datetime]:
    """Return since when each DAG is as it is: what it says of assets is as old as that."""
    return {dag.dag_id: dag.version.created for dag in desk.read.dag_facts()}


def _shown(row: AssetRow, since: dict[str, datetime]) -> Asset:
    times = [since[dag_id] for dag_id in _of_dags(row) if dag_id in since]
    times += [row.last_event.at] if row.last_event and not times else []
    first, last = (min(times), max(times)) if times else (EPOCH, EPOCH)
    when: dict[str, Any] = {"created_at": first, "updated_at": last}
    return Asset(
        id=number_of(row.name, row.uri),
        name=row.name,
        uri=row.uri,
        group=row.group,
        extra=row.extra,
        scheduled_dags=[DagRef(dag_id=each.dag_id, **when) for each in row.consumers],
        producing_tasks=[TaskRef(dag_id=each.dag_id, task_id=each.task_id, **when) for each in row.producers],
        consuming_tasks=[TaskRef(dag_id=each.dag_id, task_id=each.task_id, **when) for each in row.readers],
        aliases=[],
        watchers=[],
        last_asset_event=LastEvent()
        if row.last_event is None
        else LastEvent(id=row.last_event.event_id, timestamp=row.last_event.at),
        **when,
    )


def _events(desk: Desk, rows: list[AssetEventRow]) -> list[AssetEvent]:
    wanted = {place for row in rows for place in row.runs}
    made: dict[tuple[str, str], RunFacts] = {}
    if wanted:
        search = RunSearch(
            dag_ids=tuple({dag_id for dag_id, _ in wanted}), run_ids=tuple({run_id for _, run_id in wanted}),
            limit=_MOST,
        )  # fmt: skip
        made = {(run.dag_id, run.run_id): run for run in desk.read.search_runs(search).rows}
    groups = {(asset.name, asset.uri): asset.group for asset in _assets(desk)}
    return [
        AssetEvent(
            id=row.event_id,
            asset_id=number_of(row.name, row.uri),
            uri=row.uri,
            name=row.name,
            group=groups.get((row.name, row.uri), "asset"),
            extra=row.extra,
            source_task_id=row.source_task_id,
            source_dag_id=row.source_dag_id,
            source_run_id=row.source_run_id,
            source_map_index=row.source_map_index,
            created_dagruns=[_run(made[place]) for place in row.runs if place in made],
            timestamp=row.at,
            partition_key=row.partition_key,
        )
        for row in rows
    ]


def _run(run: RunFacts) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "dag_id": run.dag_id,
        "logical_date": run.logical_date,
        "start_date": run.start or run.queued,
        "end_date": run.end,
        "state": run_word(run.state),
        "data_interval_start": run.data_interval_start,
        "data_interval_end": run.data_interval_end,
        "partition_key": run.partition_key,
        "triggering": False,
    }


def _queued(assets: list[AssetRow], dag_id: str | None) -> dict[str, Any]:
    found = [
        {
            "dag_id": consumer.dag_id,
            "asset_id": number_of(asset.name, asset.uri),
            "created_at": asset.last_event.at,
            "dag_display_name": consumer.dag_id,
        }
        for asset in assets
        for consumer in asset.consumers
        if dag_id in (None, consumer.dag_id)
        and consumer.queued
        and asset.last_event is not None
        and asset.name not in consumer.waits_for
    ]
    return {"queued_events": found, "total_entries": len(found)}
