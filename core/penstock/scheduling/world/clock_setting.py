"""How far the wall clock is from the steady one, and what to say about a clock that was set."""

from __future__ import annotations

import msgspec

from penstock.clock import DAY_US, from_us
from penstock.decoding import decoder
from penstock.scheduling.world.world import World

TOLD_US = DAY_US
"""How long `penstock status` tells of a step."""
_DOUBTFUL_US = 3600 * 1_000_000


class Setting(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the wall clock stands to the steady clock of one boot, and when it was last set, by how much.

    ``set_us`` is a moment of the clock as it was set; ``total_us`` adds up by how much it ever was.
    """

    boot: str
    offset_us: int
    set_us: int | None = None
    by_us: int = 0
    total_us: int = 0


def clock_words(world: World) -> tuple[str, ...]:
    """Return what to know of a clock that was set, for a day or while schedules are ahead of it."""
    known = known_setting(world)
    if known is None or known.set_us is None:
        return ()
    ahead = [entry for entry in world.dags.values() if (entry.facts.cursor_us or 0) > world.now_us]
    if world.now_us - known.set_us > TOLD_US and not ahead:
        return ()
    text = f"the clock was set {how_far(known.by_us)} at {tick_text(known.set_us)}"
    if ahead:
        until = max(entry.facts.cursor_us or 0 for entry in ahead)
        who = "1 schedule is" if len(ahead) == 1 else f"{len(ahead)} schedules are"
        text += (
            f"; {who} recorded up to {tick_text(until)} and wait{'s' if len(ahead) == 1 else ''} until then"
        )
    return (text,)


def set_so_far(world: World) -> int:
    """Return by how much the clock was ever set, in microseconds; what was remembered before is off by it."""
    known = known_setting(world)
    return 0 if known is None else known.total_us


def in_doubt(world: World) -> bool:
    """Whether the clock was set forward by an hour or more less than a day ago: it may be wrong.

    What counts by it and cannot be taken back, such as forgetting old runs, had better wait.
    """
    known = known_setting(world)
    if known is None or known.set_us is None or known.by_us < _DOUBTFUL_US:
        return False
    return world.now_us - known.set_us < TOLD_US


def tick_text(moment_us: int) -> str:
    """Return a moment for people, in UTC."""
    return f"{from_us(moment_us):%Y-%m-%d %H:%M:%S} UTC"


def how_far(by_us: int) -> str:
    """Return in words how far and which way a clock was set."""
    seconds = round(abs(by_us) / 1_000_000)
    days, rest = divmod(seconds, 86_400)
    parts = ((days, "d"), (rest // 3600, "h"), (rest % 3600 // 60, "min"), (rest % 60, "s"))
    words = [f"{number} {unit}" for number, unit in parts if number]
    return f"{'forward' if by_us > 0 else 'back'} by {' '.join(words[:2])}"


def known_setting(world: World) -> Setting | None:
    """Return how the clocks stood at the last look; None before the first."""
    if world.clock is None:
        return None
    try:
        return decoder(Setting).decode(world.clock)
    except (msgspec.DecodeError, TypeError):
        return None  # somebody else wrote it: begin again
