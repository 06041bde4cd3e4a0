"""The difference of wall clock and steady clock, and warnings about a clock that was set."""

from __future__ import annotations

import msgspec

from penstock.clock import DAY_US, from_us
from penstock.decoding import decoder
from penstock.scheduling.world.world import World

TOLD_US = DAY_US
"""How long `penstock status` reports that the clock was set."""
_DOUBTFUL_US = 3600 * 1_000_000


class Setting(msgspec.Struct, frozen=True, omit_defaults=True):
    """The difference of wall clock and steady clock in one boot, and when the first was last set.

    ``set_us`` is a time of the clock as it was set; ``total_us`` is the sum of all settings.
    """

    boot: str
    offset_us: int
    set_us: int | None = None
    by_us: int = 0
    total_us: int = 0


def clock_words(world: World) -> tuple[str, ...]:
    """Return warnings about a clock that was set, for a day or while schedules are ahead of it."""
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
    """Return the sum of all settings of the clock, in microseconds; earlier times are off by it."""
    known = known_setting(world)
    return 0 if known is None else known.total_us


def in_doubt(world: World) -> bool:
    """Whether the clock was set forward by an hour or more less than a day ago, so it may be wrong.

    Deletions that depend on it, such as those of old runs, should wait.
    """
    known = known_setting(world)
    if known is None or known.set_us is None or known.by_us < _DOUBTFUL_US:
        return False
    return world.now_us - known.set_us < TOLD_US


def tick_text(moment_us: int) -> str:
    """Return a time for people to read, in UTC."""
    return f"{from_us(moment_us):%Y-%m-%d %H:%M:%S} UTC"


def how_far(by_us: int) -> str:
    """Return in words how far and which way a clock was set."""
    seconds = round(abs(by_us) / 1_000_000)
    days, rest = divmod(seconds, 86_400)
    parts = ((days, "d"), (rest // 3600, "h"), (rest % 3600 // 60, "min"), (rest % 60, "s"))
    words = [f"{number} {unit}" for number, unit in parts if number]
    return f"{'forward' if by_us > 0 else 'back'} by {' '.join(words[:2])}"


def known_setting(world: World) -> Setting | None:
    """Return the setting at the last look; None before the first."""
    if world.clock is None:
        return None
    try:
        return decoder(Setting).decode(world.clock)
    except (msgspec.DecodeError, TypeError):
        return None  # written by something else: begin again
