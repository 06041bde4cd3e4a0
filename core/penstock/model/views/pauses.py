"""Views of pauses: of a DAG's schedule, of a DAG, of a run, of a task."""

from __future__ import annotations

from datetime import datetime

from penstock.model.views.view import View


class PauseInfo(View, frozen=True, kw_only=True):
    """One active pause of the four kinds: who, when, why, until."""

    by: str
    since: datetime
    why: str | None = None
    until: datetime | None = None
