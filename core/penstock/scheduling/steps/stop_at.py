"""Stop at: notices that a run has got to a breakpoint, or is no longer there.

What holds tasks back asks for the breakpoint itself; this step says so, once, where all can see it.
"""

from __future__ import annotations

from penstock.model.pauses import PAUSES
from penstock.scheduling.moves.pause import make_up
from penstock.scheduling.world.breakpoints import there, words
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import LiveRun
from penstock.store.engine.records import PauseRecord


def stop_at(tick: Tick) -> None:
    """Write down since when each run has stopped at its breakpoints."""
    for key in tick.world.pauses.runs_with_breakpoints():
        pk = tick.world.by_key.get(key)
        if pk is not None:
            live = tick.world.runs[pk]
            with live.subject:
                for at in tick.world.pauses.breakpoints(*key):
                    _look(tick, live, at)
        elif "/".join(key) not in tick.world.out:  # still to be made, or ended: undo may do that
            for at in tick.world.pauses.breakpoints(*key):
                if at.reached_us is not None:
                    _leave(tick, at)


def _look(tick: Tick, live: LiveRun, at: PauseRecord) -> None:
    here = there(live, at)
    if here and at.reached_us is None:
        at.reached_us = tick.now_us
        tick.gate.put(at)
        tick.gate.note(
            "breakpoint_reached",
            dag_id=at.dag_id,
            run_id=at.run_id,
            task_id=at.task_id,
            before=PAUSES[at.kind].without,
            after=words(at),
            reason=at.why,
        )
    elif not here and at.reached_us is not None:  # its task was cleared or marked meanwhile
        make_up(tick, live, at)
        _leave(tick, at)


def _leave(tick: Tick, at: PauseRecord) -> None:
    at.reached_us = None
    tick.gate.put(at)
