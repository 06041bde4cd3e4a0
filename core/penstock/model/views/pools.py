"""Views of pools."""

from __future__ import annotations

from penstock.model.views.view import View


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
