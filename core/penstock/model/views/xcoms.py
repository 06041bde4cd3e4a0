"""Views of XComs: what tasks pushed, and where it is, for tasks of other runs that pull it."""

from __future__ import annotations

from typing import Any

from penstock.model.views.view import View


class XComSource(View, frozen=True, kw_only=True):
    """The attempt that has what a task instance pushed."""

    run_id: str
    task_id: str
    map_index: int
    attempt_id: str


class LeftBehind(View, frozen=True, kw_only=True):
    """The values that an attempt pushed, by key, secrets and all: for tasks, not for people."""

    values: dict[str, Any]
    ended: float = 0.0
    """When they were written, in seconds since 1970; 0 if there are none."""


class XComRow(View, frozen=True, kw_only=True):
    """One value that a task instance pushed, as people may see it."""

    task_id: str
    map_index: int
    key: str
    """Empty for all that the attempt pushed, when that is too large to be looked into."""
    value: Any = None
    """The value as JSON; secrets are covered."""
    bytes: int | None = None
    """Its size as JSON."""
    attempt_id: str | None = None
    left_out: bool = False
    """Whether the value is too large to be answered here: ask for the task alone."""
    path: str | None = None
    """The file that holds it, where it is too large to be answered at all."""
