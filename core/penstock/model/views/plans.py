"""Views of acts: what one would change, and what it did."""

from __future__ import annotations

from datetime import datetime

import msgspec

from penstock.model.views.view import View


class PlanItem(View, frozen=True, kw_only=True):
    """One thing that an act changes: what it is, and what happens to it."""

    dag_id: str
    run_id: str | None
    task_id: str | None
    before: str
    after: str
    map_index: int = -1
    logical_date: datetime | None = None
    note: str | None = None


class Plan(View, frozen=True, kw_only=True):
    """The exact list of what an act would change. Commit it with its ``fingerprint``."""

    act: str
    title: str
    """The act with the count, such as "Clear 12 tasks"."""
    items: tuple[PlanItem, ...]
    fingerprint: str
    notes: tuple[str, ...] = ()
    cli: str = ""
    """The same act as a command line."""
    counts: dict[str, int] = msgspec.field(default_factory=dict)
    """For a backfill: create, rerun, kept, in_flight."""


class Done(View, frozen=True, kw_only=True):
    """The answer to a committed act."""

    act: str
    message: str
    touched: int
    run_id: str | None = None
    backfill_id: int | None = None
    state: str | None = None
    undo_id: int | None = None
    """The number for undo, if it can be undone until something it changed has started."""


class PlanAnswer(View, frozen=True, kw_only=True):
    """The plan of one act of several, or why it has none."""

    plan: Plan | None = None
    refused: str | None = None
