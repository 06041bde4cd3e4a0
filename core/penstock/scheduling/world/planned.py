"""A plan together with what carries it out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from penstock.model.views.plans import Done, Plan
from penstock.scheduling.world.tick import Tick


@dataclass(frozen=True, slots=True)
class Planned:
    """What an act would do. ``commit`` does exactly that, in the tick it is given.

    ``settled`` answers who was shown a gentler plan that somebody has carried out since: no error, and
    nothing more is done than what was shown.
    """

    plan: Plan
    commit: Callable[[Tick], Done]
    settled: Done | None = None
