"""When the wall clock is set: what waits or works goes on by the time that really passed.

The store keeps moments of the wall clock. The steady clock, which nobody sets, tells how far the two are
apart; when that changes, somebody set the wall clock. Then every moment of what has not ended (when a try
is due, since when a run works) is moved along in the same transaction, so that all delays, limits and
durations stay what they were. What has ended stays as it was written, and so do the moments that people
and schedules mean by the wall clock. See `docs/adr` for the decision.
"""

from __future__ import annotations

import msgspec

from penstock.clock import STEP_US, from_us
from penstock.scheduling.moves.clock import move_all
from penstock.scheduling.world.clock_setting import Setting, how_far, known_setting
from penstock.scheduling.world.tick import Tick
from penstock.store.engine.records import CLOCK, MetaRecord

_DRIFT_US = 500_000
"""How far the clocks may come apart bit by bit before the engine writes that down."""


def heed_clock(tick: Tick) -> None:
    """Notice that the wall clock was set since the last look, and move what is under way along."""
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
        # How long the machine was down nobody knows; but nothing was written in the future.
        last_us = tick.world.reads.last_written_us() or tick.now_us
        by_us = min(0, tick.now_us - last_us)
        if by_us > -STEP_US:
            _keep(tick, msgspec.structs.replace(known, boot=tick.boot, offset_us=offset_us))
            return
    _keep(tick, Setting(tick.boot, offset_us, tick.now_us, by_us, known.total_us + by_us))
    move_all(tick, by_us)
    before = from_us(tick.now_us - by_us)
    tick.gate.note(
        "clock_set",
        before=f"{before:%Y-%m-%d %H:%M:%S}",
        after=f"{from_us(tick.now_us):%Y-%m-%d %H:%M:%S}",
        reason=f"the clock was set {how_far(by_us)}: work goes on by the time that passed",
    )


def _keep(tick: Tick, setting: Setting) -> None:
    tick.world.clock = msgspec.json.encode(setting).decode()
    tick.gate.put(MetaRecord(CLOCK, tick.world.clock))
