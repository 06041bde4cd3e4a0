"""Views of why something does not run."""

from __future__ import annotations

from datetime import datetime

import msgspec

from penstock.model.barriers import BarrierKind
from penstock.model.rush import Rush
from penstock.model.views.view import View


class Barrier(View, frozen=True, kw_only=True):
    """One reason why something does not run. ``holders`` names who holds it, as ids a person can look up."""

    kind: BarrierKind
    text: str
    holders: tuple[str, ...] = ()
    until: datetime | None = None


class Why(View, frozen=True, kw_only=True):
    """The answer to "why is it not running?". ``chain`` leads from the subject to the root cause."""

    subject: str
    state: str
    barriers: tuple[Barrier, ...] = msgspec.field(name="gates")
    chain: tuple[str, ...] = ()
    root: str = ""
    """The end of the chain."""
    rush: Rush | None = None
    """Whether it, or the run that it waits for, was asked to run next or now."""
