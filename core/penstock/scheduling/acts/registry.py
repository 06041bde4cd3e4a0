"""From an act to its plan: the one place that knows every verb."""

from __future__ import annotations

from penstock.model.acts import (
    AnyAct,
    Cancel,
    Clear,
    CreateBackfill,
    DeleteConnection,
    DeletePool,
    DeleteVariable,
    Freeze,
    Hold,
    Mark,
    PauseSchedule,
    Release,
    Retry,
    SetConnection,
    SetPool,
    SetVariable,
    Trigger,
    Unfreeze,
    UnpauseSchedule,
)
from penstock.scheduling.acts.backfill import plan_backfill, plan_backfill_life
from penstock.scheduling.acts.cancel import plan_cancel
from penstock.scheduling.acts.clear import plan_clear, plan_retry
from penstock.scheduling.acts.mark import plan_mark
from penstock.scheduling.acts.pause import plan_lift, plan_pause
from penstock.scheduling.acts.planned import Planned
from penstock.scheduling.acts.pools import plan_delete_pool, plan_set_pool
from penstock.scheduling.acts.trigger import plan_trigger
from penstock.scheduling.acts.values import plan_delete_value, plan_set_connection, plan_set_variable
from penstock.scheduling.world import World


def plan_of(world: World, act: AnyAct, now_us: int) -> Planned:
    """Return the plan of any act; raise `UsageError` or `RefusedError` where it is wrong or impossible."""
    match act:
        case Trigger():
            return plan_trigger(world, act, now_us)
        case Clear():
            return plan_clear(world, act)
        case Retry():
            return plan_retry(world, act)
        case Mark():
            return plan_mark(world, act)
        case Cancel():
            return plan_cancel(world, act)
        case PauseSchedule() | Freeze() | Hold():
            return plan_pause(world, act, now_us)
        case UnpauseSchedule() | Unfreeze() | Release():
            return plan_lift(world, act)
        case CreateBackfill():
            return plan_backfill(world, act, now_us)
        case SetPool():
            return plan_set_pool(world, act)
        case DeletePool():
            return plan_delete_pool(world, act)
        case SetVariable():
            return plan_set_variable(world, act)
        case SetConnection():
            return plan_set_connection(world, act)
        case DeleteVariable() | DeleteConnection():
            return plan_delete_value(world, act)
        case _:
            return plan_backfill_life(world, act)
