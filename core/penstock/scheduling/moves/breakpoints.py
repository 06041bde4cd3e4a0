"""Puts breakpoints in force, hands those of a next run over to it, and takes them away."""

from __future__ import annotations

from dataclasses import replace

from penstock.ids import split_instance
from penstock.model.pauses import PAUSES
from penstock.scheduling.moves.pause import lift_pause
from penstock.scheduling.world.breakpoints import words
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import LiveRun
from penstock.store.engine.records import PauseRecord


def put_breakpoint(tick: Tick, at: PauseRecord) -> None:
    """Put a breakpoint in force. One that stands there stays reached, with a new reason."""
    standing = tick.world.pauses.get(at.key)
    if standing is not None:
        at = replace(at, reached_us=standing.reached_us)
    tick.world.pauses[at.key] = at
    tick.gate.put(at)
    _note(tick, at, PAUSES[at.kind].pause, PAUSES[at.kind].without, words(at), at.why)


def take_away(tick: Tick, at: PauseRecord) -> None:
    """Take a breakpoint away; what it held goes on."""
    _note(tick, at, PAUSES[at.kind].lift, words(at), PAUSES[at.kind].without)
    lift_pause(tick, at.key)


def take_over(tick: Tick, live: LiveRun) -> None:
    """Make the breakpoints of the DAG's next run those of *live*, which is just made.

    Those of a forgotten run with the same id go. One at a task that the run does not have goes too, and the
    trail says so.
    """
    dag_id, run_id = live.key
    for at in tick.world.pauses.breakpoints(dag_id, run_id):
        tick.gate.drop(tick.world.pauses.pop(at.key))
    for at in tick.world.pauses.breakpoints(dag_id, ""):
        tick.gate.drop(tick.world.pauses.pop(at.key))
        mine = replace(at, run_id=run_id)
        if split_instance(at.task_id)[0] not in live.structure.tasks:
            _note(tick, mine, "breakpoint_dropped", words(at), None, f"the run has no task {at.task_id}")
            continue
        tick.world.pauses[mine.key] = mine
        tick.gate.put(mine)
        term = PAUSES[at.kind]
        _note(tick, mine, term.pause, term.without, words(at), f"set for the next run by {at.by}")


def _note(
    tick: Tick, at: PauseRecord, kind: str, before: str, after: str | None, reason: str | None = None
) -> None:
    tick.gate.note(
        kind,
        dag_id=at.dag_id,
        run_id=at.run_id or None,
        task_id=at.task_id,
        before=before,
        after=after,
        reason=reason,
    )
