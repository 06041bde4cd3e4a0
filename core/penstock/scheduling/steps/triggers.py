"""Triggers: resumes deferred tasks whose trigger has fired, and keeps one triggerer while there are any.

A triggerer is an attempt like those of tasks: by the same executor, with a log, and adopted by the next
engine. It runs the triggers of all deferred tasks in one process and ends by itself when it has none for a
while. The facts are in the directories of the attempts that deferred, so a triggerer may die at any moment:
the next one starts their triggers again.
"""

from __future__ import annotations

import logging
from collections.abc import Collection

from penstock.execution.executor import Absent, Claimed, Exited, Lost
from penstock.ids import new_attempt_id
from penstock.model.outcome import OutcomeKind, describe
from penstock.model.transitions import TaskEvent
from penstock.scheduling.moves.task import move
from penstock.scheduling.steps.launch import triggerer_spec
from penstock.scheduling.steps.settle import look_beside
from penstock.scheduling.world.tick import Tick
from penstock.store.engine.records import TRIGGERER, MetaRecord

log = logging.getLogger(__name__)


def settle_triggers(tick: Tick, attempt_ids: Collection[str], *, revoke_unclaimed: bool = False) -> None:
    """Look at the triggerer and at the deferred attempts among *attempt_ids*."""
    triggers = tick.world.triggers
    if triggers.triggerer in attempt_ids:
        _look(tick, revoke_unclaimed=revoke_unclaimed)
    if len(triggers):
        _resume(tick, [each for each in attempt_ids if each in triggers])


def _look(tick: Tick, *, revoke_unclaimed: bool) -> None:
    triggers = tick.world.triggers
    attempt_id = triggers.triggerer
    assert attempt_id is not None
    match look_beside(tick, attempt_id, revoke_unclaimed=revoke_unclaimed):
        case Claimed(pid, _):
            triggers.lives(pid, tick.mono)
        case Absent():
            _ended(tick, attempt_id, None)
        case Lost(reason):
            _ended(tick, attempt_id, reason)
        case Exited(outcome):
            fine = outcome.ok or outcome.kind is OutcomeKind.REVOKED
            _ended(tick, attempt_id, None if fine else describe(outcome))
        case _:
            pass


def _ended(tick: Tick, attempt_id: str, why: str | None) -> None:
    triggers = tick.world.triggers
    tick.world.asked.pop(attempt_id, None)
    triggers.ended(tick.mono, why)
    tick.gate.drop(MetaRecord(TRIGGERER, attempt_id))
    if why is not None:
        log.warning("the triggerer (attempt %s) died: %s", attempt_id, why)
        tick.gate.note("triggerer_died", reason=why)


def _resume(tick: Tick, attempt_ids: list[str]) -> None:
    """Let the tasks go on whose trigger has fired."""
    if not attempt_ids:
        return
    for attempt_id in tick.executor.fired(attempt_ids):
        run_pk, key = tick.world.triggers.place(attempt_id)
        live = tick.world.runs[run_pk]
        task = live.tasks[key]
        with live.subject:
            task.next_us = None
            move(tick, live, task, TaskEvent.MEET, reason="its trigger has fired")


def keep_triggerer(tick: Tick) -> None:
    """Start a triggerer if tasks wait for triggers and there is none."""
    triggers = tick.world.triggers
    if triggers.triggerer is not None or not len(triggers):
        return
    wait = triggers.waits(tick.mono)
    if wait > 0:
        tick.wake_at(tick.now_us + int(wait * 1_000_000))
        return
    attempt_id = new_attempt_id()
    triggers.started(attempt_id, tick.mono)
    tick.gate.put(MetaRecord(TRIGGERER, attempt_id))
    tick.launches.append(triggerer_spec(attempt_id, tick.settings, tick.environment))


def tell_triggerer(tick: Tick) -> None:
    """Tell the triggerer whose triggers it has to run, if that has changed; after the commit."""
    triggers = tick.world.triggers
    wanted = triggers.to_tell()
    if wanted is None:
        return
    assert triggers.triggerer is not None
    try:
        tick.executor.run_triggers(triggers.triggerer, wanted)
    except OSError as error:  # told again in the next tick
        log.warning("the triggerer could not be told what to run: %s", error)
        tick.wake_at(tick.now_us + 1_000_000)
    else:
        triggers.told()
