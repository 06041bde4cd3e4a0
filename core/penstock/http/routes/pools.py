"""Pools."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from penstock.http.answer import answer, empty, said
from penstock.http.bulk import BulkBody, Kind, carry_out
from penstock.http.desk import ADesk, Desk
from penstock.http.errors import ApiError, not_found
from penstock.http.login import Acting, Caller
from penstock.http.paging import OrderedPage, matches
from penstock.model.acts import DeletePool, SetPool
from penstock.model.views.pools import PoolRow

router = APIRouter(tags=["Pool"])
DEFAULT = "default_pool"
_WORDS = {
    "running": ("running", "stopping", "restarting"),
    "queued": ("queued",),
    "scheduled": ("scheduled",),
    "deferred": ("deferred",),
}


class PoolBody(BaseModel):
    """A pool as it is made."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(max_length=256)
    slots: int = Field(ge=-1)
    description: str | None = None
    include_deferred: bool = False
    team_name: str | None = None


class PoolPatch(BaseModel):
    """What of a pool can be changed."""

    model_config = ConfigDict(extra="forbid")
    pool: str | None = None
    name: str | None = None
    slots: int | None = Field(None, ge=-1)
    description: str | None = None
    include_deferred: bool | None = None
    team_name: str | None = None


class PoolPage(OrderedPage):
    """What a list of pools may ask for."""

    pool_name_pattern: str | None = None


class Pool(msgspec.Struct, kw_only=True):
    """A pool and what is in it."""

    name: str
    slots: int
    description: str | None
    include_deferred: bool
    occupied_slots: int
    running_slots: int
    queued_slots: int
    scheduled_slots: int
    open_slots: int
    deferred_slots: int
    team_name: str | None


class Pools(msgspec.Struct, kw_only=True):
    """A page of pools."""

    pools: list[Pool]
    total_entries: int


@router.get("/pools", responses=said(Pools))
def get_pools(desk: ADesk, asked: Annotated[PoolPage, Query()]) -> Response:
    """List pools."""
    pools = [pool for pool in _all(desk) if matches(asked.pool_name_pattern, pool.name)]
    keys: dict[str, Callable[[Pool], Any]] = {
        name: attrgetter(name) for name in ("name", "slots", "description")
    }
    keys |= {"id": keys["name"], "pool": keys["name"]}
    page = asked.cut(pools, keys, "name")
    return answer(Pools(pools=page, total_entries=len(pools)))


@router.get("/pools/{pool_name:path}", responses=said(Pool))
def get_pool(desk: ADesk, pool_name: str) -> Response:
    """Return one pool."""
    return answer(_known(desk, pool_name))


@router.post("/pools", status_code=201, responses=said(Pool, 201))
def post_pool(desk: ADesk, caller: Acting, body: PoolBody) -> Response:
    """Make a pool."""
    if any(pool.name == body.name for pool in _all(desk)):
        raise ApiError(409, f"pool {body.name!r} exists already")
    _set(desk, caller, body, None)
    return answer(_known(desk, body.name), 201)


@router.patch("/pools/{pool_name:path}", responses=said(Pool))
def patch_pool(
    desk: ADesk,
    caller: Acting,
    pool_name: str,
    body: PoolPatch,
    update_mask: Annotated[list[str] | None, Query()] = None,
) -> Response:
    """Change a pool. The body names the pool and all that can be changed, whatever the mask."""
    standing = _known(desk, pool_name)
    given = body.model_fields_set if update_mask is None else body.model_fields_set & set(update_mask)
    if pool_name == DEFAULT and not given <= {"slots", "include_deferred"}:
        raise ApiError(400, f"of {DEFAULT} only slots and include_deferred can be changed")
    if pool_name != DEFAULT:
        _require(body)
    if body.pool not in (None, pool_name) or body.name not in (None, pool_name):
        raise ApiError(400, f"pool {pool_name!r} cannot be renamed: tasks name it")
    desk.act(
        SetPool(
            name=pool_name,
            slots=_slots(body.slots if "slots" in given and body.slots is not None else standing.slots),
            description=body.description if "description" in given else None,
            include_deferred=body.include_deferred if "include_deferred" in given else None,
        ),
        caller,
    )
    return answer(_known(desk, pool_name))


@router.patch("/pools")
def bulk_pools(desk: ADesk, caller: Acting, body: BulkBody[PoolBody]) -> Response:
    """Change many pools at once."""
    kind = Kind[PoolBody](
        "pool",
        lambda one: one.name,
        lambda one, mask: _set(desk, caller, one, mask),
        lambda name: _delete(desk, caller, name),
    )
    return answer(carry_out(kind, body, [pool.name for pool in _all(desk)]))


@router.delete("/pools/{pool_name:path}", status_code=204)
def delete_pool(desk: ADesk, caller: Acting, pool_name: str) -> Response:
    """Remove a pool that no task uses."""
    _known(desk, pool_name)
    _delete(desk, caller, pool_name)
    return empty()


def _all(desk: Desk) -> list[Pool]:
    counts = desk.read.pool_counts()
    return [_shown(row, counts.get(row.name, {})) for row in desk.read.pools()]


def _known(desk: Desk, name: str) -> Pool:
    found = next((pool for pool in _all(desk) if pool.name == name), None)
    if found is None:
        raise not_found(f"there is no pool {name!r}")
    return found


def _require(body: PoolPatch) -> None:
    """Refuse a body without the name or a field: what is left out would be set to nothing."""
    needed = ("pool", "slots", "include_deferred")
    given = body.model_fields_set | ({"pool"} if "name" in body.model_fields_set else set())
    missing = [name for name in needed if name not in given]
    if missing:
        sent = body.model_dump(exclude_unset=True)
        raise ApiError(
            422,
            [{"type": "missing", "loc": [name], "msg": "Field required", "input": sent} for name in missing],
        )


def _slots(slots: int) -> int:
    if slots < 0:
        raise ApiError(422, "a pool without limit (-1) is not known here: give a large number of slots")
    return slots


def _set(desk: Desk, caller: Caller, body: PoolBody, mask: list[str] | None) -> None:
    description = body.description if mask is None or "description" in mask else None
    desk.act(
        SetPool(
            name=body.name,
            slots=_slots(body.slots),
            description=description,
            include_deferred=body.include_deferred,
        ),
        caller,
    )


def _delete(desk: Desk, caller: Caller, name: str) -> None:
    if name == DEFAULT:
        raise ApiError(400, f"{DEFAULT} always exists")
    desk.act(DeletePool(name=name), caller)


def _shown(row: PoolRow, counts: dict[str, int]) -> Pool:
    by_word: dict[str, Any] = {
        f"{word}_slots": sum(counts.get(state, 0) for state in states) for word, states in _WORDS.items()
    }
    occupied = by_word["running_slots"] + by_word["queued_slots"]
    if row.include_deferred:
        occupied += by_word["deferred_slots"]
    return Pool(
        name=row.name,
        slots=row.slots,
        description=row.description,
        include_deferred=row.include_deferred,
        occupied_slots=occupied,
        open_slots=row.slots - occupied,
        team_name=None,
        **by_word,
    )
