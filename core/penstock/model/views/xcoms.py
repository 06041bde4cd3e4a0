"""Where XComs are, for tasks of other runs that pull them."""

from __future__ import annotations

from penstock.model.views.view import View


class XComSource(View, frozen=True, kw_only=True):
    """The attempt that has what a task instance pushed."""

    run_id: str
    task_id: str
    map_index: int
    attempt_id: str
