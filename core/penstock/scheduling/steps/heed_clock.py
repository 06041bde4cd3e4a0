"""Handles a wall clock that was set: unfinished work goes on by the time that really passed.

The store has times of the wall clock. The steady clock, which nobody sets, shows when their difference
changes: then somebody set the wall clock. All times of unfinished work (when a try is due, when a run
started) are shifted in the same transaction, so that delays, limits and durations stay the same. Times of
ended work stay as written, and so do times that people and schedules mean by the wall clock. See
`docs/adr` for the decision.
"""

from __future__ import annotations

import msgspec

from penstock.clock import STEP_US
from penstock.scheduling.moves.clock import move_all
from penstock.scheduling.world.clock_setting import Setting, how_far, known_setting, tick_text
from penstock.scheduling.world.tick import Tick
from penstock.store.engine.records import CLOCK, MetaRecord

_DRIFT_US = 500_000
"""Drift of the clocks, in microseconds, before the engine records it."""


def heed_clock(tick: Tick) -> None:
    """Detect that the wall clock was set since the last look, and shift unfinished work."""
    offset_us = tick.now_us - int(tick.mono * 1_000_000)
    known = known_setting(tick.world)
    if known is None:
        _keep(tick, Setting(tick.boot, offset_us))
        return
    if known.boot == tick.boot:
        by_us = offset_us - known.offset_us
        if abs(by_us) < STEP_US:
            if abs(by_us) >= _DRIFT_US:
                _keep(tick, msgspec.structs.replace(known, boot=tick.boot, offset_us=offset_us))
            return
    else:
        # The time that the machine was down is unknown; but nothing was written in the future.
        last_us = tick.world.reads.last_written_us() or tick.now_us
        by_us = min(0, tick.now_us - last_us)
        if by_us > -STEP_US:
            _keep(tick, msgspec.structs.replace(known, boot=tick.boot, offset_us=offset_us))
            return
    _keep(tick, Setting(tick.boot, offset_us, tick.now_us, by_us, known.total_us + by_us))
    move_all(tick, by_us)
    tick.gate.note(
        "clock_set",
        before=tick_text(tick.now_us - by_us),
        after=tick_text(tick.now_us),
        reason=f"the clock was set {how_far(by_us)}: work goes on by the time that passed",
    )


def _keep(tick: Tick, setting: Setting) -> None:
    tick.world.clock = msgspec.json.encode(setting).decode()
    tick.gate.put(MetaRecord(CLOCK, tick.world.clock))
