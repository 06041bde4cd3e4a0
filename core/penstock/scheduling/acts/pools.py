"""Pools: create, resize, delete."""

from __future__ import annotations

from dataclasses import replace

from penstock.errors import RefusedError, UnknownError, UsageError
from penstock.ids import check_id
from penstock.model.acts import DeletePool, SetPool
from penstock.model.views.plans import Done, PlanItem
from penstock.scheduling.acts.memory import PoolChange, remember_pool
from penstock.scheduling.acts.planned import make_plan
from penstock.scheduling.acts.undo_pool import pool_words
from penstock.scheduling.moves.pools import drop_pool, put_pool
from penstock.scheduling.world.limits import Occupancy
from penstock.scheduling.world.planned import Planned
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import World
from penstock.store.engine.records import PoolRecord


def plan_set_pool(world: World, act: SetPool) -> Planned:
    """Plan to make a pool or change its size. A smaller pool stops nothing that runs.

    Raises `BadIdError` for the name and `UsageError` for a negative size.
    """
    check_id(act.name, "pool")
    if act.slots < 0:
        raise UsageError("slots must be 0 or more")
    standing = world.pools.get(act.name)
    wanted = PoolRecord(act.name, act.slots)
    if standing is not None:
        wanted = replace(standing, slots=act.slots)
    if act.description is not None:
        wanted = replace(wanted, description=act.description)
    if act.include_deferred is not None:
        wanted = replace(wanted, include_deferred=act.include_deferred)
    before, after = pool_words(standing), pool_words(wanted)
    item = PlanItem(dag_id="", run_id=None, task_id=None, before=before, after=after, note=act.name)
    title = f"{'Make' if standing is None else 'Resize'} pool {act.name}"
    cli = ["pools", "set", act.name, str(act.slots)]
    if act.include_deferred is not None:
        cli.append("--include-deferred" if act.include_deferred else "--no-include-deferred")
    plan = make_plan("pool_set", title, [item], seen=[standing], cli=cli)

    def commit(tick: Tick) -> Done:
        put_pool(tick, wanted)
        tick.gate.note("pool_set", before=before, after=after, reason=act.name)
        undo_id = remember_pool(tick, plan, PoolChange(act.name, standing, wanted))
        return Done(act="pool_set", message=f"pool {act.name} has {after}", touched=1, undo_id=undo_id)

    return Planned(plan, commit)


def plan_delete_pool(world: World, act: DeletePool) -> Planned:
    """Plan to delete a pool; refuse one that is in use.

    Raises `UnknownError` for a pool that does not exist and `RefusedError` for one that is in use.
    """
    standing = world.pools.get(act.name)
    if standing is None:
        raise UnknownError(f"pool {act.name!r} does not exist")
    if act.name == "default_pool":
        raise RefusedError("default_pool always exists")
    if Occupancy.of(world).by_pool[act.name]:
        raise RefusedError(f"pool {act.name} is in use")
    item = PlanItem(dag_id="", run_id=None, task_id=None, before="exists", after="missing", note=act.name)
    plan = make_plan("pool_delete", f"Delete pool {act.name}", [item], cli=["pools", "delete", act.name])

    def commit(tick: Tick) -> Done:
        drop_pool(tick, standing)
        tick.gate.note("pool_delete", before="exists", reason=act.name)
        undo_id = remember_pool(tick, plan, PoolChange(act.name, standing, None))
        return Done(act="pool_delete", message=f"pool {act.name} is deleted", touched=1, undo_id=undo_id)

    return Planned(plan, commit)
