"""Views of what happened: the event trail, and notices of changes."""

from __future__ import annotations

from datetime import datetime

from penstock.model.views.view import View


class EventRow(View, frozen=True, kw_only=True):
    """One transition or act. Of an act (``act_...``), ``after`` is the command that does the same."""

    seq: int
    at: datetime
    actor: str
    kind: str
    dag_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    map_index: int = -1
    before: str | None = None
    after: str | None = None
    reason: str | None = None


class Change(View, frozen=True, kw_only=True):
    """What changed since the last notice; ask again for what you show of it."""

    cursor: int
    """The seq of the newest event."""
    dags: tuple[str, ...] = ()
    runs: tuple[tuple[str, str], ...] = ()
    """(dag_id, run_id)."""
    all: bool = False
    """Too much changed to list, or there was a gap: ask for everything."""
    bells: tuple[str, ...] = ()
    """The messages of callbacks that ring in every open console."""
