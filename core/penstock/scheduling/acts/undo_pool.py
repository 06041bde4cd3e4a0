"""Undo of what was done to a pool: its size, its making, its deletion. Only as long as it is still so."""

from __future__ import annotations

from penstock.errors import RefusedError
from penstock.model.views.plans import Done, PlanItem
from penstock.scheduling.acts.memory import PoolChange, close
from penstock.scheduling.acts.planned import amount, make_plan
from penstock.scheduling.moves.pools import drop_pool, put_pool
from penstock.scheduling.world.limits import Occupancy
from penstock.scheduling.world.planned import Planned
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import World
from penstock.store.engine.records import PoolRecord, UndoRecord

MISSING = "missing"


def pool_words(pool: PoolRecord | None) -> str:
    """Return how a pool is set, in words for people."""
    if pool is None:
        return MISSING
    return amount(pool.slots, "slot") + (", deferred tasks keep theirs" if pool.include_deferred else "")


def plan_undo_pool(world: World, record: UndoRecord, change: PoolChange, what: str, when: str) -> Planned:
    """Plan to set a pool back to what it was. *what* names the act with who did it, *when* is a note.

    Raises `RefusedError` if the pool was changed since, or is in use and would be gone.
    """
    standing = world.pools.get(change.name)
    if standing != change.after:
        by_now = "is missing" if standing is None else f"has {pool_words(standing)}"
        raise RefusedError(f"too late to undo: {what}: pool {change.name} {by_now} by now")
    if change.before is None and Occupancy.of(world).by_pool[change.name]:
        raise RefusedError(f"too late to undo: {what}: pool {change.name} is in use")
    before, after = pool_words(standing), pool_words(change.before)
    item = PlanItem(dag_id="", run_id=None, task_id=None, before=before, after=after, note=change.name)
    title = f"Undo: {record.title}"
    plan = make_plan(
        "undo", title, [item], seen=[record.id, standing], notes=[when], cli=["undo", str(record.id)]
    )

    def commit(tick: Tick) -> Done:
        if change.before is not None:
            put_pool(tick, change.before)
        elif standing is not None:
            drop_pool(tick, standing)
        tick.gate.note("pool_set", before=before, after=after, reason=change.name)
        close(tick, record)
        message = f"undone: {record.title} by {record.by}, pool {change.name} "
        message += "is missing" if change.before is None else f"has {after}"
        return Done(act="undo", message=message, touched=1)

    return Planned(plan, commit)
