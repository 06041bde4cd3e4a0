"""A plan with the function that carries it out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from penstock.model.structure import Structure
from penstock.model.views.plans import Done, Plan
from penstock.scheduling.world.tick import Tick


@dataclass(frozen=True, slots=True)
class Planned:
    """What an act would do. ``commit`` does exactly that, in the given tick.

    ``settled`` is the answer for someone who was shown a milder plan that somebody else has carried out
    since: no error, and no more is done than what was shown. ``refuses`` says why somebody in particular, by
    the actor, may not do it. ``creates`` is the version of which it creates a run.
    """

    plan: Plan
    commit: Callable[[Tick], Done]
    settled: Done | None = None
    silent: bool = False
    refuses: Callable[[str], str | None] | None = None
    creates: Structure | None = None
