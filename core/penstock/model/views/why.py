"""Views of why something does not run."""

from __future__ import annotations

from datetime import datetime

import msgspec

from penstock.model.views.view import View


class Barrier(View, frozen=True, kw_only=True):
    """One reason why something does not run.

    ``kind`` is one of: engine, quarantine, missing, assets, paused, frozen, held, ending, run_queued,
    trigger_rule, previous_run, retry, sensor, parallelism, max_active_tasks, max_active_tis_per_dag,
    max_active_tis_per_dagrun, pool, schedule, running, finished, launching. ``holders`` names who
    holds it, as ids a person can look up.
    """

    kind: str
    text: str
    holders: tuple[str, ...] = ()
    until: datetime | None = None


class Why(View, frozen=True, kw_only=True):
    """The answer to "why is it not running?". ``chain`` leads from the subject to the root cause."""

    subject: str
    state: str
    barriers: tuple[Barrier, ...] = msgspec.field(name="gates")
    chain: tuple[str, ...] = ()
    root: str = ""
    """The end of the chain."""
