"""Views of pools."""

from __future__ import annotations

from penstock.model.views.view import View


class SlotUse(View, frozen=True, kw_only=True):
    """A task instance that holds slots of a pool, or waits for them."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int = -1
    slots: int = 1


class PoolRow(View, frozen=True, kw_only=True):
    """One pool, and which tasks hold its slots."""

    name: str
    slots: int
    used: int
    waiting: int
    description: str | None = None
    holders: tuple[str, ...] = ()
    include_deferred: bool = False
    """Whether deferred task instances keep their slots."""
    held: tuple[SlotUse, ...] = ()
    """Who holds slots, the longest first: the same as ``holders``, in parts; empty in a list of pools."""
    wanted: tuple[SlotUse, ...] = ()
    """Who waits for slots, of the oldest run first; at most 100. Empty in a list of pools."""
