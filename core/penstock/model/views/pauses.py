"""Views of pauses: of a DAG's schedule, of a DAG, of a run, of a task."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from penstock.model.views.view import View


class PauseInfo(View, frozen=True, kw_only=True):
    """One active pause of the four kinds: who, when, why, until."""

    by: str
    since: datetime
    why: str | None = None
    until: datetime | None = None

    def text(self, moment: Callable[[datetime], str], *, with_since: bool = False) -> str:
        """Return it in words: ``by ada: the disk is full, until 08-22 06:00``; *moment* writes a time."""
        words = f"by {self.by}" + (f" since {moment(self.since)}" if with_since else "")
        words += f": {self.why}" if self.why else ""
        return words if self.until is None else f"{words}, until {moment(self.until)}"
