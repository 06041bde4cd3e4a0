"""Pools: make one, change its size, remove it."""

from __future__ import annotations

from penstock.errors import RefusedError, UnknownError, UsageError
from penstock.ids import check_id
from penstock.model.acts import DeletePool, SetPool
from penstock.model.views import Done, PlanItem
from penstock.scheduling.acts.planned import Planned, make_plan
from penstock.scheduling.limits import Occupancy
from penstock.scheduling.tick import Tick
from penstock.scheduling.world import World
from penstock.store.writes import DELETE_POOL, INSERT_POOL


def plan_set_pool(world: World, act: SetPool) -> Planned:
    """Plan to make a pool or change its size. A smaller pool stops nothing that runs."""
    check_id(act.name, "pool")
    if act.slots < 0:
        raise UsageError("a pool has 0 slots or more")
    standing = world.pools.get(act.name)
    before = "missing" if standing is None else f"{standing} slots"
    item = PlanItem(
        dag_id="", run_id=None, task_id=None, before=before, after=f"{act.slots} slots", note=act.name
    )
    title = f"{'Make' if standing is None else 'Resize'} pool {act.name}"
    plan = make_plan(
        "pool_set", title, [item], seen=[standing], cli=["pools", "set", act.name, str(act.slots)]
    )

    def commit(tick: Tick) -> Done:
        put_pool(tick, act.name, act.slots, act.description)
        tick.gate.note("pool_set", before=before, after=f"{act.slots} slots", reason=act.name)
        return Done(act="pool_set", message=f"pool {act.name} has {act.slots} slots", touched=1)

    return Planned(plan, commit)


def plan_delete_pool(world: World, act: DeletePool) -> Planned:
    """Plan to remove a pool that nothing holds."""
    if act.name not in world.pools:
        raise UnknownError(f"there is no pool {act.name!r}")
    if act.name == "default_pool":
        raise RefusedError("default_pool always exists")
    if Occupancy.of(world).by_pool[act.name]:
        raise RefusedError(f"pool {act.name} is in use")
    item = PlanItem(dag_id="", run_id=None, task_id=None, before="exists", after="missing", note=act.name)
    plan = make_plan("pool_delete", f"Delete pool {act.name}", [item], cli=["pools", "delete", act.name])

    def commit(tick: Tick) -> Done:
        tick.world.pools.pop(act.name, None)
        tick.gate.also(DELETE_POOL, {"b_name": act.name})
        tick.gate.note("pool_delete", before="exists", reason=act.name)
        return Done(act="pool_delete", message=f"pool {act.name} is gone", touched=1)

    return Planned(plan, commit)


def put_pool(tick: Tick, name: str, slots: int, description: str | None) -> None:
    """Write a pool, new or changed."""
    tick.gate.also(DELETE_POOL, {"b_name": name})
    tick.gate.also(INSERT_POOL, {"name": name, "slots": slots, "description": description})
    tick.world.pools[name] = slots
