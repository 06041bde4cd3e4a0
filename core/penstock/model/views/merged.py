"""Views of the log of a run: the logs of its attempts, merged by time."""

from __future__ import annotations

from datetime import datetime

from penstock.model.views.view import View


class LogOwner(View, frozen=True, kw_only=True, array_like=True):
    """One attempt that printed something, or may.

    ``size`` is in bytes, up to the end of a finished line while it is ``live``; ``torn``: its last line has
    no end.
    """

    attempt_id: str
    task_id: str
    map_index: int
    try_number: int
    size: int
    live: bool = False
    torn: bool = False


class RunLog(View, frozen=True, kw_only=True):
    """Who printed what when in a run.

    ``stretches`` are in the order of time: place in ``owners``, microseconds since 1970, and the offsets
    of its first byte and after its last. Each begins and ends with a line.
    """

    owners: tuple[LogOwner, ...]
    stretches: tuple[tuple[int, int, int, int], ...]
    live: bool
    """Whether more may come: the run goes on, or an attempt does."""
    at: datetime
    """When it was asked for: pass it on to ask only for what came since."""
