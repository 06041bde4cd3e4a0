"""Views of pauses: of a DAG's schedule, of a DAG, of a run, of a task; and of breakpoints."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from penstock.model.views.view import View


class PauseInfo(View, frozen=True, kw_only=True):
    """One active pause: who, when, why, until."""

    by: str
    since: datetime
    why: str | None = None
    until: datetime | None = None
    breakpoint: str | None = None
    """Where it has stopped, if this is a breakpoint: ``before load``; ``since`` is when it stopped there."""

    def text(self, moment: Callable[[datetime], str], *, with_since: bool = False) -> str:
        """Return it in words: ``by ada: the disk is full, until 08-22 06:00``; *moment* writes a time."""
        at = f"breakpoint {self.breakpoint}, " if self.breakpoint else ""
        words = f"{at}by {self.by}" + (f" since {moment(self.since)}" if with_since else "")
        words += f": {self.why}" if self.why else ""
        return words if self.until is None else f"{words}, until {moment(self.until)}"


class BreakpointRow(View, frozen=True, kw_only=True):
    """One breakpoint that is set: before or after a task of a run, or of the next run of the DAG."""

    dag_id: str
    run_id: str | None
    """None for the next run."""
    task_id: str
    """Also ``task[3]`` for one instance."""
    where: Literal["before", "after"]
    by: str
    set_at: datetime
    why: str | None = None
    reached: datetime | None = None
    """Since when the run has stopped there; None while it has not got there."""
