"""Finds the plan function of an act: the only place that knows every verb."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from penstock.model.acts import (
    AcknowledgeFailures,
    Answer,
    AnyAct,
    Cancel,
    CancelBackfill,
    Clear,
    ClearBreakpoint,
    CreateBackfill,
    DeleteConnection,
    DeletePool,
    DeleteVariable,
    DrainWorker,
    EmitAsset,
    Freeze,
    Hold,
    Looked,
    Mark,
    PauseAll,
    PauseBackfill,
    PauseSchedule,
    QuarantineDrop,
    QuarantineRetry,
    Release,
    ReopenFailures,
    Rerun,
    ResizeBackfill,
    ResumeAll,
    ResumeBackfill,
    Retry,
    RunInTurn,
    RunNext,
    RunNow,
    SetBreakpoint,
    SetConnection,
    SetNote,
    SetPool,
    SetVariable,
    SnoozeFailures,
    Trigger,
    Undo,
    UndrainWorker,
    Unfreeze,
    UnpauseSchedule,
)
from penstock.scheduling.acts.answer import plan_answer
from penstock.scheduling.acts.assets import plan_emit
from penstock.scheduling.acts.backfill import plan_backfill, plan_backfill_life
from penstock.scheduling.acts.breakpoint import plan_clear_breakpoint, plan_set_breakpoint
from penstock.scheduling.acts.cancel import plan_cancel
from penstock.scheduling.acts.clear import plan_clear, plan_retry
from penstock.scheduling.acts.failures import plan_acknowledge, plan_look, plan_reopen, plan_snooze
from penstock.scheduling.acts.mark import plan_mark
from penstock.scheduling.acts.notes import plan_note
from penstock.scheduling.acts.pause import plan_lift, plan_pause
from penstock.scheduling.acts.pause_all import plan_pause_all, plan_resume_all
from penstock.scheduling.acts.pools import plan_delete_pool, plan_set_pool
from penstock.scheduling.acts.quarantine import plan_quarantine
from penstock.scheduling.acts.rush import plan_in_turn, plan_rush
from penstock.scheduling.acts.trigger import plan_rerun, plan_trigger
from penstock.scheduling.acts.undo import plan_undo
from penstock.scheduling.acts.values import plan_value
from penstock.scheduling.acts.workers import plan_drain
from penstock.scheduling.world.planned import Planned
from penstock.scheduling.world.world import World

Planner = Callable[[World, Any], Planned]

_PLANNERS: dict[type, Planner] = {
    Clear: plan_clear,
    Retry: plan_retry,
    Mark: plan_mark,
    Undo: plan_undo,
    RunNext: plan_rush,
    RunNow: plan_rush,
    RunInTurn: plan_in_turn,
    Cancel: plan_cancel,
    PauseBackfill: plan_backfill_life,
    ResumeBackfill: plan_backfill_life,
    CancelBackfill: plan_backfill_life,
    ResizeBackfill: plan_backfill_life,
    SetNote: plan_note,
    SetBreakpoint: plan_set_breakpoint,
    ClearBreakpoint: plan_clear_breakpoint,
    SetPool: plan_set_pool,
    DeletePool: plan_delete_pool,
    DrainWorker: plan_drain,
    UndrainWorker: plan_drain,
    SetVariable: plan_value,
    SetConnection: plan_value,
    DeleteVariable: plan_value,
    DeleteConnection: plan_value,
    Answer: plan_answer,
    EmitAsset: plan_emit,
    AcknowledgeFailures: plan_acknowledge,
    ReopenFailures: plan_reopen,
    Looked: plan_look,
}


def _plan_quarantine(world: World, act: QuarantineRetry | QuarantineDrop, now_us: int) -> Planned:  # noqa: ARG001
    return plan_quarantine(world, act, again=plan_of)


_BY_THE_CLOCK: dict[type, Callable[[World, Any, int], Planned]] = {
    Trigger: plan_trigger,
    Rerun: plan_rerun,
    PauseSchedule: plan_pause,
    Freeze: plan_pause,
    Hold: plan_pause,
    UnpauseSchedule: plan_lift,
    Unfreeze: plan_lift,
    Release: plan_lift,
    CreateBackfill: plan_backfill,
    PauseAll: plan_pause_all,
    ResumeAll: plan_resume_all,
    SnoozeFailures: plan_snooze,
    QuarantineRetry: _plan_quarantine,
    QuarantineDrop: _plan_quarantine,
}
"""Acts with a plan that depends on the time, or on other plans."""


def plan_of(world: World, act: AnyAct, now_us: int) -> Planned:
    """Return the plan of any act; raise `UsageError` if it is wrong, `RefusedError` if it is impossible."""
    timed = _BY_THE_CLOCK.get(type(act))
    return timed(world, act, now_us) if timed is not None else _PLANNERS[type(act)](world, act)
