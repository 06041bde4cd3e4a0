"""What leaves the store: frozen values for the console, the command line and scripts, a file a subject.

All times are aware datetimes in UTC, durations seconds, sizes bytes. The field names are the names in
``--json`` output, so they must not change.

A file is imported when its name is first used, as in ``views.runs.RunRow``: the ports name them all, and
who asks one question needs two or three.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from penstock.model.views import (
        assets,
        attempts,
        backfills,
        callbacks,
        coming,
        dags,
        digest,
        events,
        failures,
        found,
        grid,
        hosts,
        merged,
        now,
        one_task,
        pauses,
        plans,
        points,
        pools,
        quarantine,
        questions,
        runbooks,
        runs,
        status,
        system,
        values,
        why,
        xcoms,
    )

__all__ = [
    "assets",
    "attempts",
    "backfills",
    "callbacks",
    "coming",
    "dags",
    "digest",
    "events",
    "failures",
    "found",
    "grid",
    "hosts",
    "merged",
    "now",
    "one_task",
    "pauses",
    "plans",
    "points",
    "pools",
    "quarantine",
    "questions",
    "runbooks",
    "runs",
    "status",
    "system",
    "values",
    "why",
    "xcoms",
]


def __getattr__(name: str) -> ModuleType:
    from importlib import import_module

    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{__name__}.{name}")
